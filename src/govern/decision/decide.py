"""The decision: a pure function of the evaluation, verified waivers and votes, the submitter and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from govern.canonical import Json, canonical_bytes, instant_text, parse_instant, sha256_hex
from govern.decision.approvals import (
    CountedVote,
    Question,
    Tally,
    VerifiedApproval,
    count_votes,
    read_votes,
)
from govern.decision.evaluation import Evaluation, RuleOutcome
from govern.decision.exceptions import InForce, judge_exceptions
from govern.decision.overall import (
    DECIDED_HERE,
    EXCEPTIONS_CHECK,
    LETS_THROUGH,
    QUORUM_CHECK,
    SEPARATION_CHECK,
    overall,
)
from govern.decision.separation import Standing, judge_separation
from govern.decision.waivers import Ruling, VerifiedWaiver, effective, without_a_rule
from govern.policy.outcomes import Decision, Enforcement, Holds, Outcome
from govern.records import record

__all__ = ["DECISION_SCHEMA", "DecisionRecord", "Settled", "considerable", "decide", "outcome_at", "overall"]

DECISION_SCHEMA = "urn:govern:decision:v1"

_WORSE = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR, Outcome.FAIL)
"""From harmless to harmful; the two outcomes not listed are settled before this order is asked."""


@record(kw_only=True)
class Settled:
    """What one rule finally came to, and why that differs from the check's own outcome if it does."""

    rule: RuleOutcome
    outcome: Outcome
    unwaived: Outcome
    """The outcome at the clock and by people's votes, before waiving."""
    why: str | None = None
    rulings: tuple[tuple[str, Ruling], ...] = ()
    """(waiver digest, ruling) for every waiver that names this rule."""
    waiver: VerifiedWaiver | None = None
    approvals: tuple[VerifiedApproval, ...] = ()
    """The votes on which a rule about people rests."""
    approvals_end: datetime | None = None
    """When the first of them stops counting for it."""

    @property
    def blocks(self) -> bool:
        """Whether this rule keeps the model from passing the gate."""
        return self.rule.enforcement is Enforcement.BLOCK and self.outcome not in LETS_THROUGH


@record(kw_only=True)
class DecisionRecord:
    """`{evaluation, clock, waivers, approvals, outcomes after waiving}` and what they come to."""

    evaluation: Evaluation
    clock: datetime
    settled: tuple[Settled, ...]
    decision: Decision
    holds_until: datetime | None
    """Earliest instant at which something that this decision rests on ends or changes; None when nothing does."""
    votes: tuple[CountedVote, ...] = ()
    """Every vote that was handed in, and what became of it."""
    submitter: str | None = None
    """Who asked: may neither waive nor approve. None when nobody was asked."""
    strays: tuple[VerifiedWaiver, ...] = ()
    """Waivers for this model and stage whose rule is not asked."""

    @property
    def hears_people(self) -> bool:
        """Whether the submitter matters: somebody has signed something, or a rule asks who stands on which side."""
        waived = bool(self.strays) or any(item.rulings for item in self.settled)
        return waived or bool(self.votes) or any(item.rule.check == SEPARATION_CHECK for item in self.settled)

    def document(self) -> dict[str, Json]:
        """The decision as canonical JSON. The submitter is in it where people's words were held against it."""
        made: dict[str, Json] = {
            "schema": DECISION_SCHEMA,
            "evaluation": {"digest": {"sha256": self.evaluation.digest}},
            "clock": instant_text(self.clock),
            "waivers": [
                {"rule": item.rule.rule, "digest": {"sha256": digest}, "ruling": ruling.value}
                for item in self.settled
                for digest, ruling in item.rulings
            ]
            + [
                {"rule": item.rule, "digest": {"sha256": item.digest}, "ruling": Ruling.WRONG_RULE.value}
                for item in self.strays
            ],
            "approvals": [item.document() for item in self.votes],
            "outcomes": [
                {
                    "rule": item.rule.rule,
                    "enforcement": item.rule.enforcement.value,
                    "outcome": item.outcome.value,
                    "evaluated": item.rule.outcome.value,
                    "why": item.why,
                }
                for item in self.settled
            ],
            "holds_until": None if self.holds_until is None else instant_text(self.holds_until),
            "decision": self.decision.value,
        }
        if self.hears_people:
            made["submitter"] = self.submitter
        return made

    def data(self) -> bytes:
        """RFC 8785 bytes of the record."""
        return canonical_bytes(self.document())

    @property
    def digest(self) -> str:
        """sha256 of the record's bytes, hex."""
        return sha256_hex(self.data())

    @property
    def blocking(self) -> tuple[str, ...]:
        """Qualified ids of the rules that keep the model from passing."""
        return tuple(item.rule.rule for item in self.settled if item.blocks)


def outcome_at(outcome: Outcome, holds: Iterable[Holds], now: datetime) -> tuple[Outcome, str | None]:
    """Settle an outcome at an instant: half-open, `start <= now < until`.

    A law that is not in force makes a rule not applicable, whatever it found. Anything else that ended can only
    make the outcome worse: stale advisories never turn a known match into a doubt.
    """
    ended = [item for item in holds if _outside(item, now)]
    if outcome is Outcome.NOT_APPLICABLE or not ended:
        return outcome, None
    for item in ended:
        if item.otherwise is Outcome.NOT_APPLICABLE:
            return Outcome.NOT_APPLICABLE, item.reason
    worst = max(ended, key=lambda item: _WORSE.index(item.otherwise))
    if _WORSE.index(worst.otherwise) > _WORSE.index(outcome):
        return worst.otherwise, worst.reason
    return outcome, None


def _outside(item: Holds, now: datetime) -> bool:
    if item.start is not None and now < parse_instant(item.start):
        return True
    return item.until is not None and now >= parse_instant(item.until)


def decide(
    evaluation: Evaluation,
    *,
    clock: datetime,
    waivers: Sequence[VerifiedWaiver] = (),
    approvals: Sequence[VerifiedApproval] = (),
    submitter: str | None = None,
) -> DecisionRecord:
    """Decide. Waivers and votes have been verified by `attestation`; whether each counts is settled here.

    Rules about people come last: votes are counted, each of which must have considered every waiver that the rules of
    other kinds needed; then it is asked who stands on which side, and whether the waivers keep their bounds.
    """
    asked = _Asked(evaluation=evaluation, waivers=waivers, clock=clock, submitter=submitter)
    settled = [asked.settle(item) for item in evaluation.outcomes]
    votes = read_votes(approvals, asked.question(considerable(settled)), now=clock)
    asked.settle_kind(settled, QUORUM_CHECK, lambda rule: count_votes(rule, votes, now=clock))
    standing = Standing(
        subject=evaluation.subject,
        submitter=submitter,
        votes=votes,
        waivers=tuple(item.waiver for item in _in_force(settled, besides=(SEPARATION_CHECK, EXCEPTIONS_CHECK))),
        now=clock,
    )
    asked.settle_kind(settled, SEPARATION_CHECK, lambda rule: judge_separation(rule, standing))
    in_force = _in_force(settled, besides=(EXCEPTIONS_CHECK,))
    asked.settle_kind(settled, EXCEPTIONS_CHECK, lambda rule: judge_exceptions(rule, in_force, evaluation.outcomes))
    return DecisionRecord(
        evaluation=evaluation,
        clock=clock,
        settled=tuple(settled),
        decision=overall((item.rule.enforcement, item.outcome) for item in settled),
        holds_until=_earliest_end(settled, clock),
        votes=votes,
        submitter=submitter,
        strays=without_a_rule(waivers, evaluation=evaluation, now=clock, submitter=submitter),
    )


def considerable(settled: Iterable[Settled]) -> frozenset[str]:
    """Give the digests of the waivers that an approval must have considered: those of rules that ask nobody."""
    return frozenset(
        item.waiver.digest for item in settled if item.waiver is not None and item.rule.check not in DECIDED_HERE
    )


def _in_force(settled: Iterable[Settled], *, besides: Sequence[str]) -> tuple[InForce, ...]:
    """The waivers that are applied so far, besides those of rules of these kinds."""
    return tuple(
        InForce(item.rule, item.waiver)
        for item in settled
        if item.waiver is not None and item.rule.check not in besides
    )


def _evaluated(rule: RuleOutcome, clock: datetime) -> tuple[Outcome, str | None]:
    if rule.outcome is Outcome.WAIVED:
        return Outcome.ERROR, "an evaluation waives nothing: only a signed waiver does"
    return outcome_at(rule.outcome, rule.result.holds, clock)


@record(kw_only=True)
class _Asked:
    """What every rule is settled with."""

    evaluation: Evaluation
    waivers: Sequence[VerifiedWaiver]
    clock: datetime
    submitter: str | None

    def question(self, applied_waivers: frozenset[str]) -> Question:
        """What votes must be about to count."""
        subject = self.evaluation.subject
        return Question(
            evaluation=self.evaluation.digest,
            bundle=subject.digest,
            owners=subject.owners,
            submitter=self.submitter,
            applied_waivers=applied_waivers,
        )

    def settle_kind(self, settled: list[Settled], kind: str, judge: Callable[[RuleOutcome], Tally]) -> None:
        """Settle the rules of one kind again, by what people's words come to."""
        for index, rule in enumerate(self.evaluation.outcomes):
            if rule.check == kind:
                settled[index] = self.settle(rule, judge(rule))

    def settle(self, rule: RuleOutcome, tally: Tally | None = None) -> Settled:
        """Settle one rule at the clock, under the waivers; `tally` is what people's words come to, once it is known."""
        outcome, why = _evaluated(rule, self.clock)
        if rule.check in DECIDED_HERE and outcome in (Outcome.MISSING_EVIDENCE, Outcome.PASS):
            # Only people's words are its evidence: whatever the record says, without them it has not passed.
            outcome, why = (Outcome.MISSING_EVIDENCE, why) if tally is None else (tally.outcome, tally.why)
        under = effective(
            rule, outcome, self.waivers, evaluation=self.evaluation, now=self.clock, submitter=self.submitter
        )
        if under.applied is not None:
            why = f"waived until {instant_text(under.applied.expires)} by {under.applied.approver}"
        rests = tally if tally is not None and under.outcome is Outcome.PASS else None
        return Settled(
            rule=rule,
            outcome=under.outcome,
            why=why,
            unwaived=outcome,
            rulings=under.rulings,
            waiver=under.applied,
            approvals=() if rests is None else rests.rests_on,
            approvals_end=None if rests is None else rests.ends,
        )


def _earliest_end(settled: Sequence[Settled], now: datetime) -> datetime | None:
    """Give the first instant at which something changes for a blocking rule: a law comes into force, a measurement
    grows stale, a waiver or a vote ends. What only warns cannot end a certificate.
    """
    ends: list[datetime] = []
    for item in settled:
        if item.rule.enforcement is not Enforcement.BLOCK:
            continue
        if item.waiver is not None:
            ends.append(item.waiver.expires)
        if not item.blocks:
            moments = (moment for hold in item.rule.result.holds for moment in (hold.start, hold.until))
            ends.extend(parse_instant(moment) for moment in moments if moment is not None)
            ends += [] if item.approvals_end is None else [item.approvals_end]
    later = [end for end in ends if end > now]
    return min(later) if later else None
