"""The measured figure that a declared one is compared with: recomputed from predictions, or of the metrics file."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.checks.cards.metrics import Figure, canonical_metric
from govern.checks.context import CheckContext
from govern.checks.performance.measures import CELL_METRICS, COMPUTABLE, measure, metrics_of
from govern.checks.predictions import counts_of, predictions_of, source_of
from govern.diagnostics import Diagnostic, InputError, plain
from govern.fairness import Measured, Tally, Undefined, from_cells

if TYPE_CHECKING:
    from govern.evidence.metrics_file import MetricsFile
    from govern.evidence.predictions import PredictionSource

__all__ = ["Evaluations", "Found", "evaluations_of", "find_figure"]

Source = Literal["predictions", "metrics file"]


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What of the bundle can be compared with, and why something else cannot."""

    predictions: PredictionSource | None
    metrics: MetricsFile | None
    unusable: tuple[Diagnostic, ...]
    """Evidence that is there and speaks of another model, or lacks its columns."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one claim."""

    value: Fraction | None
    """None when there is nothing to compare with, or when it is not certain that it is the same thing."""
    source: Source | None = None
    why: str = ""
    """Why there is nothing, or why a value cannot be compared."""
    ambiguous: bool = False
    """Whether there is a measured figure that may or may not be the one meant."""
    candidate: Fraction | None = None
    """Of an ambiguous one: the figure it may be."""


def evaluations_of(context: CheckContext) -> Evaluations:
    """Find predictions and metrics file. Raises InputError for evidence that cannot be read."""
    source, metrics = source_of(context), metrics_of(context)
    unusable = tuple(item for item in (source, metrics) if isinstance(item, Diagnostic) and item.code != "E120")
    return Evaluations(
        None if isinstance(source, Diagnostic) else source,
        None if isinstance(metrics, Diagnostic) else metrics,
        unusable,
    )


def find_figure(figure: Figure, held: Evaluations, context: CheckContext, *, same_data: bool) -> Found:
    """Find the measured figure of the same metric, average, data, split and slice.

    Predictions are asked first: a figure that somebody wrote down counts only where none can be computed.
    """
    reasons: list[str] = []
    if held.predictions is not None:
        elsewhere, _unsure = _data(figure, held.predictions)
        if elsewhere:
            return Found(None, why=elsewhere)
        found = _from_predictions(figure, held.predictions, context, same_data=same_data)
        if found.value is not None or found.ambiguous or figure.metric in COMPUTABLE:
            return found
        reasons.append(found.why)
    if held.metrics is not None:
        found = _from_file(figure, held.metrics, same_data=same_data)
        if found.value is not None or found.ambiguous:
            return found
        reasons.append(found.why)
    if not reasons:
        reasons.append("the bundle has neither predictions nor metrics to compare with")
    return Found(None, why="; ".join(dict.fromkeys(reasons)))


def _from_predictions(figure: Figure, source: PredictionSource, context: CheckContext, *, same_data: bool) -> Found:
    if figure.metric not in COMPUTABLE:
        return Found(None, why=f"{plain(figure.metric)} is not computed from predictions")
    if figure.average not in (None, "binary"):
        return Found(None, why=f"predictions of two classes have no {figure.average} average")
    _elsewhere, unsure = _data(figure, source)
    try:
        value, left_out = _measured(figure, source, context)
    except InputError as fault:
        if any(item.code not in ("E126", "E131") for item in fault.diagnostics):
            raise
        return Found(None, why=fault.diagnostics[0].message)
    if isinstance(value, str):
        return Found(None, why=value)
    if left_out:
        text = f"{left_out} rows of the predictions have no prediction, score or label"
        return Found(None, "predictions", text, ambiguous=True, candidate=value)
    if unsure and same_data:
        return Found(None, "predictions", unsure, ambiguous=True, candidate=value)
    return Found(value, "predictions")


def _data(figure: Figure, source: PredictionSource) -> tuple[str, str]:
    """Say why a claim is about other data than the table's, and else why that is not certain; two empty texts: it is
    the same."""
    declared = figure.declared
    named = [text for text in (source.dataset, source.split) if text]
    whole = {_folded(" ".join(named)), _folded(source.dataset or ""), _folded(f"{source.dataset}/{source.split}")} - {
        ""
    }
    if declared.dataset is not None and source.dataset is not None and _folded(declared.dataset) not in whole:
        return f"it is of {plain(declared.dataset)}, the predictions are of {plain(source.dataset)}", ""
    if declared.split is not None and source.split is not None and _split(declared.split) != _split(source.split):
        return f"it is of the split {plain(declared.split)}, the predictions are of {plain(source.split)}", ""
    if declared.dataset is not None and source.dataset is None:
        return "", "the predictions do not say which data they are of"
    if declared.dataset is None and declared.split is None:
        return "", "the card does not say on which data it was measured"
    if declared.dataset is None and source.split is None:
        return "", "neither card nor predictions name the data"
    return "", ""


def _split(text: str) -> str:
    """One word for one split: `validation` and `val`, `test set` and `test`."""
    folded = _folded(text).removesuffix(" set").removesuffix(" split").replace("-", " ").replace("_", " ")
    return {"val": "validation", "eval": "evaluation", "testing": "test", "training": "train"}.get(folded, folded)


def _folded(text: str) -> str:
    from govern.evidence.cards.words import casefolded

    return casefolded(text)


def _measured(figure: Figure, source: PredictionSource, context: CheckContext) -> tuple[Fraction | str, int]:
    """Compute the figure on all rows or on those of its slice; a text says why there is none."""
    if figure.declared.slice is not None:
        return _of_slice(figure, figure.declared.slice, source, context)
    measured, left_out = measure(figure.metric, context, source)
    if isinstance(measured, Diagnostic):
        return measured.message, 0
    return _value(figure, measured), left_out


def _value(figure: Figure, measured: Measured) -> Fraction | str:
    if isinstance(measured.value, Undefined):
        return f"{figure.metric} is undefined on the predictions: {measured.value.reason}"
    return measured.value


def _of_slice(figure: Figure, text: str, source: PredictionSource, context: CheckContext) -> tuple[Fraction | str, int]:
    """A slice is written `sex=F` or `sex: F`, or as a value that only one column of groups has."""
    metric = figure.metric
    if metric not in CELL_METRICS:
        return f"{figure.metric} is not computed for slices", 0
    name, equals, wanted = text.replace(":", "=").partition("=")
    columns = [item for item in source.attributes if not equals or _folded(item) == _folded(name)]
    hits: list[tuple[Tally, int]] = []
    for column in columns[:20]:
        predictions = predictions_of(context, source, (column,))
        if isinstance(predictions, Diagnostic) or not predictions.labelled:
            continue
        counts = counts_of(predictions)
        values = counts.axes[0].values
        for index, value in enumerate(values):
            if _folded(str(value)) == _folded(wanted if equals else text):
                hits.append((counts.cells.get((index,), Tally(0, 0, 0, 0)), predictions.missing_rows))
    if len(hits) != 1:
        return f"the slice {plain(text)} is no group of the predictions", 0
    tally, left_out = hits[0]
    return _value(figure, from_cells(metric, tally)), left_out


def _from_file(figure: Figure, metrics: MetricsFile, *, same_data: bool) -> Found:
    declared = figure.declared
    if declared.slice is not None or figure.average not in (None, "binary"):
        return Found(None, why="the metrics file does not speak of slices or averages")
    values: dict[str, Decimal | int] = {
        name: value for name, value in metrics.values.items() if canonical_metric(name) == figure.metric
    }
    if not values:
        return Found(None, why=f"the metrics file holds no {plain(figure.metric)}")
    if len(set(values.values())) > 1:
        return Found(
            None, "metrics file", f"the metrics file has it as {', '.join(map(plain, values))}", ambiguous=True
        )
    value = Fraction(next(iter(values.values())))
    if same_data:
        text = "the metrics file does not say on which data it was measured"
        return Found(None, "metrics file", text, ambiguous=True, candidate=value)
    return Found(value, "metrics file")
