"""The decision made again from its records: no bundle is read and no check is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from govern.attestation.reading_verdict import RuleClaim, Verdict
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import heard, recorded
from govern.attestation.verify_steps.state import State, fail, from_error, ok, present, unchecked
from govern.canonical import Json, instant_text, parse_instant, sha256_hex
from govern.checks.people.facts import ATTESTED, first_to_end
from govern.decision.approvals import VerifiedApproval
from govern.decision.decide import DecisionRecord, Settled, decide
from govern.decision.evaluation import Evaluation
from govern.decision.waivers import VerifiedWaiver
from govern.diagnostics import GovernError
from govern.inputs.json import parse_json
from govern.policy.decisions import Outcome

__all__ = ["decide_again"]


def decide_again(state: State, verdict: Verdict) -> list[Line]:
    """Decide from the records that were supplied, and compare with the decision record that the statement names."""
    lines = _records(state, verdict)
    if lines:
        return lines
    request = state.request
    assert request.decision is not None
    try:
        evaluation = recorded(state)
        record = parse_json(request.decision, file="decision record", utf16=False)
        clock, submitter, named = _inputs(record)
    except GovernError as fault:
        return [from_error("decision", 4, fault)]
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        return [fail("decision", 4, f"the decision record has another form ({type(fault).__name__})")]
    waivers, approvals = _heard(state, named, clock) if named else ((), ())
    missing = sorted(named - {item.digest for item in waivers} - {item.digest for item in approvals})
    if missing:
        text = f"the decision looked at {len(missing)} signed statements that were not supplied, such as {missing[0]}"
        return [unchecked("decision", text, help="give them: --statements DIR")]
    again = decide(
        evaluation,
        clock=clock,
        waivers=waivers,
        approvals=approvals,
        submitter=submitter,
    )
    if again.digest != verdict.decision_record:
        text = "deciding again from the records comes to something else"
        return [fail("decision", 1, text, expected=verdict.decision, found=again.decision.value)]
    lines = [
        fail("decision", 1, f"the records say another {what} than the statement", expected=recorded, found=stated)
        for what, recorded, stated in _pairs(state, verdict, again)
        if recorded != stated
    ]
    until, ends = verdict.valid_until, again.holds_until
    if until is not None and ends is not None and until > ends:
        text = "the statement is valid for longer than what its decision rests on"
        lines.append(fail("decision", 1, text, expected=instant_text(ends), found=instant_text(until)))
    rules = len(again.settled)
    said = f"{rules} rules decided again from the records: {again.decision.value}, the same bytes"
    return lines or [ok("decision", said)]


def _pairs(state: State, verdict: Verdict, again: DecisionRecord) -> Iterator[tuple[str, str, str]]:
    """Give (what, by the records, by the statement): a record that is sound may still be of something else."""
    evaluation, claims = again.evaluation, present(state.claims)
    subject = evaluation.subject
    yield "bundle", subject.digest, claims.subject_digest
    yield "model", f"{subject.name}@{subject.version}", f"{verdict.model}@{verdict.version}"
    yield "stage", evaluation.stage, verdict.stage
    yield "plan", evaluation.plan_digest.removeprefix("sha256:"), verdict.plan
    yield "decision", again.decision.value, verdict.decision
    yield "time", instant_text(again.clock), instant_text(claims.issued_at)
    if again.hears_people:
        yield "submitter", again.submitter or "nobody", verdict.submitter
    approvals = {vote.digest for item in again.settled for vote in item.approvals}
    yield "set of approvals", " ".join(sorted(approvals)), " ".join(sorted(verdict.approvals))
    yield from _attested(verdict, again)
    yield from _grounds(verdict, evaluation)
    settled = {item.rule.rule: _outcome(item) for item in again.settled}
    stated = {rule.id: _stated(rule) for rule in verdict.rules}
    for name in sorted(settled.keys() | stated.keys()):
        yield f"outcome of {name}", settled.get(name, "none"), stated.get(name, "none")


def _attested(verdict: Verdict, again: DecisionRecord) -> Iterator[tuple[str, str, str]]:
    """Where the record lists the statements that a rule saw, the certificate names the one that its pass rests on."""
    named = {item.rule: item.digest for item in verdict.attested}
    for item in again.settled:
        facts = item.rule.result.facts
        if isinstance(facts, dict) and facts.get("kind") == ATTESTED:
            rests_on = first_to_end(facts) if item.outcome is Outcome.PASS else None
            yield f"attestation of {item.rule.rule}", rests_on or "none", named.get(item.rule.rule, "none")


def _grounds(verdict: Verdict, evaluation: Evaluation) -> Iterator[tuple[str, str, str]]:
    """What the statement says of the bundle and of what was read, for whoever reads no record."""
    subject, snapshot = evaluation.subject, evaluation.advisories
    yield "model's files", subject.model_digest, verdict.artefacts
    yield "size", f"{subject.files} files, {subject.bytes} bytes", f"{verdict.files} files, {verdict.size_bytes} bytes"
    yield "list of clauses not assessed", " ".join(evaluation.not_assessed), " ".join(verdict.not_assessed)
    yield "advisory snapshot", "none" if snapshot is None else _snapshot(snapshot), verdict.advisories or "none"
    read = [f"{item.name}:{item.file} {item.digest} {item.bound}" for item in evaluation.evidence()]
    said = [f"{item.name} {item.digest} {item.bound}" for item in verdict.evidence]
    yield "list of evidence", "; ".join(read), "; ".join(said)


def _snapshot(value: Mapping[str, Json]) -> str:
    digest = value.get("digest")
    return f"{digest.get('sha256') if isinstance(digest, Mapping) else None} {value.get('as_of')}"


def _outcome(item: Settled) -> str:
    rule, waiver = item.rule, "" if item.waiver is None else item.waiver.digest
    return _words(
        *(rule.check, rule.severity, rule.enforcement, item.outcome, waiver, ",".join(rule.controls)),
        *(rule.result.observed, rule.result.required),
    )


def _stated(rule: RuleClaim) -> str:
    return _words(
        *(rule.check, rule.severity, rule.enforcement, rule.outcome, rule.waiver or "", ",".join(rule.controls)),
        *(rule.observed, rule.required),
    )


def _words(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _heard(
    state: State, named: frozenset[str], clock: datetime
) -> tuple[tuple[VerifiedWaiver, ...], tuple[VerifiedApproval, ...]]:
    """Give the waivers and votes that the decision looked at, as far as they were supplied."""
    from govern.attestation.people_facts import approvals_of, waivers_of

    statements = heard(state)
    waivers = waivers_of(statements, at=clock)
    approvals = approvals_of(statements, trust=present(state.trust), at=clock)
    return (
        tuple(item for item in waivers if item.digest in named),
        tuple(item for item in approvals if item.digest in named),
    )


def _records(state: State, verdict: Verdict) -> list[Line]:
    """Say which record is not the one named."""
    request = state.request
    pairs = (
        ("evaluation", request.evaluation, verdict.evaluation),
        ("decision", request.decision, verdict.decision_record),
    )
    return [
        fail("decision", 4, f"the {name} record is not the one that the statement names", expected=digest, found=found)
        for name, data, digest in pairs
        if data is not None and (found := sha256_hex(data)) != digest
    ]


def _inputs(record: object) -> tuple[datetime, str | None, frozenset[str]]:
    """Give the clock, the submitter and the digests of the statements that a decision record says it looked at."""
    if not isinstance(record, dict):
        raise TypeError("not an object")
    submitter = record.get("submitter")
    named = [item["digest"]["sha256"] for name in ("waivers", "approvals") for item in record[name]]
    return parse_instant(record["clock"]), None if submitter is None else str(submitter), frozenset(named)
