"""What kinds on scores, numeric predictions and ranks share: the prediction table as counts, read once a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.predictions import refuse_many_cells
from govern.checks.stated_scores import stated_scores
from govern.diagnostics import Diagnostic

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import PredictionSource
    from govern.evidence.score_counts import ScoreTable
    from govern.fairness import Axis, ScoreCounts
    from govern.fairness.ranking import RankCounts
    from govern.fairness.regression import ErrorCounts

__all__ = ["errors_of", "ranks_of", "score_counts_of", "scores_of"]


def scores_of(
    context: CheckContext, source: PredictionSource, attributes: tuple[str, ...], *, labels: bool
) -> ScoreCounts | Diagnostic:
    """Count the scores by these attributes once a run; a Diagnostic says that a column is not there.

    Raises InputError as `evidence.score_counts.read_score_table` and `score_counts_of` do.
    """
    from govern.evidence.score_counts import read_score_table
    from govern.fairness.scores import BINS

    def load() -> ScoreCounts | Diagnostic:
        if source.counts is not None:
            return stated_scores(source, source.counts, attributes, labels=labels)
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
    none = LabelSums(0, 0, 0, 0)
    piles: dict[tuple[int, ...], list[tuple[dict[int, int], LabelSums, int]]] = {}
    for (group, label), pile in table.piles.items():
        key = _indices(axes, group)
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


def _indices(axes: tuple[Axis, ...], group: tuple[str | None, ...]) -> tuple[int, ...]:
    """Give the index of each value; the one after the last means unknown."""
    return tuple(
        len(axis.values) if value is None else axis.values.index(value) for value, axis in zip(group, axes, strict=True)
    )


def errors_of(context: CheckContext, source: PredictionSource, attributes: tuple[str, ...]) -> ErrorCounts | Diagnostic:
    """Sum the errors of numeric predictions by these attributes once a run. Raises InputError as `read_errors` does."""
    from govern.evidence.error_sums import read_errors
    from govern.fairness import Axis
    from govern.fairness.regression import ErrorCounts, ErrorSums
    from govern.fairness.scores import LabelSums

    def load() -> ErrorCounts | Diagnostic:
        table = read_errors(context.bundle, source, attributes)
        if isinstance(table, Diagnostic):
            return table
        axes = tuple(Axis(group.name, group.values, group.declared) for group in table.groups)
        refuse_many_cells(axes, source.file)
        cells = {
            _indices(axes, group): ErrorSums(*(LabelSums(*part) for part in sums)) for group, sums in table.sums.items()
        }
        return ErrorCounts(axes, dict(sorted(cells.items())), table.missing_rows, table.rows)

    return context.once(("errors.sums", source.file, attributes), load)


def ranks_of(context: CheckContext, source: PredictionSource, attributes: tuple[str, ...]) -> RankCounts | Diagnostic:
    """Count the ranks of ranked lists by these attributes once a run. Raises InputError as `read_ranks` does."""
    from govern.evidence.rank_counts import read_ranks
    from govern.fairness import Axis
    from govern.fairness.ranking import MAX_RANK, RankCounts

    def load() -> RankCounts | Diagnostic:
        table = read_ranks(context.bundle, source, attributes, largest=MAX_RANK)
        if isinstance(table, Diagnostic):
            return table
        axes = tuple(Axis(group.name, group.values, group.declared) for group in table.groups)
        refuse_many_cells(axes, source.file)
        cells = {_indices(axes, group): ranks for group, ranks in table.ranks.items()}
        return RankCounts(axes, dict(sorted(cells.items())), table.missing_rows, table.rows)

    return context.once(("ranks.counts", source.file, attributes), load)
