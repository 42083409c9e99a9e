"""The question whether a rate differs between groups, and the judgement on it.

Three modes, from weakest claim to strongest: `point` is the literal rule on exact fractions; `evidence_of_harm`
fails only what is missed significantly; `demonstrated` passes only what simultaneous bounds establish.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from govern.fairness.intervals import Interval, difference_interval, ratio_interval
from govern.fairness.permutation import Permutation
from govern.fairness.rates import MetricName, Rate, Value
from govern.fairness.strata import Within
from govern.records import record

__all__ = ["GroupLine", "Judgement", "Pair", "Question", "Reason", "ReasonKind", "TableJudgement", "Verdict"]


class Verdict(StrEnum):
    """What a judgement came to. `absent` means a declared group or the reference has no rows."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ABSENT = "absent"


class ReasonKind(StrEnum):
    """Why a table is not a plain pass."""

    MISSED = "missed"
    NOT_SIGNIFICANT = "not_significant"
    NOT_DEMONSTRATED = "not_demonstrated"
    SIGNIFICANT_GAP = "significant_gap"
    SMALL_GROUP = "small_group"
    NOT_COMPARABLE = "not_comparable"
    UNDEFINED = "undefined"
    UNKNOWN_DECIDES = "unknown_decides"
    ABSENT_GROUP = "absent_group"
    ABSENT_REFERENCE = "absent_reference"
    NEAR_ALPHA = "near_alpha"
    """A million draws leave open on which side of alpha the p-value lies."""
    ONE_PERSON = "one_person"
    """One person decided otherwise in each group would put the worse group ahead."""
    WITHIN_STRATA = "within_strata"
    """What the comparison is within strata, beside what it is over all."""
    STRATA_DIFFER = "strata_differ"
    """Strata go different ways, so that no common figure describes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the counts. Exactly one of `at_least` and `at_most` is set.

    With reference `highest` a ratio is lowest over highest (`at_least`) and a difference highest minus lowest
    (`at_most`). With a declared reference a ratio is group over reference and may be limited on either side, except
    for equalized odds, where the smaller is divided by the larger; a difference is the absolute one (`at_most`).
    """

    metric: MetricName
    compare: Literal["ratio", "difference"]
    attributes: tuple[tuple[str, ...], ...]
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    decide: Literal["evidence_of_harm", "point", "demonstrated"] = "demonstrated"
    alpha: Fraction = Fraction(1, 20)
    reference: Mapping[str, str] | None = None
    """None is the highest observed rate; otherwise the reference value of each attribute."""
    min_n: int = 30
    small_groups: Literal["exclude", "inconclusive"] = "inconclusive"
    missing_bounds: Literal["none", "worst_case"] = "worst_case"
    significant_gap: Literal["report", "fail"] = "report"
    test: Literal["fisher", "permutation"] = "fisher"
    """Fisher's test of every pair with Holm's correction, or one permutation test of highest less lowest a table."""
    stratum: str | None = None
    """Column within whose values groups are compared too: a pass must hold over all and within, and harm is tested
    within (Cochran, Mantel and Haenszel)."""

    def __post_init__(self) -> None:
        problem = self.contradiction()
        if problem:
            raise ValueError(problem)

    def contradiction(self) -> str | None:
        """Say what makes the question meaningless, if anything."""
        if (self.at_least is None) == (self.at_most is None):
            return "exactly one of at_least and at_most is needed"
        if self.compare == "difference" and self.at_most is None:
            return "a difference is limited from above: use at_most"
        folded = self.reference is None or self.metric == "equalized_odds"
        if self.compare == "ratio" and folded and self.at_least is None:
            return "a ratio of the lower to the higher rate is limited from below: use at_least"
        if self.limit < 0 or (folded and self.limit > 1) or (self.compare == "difference" and self.limit > 1):
            return "the limit lies outside 0..1"
        if not 0 < self.alpha < Fraction(1, 2):
            return "alpha lies outside 0..0.5"
        if not self.attributes or any(not table for table in self.attributes):
            return "at least one attribute is needed"
        if self.test == "permutation" and (self.reference is not None or self.stratum is not None):
            return "the permutation test is of the highest against the lowest: no reference, no stratum"
        if self.stratum is not None and any(self.stratum in table for table in self.attributes):
            return "the stratum is one of the attributes compared"
        if self.reference is not None:
            named = {name for table in self.attributes for name in table}
            lacking = sorted(named - self.reference.keys())
            if lacking:
                return f"the reference names no value of {', '.join(lacking)}"
        return None

    @property
    def limit(self) -> Fraction:
        """The threshold, whichever side it is on."""
        limit = self.at_least if self.at_least is not None else self.at_most
        return Fraction(0) if limit is None else limit

    def met(self, value: Fraction) -> bool:
        """Say whether an exact value meets the threshold; exactly on it does."""
        return value >= self.limit if self.at_least is not None else value <= self.limit


@record
class Pair:
    """A comparison of two groups. With reference `highest`, `other` is the one with the higher rate."""

    group: tuple[str, ...]
    other: tuple[str, ...]
    rate: Rate
    other_rate: Rate
    ratio: Value
    difference: Value
    value: Value
    """The compared one of the two, folded as `Question` says."""
    p: Decimal | None = None
    """p after Holm's correction, rounded up to six digits: Fisher's exact test of the pair; within strata that of
    Cochran, Mantel and Haenszel; with `test: permutation` that of the table, held by its farthest pair alone."""
    expected_ok: bool = True
    """Whether every cell of the 2x2 table is expected to hold at least five."""
    bounds: Interval | None = None
    """Simultaneous bounds of the compared value, in mode `demonstrated`."""
    within: Within | None = None
    """The comparison within strata, when the question names a stratum."""
    within_value: Value | None = None
    """The common ratio or difference, folded as `value` is."""
    within_bounds: Interval | None = None
    """Simultaneous bounds of the common one, in mode `demonstrated`; None also where none can be given."""
    permutation: Permutation | None = None
    """The test that `p` comes from, with the seed of its draws."""
    undecided: bool = False
    """Whether the draws leave open on which side of alpha p lies."""

    def interval(self, compare: Literal["ratio", "difference"]) -> Interval:
        """Give the 95 percent interval of this comparison alone, for display.

        Of rate over other rate (Koopman), or of other rate less rate (Newcombe).
        """
        one, two = self.rate, self.other_rate
        if compare == "ratio":
            return ratio_interval(one.k, one.n, two.k, two.n)
        return difference_interval(two.k, two.n, one.k, one.n)


@record
class GroupLine:
    """One group of a table, for display: nothing here enters a verdict except the rate."""

    group: tuple[str, ...]
    people: int
    """Everybody in the group, whatever the rate is counted among."""
    rate: Rate
    spread: Interval | None
    """95 percent Wilson interval, None when the rate is undefined."""
    ratio: Value
    """To the reference, or to the highest rate of the groups compared."""
    difference: Value
    small: bool
    """Below the least denominator."""


@record
class Reason:
    """One thing a verdict rests on."""

    kind: ReasonKind
    verdict: Verdict
    group: tuple[str, ...] = ()
    pair: Pair | None = None
    note: str = ""


@record
class TableJudgement:
    """One rate over one table of groups."""

    attributes: tuple[str, ...]
    metric: str
    lines: tuple[GroupLine, ...]
    worst: Pair | None
    verdict: Verdict
    reasons: tuple[Reason, ...]
    unknown: int
    """Records of unknown group that count for this rate."""
    holds_for: int | None = None
    """For a met threshold: how many decisions may change before it is missed, None if no number of them can."""
    needed: int | None = None
    """For a missed one: how many more the worst group needs, all else equal."""
    unknown_low: Value | None = None
    """With records of unknown group: the least that the worst comparison can be, wherever they belong (sharp)."""
    unknown_high: Value | None = None
    """And the most: no way to place them takes the worst comparison beyond it."""
    as_observed: Value | None = None
    """What it is when they are spread as the known ones are: for display only."""
    needed_people: int | None = None
    """For an open verdict: about how many every group needs among those counted, at the same rates."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """All tables of one question; the family of its tests is all of them together."""

    verdict: Verdict
    tables: tuple[TableJudgement, ...]
    worst: TableJudgement | None
    """The table whose worst comparison is the farthest on the wrong side."""
    family: int
    """Number of comparisons that the correction was made for."""
    not_assessable: tuple[str, ...] = field(default=())
    """Groups that could not be judged, as `sex=F, race=B`."""
