"""Scores reduced to counts: by group and label a histogram of 4096 bins, and exact sums. No score is kept.

A score is a double (IEEE 754); a decimal text stands for the nearest one. The bins divide the declared range evenly:
bin b holds low + (high - low)·b/4096 <= score < low + (high - low)·(b + 1)/4096, the last one the upper end as well.
For the range 0..1 the product score·4096 is exact in binary, since 4096 is a power of two; edges of other ranges are
compared exactly.

Sums are integers: each score is rounded half-even to a multiple of 2**-32 first, so that the order of rows and the size
of batches cannot change a byte. A score that is such a multiple is not changed, any other by at most 2**-33; how many
were rounded is counted, and every figure made of sums states its bound by that count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from govern.fairness.counts import MAX_CELLS, Axis, dense_size
from govern.fairness.rates import NO_TALLY, Tally

__all__ = ["BINS", "NO_SUMS", "UNIT", "LabelSums", "ScoreCell", "ScoreCounts", "ScoreSums", "added"]

BINS = 4096
"""Bins of a histogram: a power of two."""
UNIT = 2**32
"""Sums count in 1/UNIT, sums of squares in 1/UNIT**2."""

ScoreCell = tuple[Mapping[int, int], Mapping[int, int]]
"""Negatives and positives by bin; without labels everybody is among the negatives."""


class LabelSums(NamedTuple):
    """Sums over the scores of one label, each rounded half-even to a multiple of 2**-32."""

    n: int
    total: int
    """Sum of scores in units of 2**-32."""
    squares: int
    """Sum of their squares in units of 2**-64."""
    rounded: int
    """How many scores were not multiples of 2**-32 and so were moved, by at most 2**-33."""


_NONE = LabelSums(0, 0, 0, 0)


class ScoreSums(NamedTuple):
    """Sums of one cell, by label."""

    negatives: LabelSums
    positives: LabelSums

    def plus(self, other: ScoreSums) -> ScoreSums:
        """Add sum by sum."""
        return ScoreSums(added(self.negatives, other.negatives), added(self.positives, other.positives))

    @property
    def both(self) -> LabelSums:
        """Both labels together."""
        return added(self.negatives, self.positives)


NO_SUMS = ScoreSums(_NONE, _NONE)


def added(one: LabelSums, other: LabelSums) -> LabelSums:
    """Add two sums of one label."""
    return LabelSums(*(a + b for a, b in zip(one, other, strict=True)))


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Attributes x label x bin, with sums. Adding the counts of two sites gives those of the whole."""

    axes: tuple[Axis, ...]
    bins: int
    low: Fraction
    high: Fraction
    cells: Mapping[tuple[int, ...], ScoreCell]
    """By the index of each attribute's value; the index after the last one means unknown, as in `Counts`."""
    sums: Mapping[tuple[int, ...], ScoreSums]
    missing: int
    """Rows without score, or without label where labels are counted."""
    rows: int
    """Rows of the table, those left out included."""
    labelled: bool = True
    threshold: Fraction | None = None
    """The operating threshold, where one is declared."""
    above: Mapping[tuple[int, ...], Tally] | None = None
    """Decisions `score >= threshold`, counted exactly; without labels see `Tally`."""

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(problem)

    def _problem(self) -> str | None:
        if self.bins < 1 or self.low >= self.high:
            return "no bins, or an empty range"
        if len({axis.name for axis in self.axes}) != len(self.axes):
            return "two axes of one name"
        if dense_size(self.axes) > MAX_CELLS:
            return f"more than {MAX_CELLS} cells"
        if self.cells.keys() != self.sums.keys() or (self.threshold is None) != (self.above is None):
            return "cells, sums and decisions do not go together"
        if min(self.missing, self.rows) < 0:
            return "a negative count"
        counted = 0
        for key, cell in self.cells.items():
            problem = self._cell_problem(key, cell)
            if problem:
                return problem
            counted += self.sums[key].both.n
        if counted != self.rows - self.missing:
            return "counts do not add up to the rows less the missing ones"
        if self.above is not None and any(self.sums[key].both.n != four.n for key, four in self.above.items()):
            return "decisions at the threshold are of other people than the scores"
        return None

    def _cell_problem(self, key: tuple[int, ...], cell: ScoreCell) -> str | None:
        if len(key) != len(self.axes) or any(
            not 0 <= index <= len(axis.values) for index, axis in zip(key, self.axes, strict=True)
        ):
            return "a cell outside the axes"
        for histogram, sums in zip(cell, self.sums[key], strict=True):
            if any(not 0 <= place < self.bins or count < 1 for place, count in histogram.items()):
                return "a bin outside the range, or an empty one"
            if sum(histogram.values()) != sums.n or not 0 <= sums.rounded <= sums.n or sums.squares < 0:
                return "sums are of other scores than the histogram"
            if not sums.n * self.low * UNIT - sums.rounded <= sums.total <= sums.n * self.high * UNIT + sums.rounded:
                return "a sum that no scores of the range have"
            if sums.total * sums.total > sums.n * sums.squares:
                return "squares smaller than their sum allows"
        if not self.labelled and cell[1]:
            return "positives without labels"
        if self.above is not None and key not in self.above:
            return "cells, sums and decisions do not go together"
        return None

    def __add__(self, other: ScoreCounts) -> ScoreCounts:
        """Add the counts of another site. Raises ValueError unless axes, bins, range, labels and threshold agree."""
        if self._frame != other._frame:
            raise ValueError("only score counts over the same axes, bins, range and threshold can be added")
        cells: dict[tuple[int, ...], ScoreCell] = dict(self.cells)
        sums = dict(self.sums)
        for key, cell in other.cells.items():
            mine = cells.get(key, ({}, {}))
            cells[key] = (_merged(mine[0], cell[0]), _merged(mine[1], cell[1]))
            sums[key] = sums.get(key, NO_SUMS).plus(other.sums[key])
        above = None
        if self.above is not None and other.above is not None:
            above = dict(self.above)
            for key, four in other.above.items():
                above[key] = above.get(key, NO_TALLY).plus(four)
        return ScoreCounts(
            axes=self.axes,
            bins=self.bins,
            low=self.low,
            high=self.high,
            cells=cells,
            sums=sums,
            missing=self.missing + other.missing,
            rows=self.rows + other.rows,
            labelled=self.labelled,
            threshold=self.threshold,
            above=above,
        )

    @property
    def _frame(self) -> tuple[object, ...]:
        return (self.axes, self.bins, self.low, self.high, self.labelled, self.threshold)

    def edge(self, place: int) -> Fraction:
        """Give the lower edge of a bin; `edge(bins)` is the upper end."""
        return self.low + (self.high - self.low) * Fraction(place, self.bins)

    def by_bin(self) -> dict[int, tuple[int, int]]:
        """Give negatives and positives by bin over everybody, those of unknown group included."""
        found: dict[int, tuple[int, int]] = {}
        for cell in self.cells.values():
            for place in (0, 1):
                for at, count in cell[place].items():
                    two = found.get(at, (0, 0))
                    found[at] = (two[0] + count, two[1]) if place == 0 else (two[0], two[1] + count)
        return dict(sorted(found.items()))


def _merged(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    merged = dict(one)
    for place, count in other.items():
        merged[place] = merged.get(place, 0) + count
    return dict(sorted(merged.items()))
