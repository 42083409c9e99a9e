"""Waivers and human attestations that a certificate rests on, held against what they were used for."""

from __future__ import annotations

from datetime import datetime

from govern.attestation.kinds import ATTESTATION, WAIVER
from govern.attestation.people import HumanAttestation, Waiver
from govern.attestation.people_facts import waiver_of
from govern.attestation.reading_verdict import StatementRef, Verdict
from govern.attestation.statement_set import Judged
from govern.attestation.verification import Line
from govern.attestation.verify_steps.as_stated import as_stated, likely_outcome
from govern.attestation.verify_steps.beside import heard, recorded
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked
from govern.canonical import instant_text, parse_instant, sha256_hex
from govern.decision.decide import outcome_at
from govern.decision.evaluation import Evaluation
from govern.decision.overall import DECIDED_HERE
from govern.decision.rulings import words_for
from govern.decision.waivers import VerifiedWaiver, outlives, rule_on_waiver
from govern.diagnostics import InputError

__all__ = ["SUPPLY", "evaluation_of", "judge_attestations", "judge_waivers", "unsound"]

SUPPLY = "give it: --statements DIR"


def judge_waivers(state: State, verdict: Verdict) -> list[Line]:
    """Give a line for each waiver that a rule rests on."""
    return [_waiver(state, verdict, item) for item in verdict.waivers]


def _waiver(state: State, verdict: Verdict, ref: StatementRef) -> Line:
    found = heard(state).find(WAIVER, ref.digest)
    if found is None:
        return unchecked("waivers", f"the waiver {ref.digest} of {ref.rule} was not supplied", help=SUPPLY)
    if not found.sound:
        return unsound("waivers", f"the waiver of {ref.rule}", found)
    assert found.claims is not None
    body, signatory = found.claims.body, present(found.signatory)
    assert isinstance(body, Waiver)
    if body.qualified != ref.rule:
        return fail(
            "waivers", 1, f"the waiver {ref.digest} is for another rule", expected=ref.rule, found=body.qualified
        )
    facts = present(waiver_of(heard(state), found, at=present(state.claims).issued_at))
    problem = _ruling(state, verdict, facts) or _outlived(verdict, ref, facts)
    if problem is not None:
        return fail("waivers", 1, f"the waiver of {ref.rule} {problem}")
    instead = f" (instead: {'; '.join(body.compensating_controls)})" if body.compensating_controls else ""
    who = f"{signatory.owner} as {signatory.role}"
    return ok("waivers", f"{ref.rule}: {who} until {body.expires}, {body.reason}{instead}")


def _ruling(state: State, verdict: Verdict, waiver: VerifiedWaiver) -> str | None:
    """Rule on it as the decision does; without the evaluation record, on what the statement itself says was found."""
    evaluation, moment = evaluation_of(state, verdict), present(state.claims).issued_at
    if evaluation is None:
        evaluation, waiver = as_stated(verdict, waiver, bundle=present(state.claims).subject_digest)
    rule = next((item for item in evaluation.outcomes if waiver.waives(item)), None)
    if rule is None:
        return "is for a rule that was not evaluated"
    outcome, _why = outcome_at(rule.outcome, rule.result.holds, moment)
    if rule.check in DECIDED_HERE:  # which the step on the decision finds out
        outcome = likely_outcome(waiver, rule.check)
    ruling = rule_on_waiver(rule, outcome, waiver, evaluation=evaluation, now=moment, submitter=verdict.submitter)
    return words_for(ruling, waiver, outcome=outcome, stage=verdict.stage) or None


def evaluation_of(state: State, verdict: Verdict) -> Evaluation | None:
    """Give the evaluation record that the statement names; None when it is not at hand, or cannot be read."""
    data = state.request.evaluation
    if data is None or sha256_hex(data) != verdict.evaluation:
        return None
    try:
        return recorded(state)
    except InputError:
        return None


def _outlived(verdict: Verdict, ref: StatementRef, waiver: VerifiedWaiver) -> str | None:
    """Say that the certificate is valid for longer than a waiver on which it rests."""
    if ref.blocking and verdict.valid_until is not None and outlives(verdict.valid_until, waiver):
        return _ends(instant_text(waiver.expires), verdict.valid_until)
    return None


def _ends(end: str, valid_until: datetime) -> str:
    return f"ends on {end}, before the statement that rests on it ({instant_text(valid_until)})"


def _placed(state: State, verdict: Verdict, body: HumanAttestation) -> str | None:
    digest = present(state.claims).subject_digest
    if body.scope.reach(bundle=digest, model=verdict.model, version=verdict.version) is None:
        return "is for another model, version or bundle"
    return None


def _attested_shorter(verdict: Verdict, ref: StatementRef, end: str) -> str | None:
    if ref.blocking and verdict.valid_until is not None and verdict.valid_until > parse_instant(end):
        return _ends(end, verdict.valid_until)
    return None


def _ended(state: State, found: Judged, start: str, end: str) -> str | None:
    """Say that it did not hold at the moment of issuing, or was revoked by then."""
    moment: datetime = present(state.claims).issued_at
    if not parse_instant(start) <= moment < parse_instant(end):
        return f"held from {start} to {end}, not when this was issued"
    revoked = heard(state).revoked(found.digest)
    if revoked is not None and revoked.effective <= moment:
        return f"was revoked on {instant_text(revoked.effective)}, before this was issued ({revoked.source})"
    return None


def unsound(step: str, what: str, found: Judged) -> Line:
    """Make the line of a statement that does not hold by itself."""
    code = max((line.exit for line in found.faults), key=(0, 3, 1, 4).index)
    return fail(step, code, f"{what} does not hold: {found.why}", found=found.name)


def judge_attestations(state: State, verdict: Verdict) -> list[Line]:
    """Give a line for each human attestation that a rule rests on."""
    return [_attested(state, verdict, item) for item in verdict.attested]


def _attested(state: State, verdict: Verdict, ref: StatementRef) -> Line:
    found = heard(state).find(ATTESTATION, ref.digest)
    if found is None:
        return unchecked("attested", f"the attestation {ref.digest} for {ref.rule} was not supplied", help=SUPPLY)
    if not found.sound:
        return unsound("attested", f"the attestation for {ref.rule}", found)
    assert found.claims is not None
    body, signatory = found.claims.body, present(found.signatory)
    assert isinstance(body, HumanAttestation)
    problem = _placed(state, verdict, body) or _ended(state, found, body.valid_from, body.expires)
    problem = problem or _attested_shorter(verdict, ref, body.expires)
    if problem is not None:
        return fail("attested", 1, f"the attestation for {ref.rule} {problem}")
    who = f"{signatory.owner} as {signatory.role}"
    return ok("attested", f"{ref.rule}: {who} states {body.type}, until {body.expires}; that it is true is not claimed")
