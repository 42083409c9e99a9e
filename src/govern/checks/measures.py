"""Performance figures of a bundle: computed again from predictions, or as a metrics file states them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, get_args

from govern.checks.binding import lineage_digests
from govern.checks.context import Root
from govern.checks.predictions import counts_of, figure, prediction_refs, predictions_of, source_of
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.fairness import CellMetric, Measured, ScoreMetric, from_cells, from_scores
from govern.policy.outcomes import EvidenceRef

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.metrics_file import MetricsFile
    from govern.evidence.predictions import PredictionSource, Scores

__all__ = ["CELL_METRICS", "COMPUTABLE", "SCORE_METRICS", "measure", "metrics_of", "metrics_root"]

CELL_METRICS: tuple[CellMetric, ...] = get_args(CellMetric)
SCORE_METRICS: tuple[ScoreMetric, ...] = get_args(ScoreMetric)
COMPUTABLE: tuple[str, ...] = (*CELL_METRICS, *SCORE_METRICS)
"""Metrics that are computed again when the predictions allow it."""
_DIGITS = 30


def metrics_of(context: CheckContext) -> MetricsFile | Diagnostic:
    """Read the metrics file once a run. A Diagnostic says that there is none to use."""
    from govern.evidence.metrics_file import read_metrics

    return context.once("metrics.file", lambda: read_metrics(context.bundle, lineage=lineage_digests(context)))


def measure(metric: str, context: CheckContext, source: PredictionSource) -> tuple[Measured | Diagnostic, int]:
    """Compute one metric; a Diagnostic says that a column for it is not there. With it the rows left out."""
    if metric in CELL_METRICS:
        predictions = predictions_of(context, source, ())
        if isinstance(predictions, Diagnostic):
            return predictions, 0
        if not predictions.labelled:
            return _no_column(source, "of true outcomes"), 0
        counts = context.once("predictions.total", lambda: counts_of(predictions))
        return from_cells(metric, counts.total), predictions.missing_rows
    scores = _scores(context, source)
    if isinstance(scores, Diagnostic):
        return scores, 0
    try:
        return from_scores("auc" if metric == "auc" else "brier", scores.by_score), scores.missing_rows
    except ValueError as fault:
        raise InputError(
            Diagnostic(
                code="E131",
                message=f"column `{plain(source.score or '')}`: {fault}",
                span=Span(source.file),
                hint="Give probabilities, or limit auc.",
            )
        ) from fault


def _no_column(source: PredictionSource, what: str) -> Diagnostic:
    return Diagnostic(
        code="E122",
        message=f"the table has no column {what}",
        span=Span(source.file, 1),
        hint="Add the column to the table.",
    )


def _scores(context: CheckContext, source: PredictionSource) -> Scores | Diagnostic:
    from govern.evidence.predictions import read_scores

    return context.once("predictions.scores", lambda: read_scores(context.bundle, source))


def metrics_root(context: CheckContext) -> Root | None:
    """Give metric names and numbers for expressions: computed from predictions where possible, else from the file.

    None when there is neither. Raises InputError when a file is unreadable, and E132 when the file's figure is not
    the computed one to the digits it is written with.
    """
    metrics, source = metrics_of(context), source_of(context)
    evidence: list[EvidenceRef] = []
    values: dict[str, Decimal | int] = {}
    for found in (metrics, source):
        if isinstance(found, Diagnostic) and found.code != "E120":
            raise InputError(found)
    if not isinstance(metrics, Diagnostic):
        values.update(metrics.values)
        evidence.append(EvidenceRef(name="metrics", file=metrics.file, digest=metrics.digest, bound=metrics.bound))
    if not isinstance(source, Diagnostic):
        computed = _all_computed(context, source)
        _refuse_disagreement(values, computed, source.file)
        values.update({name: _as_decimal(value) for name, value in computed.items()})
        evidence.extend(prediction_refs(source))
    return Root(dict(sorted(values.items())), tuple(evidence)) if evidence else None


def _all_computed(context: CheckContext, source: PredictionSource) -> Mapping[str, Fraction]:
    """Compute everything the table allows. Rows left out or scores that are no probabilities give nothing."""
    computed: dict[str, Fraction] = {}
    for metric in COMPUTABLE:
        try:
            measured, left_out = measure(metric, context, source)
        except InputError as fault:
            if any(item.code not in ("E126", "E131") for item in fault.diagnostics):
                raise
            continue
        if not isinstance(measured, Diagnostic) and isinstance(measured.value, Fraction) and not left_out:
            computed[metric] = measured.value
    return computed


def _refuse_disagreement(stated: Mapping[str, Decimal | int], computed: Mapping[str, Fraction], file: str) -> None:
    faults = []
    for name, value in computed.items():
        if name in stated:
            exponent = Decimal(stated[name]).as_tuple().exponent
            half_unit = Fraction(1, 2) * Fraction(10) ** (exponent if isinstance(exponent, int) else 0)
            if abs(Fraction(stated[name]) - value) > max(half_unit, Fraction(1, 10**9)):
                faults.append(
                    Diagnostic(
                        code="E132",
                        message=f"metrics.{name} is {stated[name]} in the metrics file and {figure(value)} computed",
                        span=Span(file),
                        hint="Measure again, or remove the figure that is not of this model and data.",
                    )
                )
    if faults:
        raise InputError(faults)


def _as_decimal(value: Fraction) -> Decimal:
    with localcontext() as arithmetic:
        arithmetic.prec = _DIGITS
        arithmetic.rounding = ROUND_HALF_EVEN
        return Decimal(value.numerator) / Decimal(value.denominator)
