"""Votes of the review board that a certificate rests on: counted again by different keys and different people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from govern.attestation.kinds import APPROVAL
from govern.attestation.people_facts import approvals_of
from govern.attestation.reading_verdict import Verdict
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import heard
from govern.attestation.verify_steps.people import SUPPLY, evaluation_of, unsound
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked
from govern.canonical import instant_text
from govern.decision.approvals import (
    CountedVote,
    Question,
    Reading,
    VerifiedApproval,
    people_among,
    read_votes,
)
from govern.decision.overall import DECIDED_HERE, VOTED_ON
from govern.policy.decisions import Decision, Enforcement, Outcome

__all__ = ["judge_approvals"]

_WHY: Mapping[Reading, str] = {
    Reading.REVOKED: "was revoked before this was issued",
    Reading.OTHER_EVALUATION: "is of another evaluation",
    Reading.IS_SUBMITTER: "is the submitter's own",
    Reading.IS_OWNER: "is that of the model's owner",
    Reading.NOT_YET_VALID: "was signed after this was issued",
    Reading.EXPIRED: "had ended when this was issued",
    Reading.CHANGED_MIND: "was replaced by a later vote of the same person",
    Reading.WAIVERS_NOT_CONSIDERED: "has not considered every waiver that was needed",
}
"""What is wrong with a sound statement. The other readings are of statements that do not hold by themselves."""


def judge_approvals(state: State, verdict: Verdict) -> list[Line]:
    """Give a line for each vote that was counted, for thresholds that were not met, and for standing rejections."""
    votes = {item.approval.digest: item for item in _read(state, verdict)}
    named = set(verdict.approvals)
    lines = [_approval(state, votes.get(digest), digest, verdict) for digest in sorted(named)]
    if named <= votes.keys():
        lines += _thresholds([votes[digest].approval for digest in sorted(named)])
    if verdict.decision == Decision.ALLOWED:
        lines += [
            fail("approvals", 1, f"{vote.owner} rejected this evaluation on {instant_text(vote.signed_at)}")
            for vote in (item.approval for item in votes.values() if item.reading is Reading.COUNTED)
            if vote.vote == "reject"
        ]
    return lines or [ok("approvals", "none referenced")]


def _read(state: State, verdict: Verdict) -> tuple[CountedVote, ...]:
    """Read every vote that was supplied as the decision does, at the moment of issuing."""
    claims, evaluation = present(state.claims), evaluation_of(state, verdict)
    decided = {rule.id for rule in verdict.rules if rule.check in DECIDED_HERE}
    question = Question(
        evaluation=verdict.evaluation,
        bundle=claims.subject_digest,
        owners=() if evaluation is None else evaluation.subject.owners,
        submitter=verdict.submitter,
        applied_waivers=frozenset(ref.digest for ref in verdict.waivers if ref.rule not in decided),
    )
    given = approvals_of(heard(state), trust=present(state.trust), at=claims.issued_at)
    return read_votes(given, question, now=claims.issued_at)


def _approval(state: State, found: CountedVote | None, digest: str, verdict: Verdict) -> Line:
    judged = heard(state).find(APPROVAL, digest)
    if judged is None:
        return unchecked("approvals", f"the approval {digest} was not supplied", help=SUPPLY)
    if not judged.sound or found is None:
        return unsound("approvals", "an approval", judged)
    vote = found.approval
    who = f"{vote.owner} as {vote.role}"
    problem = _WHY.get(found.reading)
    if problem is None and vote.keyid != verdict.voters[digest]:
        problem = f"is signed with {vote.keyid}, not with the key that the statement names"
    if problem is None and vote.vote != "approve":
        problem = f"is a vote to {vote.vote}"
    if problem is None and _outlived(verdict, vote.expires):
        problem = f"ends on {instant_text(vote.expires)}, before the statement that rests on it"
    if problem is not None:
        return fail("approvals", 1, f"the approval by {who} {problem}")
    return ok("approvals", f"{who}, signed {instant_text(vote.signed_at)}, until {instant_text(vote.expires)}")


def _outlived(verdict: Verdict, end: datetime) -> bool:
    """Whether the certificate is valid for longer than a vote, as far as can be told: votes name no rule."""
    resting = [rule for rule in verdict.rules if rule.check in VOTED_ON and rule.outcome is Outcome.PASS]
    blocking = all(rule.enforcement is Enforcement.BLOCK for rule in resting)
    return blocking and verdict.valid_until is not None and verdict.valid_until > end


def _thresholds(votes: Sequence[VerifiedApproval]) -> list[Line]:
    """Count different keys and different people, role by role."""
    needed = {item.role: item.threshold for item in votes if item.in_role}
    return [
        fail("approvals", 1, f"{people} of the {least} people that the role {role} asks for")
        for role, least in sorted(needed.items())
        if (people := people_among(votes, role)) < least
    ]
