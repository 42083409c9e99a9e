"""The exact median of all scores and who is above it: the scoring rate of 6 RCNY 5-301 (New York City, Local Law 144).

Two passes: a histogram says in which bin the middle lies, a second pass looks at the scores of that bin alone. People
of unknown category are in the median, and in no category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, Span
from govern.evidence.keyed_rows import KeyedRows
from govern.evidence.number_parts import parts_of
from govern.evidence.predictions import Predictions, PredictionSource
from govern.evidence.score_counts import Range, ScoreTable, range_of, read_score_table

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["AboveMedian", "above_median", "exact_median"]

_BINS = 4096

InBin = Mapping[tuple[str | None, ...], Counter[float]]
"""By group, the scores of the bins in which the middle lies."""


@dataclass(frozen=True, slots=True)
class AboveMedian:
    """The median of the full sample, and the people above it as decisions: `fp` above, `tn` not above."""

    median: Fraction
    predictions: Predictions
    """Without labels; people without score are missing."""


def exact_median(scores: Mapping[float, int], below: int, n: int) -> tuple[Fraction, float]:
    """Give the median of n scores and its lower middle, from those of the middle bins; `below` lie under them.

    Of an even number of scores it is half the sum of the two in the middle. A score is the shortest decimal that names
    its double, so that 0.2 is one fifth.
    """
    wanted = (n - 1) // 2, n // 2
    found: list[float] = []
    upto = below
    for score in sorted(scores):
        upto += scores[score]
        while len(found) < 2 and wanted[len(found)] < upto:
            found.append(score)
    first, last = found
    return (Fraction(repr(first)) + Fraction(repr(last))) / 2, first


def above_median(bundle: Bundle, source: PredictionSource, attributes: Sequence[str]) -> AboveMedian | Diagnostic:
    """Count who scores strictly above the median of everybody, by the given attributes.

    A Diagnostic says that a column is not there (E122) or that no row has a score (E104). Raises as `read_score_table`.
    """
    table = read_score_table(bundle, source, attributes, labels=False, bins=_BINS)
    if isinstance(table, Diagnostic):
        return table
    n = sum(pile.sums[0] for pile in table.piles.values())
    if not n:
        return Diagnostic("E104", "no row has a score", Span(source.file), "Write one score a row.")
    bins, below = _middle(table, n)
    within = _scores_of(bundle, source, table, bins)
    together: Counter[float] = Counter()
    for scores in within.values():
        together.update(scores)
    median, lower = exact_median(together, below, n)
    cells = {}
    for (group, _label), pile in sorted(table.piles.items(), key=lambda item: repr(item[0])):
        over = sum(count for place, count in pile.histogram.items() if place > max(bins))
        over += sum(count for score, count in within.get(group, {}).items() if score > lower)
        cells[group] = (pile.sums[0] - over, over, 0, 0)
    return AboveMedian(median, _decided(table, cells))


def _middle(table: ScoreTable, n: int) -> tuple[set[int], int]:
    """Give the one or two bins of the middle scores, and how many scores lie below them."""
    counts: Counter[int] = Counter()
    for pile in table.piles.values():
        counts.update(pile.histogram)
    bins: set[int] = set()
    upto = 0
    for place in sorted(counts):
        if any(upto <= wanted < upto + counts[place] for wanted in ((n - 1) // 2, n // 2)):
            bins.add(place)
        upto += counts[place]
    return bins, sum(count for place, count in counts.items() if place < min(bins))


def _scores_of(bundle: Bundle, source: PredictionSource, table: ScoreTable, bins: set[int]) -> InBin:
    assert source.score is not None  # the first pass has read it
    rows = KeyedRows(source, tuple(values.name for values in table.groups))
    within: Range = range_of(source, _BINS)
    found: dict[tuple[str | None, ...], Counter[float]] = {}
    for part in parts_of(bundle, source.file, rows.columns, (source.score,)):
        groups = [
            tuple(values.group(cell) for values, cell in zip(table.groups, key, strict=True)) for key in part.keys
        ]
        who, (scores,) = part.listed
        for at, score in zip(who, scores, strict=True):
            if score == score and within.place(score) in bins:  # NaN is no score
                found.setdefault(groups[at], Counter())[score] += 1
    return found


def _decided(table: ScoreTable, cells: Mapping[tuple[str | None, ...], tuple[int, int, int, int]]) -> Predictions:
    return Predictions(
        source=table.source,
        groups=table.groups,
        labelled=False,
        cells=cells,
        rows=table.rows,
        missing_y_pred=table.missing_rows,
        missing_y_true=0,
        missing_rows=table.missing_rows,
    )
