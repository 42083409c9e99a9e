"""The score counts of one attribute or of several crossed, a group at a time."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import TypeVar

from govern.fairness.counts import MAX_GROUPS, Axis
from govern.fairness.score_tensor import NO_SUMS, ScoreCounts, ScoreSums
from govern.records import record

__all__ = ["GroupScores", "grouped", "score_table"]

Cell = TypeVar("Cell")


@record
class GroupScores:
    """The scores of one group: negatives and positives by bin, and their sums."""

    low: Fraction
    high: Fraction
    bins: int
    by_bin: Mapping[int, tuple[int, int]]
    """Negatives and positives of the bins that hold any, in order."""
    sums: ScoreSums

    @property
    def negatives(self) -> int:
        """People of the group whose label is negative; everybody without labels."""
        return self.sums.negatives.n

    @property
    def positives(self) -> int:
        """People of the group whose label is positive."""
        return self.sums.positives.n

    @property
    def n(self) -> int:
        """People of the group."""
        return self.negatives + self.positives

    def edge(self, place: int) -> Fraction:
        """Give the lower edge of a bin; `edge(bins)` is the upper end."""
        return self.low + (self.high - self.low) * Fraction(place, self.bins)

    @property
    def probabilities(self) -> bool:
        """Whether every score of the declared range can be a probability."""
        return self.low >= 0 and self.high <= 1


def grouped(
    axes: tuple[Axis, ...], cells: Mapping[tuple[int, ...], Cell], attributes: tuple[str, ...]
) -> tuple[dict[tuple[str, ...], list[Cell]], list[Cell]]:
    """Put cells into the groups of a table, groups by code point; and give those of people of no known group.

    Raises KeyError for an attribute without axis and ValueError above `MAX_GROUPS` groups.
    """
    places = {axis.name: place for place, axis in enumerate(axes)}
    chosen = [(places[name], axes[places[name]].values) for name in attributes]
    size = 1
    for _place, values in chosen:
        size *= len(values)
    if size > MAX_GROUPS:
        raise ValueError(f"{size} groups, at most {MAX_GROUPS} are compared")
    groups: dict[tuple[str, ...], list[Cell]] = {key: [] for key in product(*(values for _place, values in chosen))}
    unknown: list[Cell] = []
    for key, cell in sorted(cells.items(), key=lambda item: item[0]):
        indices = [(key[place], values) for place, values in chosen]
        if any(index == len(values) for index, values in indices):
            unknown.append(cell)
        else:
            groups[tuple(values[index] for index, values in indices)].append(cell)
    return groups, unknown


def score_table(counts: ScoreCounts, attributes: tuple[str, ...]) -> tuple[dict[tuple[str, ...], GroupScores], int]:
    """Give each group's scores, and how many people are of no known group. Raises as `grouped` does."""
    together = {key: (cell, counts.sums[key]) for key, cell in counts.cells.items()}
    groups, unknown = grouped(counts.axes, together, attributes)
    found = {}
    for group, cells in groups.items():
        by_bin: dict[int, tuple[int, int]] = {}
        sums = NO_SUMS
        for (negatives, positives), more in cells:
            sums = sums.plus(more)
            for place, count in negatives.items():
                two = by_bin.get(place, (0, 0))
                by_bin[place] = (two[0] + count, two[1])
            for place, count in positives.items():
                two = by_bin.get(place, (0, 0))
                by_bin[place] = (two[0], two[1] + count)
        found[group] = GroupScores(counts.low, counts.high, counts.bins, dict(sorted(by_bin.items())), sums)
    return found, sum(more.both.n for _cell, more in unknown)
