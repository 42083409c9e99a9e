"""What the review board's verified votes come to: one function, with a closed set of readings of each vote.

A vote speaks of one evaluation and of the waivers that were on the table. A rule of the kind `approval.quorum` says how
many people of which role must approve; approvers sign the evaluation, so only the decision can count them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from govern.canonical import Json, instant_text
from govern.decision.evaluation import RuleOutcome
from govern.decision.overall import QUORUM_CHECK
from govern.policy.durations import add
from govern.policy.outcomes import Outcome
from govern.records import record

__all__ = [
    "QUORUM_CHECK",
    "CountedVote",
    "Question",
    "Reading",
    "Tally",
    "VerifiedApproval",
    "count_votes",
    "people_among",
    "quorate_among",
    "read_votes",
    "vote_end",
]


_ORDER = ("approve", "abstain", "reject")


class Reading(StrEnum):
    """What became of a vote. The first that holds, in this order, is given."""

    BAD_SIGNATURE = "bad_signature"
    REVOKED = "revoked"
    OTHER_EVALUATION = "other_evaluation"
    NOT_IN_ROLE = "not_in_role"
    IS_SUBMITTER = "is_submitter"
    IS_OWNER = "is_owner"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    CHANGED_MIND = "changed_mind"
    """The same key voted again later, in the same role."""
    WAIVERS_NOT_CONSIDERED = "waivers_not_considered"
    COUNTED = "counted"


@record(kw_only=True)
class VerifiedApproval:
    """The facts of an `approval:v1` statement, after the signature was checked above."""

    digest: str
    """sha256 of the payload, hex: the vote's identity."""
    keyid: str
    owner: str
    """Who holds the key, by the trust root."""
    role: str
    """Full name of the trust root's role, e.g. `approver/model-risk`."""
    threshold: int
    """How many people the trust root wants in this role."""
    vote: str
    """`approve`, `reject` or `abstain`."""
    evaluation: str
    """Digest of the evaluation record that was voted on, hex."""
    bundle: str
    waivers_considered: tuple[str, ...]
    signed_at: datetime
    expires: datetime
    signature_valid: bool
    revoked: bool
    in_role: bool
    identities: frozenset[str] = frozenset()
    """Every other name of the voter: the fingerprints of all their keys."""

    @property
    def names(self) -> frozenset[str]:
        """Every name by which somebody may know the voter."""
        return self.identities | {self.owner, self.keyid}


@record
class CountedVote:
    """A vote and what became of it."""

    approval: VerifiedApproval
    reading: Reading

    def document(self) -> dict[str, Json]:
        """The vote as the decision record lists it."""
        return {
            "digest": {"sha256": self.approval.digest},
            "keyid": self.approval.keyid,
            "role": self.approval.role,
            "vote": self.approval.vote,
            "reading": self.reading.value,
        }


@record(kw_only=True)
class Question:
    """What votes must be about to count, and whose votes cannot."""

    evaluation: str
    """Digest of the evaluation record, hex."""
    bundle: str
    """Bundle digest, hex."""
    owners: tuple[str, ...]
    """Who owns the model, by every name that is known."""
    submitter: str | None
    applied_waivers: frozenset[str]
    """Digests of the waivers that other rules needed: an approval must have considered each."""


def read_votes(approvals: Sequence[VerifiedApproval], question: Question, *, now: datetime) -> tuple[CountedVote, ...]:
    """Read every vote, sorted by digest. Pure; validity is half-open, `signed_at <= now < expires`.

    A rejection needs not have considered the waivers: it only asks that less be let through.
    """
    ordered = sorted(approvals, key=lambda item: item.digest)
    sound = [item for item in ordered if _fault(item, question, now) is None]
    newest: dict[tuple[str, str], VerifiedApproval] = {}
    # Of two votes in one second the one that lets less through is taken for the later.
    for item in sorted(sound, key=lambda item: (item.signed_at, _ORDER.index(item.vote), item.digest)):
        newest[item.keyid, item.role] = item
    made = []
    for item in ordered:
        reading = _fault(item, question, now)
        if reading is None and newest[item.keyid, item.role] is not item:
            reading = Reading.CHANGED_MIND
        if reading is None and item.vote == "approve" and not question.applied_waivers <= set(item.waivers_considered):
            reading = Reading.WAIVERS_NOT_CONSIDERED
        made.append(CountedVote(item, reading or Reading.COUNTED))
    return tuple(made)


def _fault(item: VerifiedApproval, question: Question, now: datetime) -> Reading | None:
    for reading, holds in (
        (Reading.BAD_SIGNATURE, not item.signature_valid),
        (Reading.REVOKED, item.revoked),
        (Reading.OTHER_EVALUATION, (item.evaluation, item.bundle) != (question.evaluation, question.bundle)),
        (Reading.NOT_IN_ROLE, not item.in_role),
        (Reading.IS_SUBMITTER, question.submitter in item.names),
        (Reading.IS_OWNER, not item.names.isdisjoint(question.owners)),
        (Reading.NOT_YET_VALID, now < item.signed_at),
        (Reading.EXPIRED, now >= item.expires),
    ):
        if holds:
            return reading
    return None


@record
class Tally:
    """What people's words come to for one rule that only the decision can settle."""

    outcome: Outcome
    why: str
    rests_on: tuple[VerifiedApproval, ...] = ()
    """The approvals that it rests on; empty unless it passes."""
    ends: datetime | None = None
    """When the first of them stops counting for this rule."""


def count_votes(rule: RuleOutcome, votes: Sequence[CountedVote], *, now: datetime) -> Tally:
    """Count the votes for a rule of the kind `approval.quorum`.

    For each role the rule names, distinct keys and distinct owners are counted; a plain base role such as `approver`
    accepts every role of that base. The rule may ask for more people than the trust root's role, never for fewer: in
    whatever role people vote, there must be as many of them as the trust root asks for, or none of them counts. One
    counted rejection fails, whoever else approves. An approval older than the rule's `max_age` no longer counts, to
    the second; a rejection does not grow old.
    """
    counted = [item.approval for item in votes if item.reading is Reading.COUNTED]
    against = [item for item in counted if item.vote == "reject"]
    if against:
        return Tally(Outcome.FAIL, f"rejected by {', '.join(sorted(item.owner for item in against))}")
    asked = _asked(rule)
    if not asked:
        return Tally(Outcome.ERROR, "the rule names no role")
    approving = [item for item in counted if item.vote == "approve" and now < vote_end(item, rule)]
    rests_on: list[VerifiedApproval] = []
    short: list[str] = []
    for role, least in asked:
        fitting = [item for item in approving if _plays(item.role, role)]
        quorate = quorate_among(fitting)
        if people_among(quorate) < least:
            needed = max([least, *(item.threshold for item in fitting)])
            short.append(f"{people_among(fitting)} of {needed} for {role}")
        rests_on += quorate
    if short:
        return Tally(Outcome.MISSING_EVIDENCE, f"approvals: {', '.join(short)}")
    unique = {item.digest: item for item in rests_on}
    ends = min(vote_end(item, rule) for item in rests_on)
    names = ", ".join(sorted({item.owner for item in rests_on}))
    said = f"approved by {names} until {instant_text(ends)}"
    return Tally(Outcome.PASS, said, tuple(unique[key] for key in sorted(unique)), ends)


def quorate_among(votes: Sequence[VerifiedApproval]) -> list[VerifiedApproval]:
    """Give those votes in whose role as many people voted as the trust root asks for."""
    return [item for item in votes if people_among(votes, item.role) >= item.threshold]


def vote_end(vote: VerifiedApproval, rule: RuleOutcome) -> datetime:
    """When a vote stops counting for a rule: at its own end, or when it grows too old for the rule.

    With an age that cannot be read, or that leaves the calendar, it has never counted.
    """
    facts = rule.result.facts
    age = facts.get("max_age") if isinstance(facts, Mapping) else None
    if age is None:
        return vote.expires
    try:
        return min(vote.expires, add(vote.signed_at, str(age)))
    except ValueError:
        return vote.signed_at


def people_among(votes: Sequence[VerifiedApproval], role: str | None = None) -> int:
    """Count the people whose votes these are, in one role or in any: a second key makes nobody two people."""
    fitting = [item for item in votes if role in (None, item.role)]
    return min(len({item.owner for item in fitting}), len({item.keyid for item in fitting}))


def _plays(role: str, asked: str) -> bool:
    return role == asked or ("/" not in asked and role.partition("/")[0] == asked)


def _asked(rule: RuleOutcome) -> list[tuple[str, int]]:
    """Give the roles and counts of a quorum rule; nothing when they cannot be read, so that nothing passes."""
    facts = rule.result.facts
    roles = facts.get("roles") if isinstance(facts, Mapping) and facts.get("kind") == "approval-quorum" else None
    made: list[tuple[str, int]] = []
    for item in roles if isinstance(roles, list | tuple) else ():
        role, count = (item.get("role"), item.get("count")) if isinstance(item, Mapping) else (None, None)
        if not isinstance(role, str) or not isinstance(count, int) or isinstance(count, bool) or count < 1:
            return []
        made.append((role, count))
    return made
