"""Scores of a FairnessCounts document: histograms that were made elsewhere, summed down to what a rule asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span

if TYPE_CHECKING:
    from govern.evidence.counts_document import FairnessCounts
    from govern.evidence.prediction_source import PredictionSource
    from govern.fairness import ScoreCounts, ScoreSums, Tally

__all__ = ["stated_scores"]


def stated_scores(
    source: PredictionSource, counts: FairnessCounts, attributes: tuple[str, ...], *, labels: bool
) -> ScoreCounts | Diagnostic:
    """Give the document's scores by these attributes.

    A Diagnostic says that an attribute (E122), or what the rule asks for (E198), is not in the document. Raises
    InputError E195 for scores that are not of the document's rows and axes.
    """
    from govern.evidence.prediction_source import needs_rows, no_column

    if source.score is None or (labels and source.y_true is None):
        return no_column(source.file, ["score" if source.score is None else "y_true"], source.header)
    absent = [name for name in attributes if name not in counts.names]
    if absent:
        return no_column(source.file, absent, counts.names)
    held = _read(source, counts)
    if labels and not held.labelled:
        return needs_rows(source, "scores by true outcome are asked for")
    if held.labelled and not labels:
        if counts.document.missing.y_true:
            return needs_rows(source, "the scores of rows without a label are asked for")
        held = _without_labels(held)
    return _over(held, attributes)


def _read(source: PredictionSource, counts: FairnessCounts) -> ScoreCounts:
    from govern.fairness import Axis, scores_from_json

    axes = tuple(Axis(group.name, group.values, group.declared) for group in counts.groups)
    problem = None
    try:
        held = scores_from_json(counts.document.scores)
    except ValueError as fault:
        problem = str(fault)
    else:
        if held.axes == axes and held.rows == counts.document.rows:
            return held
    problem = problem or "their axes or rows are not those of the document"
    hint = "Make the document again: govern fairness summarize."
    raise InputError(Diagnostic("E195", f"scores: {problem}", Span(source.file), hint))


def _without_labels(held: ScoreCounts) -> ScoreCounts:
    from dataclasses import replace

    from govern.fairness import ScoreSums, Tally
    from govern.fairness.scores import LabelSums

    none = LabelSums(0, 0, 0, 0)
    above = None
    if held.above is not None:
        above = {key: Tally(four.tn + four.fn, four.fp + four.tp, 0, 0) for key, four in held.above.items()}
    return replace(
        held,
        labelled=False,
        cells={key: (_both(*two), {}) for key, two in held.cells.items()},
        sums={key: ScoreSums(two.both, none) for key, two in held.sums.items()},
        above=above,
    )


def _over(held: ScoreCounts, attributes: tuple[str, ...]) -> ScoreCounts:
    """Sum over the axes that are not named."""
    from dataclasses import replace

    places = [next(at for at, axis in enumerate(held.axes) if axis.name == name) for name in attributes]
    cells: dict[tuple[int, ...], tuple[dict[int, int], dict[int, int]]] = {}
    sums: dict[tuple[int, ...], ScoreSums] = {}
    above: dict[tuple[int, ...], Tally] = {}
    for key in sorted(held.cells):
        part = tuple(key[place] for place in places)
        two, was = held.cells[key], cells.get(part, ({}, {}))
        cells[part] = _both(was[0], two[0]), _both(was[1], two[1])
        sums[part] = sums[part].plus(held.sums[key]) if part in sums else held.sums[key]
        if held.above is not None:
            above[part] = above[part].plus(held.above[key]) if part in above else held.above[key]
    return replace(
        held,
        axes=tuple(held.axes[place] for place in places),
        cells={key: cells[key] for key in sorted(cells)},
        sums={key: sums[key] for key in sorted(sums)},
        above=None if held.above is None else {key: above[key] for key in sorted(above)},
    )


def _both(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int]:
    return dict(sorted((Counter(one) + Counter(other)).items()))
