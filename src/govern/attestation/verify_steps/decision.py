"""The decision made again from its records: no bundle is read and no check is run."""

from __future__ import annotations

from datetime import datetime

from govern.attestation.reading_verdict import Verdict
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import beside
from govern.attestation.verify_steps.state import State, fail, from_error, ok, present, unchecked
from govern.canonical import parse_instant, sha256_hex
from govern.decision.approvals import VerifiedApproval
from govern.decision.decide import decide
from govern.decision.records import read_evaluation
from govern.decision.waivers import VerifiedWaiver
from govern.diagnostics import GovernError
from govern.inputs.json import parse_json

__all__ = ["decide_again"]


def decide_again(state: State, verdict: Verdict) -> list[Line]:
    """Decide from the records that were supplied, and compare with the decision record that the statement names."""
    lines = _records(state, verdict)
    if lines:
        return lines
    request = state.request
    assert request.evaluation is not None
    assert request.decision is not None
    try:
        evaluation = read_evaluation(request.evaluation)
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
    rules = len(again.settled)
    return [ok("decision", f"{rules} rules decided again from the records: {again.decision.value}, the same bytes")]


def _heard(
    state: State, named: frozenset[str], clock: datetime
) -> tuple[tuple[VerifiedWaiver, ...], tuple[VerifiedApproval, ...]]:
    """Give the waivers and votes that the decision looked at, as far as they were supplied."""
    from govern.attestation.people_facts import approvals_of, waivers_of

    statements = beside(state)
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
