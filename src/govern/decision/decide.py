"""The decision: a pure function of the evaluation, verified waivers and votes, the submitter and the clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from govern.canonical import Json, canonical_bytes, instant_text, parse_instant, sha256_hex
from govern.decision.approvals import (
    QUORUM_CHECK,
    CountedVote,
    Question,
    Tally,
    VerifiedApproval,
    count_votes,
    read_votes,
)
from govern.decision.evaluation import Evaluation, RuleOutcome
from govern.decision.overall import LETS_THROUGH, overall
from govern.decision.waivers import Ruling, VerifiedWaiver, rule_on_waiver
from govern.policy.outcomes import Decision, Enforcement, Holds, Outcome
from govern.records import record

__all__ = ["DECISION_SCHEMA", "DecisionRecord", "Settled", "decide", "outcome_at", "overall"]

DECISION_SCHEMA = "urn:govern:decision:v1"

_WORSE = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR, Outcome.FAIL)
"""From harmless to harmful; the two outcomes not listed are settled before this order is asked."""


@record(kw_only=True)
class Settled:
    """What one rule finally came to, and why that differs from the check's own outcome if it does."""

    rule: RuleOutcome
    outcome: Outcome
    why: str | None = None
    rulings: tuple[tuple[str, Ruling], ...] = ()
    """(waiver digest, ruling) for every waiver that names this rule."""
    waiver: VerifiedWaiver | None = None
    approvals: tuple[VerifiedApproval, ...] = ()
    """The votes that met a quorum."""

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

    def document(self) -> dict[str, Json]:
        """The decision as canonical JSON. The submitter is in it when there were people's words to hold against it."""
        people = bool(self.votes) or any(item.rulings for item in self.settled)
        made: dict[str, Json] = {
            "schema": DECISION_SCHEMA,
            "evaluation": {"digest": {"sha256": self.evaluation.digest}},
            "clock": instant_text(self.clock),
            "waivers": [
                {"rule": item.rule.rule, "digest": {"sha256": digest}, "ruling": ruling.value}
                for item in self.settled
                for digest, ruling in item.rulings
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
        if people:
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

    Votes are counted last, and only by rules of the kind `approval.quorum`: a vote must have considered every waiver
    that the other rules needed.
    """
    settled = [_settle(item, evaluation, waivers, clock, submitter) for item in evaluation.outcomes]
    applied = frozenset(
        item.waiver.digest for item in settled if item.waiver is not None and item.rule.check != QUORUM_CHECK
    )
    question = Question(
        evaluation=evaluation.digest,
        bundle=evaluation.subject.digest,
        owner=evaluation.subject.owner,
        submitter=submitter,
        applied_waivers=applied,
    )
    votes = read_votes(approvals, question, now=clock)
    for index, rule in enumerate(evaluation.outcomes):
        if rule.check == QUORUM_CHECK:
            tally = count_votes(rule, votes)
            settled[index] = _settle(rule, evaluation, waivers, clock, submitter, tally)
    return DecisionRecord(
        evaluation=evaluation,
        clock=clock,
        settled=tuple(settled),
        decision=overall((item.rule.enforcement, item.outcome) for item in settled),
        holds_until=_earliest_end(settled, clock),
        votes=votes,
        submitter=submitter,
    )


def _evaluated(rule: RuleOutcome, clock: datetime) -> tuple[Outcome, str | None]:
    if rule.outcome is Outcome.WAIVED:
        return Outcome.ERROR, "an evaluation waives nothing: only a signed waiver does"
    return outcome_at(rule.outcome, rule.result.holds, clock)


def _settle(
    rule: RuleOutcome,
    evaluation: Evaluation,
    waivers: Sequence[VerifiedWaiver],
    clock: datetime,
    submitter: str | None,
    tally: Tally | None = None,
) -> Settled:
    outcome, why = _evaluated(rule, clock)
    if rule.check == QUORUM_CHECK and outcome in (Outcome.MISSING_EVIDENCE, Outcome.PASS):
        # Only votes are its evidence: whatever the record says, without a count it has not passed.
        outcome, why = (Outcome.MISSING_EVIDENCE, why) if tally is None else (tally.outcome, tally.why)
    rulings: list[tuple[str, Ruling]] = []
    applied: VerifiedWaiver | None = None
    for waiver in sorted(waivers, key=lambda item: item.digest):
        if waiver.rule != rule.rule:
            continue
        ruling = rule_on_waiver(rule, outcome, waiver, evaluation=evaluation, now=clock, submitter=submitter)
        rulings.append((waiver.digest, ruling))
        if ruling is Ruling.APPLIED and applied is None:
            applied = waiver
    if applied is not None:
        why = f"waived until {instant_text(applied.expires)} by {applied.approver}"
        outcome = Outcome.WAIVED
    rests_on = tally.rests_on if tally is not None and outcome is Outcome.PASS else ()
    return Settled(rule=rule, outcome=outcome, why=why, rulings=tuple(rulings), waiver=applied, approvals=rests_on)


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
            ends.extend(vote.expires for vote in item.approvals)
    later = [end for end in ends if end > now]
    return min(later) if later else None
