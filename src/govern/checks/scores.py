"""What kinds on scores share: the scores of the prediction table as counts, read once a run."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from govern.checks.predictions import counts_of, refuse_many_cells
from govern.diagnostics import Diagnostic

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import PredictionSource
    from govern.evidence.score_counts import ScoreTable
    from govern.fairness import Counts, ScoreCounts

__all__ = ["score_counts_of", "scores_of", "scoring_counts"]


def scores_of(
    context: CheckContext, source: PredictionSource, attributes: tuple[str, ...], *, labels: bool
) -> ScoreCounts | Diagnostic:
    """Count the scores by these attributes once a run; a Diagnostic says that a column is not there.

    Raises InputError as `evidence.score_counts.read_score_table` and `score_counts_of` do.
    """
    from govern.evidence.score_counts import read_score_table
    from govern.fairness.scores import BINS

    def load() -> ScoreCounts | Diagnostic:
        table = read_score_table(context.bundle, source, attributes, labels=labels, bins=BINS)
        return table if isinstance(table, Diagnostic) else score_counts_of(table)

    return context.once(("scores.counts", source.file, attributes, labels), load)


def score_counts_of(table: ScoreTable) -> ScoreCounts:
    """Turn what the reader counted into the counts that fairness measures.

    Raises InputError E126 when the attributes make more cells than a tensor may have.
    """
    from govern.fairness import Axis, ScoreCounts, ScoreSums, Tally
    from govern.fairness.scores import LabelSums

    axes = tuple(Axis(group.name, group.values, group.declared) for group in table.groups)
    refuse_many_cells(axes, table.source.file)
    places = [{value: index for index, value in enumerate(axis.values)} for axis in axes]
    none = LabelSums(0, 0, 0, 0)
    piles: dict[tuple[int, ...], list[tuple[dict[int, int], LabelSums, int]]] = {}
    for (group, label), pile in table.piles.items():
        key = tuple(len(place) if value is None else place[value] for value, place in zip(group, places, strict=True))
        two = piles.setdefault(key, [({}, none, 0), ({}, none, 0)])
        two[label] = dict(pile.histogram), LabelSums(*pile.sums), pile.above
    piles = dict(sorted(piles.items()))
    within = table.range
    above = {key: Tally(no[1].n - no[2], no[2], yes[1].n - yes[2], yes[2]) for key, (no, yes) in piles.items()}
    return ScoreCounts(
        axes=axes,
        bins=within.bins,
        low=within.low,
        high=within.high,
        cells={key: (no[0], yes[0]) for key, (no, yes) in piles.items()},
        sums={key: ScoreSums(no[1], yes[1]) for key, (no, yes) in piles.items()},
        missing=table.missing_rows,
        rows=table.rows,
        labelled=table.labelled,
        threshold=within.threshold,
        above=None if within.threshold is None else above,
    )


def scoring_counts(
    context: CheckContext, source: PredictionSource, attributes: tuple[str, ...]
) -> tuple[Fraction, Counts] | Diagnostic:
    """Give the exact median of everybody's score and, as decisions, who is strictly above it; read once a run.

    People of unknown category are in the median and in the unknown cells. A Diagnostic says that a column is not there
    or that there are no scores. Raises InputError as `scores_of` does.
    """
    from govern.evidence.score_median import above_median

    def load() -> tuple[Fraction, Counts] | Diagnostic:
        found = above_median(context.bundle, source, attributes)
        return found if isinstance(found, Diagnostic) else (found.median, counts_of(found.predictions))

    return context.once(("scores.median", source.file, attributes), load)
