"""What `performance.change` and `performance.benchmark` share: parameters, and the verdict on one comparison."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.canonical import Json, decimal_text, fraction_text
from govern.checks.performance.params import CONFIDENCE, MetricName, lower_is_better, refuse_confidence
from govern.checks.performance.two_models import Compared, Wish
from govern.checks.tool_evidence import ToolParams
from govern.diagnostics import plain
from govern.fairness import Undefined
from govern.policy.interface import EvidenceNeed, parameter
from govern.policy.outcomes import Finding, Outcome
from govern.policy.types import Flag, Number

if TYPE_CHECKING:
    from govern.fairness.figure_intervals import Ends

__all__ = ["ComparisonParams", "Verdict", "better", "facts_of", "needs_of", "verdict_of", "wish_of", "words"]


class ComparisonParams(ToolParams):
    """Parameters of kinds that compare two models."""

    metric: MetricName = parameter("Metric that is compared.")
    same_data: Flag = parameter(
        "Both must be shown to be measured on the same data.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )
    decide: Literal["point", "demonstrated"] = parameter(
        "Whether the difference itself decides, or its whole interval.",
        tighten="order",
        default="point",
        order=("point", "demonstrated"),
    )
    confidence: Number = parameter("Confidence of the interval, between 0.5 and 1.", tighten="up", default=CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one comparison came to."""

    outcome: Outcome
    better_by: Fraction | None
    """How much better the candidate is, the way the metric counts; None when undefined."""
    ends: tuple[Decimal, Decimal] | None
    findings: tuple[Finding, ...]


def wish_of(params: ComparisonParams, required: str) -> Wish:
    """Give what is asked of each comparison."""
    from govern.fairness.figure_intervals import z_of

    refuse_confidence(params.confidence)
    return Wish(metric=params.metric, required=required, same_data=params.same_data, z=z_of(params.confidence))


def needs_of(params: ComparisonParams) -> tuple[EvidenceNeed, ...]:
    """Give the evidence needs: predictions of both, or figures that state the metric."""
    return EvidenceNeed("metrics", (f"metrics.{params.metric}",)), EvidenceNeed("predictions", ())


def better(metric: str, value: Fraction) -> Fraction:
    """Turn a difference so that more is better."""
    return -value if lower_is_better(metric) else value


def verdict_of(
    params: ComparisonParams, found: Compared, least: Fraction | None, required: str, code: str, *, also: bool = True
) -> Verdict:
    """Hold one comparison against the least accepted gain; `also` is what else must be met at the point.

    Without a least gain only `also` decides, and there is nothing to demonstrate.
    """
    value = found.difference.value
    if isinstance(value, Undefined):
        return Verdict(Outcome.INCONCLUSIVE, None, None, (_undefined(params, found, value),))
    gain = better(params.metric, value)
    ends = _turned(params.metric, found.difference.ends)
    if found.left_out:
        return Verdict(Outcome.INCONCLUSIVE, gain, ends, (_left_out(found),))
    met = also and (least is None or gain >= least)
    if params.decide == "demonstrated" and least is not None:
        if ends is None:
            return Verdict(Outcome.INCONCLUSIVE, gain, None, (_no_interval(params, found, required),))
        if (ends[0] >= least) != (ends[1] >= least):
            return Verdict(Outcome.INCONCLUSIVE, gain, ends, (_reaches_over(params, found, ends, required),))
    if met:
        return Verdict(Outcome.PASS, gain, ends, ())
    first, second = (
        fraction_text(_exact(one.value)) for one in (found.difference.candidate, found.difference.baseline)
    )
    finding = Finding(
        code=code,
        detail=f"{params.metric} is {first}, that of {plain(found.name, limit=80)} is {second}, on {found.proof}",
        observed=fraction_text(gain),
        required=required,
        location=found.location,
        discriminator=found.name,
    )
    return Verdict(Outcome.FAIL, gain, ends, (finding,))


def _exact(value: Fraction | Undefined) -> Fraction:
    assert isinstance(value, Fraction)  # an undefined figure was settled before
    return value


def _turned(metric: str, ends: Ends | None) -> tuple[Decimal, Decimal] | None:
    if ends is None:
        return None
    return (-ends.high, -ends.low) if lower_is_better(metric) else (ends.low, ends.high)


def words(verdict: Verdict, params: ComparisonParams) -> str:
    """Write how much better the candidate is, for a reader."""
    if verdict.better_by is None:
        return "undefined"
    gain = fraction_text(verdict.better_by)
    if verdict.ends is None:
        return gain
    percent = decimal_text(params.confidence * 100)
    low, high = (decimal_text(end) for end in verdict.ends)
    return f"{gain} ({low} to {high} with {percent} percent confidence)"


def facts_of(params: ComparisonParams, found: Compared, verdict: Verdict) -> dict[str, Json]:
    """Give one comparison for the report."""
    ends, two = found.difference.ends, (found.difference.candidate.value, found.difference.baseline.value)
    candidate, baseline = (fraction_text(one) if isinstance(one, Fraction) else None for one in two)
    return {
        "baseline": found.name,
        "candidate_value": candidate,
        "baseline_value": baseline,
        "better_by": None if verdict.better_by is None else fraction_text(verdict.better_by),
        "low": None if verdict.ends is None else decimal_text(verdict.ends[0]),
        "high": None if verdict.ends is None else decimal_text(verdict.ends[1]),
        "method": None if ends is None else ends.method,
        "n": found.n,
        "paired": found.difference.paired,
        "same_data": found.proof,
        "outcome": verdict.outcome.value,
    }


def _undefined(params: ComparisonParams, found: Compared, value: Undefined) -> Finding:
    return Finding(
        code="E138",
        detail=f"{params.metric} is undefined for the candidate or for {plain(found.name, limit=80)}: {value.reason}",
        observed=str(value),
        location=found.location,
        discriminator=found.name,
    )


def _left_out(found: Compared) -> Finding:
    return Finding(
        code="F109",
        detail=f"{found.left_out} cases have no prediction, score or label of one of the models",
        observed=str(found.left_out),
        required="0",
        location=found.location,
        remediation="Predict for every case with both models.",
        discriminator=found.name,
    )


def _no_interval(params: ComparisonParams, found: Compared, required: str) -> Finding:
    return Finding(
        code="E143",
        detail=f"no interval of the difference in {params.metric} can be given",
        required=f"the whole interval {required}",
        location=found.location,
        remediation="Give predictions of both models on enough cases that they do not always agree.",
        discriminator=found.name,
    )


def _reaches_over(params: ComparisonParams, found: Compared, ends: tuple[Decimal, Decimal], required: str) -> Finding:
    said = f"{decimal_text(ends[0])} to {decimal_text(ends[1])}"
    return Finding(
        code="E144",
        detail=f"the interval of the gain in {params.metric} over {plain(found.name, limit=80)} is {said}",
        observed=said,
        required=f"the whole interval {required}",
        location=found.location,
        remediation="Evaluate both models on more cases.",
        discriminator=found.name,
    )
