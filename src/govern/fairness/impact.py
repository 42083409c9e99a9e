"""Impact ratios by category: the table that a bias audit publishes, as exact fractions.

The definitions are those of the rules on automated employment decision tools of New York City (6 RCNY 5-300, 5-301):
the rate of a category is the share of its people who were selected, or who scored above the median of the full
sample; its impact ratio is that rate over the highest rate of any category. The text has no pass mark, and neither has
this module. A category left out of the comparison is left out of the highest rate too, and keeps its number and rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from govern.fairness.counts import Counts
from govern.fairness.rates import METRICS, Undefined, Value
from govern.records import record

__all__ = ["Category", "ImpactLine", "ImpactTable", "impact_table", "impact_tables"]

Category: TypeAlias = tuple[str, ...]
"""One value for each attribute of a table."""


@record
class ImpactLine:
    """One category of a table."""

    category: Category
    n: int
    """People of the category who were assessed."""
    selected: int
    """Those of them who were selected, or who scored above the median."""
    rate: Value
    ratio: Value | None
    """Rate over the highest rate; None for a category that was left out."""
    excluded: str | None = None
    """Why it was left out, in the auditor's words."""


@record
class ImpactTable:
    """One table: by sex, by race or ethnicity, or by both."""

    attributes: tuple[str, ...]
    lines: tuple[ImpactLine, ...]
    """By code point of their categories, those without people included."""
    unknown: int
    """People of whom at least one attribute of the table is not known: in no category."""

    @property
    def people(self) -> int:
        """How many people are in a category."""
        return sum(line.n for line in self.lines)

    @property
    def highest(self) -> Value:
        """The highest rate of a category that was not left out."""
        rates = [line.rate for line in self.lines if line.excluded is None and isinstance(line.rate, Fraction)]
        return max(rates) if rates else Undefined("no category with people")

    def share(self, line: ImpactLine) -> Value:
        """The share of a category among the people of the table whose category is known.

        The rule says "of the data": whether that counts people of unknown category is not said. Leaving them out of
        the denominator gives the larger share, so that a category under the limit here is under it either way.
        """
        return Fraction(line.n, self.people) if self.people else Undefined("nobody in any category")


def impact_table(
    attributes: tuple[str, ...],
    counts: Mapping[Category, tuple[int, int]],
    *,
    unknown: int = 0,
    excluded: Mapping[Category, str] | None = None,
) -> ImpactTable:
    """Make the table from (people, selected) of each category. `excluded` gives the justification of each left out.

    Raises ValueError for counts that cannot be (more selected than assessed) and for an exclusion of no category.
    """
    left_out = dict(excluded or {})
    strangers = sorted(set(left_out) - set(counts))
    if strangers:
        raise ValueError(f"{' / '.join(strangers[0])} is no category of {' x '.join(attributes)}")
    rates: dict[Category, Value] = {}
    for category, (n, selected) in counts.items():
        if not 0 <= selected <= n:
            raise ValueError("a category with more people selected than assessed")
        rates[category] = Fraction(selected, n) if n else Undefined("nobody in the category")
    compared = [rate for name, rate in rates.items() if name not in left_out and isinstance(rate, Fraction)]
    highest = max(compared, default=Fraction(0))
    lines = [
        ImpactLine(
            category,
            *counts[category],
            rates[category],
            None if category in left_out else _ratio(rates[category], highest),
            left_out.get(category),
        )
        for category in sorted(counts)
    ]
    return ImpactTable(attributes, tuple(lines), unknown)


def _ratio(rate: Value, highest: Fraction) -> Value:
    if isinstance(rate, Undefined):
        return rate
    return rate / highest if highest else Undefined("nobody selected in any category")


def impact_tables(
    counts: Counts,
    tables: tuple[tuple[str, ...], ...],
    *,
    excluded: Mapping[tuple[str, ...], Mapping[Category, str]] | None = None,
) -> tuple[ImpactTable, ...]:
    """Make each table from the tensor: the selected are those with a favourable decision, whatever the true outcome.

    Raises KeyError and ValueError as `Counts.table` and `impact_table` do.
    """
    metric = METRICS["selection_rate"]
    made = []
    for attributes in tables:
        found = counts.table(attributes)
        pairs = {group: metric.rate(tally) for group, tally in found.groups.items()}
        made.append(
            impact_table(
                attributes,
                {group: (rate.n, rate.k) for group, rate in pairs.items()},
                unknown=found.unknown.n,
                excluded=(excluded or {}).get(attributes),
            )
        )
    return tuple(made)
