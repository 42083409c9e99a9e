"""Whether one person stands on two sides: the rule of the kind `approval.separation`, settled in the decision.

Who submitted, owns, developed and validated is declared; who approved and who waived is known from verified
statements. A side that nobody is known to stand on shows nothing, so the rule has not passed, with one exception: that
nobody waived anything is known, for every waiver is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from govern.decision.approvals import CountedVote, Reading, Tally, VerifiedApproval, quorate_among, vote_end
from govern.decision.evaluation import RuleOutcome, Subject
from govern.decision.waivers import VerifiedWaiver
from govern.policy.outcomes import Outcome
from govern.policy.sides import Side
from govern.records import record

__all__ = ["Standing", "judge_separation"]

_PRINCIPAL = re.compile(r"[a-z][a-z0-9-]*:\S+")
"""A name as the trust root names people and services, e.g. `person:carol`."""
_SIDES = frozenset(side.value for side in Side)


@record(kw_only=True)
class Standing:
    """Everybody who has a part in a decision."""

    subject: Subject
    submitter: str | None
    votes: Sequence[CountedVote]
    waivers: Sequence[VerifiedWaiver]
    """Those that were applied."""
    now: datetime

    def approvals(self, rule: RuleOutcome) -> list[VerifiedApproval]:
        """The approvals that count, and are young enough for a rule."""
        counted = [item.approval for item in self.votes if item.reading is Reading.COUNTED]
        return [item for item in counted if item.vote == "approve" and self.now < vote_end(item, rule)]


@record
class _Person:
    """One person on a side, by every name that is known: the first is for messages."""

    names: tuple[str, ...]


@record
class _Known:
    """Who stands on a side, or why that is not known."""

    people: tuple[_Person, ...] = ()
    unknown: str | None = None


def judge_separation(rule: RuleOutcome, standing: Standing) -> Tally:
    """Settle a rule of the kind `approval.separation`. Pure.

    One person or key on both sides of a pair fails, whatever else is unknown. Otherwise a side that is not known, or
    whose names cannot be compared with those of the trust root, is missing evidence. A pass rests on the approvals,
    when a pair names approvers.
    """
    pairs = _pairs(rule)
    if not pairs:
        return Tally(Outcome.ERROR, "the rule names no pair of sides")
    sides = {side: _side(side, rule, standing) for side in sorted({side for pair in pairs for side in pair})}
    both = [
        f"{name} is {first.value} and {second.value}"
        for first, second in pairs
        for name in _shared(sides[first], sides[second])
    ]
    if both:
        return Tally(Outcome.FAIL, "; ".join(both))
    unknown = [f"{side.value}: {known.unknown}" for side, known in sides.items() if known.unknown is not None]
    if unknown:
        return Tally(Outcome.MISSING_EVIDENCE, "; ".join(unknown))
    said = ", ".join(f"{first.value} and {second.value}" for first, second in pairs)
    rests_on = quorate_among(standing.approvals(rule)) if Side.APPROVER in sides else []
    ordered = tuple(sorted(rests_on, key=lambda item: item.digest))
    ends = min((vote_end(item, rule) for item in ordered), default=None)
    return Tally(Outcome.PASS, f"nobody is on both sides: {said}", ordered, ends)


def _pairs(rule: RuleOutcome) -> tuple[tuple[Side, Side], ...]:
    """Give the pairs of a rule; none when they cannot be read, so that nothing passes."""
    facts = rule.result.facts
    pairs = facts.get("pairs") if isinstance(facts, Mapping) and facts.get("kind") == "approval-separation" else None
    made: list[tuple[Side, Side]] = []
    for item in pairs if isinstance(pairs, list | tuple) else ():
        names = [str(name) for name in item] if isinstance(item, list | tuple) else []
        if len(names) != 2 or not set(names) <= _SIDES or names[0] == names[1]:
            return ()
        made.append((Side(names[0]), Side(names[1])))
    return tuple(made)


def _side(side: Side, rule: RuleOutcome, standing: Standing) -> _Known:
    subject = standing.subject
    match side:
        case Side.SUBMITTER:
            return _declared([standing.submitter] if standing.submitter else [], "nobody is named as submitter")
        case Side.OWNER:
            return _owner(subject)
        case Side.DEVELOPER:
            return _declared(subject.developers, "the model record names no developers")
        case Side.VALIDATOR:
            return _declared(subject.validators, "the model record names no validators")
        case Side.APPROVER:
            return _approvers(standing.approvals(rule))
        case Side.WAIVER:
            return _Known(tuple(_Person((item.approver, *sorted(item.identities))) for item in standing.waivers))


def _declared(names: Sequence[str], nobody: str) -> _Known:
    if not names:
        return _Known(unknown=nobody)
    people = tuple(_Person((name,)) for name in sorted(set(names)))
    odd = [name for name in sorted(set(names)) if not _PRINCIPAL.fullmatch(name)]
    if odd:
        return _Known(people, f"'{odd[0]}' is no name of the trust root, such as person:carol")
    return _Known(people)


def _owner(subject: Subject) -> _Known:
    """One person under up to two names, of which one must be a name of the trust root."""
    if not subject.owners:
        return _Known(unknown="the model record names no owner")
    person = _Person(subject.owners)
    if any(_PRINCIPAL.fullmatch(name) for name in subject.owners):
        return _Known((person,))
    return _Known((person,), f"'{subject.owners[0]}' is no name of the trust root: say owner.principal")


def _approvers(approvals: Sequence[VerifiedApproval]) -> _Known:
    """Whoever approved, counted for the quorum or not: but without a quorate approval nobody has approved yet."""
    people = tuple(_Person((item.owner, *sorted(item.names))) for item in approvals)
    return _Known(people, None if quorate_among(approvals) else "nobody has approved yet")


def _shared(first: _Known, second: _Known) -> list[str]:
    return sorted(
        {one.names[0] for one in first.people for other in second.people if not set(one.names).isdisjoint(other.names)}
    )
