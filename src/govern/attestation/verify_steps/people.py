"""Steps on people's words: waivers, human attestations, approvals, and the decision made again from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from govern.attestation.kinds import APPROVAL, ATTESTATION, WAIVER
from govern.attestation.people import Approval, HumanAttestation, Waiver
from govern.attestation.people_facts import waiver_facts
from govern.attestation.reading_verdict import StatementRef, Verdict
from govern.attestation.statement_set import Judged
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import beside
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked
from govern.canonical import instant_text, parse_instant, sha256_hex
from govern.decision.decide import outcome_at
from govern.decision.records import read_evaluation
from govern.decision.waivers import Ruling, rule_on_waiver
from govern.diagnostics import InputError

__all__ = ["approvals", "attested", "waivers"]

_SUPPLY = "give it: --statements DIR"


def waivers(state: State) -> list[Line]:
    """Each waiver that a rule rests on is sound, speaks of this model and stage, and held when this was issued."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.waivers:
        return [ok("waivers", "none referenced")]
    return [_waiver(state, verdict, item) for item in verdict.waivers]


def _waiver(state: State, verdict: Verdict, ref: StatementRef) -> Line:
    found = beside(state).find(WAIVER, ref.digest)
    if found is None:
        return unchecked("waivers", f"the waiver {ref.digest} of {ref.rule} was not supplied", help=_SUPPLY)
    if not found.sound:
        return _unsound("waivers", f"the waiver of {ref.rule}", found)
    assert found.claims is not None
    body, signatory = found.claims.body, present(found.signatory)
    assert isinstance(body, Waiver)
    if body.qualified != ref.rule:
        return fail(
            "waivers", 1, f"the waiver {ref.digest} is for another rule", expected=ref.rule, found=body.qualified
        )
    problem = _placed(state, verdict, body) or _self_waived(verdict, body, signatory.owner)
    problem = problem or _ended(state, found, body.not_before, body.expires) or _ruling(state, verdict, found, body)
    if problem is not None:
        return fail("waivers", 1, f"the waiver of {ref.rule} {problem}")
    return ok("waivers", f"{ref.rule}: {signatory.owner} as {signatory.role} until {body.expires}, {body.reason}")


def _ruling(state: State, verdict: Verdict, found: Judged, body: Waiver) -> str | None:
    """Rule on it as the decision does, when the evaluation record is at hand: rule digest, outcome, limit, length."""
    data = state.request.evaluation
    if data is None or sha256_hex(data) != verdict.evaluation:
        return None  # the step on the decision says so
    try:
        evaluation = read_evaluation(data)
    except InputError:
        return None
    rule = next((item for item in evaluation.outcomes if item.rule == body.qualified), None)
    if rule is None:
        return "is for a rule that was not evaluated"
    moment = present(state.claims).issued_at
    outcome, _why = outcome_at(rule.outcome, rule.result.holds, moment)
    facts = waiver_facts(body, digest=found.digest, authentic=True, revoked=False, in_role=True)
    ruling = rule_on_waiver(rule, outcome, facts, evaluation=evaluation, now=moment, submitter=verdict.submitter)
    return None if ruling is Ruling.APPLIED else f"does not cover what was found: {ruling.value}"


def _placed(state: State, verdict: Verdict, body: Waiver | HumanAttestation) -> str | None:
    digest = present(state.claims).subject_digest
    if not body.scope.covers(bundle=digest, model=verdict.model, version=verdict.version):
        return "is for another model, version or bundle"
    if isinstance(body, Waiver) and verdict.stage not in body.stages:
        return f"does not hold for the stage {verdict.stage}"
    return None


def _self_waived(verdict: Verdict, body: Waiver, signer: str) -> str | None:
    if signer in (body.owner, verdict.submitter):
        return f"is signed by {signer}, who owns or submitted the model"
    return None


def _ended(state: State, found: Judged, start: str, end: str) -> str | None:
    """Say that it did not hold at the moment of issuing, or was revoked by then."""
    moment: datetime = present(state.claims).issued_at
    if not parse_instant(start) <= moment < parse_instant(end):
        return f"held from {start} to {end}, not when this was issued"
    revoked = beside(state).revoked(found.digest)
    if revoked is not None and revoked.effective <= moment:
        return f"was revoked on {instant_text(revoked.effective)}, before this was issued ({revoked.source})"
    return None


def _unsound(step: str, what: str, found: Judged) -> Line:
    code = max((line.exit for line in found.faults), key=(0, 3, 1, 4).index)
    return fail(step, code, f"{what} does not hold: {found.why}", found=found.name)


def attested(state: State) -> list[Line]:
    """Each human attestation that a rule rests on is sound, about this model, and held when this was issued."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.attested:
        return [ok("attested", "none referenced")]
    return [_attested(state, verdict, item) for item in verdict.attested]


def _attested(state: State, verdict: Verdict, ref: StatementRef) -> Line:
    found = beside(state).find(ATTESTATION, ref.digest)
    if found is None:
        return unchecked("attested", f"the attestation {ref.digest} for {ref.rule} was not supplied", help=_SUPPLY)
    if not found.sound:
        return _unsound("attested", f"the attestation for {ref.rule}", found)
    assert found.claims is not None
    body, signatory = found.claims.body, present(found.signatory)
    assert isinstance(body, HumanAttestation)
    problem = _placed(state, verdict, body) or _ended(state, found, body.valid_from, body.expires)
    if problem is not None:
        return fail("attested", 1, f"the attestation for {ref.rule} {problem}")
    who = f"{signatory.owner} as {signatory.role}"
    return ok("attested", f"{ref.rule}: {who} states {body.type}, until {body.expires}; that it is true is not claimed")


def approvals(state: State) -> list[Line]:
    """Each vote that the decision counted is sound and of this evaluation; enough different people cast them."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.approvals:
        return [ok("approvals", "none referenced")]
    statements = beside(state)
    found = [(digest, statements.find(APPROVAL, digest)) for digest in verdict.approvals]
    lines = [
        _approval(state, verdict, item)
        if item is not None
        else unchecked("approvals", f"the approval {digest} was not supplied", help=_SUPPLY)
        for digest, item in found
    ]
    known = [item for _, item in found if item is not None and item.sound]
    if len(known) == len(found):
        lines += _thresholds(state, known)
    lines += _rejections(state, verdict)
    return lines


def _vote(item: Judged) -> Approval:
    body = item.claims.body if item.claims is not None else None
    assert isinstance(body, Approval)
    return body


def _approval(state: State, verdict: Verdict, item: Judged) -> Line:
    if not item.sound:
        return _unsound("approvals", "an approval", item)
    body, signatory = _vote(item), present(item.signatory)
    problem = None
    if body.evaluation != verdict.evaluation or body.bundle != present(state.claims).subject_digest:
        problem = "is of another evaluation"
    elif body.vote != "approve":
        problem = f"is a vote to {body.vote}"
    elif missing := {ref.digest for ref in verdict.waivers} - set(body.waivers_considered):
        problem = f"has not considered the waiver {min(missing)}"
    elif signatory.owner == verdict.submitter:
        problem = "is the submitter's own"
    problem = problem or _ended(state, item, body.signed_at, body.expires)
    who = f"{signatory.owner} as {signatory.role}"
    if problem is not None:
        return fail("approvals", 1, f"the approval by {who} {problem}")
    return ok("approvals", f"{who}, signed {body.signed_at}, until {body.expires}")


def _thresholds(state: State, known: Sequence[Judged]) -> list[Line]:
    """Count different keys and different people, role by role."""
    root = present(state.trust)
    roles = sorted({_vote(item).role for item in known})
    lines = []
    for name in roles:
        voters = [present(item.signatory) for item in known if _vote(item).role == name]
        keys = {root.keys[item.keyid].public.spki for item in voters}
        people = min(len(keys), len({item.owner for item in voters}))
        needed = root.roles[name].threshold
        if people < needed:
            lines.append(fail("approvals", 1, f"{people} of the {needed} people that the role {name} asks for"))
    return lines


def _rejections(state: State, verdict: Verdict) -> list[Line]:
    against = [
        item
        for item in beside(state).all(APPROVAL)
        if item.sound and _vote(item).vote == "reject" and _vote(item).evaluation == verdict.evaluation
    ]
    standing = [item for item in against if _ended(state, item, _vote(item).signed_at, _vote(item).expires) is None]
    return [
        fail("approvals", 1, f"{present(item.signatory).owner} rejected this evaluation on {_vote(item).signed_at}")
        for item in standing
        if not _approved_later(state, item)
    ]


def _approved_later(state: State, rejection: Judged) -> bool:
    """Whether the same key changed its mind in the same role."""
    vote, keyid = _vote(rejection), present(rejection.signatory).keyid
    return any(
        _vote(item).vote == "approve"
        and (_vote(item).evaluation, _vote(item).role) == (vote.evaluation, vote.role)
        and present(item.signatory).keyid == keyid
        and _vote(item).signed_at > vote.signed_at
        for item in beside(state).all(APPROVAL)
        if item.sound
    )
