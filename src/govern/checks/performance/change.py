"""`performance.change`: the model is enough better than one it would replace, on the same data.

The three limits of MLflow's users, with MLflow's meaning (mlflow 3.17.2, `models/evaluation/validation.py`): a relative
change is measured against the absolute value of the baseline, and against a baseline of 0 the candidate must be better
by 1e-10; where less is better the signs turn. A figure that is missing is missing evidence here.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text, fraction_text
from govern.checks.interface import Check
from govern.checks.performance.comparison import (
    ComparisonParams,
    Verdict,
    better,
    facts_of,
    needs_of,
    verdict_of,
    wish_of,
    words,
)
from govern.checks.performance.params import refuse_confidence
from govern.checks.performance.rivals import compared
from govern.checks.performance.two_models import Compared
from govern.checks.predictions import missing
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, parameter
from govern.policy.outcomes import CheckResult, Finding, Location
from govern.policy.types import Number, Text

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["CHECKS", "ChangeParams"]

_PREVIOUS = "previous_certified"
_BETTER = Fraction(1, 10**10)
"""How much better a candidate must be than a baseline of 0, where a relative change is asked."""


class ChangeParams(ComparisonParams):
    """Parameters of `performance.change`."""

    baseline: Text = parameter(
        "What it is compared with: the name of another model's evidence in the record, such as champion, or "
        "previous_certified."
    )
    min_absolute_change: Number | None = parameter(
        "Least gain; where less is better, least reduction. Below 0 so much loss is accepted.",
        tighten="up",
        default=None,
    )
    min_relative_change: Number | None = parameter(
        "Least gain as a share of the baseline's absolute value.", tighten="up", default=None
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ChangeParams:
        refuse_confidence(self.confidence)
        if self.min_absolute_change is None and self.min_relative_change is None:
            raise PydanticCustomError(
                "bad_value", "at least one of min_absolute_change and min_relative_change is needed"
            )
        if self.decide == "demonstrated" and self.min_relative_change is not None:
            raise PydanticCustomError(
                "exclusive_parameters",
                "decide: demonstrated goes with min_absolute_change: the interval is of a difference",
            )
        if self.baseline in ("predictions", "metrics"):
            raise PydanticCustomError("bad_value", "the baseline is another model's evidence, not the candidate's own")
        return self

    @property
    def required(self) -> str:
        """The limits in words."""
        parts = []
        if self.min_absolute_change is not None:
            parts.append(f"better by >= {decimal_text(self.min_absolute_change)}")
        if self.min_relative_change is not None:
            parts.append(f"better by >= {decimal_text(self.min_relative_change)} of the baseline")
        return " and ".join(parts)

    def relative_met(self, candidate: Fraction, baseline: Fraction) -> bool:
        """Say whether the relative change is enough; true when none is asked."""
        if self.min_relative_change is None:
            return True
        gain = better(self.metric, candidate - baseline)
        if not baseline:
            return gain >= _BETTER
        return gain >= Fraction(self.min_relative_change) * abs(baseline)


def _evaluate(params: ChangeParams, context: CheckContext) -> CheckResult:
    if params.baseline == _PREVIOUS:
        return _no_history(params, context)
    found = compared(params, wish_of(params, params.required), context, params.baseline)
    if isinstance(found, CheckResult):
        return found
    verdict = _verdict(params, found)
    name = plain(found.name, limit=80)
    own = found.difference.candidate.value
    value = fraction_text(own) if isinstance(own, Fraction) else str(own)
    on = f"on {found.proof}" if found.n is not None or params.same_data else "as files state it"
    shown = words(verdict, params)
    return CheckResult(
        outcome=verdict.outcome,
        summary=f"{params.metric} is better than {name}'s by {shown}, {on} ({params.required} asked).",
        findings=verdict.findings,
        evidence=found.evidence,
        observed=shown,
        required=params.required,
        fields={"metric": params.metric, "baseline": name, "change": shown, "value": value},
        holds=found.holds,
        facts={
            "kind": "metric-comparison",
            "metric": params.metric,
            "required": params.required,
            "decide": params.decide,
            "comparisons": [facts_of(params, found, verdict)],
        },
    )


def _verdict(params: ChangeParams, found: Compared) -> Verdict:
    one, two = found.difference.candidate.value, found.difference.baseline.value
    enough = isinstance(one, Fraction) and isinstance(two, Fraction) and params.relative_met(one, two)
    absolute = params.min_absolute_change
    least = None if absolute is None else Fraction(absolute)
    return verdict_of(params, found, least, params.required, "E147", also=enough)


def _no_history(params: ChangeParams, context: CheckContext) -> CheckResult:
    span = context.bundle.record_span("metadata", "previous")
    finding = Finding(
        code="E145",
        detail="checks are handed no figures of the last certified version: the ledger is not read for them",
        required=params.required,
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation="Add the certified version's predictions of the same cases, and name them as the baseline.",
        discriminator=_PREVIOUS,
    )
    return missing("The last certified version cannot be compared with.", [finding], (), params.required)


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="performance.change",
            version=1,
            summary="Passes when a figure is better than another model's on the same data by the given change.",
            cannot_show="That the other model's evidence is of the model that is in production, nor that either was "
            "measured on data like the cases to come; a gain on one test set may be chance unless it is demonstrated.",
            params=ChangeParams,
            needs=needs_of,
            message_fields=("metric", "baseline", "change", "value"),
            default_remediation="Improve the model, or keep the one that is in production.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
