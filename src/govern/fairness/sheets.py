"""One rate over one table of groups, with every comparison the question asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from govern.fairness.bounds import Unknown
from govern.fairness.counts import Axis, Counts, GroupTable
from govern.fairness.disparity import GroupLine, Pair, Question
from govern.fairness.intervals import wilson
from govern.fairness.rates import NO_TALLY, Rate, RateMetric, Tally, Undefined, Value
from govern.fairness.strata import within

__all__ = [
    "Group",
    "Sheet",
    "display_lines",
    "folded",
    "make_sheet",
    "paired_strata",
    "stratified",
]

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
    strata: Mapping[Group, Mapping[int, Rate]] | None = None
    """The rate of each group in each stratum, those of unknown stratum as one of their own."""

    @property
    def nobody_selected(self) -> bool:
        """Whether the rate is the selection rate and no compared group has anybody selected."""
        return self.metric.name == "selection_rate" and not any(self.rates[group].k for group in self.compared)


def make_sheet(
    question: Question,
    table: GroupTable,
    metric: RateMetric,
    strata: Mapping[Group, Mapping[int, Rate]] | None = None,
) -> Sheet:
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
    if strata is not None:
        made = tuple(_within(question, pair, paired_strata(strata, pair)) for pair in made)
    return Sheet(table, metric, rates, compared, small, reference, unknown, made, strata=strata)


def paired_strata(strata: Mapping[Group, Mapping[int, Rate]], pair: Pair) -> list[tuple[Rate, Rate]]:
    """Give the rates of both groups of a pair in every stratum that has both."""
    one, two = strata.get(pair.group, {}), strata.get(pair.other, {})
    return [(one[place], two[place]) for place in sorted(one.keys() & two.keys())]


def _within(question: Question, pair: Pair, strata: list[tuple[Rate, Rate]]) -> Pair:
    found = within(strata)
    value = found.ratio if question.compare == "ratio" else found.difference
    if isinstance(value, Fraction):
        if question.compare == "difference":
            value = abs(value)
        elif folded(question):
            value = min(value, 1 / value) if value else value
    return replace(pair, within=found, within_value=value)


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


def stratified(
    counts: Counts, attributes: tuple[str, ...], stratum: str, metric: RateMetric
) -> dict[Group, dict[int, Rate]]:
    """Give the rate of every group in every stratum; records of unknown stratum are a stratum of their own.

    Raises KeyError for a column without axis, and for counts that keep no cells.
    """
    axes: tuple[Axis, ...] = getattr(counts, "axes", ())
    places = {axis.name: place for place, axis in enumerate(axes)}
    chosen, layer = [(places[name], axes[places[name]].values) for name in attributes], places[stratum]
    found: dict[Group, dict[int, Tally]] = {}
    for key, tally in counts.cells.items():
        if any(key[place] == len(values) for place, values in chosen):
            continue
        strata = found.setdefault(tuple(values[key[place]] for place, values in chosen), {})
        strata[key[layer]] = strata.get(key[layer], NO_TALLY).plus(tally)
    return {
        group: {place: metric.rate(tally) for place, tally in sorted(strata.items())} for group, strata in found.items()
    }


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
