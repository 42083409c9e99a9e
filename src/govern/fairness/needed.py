"""How many people would let an open verdict be taken: the rates as they are, every group of one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from govern.fairness.disparity import Pair, Question, Reason, ReasonKind, Verdict
from govern.fairness.intervals import difference_interval, quantile, ratio_score
from govern.fairness.rates import Rate
from govern.fairness.sheets import Sheet, folded, make_sheet
from govern.fairness.significance import fisher_exact, least_expected

__all__ = ["MOST_PEOPLE", "people_needed"]

MOST_PEOPLE = 1 << 20
"""How many people a group is thought of at most."""
_LEAST_EXPECTED = 5
_BY_SIZE = (
    ReasonKind.NOT_DEMONSTRATED,
    ReasonKind.NOT_SIGNIFICANT,
    ReasonKind.SMALL_GROUP,
    ReasonKind.NOT_COMPARABLE,
)


def people_needed(question: Question, sheet: Sheet, reasons: Sequence[Reason]) -> int | None:
    """Give about how many each group needs, among those the rate is counted among, for this table to be decided.

    None where people alone would not decide it: a rate lies on the threshold, records of unknown group, strata or
    undefined comparisons are in the way, or more than `MOST_PEOPLE` are needed. The family of comparisons stays as it
    is, and counts are rounded to whole people, so the figure is good to a few.
    """
    doubts = [reason for reason in reasons if reason.verdict is not Verdict.PASS]
    by_size = all(reason.kind in _BY_SIZE and reason.verdict is Verdict.INCONCLUSIVE for reason in doubts)
    if not doubts or not by_size or question.stratum is not None or any(not rate.n for rate in sheet.rates.values()):
        return None
    # Small groups take part once they have grown, and may be the farthest apart.
    pairs = make_sheet(replace(question, min_n=1), sheet.table, sheet.metric).pairs
    values = [pair for pair in pairs if isinstance(pair.value, Fraction)]
    if len(values) < len(pairs) or not pairs:
        return None
    worst = (min if question.at_least is not None else max)(values, key=_value)
    if question.decide == "point":
        return question.min_n
    family = max(1, sheet.family)
    z = quantile(question.alpha / family)

    def decided(people: int) -> bool:
        one, two = _sized(worst.rate, people), _sized(worst.other_rate, people)
        met = question.met(_value(worst))
        if question.decide == "demonstrated":
            return _apart(question, one, two, z, met=met)
        enough = least_expected(*one, *two) >= _LEAST_EXPECTED
        return met or (enough and fisher_exact(*one, *two) * family <= question.alpha)

    found = _least(decided)
    return None if found is None else max(found, question.min_n)


def _value(pair: Pair) -> Fraction:
    assert isinstance(pair.value, Fraction)
    return pair.value


def _least(decided: Callable[[int], bool]) -> int | None:
    high = 16
    while not decided(high):
        high *= 2
        if high > MOST_PEOPLE:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


def _sized(rate: Rate, people: int) -> tuple[int, int]:
    return (2 * rate.k * people + rate.n) // (2 * rate.n), people


def _apart(question: Question, one: tuple[int, int], two: tuple[int, int], z: Decimal, *, met: bool) -> bool:
    """Whether the simultaneous bounds lie on one side of the limit; in equal groups no other pair is closer to it."""
    if question.compare == "difference":
        low, high = difference_interval(*two, *one, z)
        assert high is not None  # only a ratio has no upper end
        return question.met(Fraction(max(-low, high))) if met else not question.met(Fraction(low))
    if not question.limit:
        return met
    square = z * z
    if not two[0] or ratio_score(*one, *two, question.limit) <= square:
        return False
    return not (met and folded(question)) or ratio_score(*two, *one, question.limit) > square
