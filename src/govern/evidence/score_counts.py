"""Scores of a bundle's predictions, reduced on reading: by group and label a histogram, exact sums, and decisions.

One pass, memory flat in rows. What becomes of the counts is `fairness`'s business (`ScoreCounts` there).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, nextafter
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import GroupValues, binary_reader
from govern.evidence.exact_sums import ExactSums
from govern.evidence.keyed_rows import KeyedRows
from govern.evidence.number_parts import parts_of
from govern.evidence.prediction_source import PredictionSource, needs_rows, no_column
from govern.evidence.predictions import groups_of, positives_of, refuse_wrong_rows

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.number_parts import Part

__all__ = ["Pile", "Range", "ScoreTable", "range_of", "read_score_table"]

Sums = tuple[int, int, int, int]
"""How many, sum in 2**-32, squares in 2**-64, how many were rounded."""

_DENSE = 2**22
"""Entries of the histogram kept as one array; beyond, only those that occur are kept."""


@dataclass(frozen=True, slots=True)
class Pile:
    """Scores of one group and label."""

    histogram: Mapping[int, int]
    sums: Sums
    above: int
    """How many are at the declared threshold or above it."""


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """A prediction table as counts of scores."""

    source: PredictionSource
    groups: tuple[GroupValues, ...]
    labelled: bool
    range: Range
    piles: Mapping[tuple[tuple[str | None, ...], bool], Pile]
    """By the group of each attribute, None for unknown, and the label; without labels all are False."""
    rows: int
    missing_rows: int
    """Rows without score, or without label where labels are counted."""


class Range:
    """The declared range of the scores and its even bins, whose edges are compared exactly."""

    def __init__(self, low: Fraction, high: Fraction, threshold: Fraction | None, bins: int) -> None:
        self.low, self.high, self.threshold, self.bins = low, high, threshold, bins
        self.ends = _double_from(low), -_double_from(-high)
        self._unit = low == 0 and high == 1 and bins & (bins - 1) == 0
        self._edges: list[float] = []
        if not self._unit:
            self._edges = [_double_from(low + (high - low) * Fraction(at, bins)) for at in range(bins)]

    def place(self, score: float) -> int:
        """Give the bin of a score within the range."""
        if self._unit:
            return min(int(score * self.bins), self.bins - 1)
        return bisect_right(self._edges, score) - 1

    def places(self, scores: Any) -> Any:
        """Give the bins of a numpy array of scores within the range."""
        import numpy as np

        if self._unit:
            places = (scores * self.bins).astype(np.int64)
            return np.minimum(places, self.bins - 1, out=places)
        return np.searchsorted(np.array(self._edges), scores, side="right") - 1


def _double_from(value: Fraction) -> float:
    """Give the least double that is not below a fraction: a double is at or above one exactly when at the other."""
    near = float(value)
    return nextafter(near, inf) if Fraction(near) < value else near


def range_of(source: PredictionSource, bins: int) -> Range:
    """Give the range that the manifest declares, 0..1 where it says nothing."""
    manifest = source.manifest
    if manifest is None:
        return Range(Fraction(0), Fraction(1), None, bins)
    return Range(*manifest.score_range, manifest.threshold, bins)


def read_score_table(
    bundle: Bundle, source: PredictionSource, attributes: Sequence[str], *, labels: bool, bins: int
) -> ScoreTable | Diagnostic:
    """Count the scores by the given attributes and, with `labels`, by the true outcome: one pass.

    A Diagnostic (E122) says that a column is not there. Raises InputError E209 for a score outside the declared range,
    E130 for what is no number, and as `read_predictions` does.
    """
    if source.score is None or (labels and source.y_true is None):
        return no_column(source.file, ["score" if source.score is None else "y_true"], source.header)
    if source.counts is not None:
        return needs_rows(source, "each score is asked for")
    absent = [name for name in attributes if name not in source.attributes]
    if absent:
        return no_column(source.file, absent, source.attributes)
    labelled = [source.y_true] if labels and source.y_true is not None else []
    within = range_of(source, bins)
    rows = KeyedRows(source, (*attributes, *labelled))
    piles = _Piles(source, within)
    for part in parts_of(bundle, source.file, rows.columns, (source.score,), rows.unique):
        piles.add(part, rows.take(part))
    table = rows.tabulation()
    refuse_wrong_rows(source, table)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    truth = None
    if labelled:
        truth = binary_reader(source.file, table, labelled[0], positives_of(source)[1])
    found: dict[tuple[tuple[str | None, ...], bool], _Growing] = {}
    histograms = piles.histograms()
    lost = 0
    for place, key in enumerate(rows.keys):
        label = truth(key[-1]) if truth is not None else False
        if label is None:
            lost += table.combinations[key]
            continue
        group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=False))
        lost += piles.missing[place]
        found.setdefault((group, label), _Growing()).add(histograms[place], piles.sums(place), piles.above[place])
    return ScoreTable(
        source=source,
        groups=groups,
        labelled=truth is not None,
        range=within,
        piles={key: pile.done() for key, pile in found.items() if pile.sums[0]},
        rows=table.rows,
        missing_rows=lost,
    )


class _Growing:
    """The pile of one group and label, to which those of several spellings of it are added."""

    def __init__(self) -> None:
        self.histogram: dict[int, int] = {}
        self.sums: Sums = (0, 0, 0, 0)
        self.above = 0

    def add(self, histogram: Mapping[int, int], sums: Sums, above: int) -> None:
        for place, count in histogram.items():
            self.histogram[place] = self.histogram.get(place, 0) + count
        mine = self.sums
        self.sums = mine[0] + sums[0], mine[1] + sums[1], mine[2] + sums[2], mine[3] + sums[3]
        self.above += above

    def done(self) -> Pile:
        return Pile(dict(sorted(self.histogram.items())), self.sums, self.above)


class _Piles:
    """Collects histograms and sums by the number of a key."""

    def __init__(self, source: PredictionSource, within: Range) -> None:
        self._file, self._column, self._range = source.file, source.score or "", within
        self._sums = ExactSums()
        self._sparse: dict[int, int] = {}
        self._dense: Any = None
        self.missing: list[int] = []
        self.above: list[int] = []

    def add(self, part: Part, numbers: Sequence[int]) -> None:
        """Add the rows of a part, whose keys have these numbers."""
        keys = max([len(self.missing), *(number + 1 for number in numbers)])
        self._sums.grow(keys)
        for counts in (self.missing, self.above):
            counts.extend([0] * (keys - len(counts)))
        threshold = None if self._range.threshold is None else _threshold(self._range.threshold, narrow=part.narrow[0])
        if isinstance(part.who, list):
            self._add_listed(part, numbers, threshold)
        else:
            self._add_arrays(part, numbers, threshold)

    def _add_listed(self, part: Part, numbers: Sequence[int], threshold: float | None) -> None:
        low, high = self._range.ends
        bins = self._range.bins
        for who, score in zip(part.who, part.numbers[0], strict=True):
            key = numbers[who]
            if score != score:  # NaN: there is no score
                self.missing[key] += 1
                continue
            if not low <= score <= high:
                raise self._outside()
            place = key * bins + self._range.place(score)
            self._sparse[place] = self._sparse.get(place, 0) + 1
            self._sums.add(key, score)
            if threshold is not None and score >= threshold:
                self.above[key] += 1

    def _add_arrays(self, part: Part, numbers: Sequence[int], threshold: float | None) -> None:
        import numpy as np

        keys, bins = len(self.missing), self._range.bins
        who, scores = np.array(numbers, np.int64)[part.who], part.numbers[0]
        absent = np.isnan(scores)
        if absent.any():
            _increase(self.missing, np.bincount(who[absent], minlength=keys))
            who, scores = who[~absent], scores[~absent]
        if not len(scores):
            return
        if scores.min() < self._range.ends[0] or scores.max() > self._range.ends[1]:
            raise self._outside()
        places = who * bins + self._range.places(scores)
        if keys * bins <= _DENSE:
            self._count(np.bincount(places, minlength=keys * bins))
        else:
            for place, count in zip(
                *(column.tolist() for column in np.unique(places, return_counts=True)), strict=True
            ):
                self._sparse[place] = self._sparse.get(place, 0) + count
        self._sums.add_many(who, scores)
        if threshold is not None:
            _increase(self.above, np.bincount(who[scores >= threshold], minlength=keys))

    def _count(self, counts: Any) -> None:
        if self._dense is not None:
            counts[: len(self._dense)] += self._dense
        self._dense = counts

    def _outside(self) -> InputError:
        low, high = (plain(str(float(end))) for end in (self._range.low, self._range.high))
        return InputError(
            Diagnostic(
                code="E209",
                message=f"column `{plain(self._column)}` holds a score outside the range {low} to {high}",
                span=Span(self._file),
                hint="Declare the range of the scores with score_range in the FairnessRows document.",
            )
        )

    def histograms(self) -> list[dict[int, int]]:
        """Give what was collected, a histogram a key."""
        bins = self._range.bins
        found: list[dict[int, int]] = [{} for _ in self.missing]
        for place, count in self._sparse.items():
            found[place // bins][place % bins] = count
        if self._dense is not None:
            for place in self._dense.nonzero()[0].tolist():
                histogram = found[place // bins]
                histogram[place % bins] = histogram.get(place % bins, 0) + int(self._dense[place])
        return found

    def sums(self, key: int) -> Sums:
        """Give the sums of a key."""
        held = self._sums
        return held.n[key], held.total[key], held.squares[key], held.rounded[key]


def _increase(counts: list[int], by: Any) -> None:
    for key, more in enumerate(by.tolist()):
        counts[key] += more


def _threshold(value: Fraction, *, narrow: bool) -> float:
    """Give the threshold as the column would hold it: a score that is written as the threshold meets it."""
    if not narrow:
        return float(value)
    import numpy as np

    return float(np.float32(float(value)))
