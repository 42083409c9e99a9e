"""`govern waive`: a signed, scoped, expiring exception, made from the evaluation that it excepts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from govern.attestation.kinds import WAIVER
from govern.attestation.people import Waiver
from govern.attestation.people_facts import waiver_facts
from govern.attestation.scope import Scope
from govern.canonical import decimal_text, instant_text, parse_instant
from govern.decision.evaluation import Evaluation, RuleOutcome
from govern.decision.records import MAX_BYTES, read_evaluation
from govern.decision.waivers import AdvisoryLimit, Ruling, rule_on_waiver
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.desk import Delivered, Desk, end_of
from govern.gate.files import read_file
from govern.policy.outcomes import Outcome, Stage

__all__ = ["WaiveRequest", "waive"]

_LATER = frozenset({Ruling.WRONG_SUBJECT, Ruling.WRONG_STAGE, Ruling.NOT_YET_VALID})
"""Rulings that a waiver for another version, stage or time may get today."""


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

    Raises UsageError: A503 the key may not, A505 the waiver would not help (with the ruling), A506 no such rule, U102;
    InputError D104 for a file that is no evaluation.
    """
    desk.role(WAIVER)
    evaluation = read_evaluation(read_file(request.evaluation, limit=MAX_BYTES), file=str(request.evaluation))
    rule = next((item for item in evaluation.outcomes if item.rule == request.rule), None)
    if rule is None:
        known = ", ".join(item.rule for item in evaluation.outcomes if item.outcome is not Outcome.PASS)
        hint = f"rules that did not pass: {known or 'none'}"
        raise UsageError(Diagnostic("A506", f"the evaluation has no rule {request.rule}", hint=hint))
    body = _body(request, desk, evaluation, rule)
    _helps(body, evaluation, rule, desk)
    name = f"{evaluation.subject.name}-{evaluation.subject.version}-{rule.rule}"
    return desk.deliver(body.statement(nonce=desk.nonce()), name=name)


def _body(request: WaiveRequest, desk: Desk, evaluation: Evaluation, rule: RuleOutcome) -> Waiver:
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
        stages=request.stages or tuple(stage.value for stage in Stage),
        covers=tuple(Outcome(item) for item in request.covers),
        limit=None if request.unlimited else _limit(rule),
        reason=request.reason,
        compensating_controls=request.controls,
        approver=desk.owner,
        owner=owner,
        not_before=start,
        expires=end_of(request.until, parse_instant(start)),
    )


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
        assert isinstance(item, Mapping)
        ids = item["ids"]
        assert isinstance(ids, list | tuple)
        made.append(AdvisoryLimit(str(item["package"]), (str(item["version"]),), tuple(sorted(map(str, ids)))))
    return tuple(made) or None


def _helps(body: Waiver, evaluation: Evaluation, rule: RuleOutcome, desk: Desk) -> None:
    facts = waiver_facts(body, digest="0" * 64, authentic=True, revoked=False, in_role=True)
    submitter = desk.workspace.text("submitter")
    ruling = rule_on_waiver(
        rule, rule.outcome, facts, evaluation=evaluation, now=desk.signature.at, submitter=submitter
    )
    if ruling is Ruling.APPLIED or (ruling in _LATER and _elsewhere(body, evaluation, desk)):
        return
    hint = f"the rule is {rule.outcome.value}, observed {rule.result.observed or 'nothing'}"
    raise UsageError(Diagnostic("A505", f"the waiver would not help: {ruling.value}", hint=hint))


def _elsewhere(body: Waiver, evaluation: Evaluation, desk: Desk) -> bool:
    """Whether it is meant for another version, stage or time than this evaluation's."""
    subject = evaluation.subject
    here = body.scope.covers(bundle=subject.digest, model=subject.name, version=subject.version)
    return not here or evaluation.stage not in body.stages or parse_instant(body.not_before) > desk.signature.at
