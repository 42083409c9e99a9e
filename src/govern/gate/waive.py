"""`govern waive`: a signed, scoped, expiring exception, made from the evaluation that it excepts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from govern.attestation.kinds import WAIVER
from govern.attestation.people import Waiver
from govern.attestation.people_facts import waiver_facts
from govern.attestation.scope import Scope
from govern.attestation.trust.root import Role
from govern.canonical import decimal_text, instant_text, parse_instant
from govern.decision.decide import decide, outcome_at
from govern.decision.evaluation import Evaluation, RuleOutcome
from govern.decision.overall import DECIDED_HERE
from govern.decision.records import MAX_BYTES, read_evaluation
from govern.decision.waivers import AdvisoryLimit, Ruling, rule_on_waiver
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.desk import Delivered, Desk, end_of
from govern.gate.files import read_file
from govern.gate.statements import people_of, workspace_statements
from govern.policy.outcomes import Outcome, Stage

__all__ = ["WaiveRequest", "waive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiveRequest:
    """What the approver says."""

    evaluation: Path
    """The `.evaluation.json` beside the refusal."""
    rule: str
    """Qualified id, `<policy>/<rule>`."""
    reason: str
    controls: tuple[str, ...]
    owner: str | None
    """Who owns the model; needed when the bundle does not say."""
    until: str
    """Instant or duration."""
    start: str | None = None
    versions: tuple[str, ...] = ()
    """Versions of the model it holds for; this bundle alone when empty."""
    stages: tuple[str, ...] = ()
    covers: tuple[str, ...] = ("fail",)
    unlimited: bool = False
    """Whether it reaches however bad the value gets; otherwise as far as what was observed."""


def waive(request: WaiveRequest, desk: Desk) -> Delivered:
    """Sign a waiver. One that could not help is refused before it is signed.

    Raises UsageError: A503 the key may not, A505 the waiver would not help (with the ruling), A506 no such rule, U101;
    InputError D104 for a file that is no evaluation.
    """
    role = desk.role(WAIVER, stages=frozenset(request.stages))
    evaluation = read_evaluation(read_file(request.evaluation, limit=MAX_BYTES), file=str(request.evaluation))
    rule = next((item for item in evaluation.outcomes if item.rule == request.rule), None)
    if rule is None:
        known = ", ".join(item.rule for item in evaluation.outcomes if item.outcome is not Outcome.PASS)
        hint = f"rules that did not pass: {known or 'none'}"
        raise UsageError(Diagnostic("A506", f"the evaluation has no rule {request.rule}", hint=hint))
    body = _body(request, desk, evaluation, rule, role)
    _helps(body, evaluation, rule, desk)
    name = f"{evaluation.subject.name}-{evaluation.subject.version}-{rule.rule}"
    return desk.deliver(body.statement(nonce=desk.nonce()), name=name)


def _body(request: WaiveRequest, desk: Desk, evaluation: Evaluation, rule: RuleOutcome, role: Role) -> Waiver:
    subject, now = evaluation.subject, desk.signature.at
    owner = request.owner or subject.owner
    if owner is None:
        raise UsageError(Diagnostic("A506", "the bundle does not say who owns the model", hint="say it: --owner"))
    start = instant_text(now) if request.start is None else end_of(request.start, now)
    scope = (
        Scope(model=subject.name, versions=tuple(sorted(set(request.versions))))
        if request.versions
        else Scope(model=subject.name, version=subject.version, bundle=subject.digest)
    )
    policy, _, name = rule.rule.partition("/")
    return Waiver(
        policy=policy,
        rule=name,
        rule_digest=rule.rule_digest,
        scope=scope,
        stages=request.stages or _every(role),
        covers=tuple(Outcome(item) for item in request.covers),
        limit=None if request.unlimited else _limit(rule),
        reason=request.reason,
        compensating_controls=request.controls,
        approver=desk.owner,
        owner=owner,
        not_before=start,
        expires=end_of(request.until, parse_instant(start)),
    )


def _every(role: Role) -> tuple[str, ...]:
    """Give every stage for which the role may sign: with one more, its waiver would count for none."""
    return tuple(stage.value for stage in Stage if role.stages is None or stage.value in role.stages)


def _limit(rule: RuleOutcome) -> str | tuple[AdvisoryLimit, ...] | None:
    """As far as what was observed: the value, or the advisories found; None where nothing can be compared."""
    facts = rule.result.facts
    if isinstance(facts, Mapping) and facts.get("kind") == "dependency-findings":
        found = facts.get("findings")
        return _advisories(found) if isinstance(found, list | tuple) else None
    required = rule.result.required or ""
    if not required.startswith((">", "<")):
        return None
    try:
        return decimal_text(Decimal(rule.result.observed or ""))
    except (InvalidOperation, ValueError):
        return None


def _advisories(found: Sequence[object]) -> tuple[AdvisoryLimit, ...] | None:
    made = []
    for item in found:
        assert isinstance(item, Mapping), "read_evaluation has held it to its form"
        ids = item["ids"]
        assert isinstance(ids, list | tuple)
        made.append(AdvisoryLimit(str(item["package"]), (str(item["version"]),), tuple(sorted(map(str, ids)))))
    return tuple(made) or None


def _helps(body: Waiver, evaluation: Evaluation, rule: RuleOutcome, desk: Desk) -> None:
    """Refuse a waiver that the decision would not apply, there and then where it is meant to help.

    It may be for another version, stage or time than this evaluation's. Everything else is ruled on as it stands.
    """
    subject, now = evaluation.subject, max(desk.signature.at, parse_instant(body.not_before))
    facts = waiver_facts(body, digest="0" * 64, authentic=True, revoked=False, in_role=True)
    meant = replace(
        facts, bundle=subject.digest, model=None, versions=(), stages=(evaluation.stage,), identities=desk.names
    )
    submitter = desk.workspace.text("submitter")
    outcome = _come_to(evaluation, rule, desk, now)
    ruling = rule_on_waiver(rule, outcome, meant, evaluation=evaluation, now=now, submitter=submitter)
    if ruling is not Ruling.APPLIED:
        hint = f"the rule is {outcome.value}, observed {rule.result.observed or 'nothing'}"
        raise UsageError(Diagnostic("A505", f"the waiver would not help: {ruling.value}", hint=hint))


def _come_to(evaluation: Evaluation, rule: RuleOutcome, desk: Desk, now: datetime) -> Outcome:
    """What a rule comes to before waiving: a rule about people, by what people have signed so far."""
    if rule.check not in DECIDED_HERE:
        return outcome_at(rule.outcome, rule.result.holds, now)[0]
    people = people_of(workspace_statements(desk.workspace), trust=desk.trust, at=now)
    record = decide(
        evaluation,
        clock=now,
        waivers=people.waivers,
        approvals=people.approvals,
        submitter=desk.workspace.text("submitter"),
    )
    return next(item.unwaived for item in record.settled if item.rule is rule)
