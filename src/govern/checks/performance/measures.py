"""Performance figures of a bundle: computed again from predictions, or as a metrics file states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import TYPE_CHECKING, get_args

from govern.checks.binding import lineage_digests
from govern.checks.context import Root
from govern.checks.predictions import counts_of, figure, prediction_refs, predictions_of, source_of
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.fairness import CellMetric, Measured, ScoreMetric, Tally, from_cells, from_scores
from govern.policy.outcomes import EvidenceRef

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.metrics_file import MetricsFile
    from govern.evidence.predictions import PredictionSource, Scores
    from govern.fairness.figure_intervals import Ends

__all__ = [
    "CELL_METRICS",
    "COMPUTABLE",
    "SCORE_METRICS",
    "Material",
    "material_of",
    "measure",
    "metrics_of",
    "metrics_root",
]

CELL_METRICS: tuple[CellMetric, ...] = get_args(CellMetric)
SCORE_METRICS: tuple[ScoreMetric, ...] = get_args(ScoreMetric)
COMPUTABLE: tuple[str, ...] = (*CELL_METRICS, *SCORE_METRICS)
"""Metrics that are computed again when the predictions allow it."""
_DIGITS = 30


def metrics_of(context: CheckContext) -> MetricsFile | Diagnostic:
    """Read the metrics file once a run. A Diagnostic says that there is none to use."""
    from govern.evidence.metrics_file import read_metrics

    return context.once("metrics.file", lambda: read_metrics(context.bundle, lineage=lineage_digests(context)))


@dataclass(frozen=True, slots=True)
class Material:
    """The counts that one figure is computed from."""

    metric: str
    tally: Tally | None
    """Confusion cells; None for a metric of scores."""
    by_score: Mapping[Decimal, tuple[int, int]]
    left_out: int
    """Rows without decision, score, label or known slice."""
    file: str
    column: str

    def measured(self) -> Measured:
        """Compute the figure. Raises InputError E131 for scores that it is not defined for."""
        if self.tally is not None:
            return from_cells(self._cell, self.tally)
        try:
            return from_scores(self._score, self.by_score)
        except ValueError as fault:
            raise InputError(
                Diagnostic(
                    code="E131",
                    message=f"column `{plain(self.column)}`: {fault}",
                    span=Span(self.file),
                    hint="Give probabilities, or limit auc.",
                )
            ) from fault

    def ends(self, z: Decimal) -> Ends | None:
        """Give the figure's interval; None when it is undefined."""
        from govern.fairness.figure_intervals import cell_interval, score_interval

        if self.tally is not None:
            return cell_interval(self._cell, self.tally, z)
        return score_interval(self._score, self.by_score, z)

    @property
    def _cell(self) -> CellMetric:
        return next(name for name in CELL_METRICS if name == self.metric)

    @property
    def _score(self) -> ScoreMetric:
        return "auc" if self.metric == "auc" else "brier"


def measure(metric: str, context: CheckContext, source: PredictionSource) -> tuple[Measured | Diagnostic, int]:
    """Compute one metric; a Diagnostic says that a column for it is not there. With it the rows left out."""
    material = material_of(metric, context, source)
    return (material, 0) if isinstance(material, Diagnostic) else (material.measured(), material.left_out)


def material_of(
    metric: str, context: CheckContext, source: PredictionSource, part: tuple[str, str] | None = None
) -> Material | Diagnostic:
    """Count what a metric needs, of all rows or of those whose column (`part`) has a value.

    A Diagnostic says that a column is not there (E122), or that no row has the value (E189).
    """
    if metric in CELL_METRICS:
        predictions = predictions_of(context, source, () if part is None else part[:1])
        if isinstance(predictions, Diagnostic):
            return predictions
        if not predictions.labelled:
            return _no_column(source, "of true outcomes")
        lost = predictions.missing_rows
        if part is None:
            tally = context.once(("predictions.total", source.file), lambda: counts_of(predictions)).total
        else:
            if (part[1],) not in predictions.cells:
                return _no_slice(source, part)
            tally = Tally(*predictions.cells[part[1],])
            lost += sum(predictions.cells.get((None,), ()))
        return Material(metric, tally, {}, lost, source.file, source.y_pred)
    scores = _scores(context, source, part)
    if isinstance(scores, Diagnostic):
        return scores
    if part is not None and not scores.by_score:
        return _no_slice(source, part)
    return Material(metric, None, scores.by_score, scores.missing_rows, source.file, source.score or "")


def _no_slice(source: PredictionSource, part: tuple[str, str]) -> Diagnostic:
    return Diagnostic(
        code="E189",
        message=f"no case of the table is of {plain(part[0], limit=60)} {plain(part[1], limit=60)}",
        span=Span(source.file, 1),
        hint="Write the slice as the table spells it.",
    )


def _no_column(source: PredictionSource, what: str) -> Diagnostic:
    return Diagnostic(
        code="E122",
        message=f"the table has no column {what}",
        span=Span(source.file, 1),
        hint="Add the column to the table.",
    )


def _scores(
    context: CheckContext, source: PredictionSource, part: tuple[str, str] | None = None
) -> Scores | Diagnostic:
    from govern.evidence.predictions import read_scores

    return context.once(("predictions.scores", source.file, part), lambda: read_scores(context.bundle, source, part))


def metrics_root(context: CheckContext) -> Root | None:
    """Give metric names and numbers for expressions: computed from predictions where possible, else from files.

    None when there are none. Raises InputError when a file is unreadable, E132 when a file's figure is not the
    computed one to the digits it is written with, and E141 when two files state different ones.
    """
    from govern.checks.performance.stated import evaluation_root

    metrics, source = metrics_of(context), source_of(context)
    evidence: list[EvidenceRef] = []
    values: dict[str, Decimal | int] = {}
    for found in (metrics, source):
        if isinstance(found, Diagnostic) and found.code != "E120":
            raise InputError(found)
    if not isinstance(metrics, Diagnostic):
        values.update(metrics.values)
        evidence.append(EvidenceRef(name="metrics", file=metrics.file, digest=metrics.digest, bound=metrics.bound))
    evaluated, refs = evaluation_root(context, values)
    values.update(evaluated)
    evidence.extend(refs)
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
