"""Check kinds about how well a model does: `performance.threshold`, and the root `metrics` of expressions."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.canonical import Json, decimal_text
from govern.checks.card_limits import judged_by_card
from govern.checks.interface import Check
from govern.checks.measures import COMPUTABLE, SCORE_METRICS, measure, metrics_of, metrics_root
from govern.checks.performance_params import UNBOUNDED_ABOVE, ThresholdParams
from govern.checks.predictions import (
    figure,
    finding_of,
    missing,
    prediction_refs,
    source_of,
    terms_of,
)
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.fairness import Measured, Undefined
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["CHECKS", "ThresholdParams", "metrics_root"]


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure and where it comes from."""

    measured: Measured
    file: str
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    source: Literal["predictions", "metrics file"]
    n_known: bool
    left_out: int = 0
    """Rows without prediction, score or label."""


def _not_tighter(old: ThresholdParams, new: ThresholdParams) -> tuple[str, str] | None:
    """A figure that is computed again may be better than the one that was written down."""
    if old.recompute == "never" and new.recompute != "never":
        return "recompute", "the figure from the predictions may pass where the one in the metrics file does not"
    return None


def _needs(params: ThresholdParams) -> tuple[EvidenceNeed, ...]:
    predictions = EvidenceNeed("predictions", ("columns:score",) if params.metric in SCORE_METRICS else ())
    from_file = EvidenceNeed("metrics", (f"metrics.{params.metric}",))
    if params.recompute == "required":
        return (predictions,)
    computable = params.metric in COMPUTABLE
    return (from_file, predictions) if params.recompute == "preferred" and computable else (from_file,)


def _evaluate(params: ThresholdParams, context: CheckContext) -> CheckResult:
    found = _recomputed(params, context) if params.recompute != "never" else None
    if found is None:
        found = _from_file(params, context)
    return found if isinstance(found, CheckResult) else _judged(params, found)


def _recomputed(params: ThresholdParams, context: CheckContext) -> _Figure | CheckResult | None:
    """Compute the figure from predictions; None when another source may be used instead.

    Predictions that are there and cannot be used (another model, damaged, unbound) are never passed over for a
    figure somebody wrote down.
    """
    if params.metric not in COMPUTABLE:
        return None
    source = source_of(context)
    if isinstance(source, Diagnostic):
        if source.code != "E120" or params.recompute == "required":
            return _not_recomputable(params, source)
        return None
    measured, left_out = measure(params.metric, context, source)
    if isinstance(measured, Diagnostic):
        return None if params.recompute == "preferred" else _not_recomputable(params, measured)
    evidence = prediction_refs(source)
    terms = terms_of(
        params,
        name="predictions",
        file=source.file,
        bound=source.bound,
        produced_at=source.produced_at,
        tool=source.tool,
    )
    unmet = [*terms.unmet, *_elsewhere(params, source.dataset, source.split, source.file)]
    if unmet:
        return missing("The predictions do not meet the terms of the rule.", unmet, evidence, params.required)
    return _Figure(measured, source.file, evidence, terms.holds, "predictions", n_known=True, left_out=left_out)


def _not_recomputable(params: ThresholdParams, diagnostic: Diagnostic) -> CheckResult:
    if diagnostic.code == "E107":
        return missing("The predictions speak of another model.", [finding_of(diagnostic)], (), params.required)
    finding = Finding(
        code="E135",
        detail=f"{params.metric} cannot be computed again: {diagnostic.message}",
        required=params.required,
        location=finding_of(diagnostic).location,
        remediation="Add predictions with the columns the metric needs.",
        discriminator=params.metric,
    )
    return missing(f"There are no predictions to compute {params.metric} from.", [finding], (), params.required)


def _elsewhere(params: ThresholdParams, dataset: str | None, split: str | None, file: str) -> list[Finding]:
    """Findings for a data set or split other than the asked one."""
    asked = (("data set", params.dataset, dataset), ("split", params.split, split))
    return [
        Finding(
            code="E136",
            detail=f"the figure is not known to be measured on the {what} {plain(wanted)}",
            observed=plain(given) if given is not None else "not stated",
            required=plain(wanted),
            location=Location(file),
            remediation="Evaluate on the asked data and say so in the FairnessRows document.",
            discriminator=what,
        )
        for what, wanted, given in asked
        if wanted is not None and wanted != given
    ]


def _from_file(params: ThresholdParams, context: CheckContext) -> _Figure | CheckResult:
    metrics = metrics_of(context)
    if isinstance(metrics, Diagnostic):
        if metrics.code == "E120":
            return judged_by_card(params, context, metrics)
        return missing(f"No {params.metric} was found.", [finding_of(metrics)], (), params.required)
    evidence = (EvidenceRef(name="metrics", file=metrics.file, digest=metrics.digest, bound=metrics.bound),)
    if params.metric in metrics.others:
        raise InputError(
            Diagnostic(
                code="E130",
                message=f"{params.metric} is not a number",
                span=Span(metrics.file),
                hint="Write a JSON number, such as 0.91.",
            )
        )
    value = metrics.values.get(params.metric)
    if value is None:
        finding = Finding(
            code="E137",
            detail=f"the metrics file holds no {params.metric}",
            required=params.required,
            location=Location(metrics.file, pointer=f"/{params.metric}"),
            remediation="Measure it and write it into the file, or add predictions.",
            discriminator=params.metric,
        )
        return missing(f"No {params.metric} was found.", [finding], evidence, params.required)
    _refuse_impossible(params.metric, value, metrics.file)
    terms = terms_of(
        params,
        name="metrics",
        file=metrics.file,
        bound=metrics.bound,
        produced_at=metrics.produced_at,
        tool=metrics.tool,
    )
    unmet = [*terms.unmet, *_elsewhere(params, None, None, metrics.file)]
    if unmet:
        return missing("The metrics do not meet the terms of the rule.", unmet, evidence, params.required)
    measured = Measured(Fraction(value), 0)
    return _Figure(measured, metrics.file, evidence, terms.holds, "metrics file", n_known=False)


def _refuse_impossible(metric: str, value: Decimal | int, file: str) -> None:
    """A share above 1 is a percentage or a mistake; comparing it with 0.8 would pass anything."""
    least = -1 if metric == "mcc" else None if metric == "r2" else 0
    most = None if metric in UNBOUNDED_ABOVE else 1
    if (least is not None and value < least) or (most is not None and value > most):
        raise InputError(
            Diagnostic(
                code="E130",
                message=f"{metric} of {value} cannot be: it is written as a share between 0 and 1",
                span=Span(file),
                hint="Write 0.912 for 91.2 percent.",
            )
        )


def _judged(params: ThresholdParams, found: _Figure) -> CheckResult:
    value, n = found.measured.value, found.measured.n
    doubts = list(_doubts(params, found))
    if isinstance(value, Undefined):
        shown, outcome = str(value), Outcome.INCONCLUSIVE
    else:
        shown = figure(value, params.limit)
        outcome = Outcome.PASS if params.met(value) else Outcome.FAIL
    findings = doubts
    if doubts:
        outcome = Outcome.INCONCLUSIVE
    elif outcome is Outcome.FAIL:
        findings = [
            Finding(
                code="E140",
                detail=f"{params.metric} is {shown}, computed from the {found.source}",
                observed=shown,
                required=params.required,
                location=_figure_place(params, found),
                discriminator=params.metric,
            )
        ]
    on = f" on {n} cases" if found.n_known else ""
    how = "computed again from predictions" if found.source == "predictions" else "as the metrics file states it"
    return CheckResult(
        outcome=outcome,
        summary=f"{params.metric} is {shown}{on}, {how} ({params.required} asked).",
        findings=tuple(findings),
        evidence=found.evidence,
        observed=shown,
        required=params.required,
        fields={"metric": params.metric, "value": shown, "n": str(n) if found.n_known else "not stated"},
        holds=found.holds,
        facts=_facts(params, found, shown),
    )


def _figure_place(params: ThresholdParams, found: _Figure) -> Location:
    pointer = f"/{params.metric}" if found.source == "metrics file" else None
    return Location(found.file, pointer=pointer)


def _doubts(params: ThresholdParams, found: _Figure) -> list[Finding]:
    place = Location(found.file)
    doubts = []
    if isinstance(found.measured.value, Undefined):
        doubts.append(
            Finding(
                code="E138",
                detail=f"{params.metric} is undefined on this data: {found.measured.value.reason}",
                observed=str(found.measured.value),
                required=params.required,
                location=place,
                discriminator=params.metric,
            )
        )
    elif found.measured.n < params.min_n and (found.n_known or params.min_n > 1):
        doubts.append(
            Finding(
                code="E139",
                detail=f"{params.metric} rests on {found.measured.n} cases"
                if found.n_known
                else f"the file does not say on how many cases {params.metric} rests",
                observed=f"n = {found.measured.n}" if found.n_known else "not stated",
                required=f"n >= {params.min_n}",
                location=place,
                discriminator=params.metric,
            )
        )
    if found.left_out:
        doubts.append(
            Finding(
                code="F109",
                detail=f"{found.left_out} rows have no prediction, score or label",
                observed=str(found.left_out),
                required="0",
                location=place,
                remediation="Predict for every row.",
                discriminator="missing-rows",
            )
        )
    return doubts


def _facts(params: ThresholdParams, found: _Figure, shown: str) -> Json:
    undefined = found.measured.value.reason if isinstance(found.measured.value, Undefined) else None
    return {
        "kind": "metric",
        "metric": params.metric,
        "value": None if undefined is not None else shown,
        "undefined": undefined,
        "n": found.measured.n if found.n_known else None,
        "threshold": decimal_text(params.limit),
        "direction": "at_least" if params.at_least is not None else "at_most",
        "source": found.source,
        "dataset": params.dataset,
        "split": params.split,
    }


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="performance.threshold",
            not_tighter=_not_tighter,
            version=1,
            summary="Passes when a figure, computed again from predictions where possible, meets its limit.",
            cannot_show="That the evaluation data are like the cases the model will meet, nor that they were not "
            "used in training; a figure from a metrics file is only what somebody wrote.",
            params=ThresholdParams,
            needs=_needs,
            message_fields=("metric", "value", "n"),
            default_remediation="Improve the model, or ask for a waiver.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
