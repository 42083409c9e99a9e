"""A rate of every group of every table of a question: which groups are large enough, and which are compared.

What the judgements on groups one by one, on significance, on changes and on alternatives have in common. Small, empty
and absent groups are told apart here and are never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Literal

from govern.fairness.bounds import Unknown
from govern.fairness.counts import GroupTable
from govern.fairness.disparity import GroupLine, Verdict
from govern.fairness.intervals import wilson
from govern.fairness.rates import Rate, RateMetric, Undefined, Value, components
from govern.records import record

__all__ = ["Group", "Note", "RateTable", "Said", "TableVerdict", "population_notes", "rate_tables", "strongest"]

Group = tuple[str, ...]

Said = Literal[
    "absent_group",
    "absent_reference",
    "small_group",
    "not_comparable",
    "undefined",
    "unknown_decides",
    "missed",
    "not_significant",
    "not_demonstrated",
    "differs",
    "too_few_expected",
    "turns",
    "worse",
]
"""What a note says of a table or of one of its groups."""


@record
class Note:
    """One thing that a verdict rests on."""

    said: Said
    verdict: Verdict
    group: Group = ()
    other: Group = ()
    count: int | None = None
    """Records or people that the note speaks of."""
    why: str = ""


@record
class TableVerdict:
    """What one rate over one table of groups came to."""

    attributes: tuple[str, ...]
    metric: str
    verdict: Verdict
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class RateTable:
    """One rate over one table of groups."""

    table: GroupTable
    metric: RateMetric
    rates: Mapping[Group, Rate]
    judged: tuple[Group, ...]
    """Groups whose denominator is large enough, by code point."""
    small: tuple[Group, ...]
    """All others, those without anybody included."""
    reference: Group | None
    unknown: Unknown
    """Records of unknown group that count for the rate."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes, as the question names them."""
        return self.table.attributes

    def pairs(self) -> tuple[tuple[Group, Group], ...]:
        """Give what is compared: each group with the reference, or every two, the one with the lower rate first."""
        if self.reference is not None:
            there = self.reference in self.judged
            return tuple((group, self.reference) for group in self.judged if group != self.reference) if there else ()
        return tuple(self._lower_first(*pair) for pair in combinations(self.judged, 2))

    def _lower_first(self, one: Group, two: Group) -> tuple[Group, Group]:
        first, second = self.rates[one], self.rates[two]
        return (two, one) if first.k * second.n > second.k * first.n else (one, two)

    def base(self) -> Group | None:
        """Give the group that the lines are compared with: the reference, or the judged one of the highest rate."""
        if self.reference is not None:
            return self.reference if self.reference in self.rates else None
        return max(self.judged, key=self.value) if self.judged else None

    def lines(self) -> tuple[GroupLine, ...]:
        """Describe every group for display, small and empty ones included, as compared with `base`."""
        base = self.base()
        top = None if base is None else self.rates[base]
        return tuple(self._line(group, rate, top) for group, rate in self.rates.items())

    def _line(self, group: Group, rate: Rate, top: Rate | None) -> GroupLine:
        ratio: Value = Undefined(rate.without if not rate.n else "nothing to compare with")
        difference = ratio
        if rate.n and top is not None and top.n:
            difference = Fraction(top.k, top.n) - Fraction(rate.k, rate.n)
            ratio = Fraction(rate.k * top.n, rate.n * top.k) if top.k else Undefined("the rate compared with is 0")
        spread = wilson(rate.k, rate.n) if rate.n else None
        people = self.table.groups[group].n
        return GroupLine(group, people, rate, spread, ratio, difference, group in self.small)

    def value(self, group: Group) -> Fraction:
        """Give the rate of a judged group."""
        rate = self.rates[group]
        return Fraction(rate.k, rate.n)


def rate_tables(
    tables: Sequence[GroupTable], metric: str, *, min_n: int, reference: Mapping[str, str] | None = None
) -> tuple[RateTable, ...]:
    """Give each simple rate of a metric over each table. Raises KeyError for a name that is no metric."""
    return tuple(_rate_table(table, part, min_n, reference) for table in tables for part in components(metric))


def _rate_table(table: GroupTable, metric: RateMetric, min_n: int, reference: Mapping[str, str] | None) -> RateTable:
    rates = {group: metric.rate(tally) for group, tally in sorted(table.groups.items())}
    least = max(1, min_n)
    unknown = metric.rate(table.unknown)
    return RateTable(
        table=table,
        metric=metric,
        rates=rates,
        judged=tuple(group for group, rate in rates.items() if rate.n >= least),
        small=tuple(group for group, rate in rates.items() if rate.n < least),
        reference=None if reference is None else tuple(reference[name] for name in table.attributes),
        unknown=Unknown(unknown.k, unknown.n - unknown.k),
    )


def population_notes(item: RateTable, small_groups: str, *, least_judged: int) -> Iterator[Note]:
    """Say who is not there to be judged, or too few; fewer than `least_judged` groups left settle nothing.

    Small groups make a table inconclusive unless the rule leaves them out (`exclude`), which is said of each.
    """
    absent = item.table.absent
    for group in absent:
        yield Note("absent_group", Verdict.ABSENT, group)
    reference = item.reference
    if reference is not None and (reference not in item.rates or not item.table.groups[reference].n):
        yield Note("absent_reference", Verdict.ABSENT, reference)
        return
    for group in item.small:
        if group not in absent:
            left_out = small_groups == "exclude" and group != reference
            yield Note(
                "small_group", Verdict.PASS if left_out else Verdict.INCONCLUSIVE, group, count=item.rates[group].n
            )
    if len(item.judged) < least_judged:
        yield Note("not_comparable", Verdict.INCONCLUSIVE)


def strongest(verdicts: Sequence[Verdict]) -> Verdict:
    """Combine verdicts: a certain failure stands whatever else is unknown; only all passing is a pass.

    No verdict at all is no pass: nothing was judged.
    """
    for verdict in (Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS if verdicts else Verdict.INCONCLUSIVE
