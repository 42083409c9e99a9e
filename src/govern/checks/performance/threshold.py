"""Check kinds about how well a model does: `performance.threshold`, and the root `metrics` of expressions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import Json, decimal_text
from govern.checks.cards.limits import judged_by_card
from govern.checks.interface import Check
from govern.checks.performance.figures import Ask, Figure, recomputed, stated
from govern.checks.performance.measures import COMPUTABLE, SCORE_METRICS, metrics_root
from govern.checks.performance.params import CONFIDENCE, ThresholdParams
from govern.checks.predictions import figure
from govern.fairness import Undefined
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Outcome

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.fairness.figure_intervals import Ends

__all__ = ["CHECKS", "ThresholdParams", "metrics_root", "words_of"]


def _not_tighter(old: ThresholdParams, new: ThresholdParams) -> tuple[str, str] | None:
    """A figure that is computed again may be better than the one that was written down; unset confidence is 0.95."""
    if old.recompute == "never" and new.recompute != "never":
        return "recompute", "the figure from the predictions may pass where the one in the metrics file does not"
    if new.sure < old.sure:
        return "confidence", f"unset means {CONFIDENCE}, and less confidence makes the interval narrower"
    return None


def _needs(params: ThresholdParams) -> tuple[EvidenceNeed, ...]:
    predictions = EvidenceNeed("predictions", ("columns:score",) if params.metric in SCORE_METRICS else ())
    from_file = EvidenceNeed("metrics", (f"metrics.{params.metric}",))
    if params.recompute == "required":
        return (predictions,)
    computable = params.metric in COMPUTABLE
    return (from_file, predictions) if params.recompute == "preferred" and computable else (from_file,)


def _evaluate(params: ThresholdParams, context: CheckContext) -> CheckResult:
    ask = Ask(
        metric=params.metric,
        required=params.required,
        dataset=params.dataset,
        split=params.split,
        slice=params.slice,
        must_recompute=params.recompute == "required",
    )
    found = recomputed(params, ask, context) if params.recompute != "never" else None
    figures = stated(params, ask, context) if found is None else found
    if isinstance(figures, CheckResult):
        unmeasured = found is None and all(item.code == "E120" for item in figures.findings)
        return judged_by_card(params, context, figures) if unmeasured else figures
    listed = figures if isinstance(figures, tuple) else (figures,)
    return _worst([(_margin(params, one), _judged(params, one)) for one in listed])


_ORDER = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


def _margin(params: ThresholdParams, found: Figure) -> Fraction:
    """How far a figure is on the right side of the limit."""
    value = found.measured.value
    if isinstance(value, Undefined):
        return Fraction(0)
    over = value - Fraction(params.limit)
    return over if params.at_least is not None else -over


def _worst(judged: list[tuple[Fraction, CheckResult]]) -> CheckResult:
    """Several figures (of several data sets or splits) must all meet the limit; the worst one is shown."""
    _margin, first = min(judged, key=lambda two: (_ORDER.index(two[1].outcome), two[0]))
    results = [result for _margin, result in judged]
    if len(results) == 1:
        return first
    return replace(
        first,
        summary=f"{first.summary[:-1]}; {len(results)} figures were held against the limit.",
        findings=tuple(finding for result in results for finding in result.findings),
        evidence=tuple(dict.fromkeys(ref for result in results for ref in result.evidence)),
        holds=tuple(dict.fromkeys(hold for result in results for hold in result.holds)),
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    outcome: Outcome
    findings: tuple[Finding, ...]
    ends: Ends | None = None


def _verdict(params: ThresholdParams, found: Figure, shown: str) -> _Verdict:
    doubts = _doubts(params, found)
    value = found.measured.value
    if doubts or isinstance(value, Undefined):
        return _Verdict(Outcome.INCONCLUSIVE, tuple(doubts))
    met = params.met(value)
    ends = None
    if params.decide == "demonstrated":
        from govern.fairness.figure_intervals import z_of

        ends = found.ends(z_of(params.sure))
        if ends is None:
            return _Verdict(Outcome.INCONCLUSIVE, (_no_interval(params, found),))
        both = [params.met(Fraction(end)) for end in (ends.low, ends.high)]
        if any(both) and not all(both):
            return _Verdict(Outcome.INCONCLUSIVE, (_reaches_over(params, found, ends),), ends)
    if met:
        return _Verdict(Outcome.PASS, (), ends)
    finding = Finding(
        code="E140",
        detail=f"{params.metric} is {shown}, {_FROM[found.source]}",
        observed=shown,
        required=params.required,
        location=found.location,
        discriminator=params.metric,
    )
    return _Verdict(Outcome.FAIL, (finding,), ends)


_FROM = {
    "predictions": "computed from the predictions",
    "metrics file": "computed from the metrics file",
    "evaluation": "as an evaluation states it",
}
_HOW = {
    "predictions": "computed again from predictions",
    "metrics file": "as the metrics file states it",
    "evaluation": "as an evaluation states it",
}


def _judged(params: ThresholdParams, found: Figure) -> CheckResult:
    value, n = found.measured.value, found.measured.n
    shown = str(value) if isinstance(value, Undefined) else figure(value, params.limit)
    verdict = _verdict(params, found, shown)
    on = f" on {n} cases" if found.n_known else ""
    sure = f", {words_of(verdict.ends, params.sure)}" if verdict.ends is not None else ""
    return CheckResult(
        outcome=verdict.outcome,
        summary=f"{params.metric} is {shown}{on}{sure}, {_HOW[found.source]} ({params.required} asked).",
        findings=verdict.findings,
        evidence=found.evidence,
        observed=shown,
        required=params.required,
        fields={"metric": params.metric, "value": shown, "n": str(n) if found.n_known else "not stated"},
        holds=found.holds,
        facts=_facts(params, found, shown, verdict.ends),
    )


def words_of(ends: Ends, confidence: Decimal) -> str:
    """Write an interval for a reader."""
    percent = decimal_text(confidence * 100)
    return f"{decimal_text(ends.low)} to {decimal_text(ends.high)} with {percent} percent confidence"


def _no_interval(params: ThresholdParams, found: Figure) -> Finding:
    return Finding(
        code="E143",
        detail=f"no interval of {params.metric} can be given: the {found.source} does not say what it was counted from",
        required=f"the whole interval {params.required}",
        location=found.location,
        remediation="Add predictions with labels, and with scores for auc and brier.",
        discriminator=params.metric,
    )


def _reaches_over(params: ThresholdParams, found: Figure, ends: Ends) -> Finding:
    return Finding(
        code="E144",
        detail=f"the interval of {params.metric} reaches over the limit: {words_of(ends, params.sure)} ({ends.method})",
        observed=f"{decimal_text(ends.low)} to {decimal_text(ends.high)}",
        required=f"the whole interval {params.required}",
        location=found.location,
        remediation="Evaluate on more cases.",
        discriminator=params.metric,
    )


def _doubts(params: ThresholdParams, found: Figure) -> list[Finding]:
    place = found.location
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


def _facts(params: ThresholdParams, found: Figure, shown: str, ends: Ends | None) -> Json:
    undefined = found.measured.value.reason if isinstance(found.measured.value, Undefined) else None
    facts: dict[str, Json] = {
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
    if params.slice is not None:
        facts["slice"] = params.slice
    if ends is not None:
        facts |= {"low": decimal_text(ends.low), "high": decimal_text(ends.high), "method": ends.method}
        facts["confidence"] = decimal_text(params.sure)
    return facts


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
