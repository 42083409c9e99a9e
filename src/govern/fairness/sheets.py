"""One rate over one table of groups, with every comparison the question asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from govern.fairness.bounds import (
    Unknown,
    highest_difference,
    highest_ratio_at_best,
    lowest_ratio,
    raised,
    thinned,
)
from govern.fairness.counts import GroupTable
from govern.fairness.disparity import GroupLine, Pair, Question
from govern.fairness.intervals import wilson
from govern.fairness.rates import Rate, RateMetric, Undefined, Value

__all__ = ["Group", "Sheet", "display_lines", "make_sheet", "surely_missed", "worst_case_met"]

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rate per group, which groups are large enough to be compared, and the comparisons."""

    table: GroupTable
    metric: RateMetric
    rates: Mapping[Group, Rate]
    compared: tuple[Group, ...]
    small: tuple[Group, ...]
    reference: Group | None
    unknown: Unknown
    pairs: tuple[Pair, ...]
    family: int = 0
    """Comparisons of the whole question, once bounds are taken."""

    @property
    def nobody_selected(self) -> bool:
        """Whether the rate is the selection rate and no compared group has anybody selected."""
        return self.metric.name == "selection_rate" and not any(self.rates[group].k for group in self.compared)


def make_sheet(question: Question, table: GroupTable, metric: RateMetric) -> Sheet:
    """Work out rates and comparisons. Groups under the least denominator are set apart, never dropped."""
    rates = {group: metric.rate(tally) for group, tally in sorted(table.groups.items())}
    least = max(1, question.min_n)
    small = tuple(group for group, rate in rates.items() if rate.n < least)
    compared = tuple(group for group, rate in rates.items() if rate.n >= least)
    hits = metric.rate(table.unknown)
    unknown = Unknown(hits.k, hits.n - hits.k)
    reference = None
    if question.reference is not None:
        reference = tuple(question.reference[name] for name in table.attributes)
        pairs = [(group, reference) for group in compared if group != reference] if reference in compared else []
    else:
        pairs = list(combinations(compared, 2))
    made = tuple(_pair(question, rates, group, other) for group, other in pairs)
    return Sheet(table, metric, rates, compared, small, reference, unknown, made)


def folded(question: Question) -> bool:
    """Whether a comparison looks in both directions: always, except for a ratio to a declared reference."""
    return question.reference is None or question.compare == "difference" or question.metric == "equalized_odds"


def _pair(question: Question, rates: Mapping[Group, Rate], group: Group, other: Group) -> Pair:
    if folded(question) and rates[group].k * rates[other].n > rates[other].k * rates[group].n:
        group, other = other, group
    rate, top = rates[group], rates[other]
    ratio: Value = Fraction(rate.k * top.n, rate.n * top.k) if top.k else Undefined("the rate compared with is 0")
    difference: Value = abs(Fraction(top.k, top.n) - Fraction(rate.k, rate.n))
    return Pair(group, other, rate, top, ratio, difference, ratio if question.compare == "ratio" else difference)


def worst_case_met(question: Question, sheet: Sheet) -> bool:
    """Whether every comparison meets the threshold wherever the records of unknown group belong."""
    for pair in sheet.pairs:
        values: list[Value]
        if question.compare == "difference":
            values = [
                highest_difference(pair.rate, pair.other_rate, sheet.unknown),
                highest_difference(pair.other_rate, pair.rate, sheet.unknown),
            ]
        elif question.at_most is not None:
            values = [_inverse(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown))]
        else:
            values = [lowest_ratio(pair.rate, pair.other_rate, sheet.unknown)]
            if folded(question):
                values.append(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown))
        if any(isinstance(value, Undefined) or not question.met(value) for value in values):
            return False
    return True


def surely_missed(question: Question, sheet: Sheet) -> bool:
    """Whether some comparison misses the threshold wherever the records of unknown group belong."""
    if question.compare == "ratio" and folded(question):
        return any(_missed(question, best) for best in _best_ratios(sheet))
    for pair in sheet.pairs:
        if question.compare == "difference":
            low, high = raised(pair.rate, sheet.unknown).value, thinned(pair.other_rate, sheet.unknown).value
            if isinstance(low, Fraction) and isinstance(high, Fraction) and _missed(question, high - low):
                return True
        elif question.at_most is not None:
            if _missed(question, lowest_ratio(pair.rate, pair.other_rate, sheet.unknown)):
                return True
        elif _missed(question, _inverse(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown))):
            return True
    return False


def _best_ratios(sheet: Sheet) -> list[Value]:
    if sheet.reference is None:
        return [
            highest_ratio_at_best(
                sheet.rates[group], [sheet.rates[other] for other in sheet.compared if other != group], sheet.unknown
            )
            for group in sheet.compared
        ]
    return [highest_ratio_at_best(pair.rate, [pair.other_rate], sheet.unknown) for pair in sheet.pairs]


def _missed(question: Question, value: Value) -> bool:
    return isinstance(value, Fraction) and not question.met(value)


def _inverse(value: Value) -> Value:
    if isinstance(value, Undefined):
        return value
    return 1 / value if value else Undefined("the rate compared with may be 0")


def display_lines(sheet: Sheet) -> tuple[GroupLine, ...]:
    """Describe every group for display, small and empty ones included."""
    base = sheet.reference
    if base is None and sheet.compared:
        base = max(sheet.compared, key=lambda group: Fraction(sheet.rates[group].k, sheet.rates[group].n))
    top = sheet.rates.get(base) if base is not None else None
    lines = []
    for group, rate in sheet.rates.items():
        ratio: Value = Undefined(rate.without if not rate.n else "nothing to compare with")
        difference = ratio
        if rate.n and top is not None and top.n:
            difference = Fraction(top.k, top.n) - Fraction(rate.k, rate.n)
            ratio = Fraction(rate.k * top.n, rate.n * top.k) if top.k else Undefined("the rate compared with is 0")
        spread = wilson(rate.k, rate.n) if rate.n else None
        lines.append(
            GroupLine(group, sheet.table.groups[group].n, rate, spread, ratio, difference, group in sheet.small)
        )
    return tuple(lines)
