"""`performance.benchmark`: no challenger does better on the same data.

Challengers are the evidence that the record names `challenger`, `challenger_a` and so on. Every one of them counts: one
that cannot be compared is missing evidence, lest the strongest be made unreadable.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.checks.interface import Check
from govern.checks.performance.comparison import (
    ComparisonParams,
    Verdict,
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
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome
from govern.policy.types import Count, Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["CHECKS", "BenchmarkParams"]

_CHALLENGER = re.compile(r"challengers?(?:[-_. ]?[a-z0-9].*)?", re.ASCII | re.IGNORECASE)
_ORDER = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)


class BenchmarkParams(ComparisonParams):
    """Parameters of `performance.benchmark`."""

    min_challengers: Count = parameter("Fewest challengers that were compared.", tighten="up", default=1)
    max_deficit: Number = parameter("How much better the best challenger may be.", tighten="down", default=Decimal(0))

    @model_validator(mode="after")
    def _makes_sense(self) -> BenchmarkParams:
        refuse_confidence(self.confidence)
        if self.min_challengers < 1:
            raise PydanticCustomError("bad_value", "min_challengers is at least 1")
        return self

    @property
    def required(self) -> str:
        """The limit in words."""
        return f"at most {decimal_text(self.max_deficit)} behind every challenger"


def _evaluate(params: BenchmarkParams, context: CheckContext) -> CheckResult:
    names = [name for name in context.bundle.record.spec.evidence if _CHALLENGER.fullmatch(name)]
    made: list[Compared] = []
    for name in sorted(names):
        found = compared(params, wish_of(params, params.required), context, name)
        if isinstance(found, CheckResult):
            return found
        made.append(found)
    distinct = len({item.digest for item in made})
    if distinct < params.min_challengers:
        return _too_few(params, context, distinct, made)
    least = -Fraction(params.max_deficit)
    verdicts = [verdict_of(params, item, least, params.required, "E148") for item in made]
    return _result(params, made, verdicts)


def _result(params: BenchmarkParams, made: list[Compared], verdicts: list[Verdict]) -> CheckResult:
    worst = min(
        zip(made, verdicts, strict=True),
        key=lambda two: (_ORDER.index(two[1].outcome), two[1].better_by if two[1].better_by is not None else 0),
    )
    name, shown = plain(worst[0].name, limit=80), words(worst[1], params)
    result = CheckResult(
        outcome=worst[1].outcome,
        summary=f"{params.metric} is better than that of {name}, the best of {len(made)} challengers, by {shown} "
        f"({params.required} asked).",
        findings=tuple(finding for verdict in verdicts for finding in verdict.findings),
        evidence=tuple(dict.fromkeys(ref for item in made for ref in item.evidence)),
        observed=shown,
        required=params.required,
        fields={"metric": params.metric, "challenger": name, "change": shown, "challengers": str(len(made))},
        holds=tuple(dict.fromkeys(hold for item in made for hold in item.holds)),
    )
    facts = [facts_of(params, item, verdict) for item, verdict in zip(made, verdicts, strict=True)]
    return replace(
        result,
        facts={
            "kind": "metric-comparison",
            "metric": params.metric,
            "required": params.required,
            "decide": params.decide,
            "comparisons": list(facts),
        },
    )


def _too_few(params: BenchmarkParams, context: CheckContext, found: int, made: list[Compared]) -> CheckResult:
    span = context.bundle.record_span("spec", "evidence")
    finding = Finding(
        code="E145",
        detail=f"{found} different challengers are named in the record",
        observed=str(found),
        required=f">= {params.min_challengers}",
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation="Name a simpler or an older model's predictions of the same cases: spec.evidence.challenger.",
        discriminator="challengers",
    )
    evidence = tuple(dict.fromkeys(ref for item in made for ref in item.evidence))
    return missing("There are not enough challengers to compare with.", [finding], evidence, params.required)


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="performance.benchmark",
            version=1,
            summary="Passes when no challenger does better on the same data by more than the accepted deficit.",
            cannot_show="That the challengers are the strongest there could be, nor that they were trained with care.",
            params=BenchmarkParams,
            needs=needs_of,
            message_fields=("metric", "challenger", "change", "challengers"),
            default_remediation="Use the better model, or ask for a waiver.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
