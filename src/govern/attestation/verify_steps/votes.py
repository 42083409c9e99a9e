"""Votes of the review board that a certificate rests on: counted again by different keys and different people."""

from __future__ import annotations

from collections.abc import Sequence

from govern.attestation.kinds import APPROVAL
from govern.attestation.people import Approval
from govern.attestation.reading_verdict import Verdict
from govern.attestation.statement_set import Judged
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import beside
from govern.attestation.verify_steps.people import SUPPLY, ended, unsound
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked

__all__ = ["judge_approvals"]


def judge_approvals(state: State, verdict: Verdict) -> list[Line]:
    """Give a line for each vote that was counted, for thresholds that were not met, and for standing rejections."""
    statements = beside(state)
    found = [(digest, statements.find(APPROVAL, digest)) for digest in verdict.approvals]
    lines = [
        _approval(state, verdict, item)
        if item is not None
        else unchecked("approvals", f"the approval {digest} was not supplied", help=SUPPLY)
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
        return unsound("approvals", "an approval", item)
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
    problem = problem or ended(state, item, body.signed_at, body.expires)
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
    standing = [item for item in against if ended(state, item, _vote(item).signed_at, _vote(item).expires) is None]
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
