"""Comparisons of models and importances of features, as the page shows them.

Facts are open: what does not fit is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from govern.diagnostics import plain
from govern.report.result import OutcomeView, facts_of, rows

__all__ = ["Comparison", "Importance", "comparisons_of", "importances_of"]

_NAME = 80
_BAR = 200
"""Width of the longest bar."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The candidate against one other model."""

    rule: str
    metric: str
    baseline: str
    candidate_value: str
    baseline_value: str
    better_by: str
    interval: str
    on: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature with the length of its bar."""

    name: str
    value: str
    bar: int


@dataclass(frozen=True, slots=True)
class Importance:
    """One table of importances."""

    rule: str
    method: str
    file: str
    label: str
    features: tuple[Feature, ...]
    left_out: int


def comparisons_of(outcomes: Sequence[OutcomeView]) -> tuple[Comparison, ...]:
    """Give every comparison of two models that the result holds."""
    return tuple(
        _comparison(outcome.rule, str(facts.get("metric", "")), item)
        for outcome in outcomes
        if (facts := facts_of(outcome, "metric-comparison")) is not None
        for item in rows(facts.get("comparisons"))
    )


def _comparison(rule: str, metric: str, item: Mapping[str, Any]) -> Comparison:
    low, high, n = item.get("low"), item.get("high"), item.get("n")
    cases = f"{n} cases, " if isinstance(n, int) else ""
    return Comparison(
        rule=rule,
        metric=plain(metric.replace("_", " "), limit=_NAME),
        baseline=_said(item.get("baseline")),
        candidate_value=_said(item.get("candidate_value")),
        baseline_value=_said(item.get("baseline_value")),
        better_by=_said(item.get("better_by")),
        interval=f"{_said(low)} to {_said(high)}" if low is not None and high is not None else "none",
        on=cases + _said(item.get("same_data")),
    )


def _said(value: object) -> str:
    return "undefined" if value is None else plain(str(value), limit=_NAME)


def importances_of(outcomes: Sequence[OutcomeView]) -> tuple[Importance, ...]:
    """Give every table of importances that the result holds."""
    return tuple(
        _importance(outcome.rule, table)
        for outcome in outcomes
        if (facts := facts_of(outcome, "global-importance")) is not None
        for table in rows(facts.get("tables"))
    )


def _importance(rule: str, table: Mapping[str, Any]) -> Importance:
    listed = rows(table.get("features"))
    weights = [_number(item.get("value")) for item in listed]
    most = max((abs(weight) for weight in weights), default=Decimal(0))
    left = table.get("left_out")
    return Importance(
        rule=rule,
        method=plain(str(table.get("method", "")), limit=_NAME),
        file=plain(str(table.get("file", ""))),
        label=plain(str(table.get("label") or ""), limit=_NAME),
        features=tuple(
            Feature(_said(item.get("name")), _said(item.get("value")), int(abs(weight) * _BAR / most) if most else 0)
            for item, weight in zip(listed, weights, strict=True)
        ),
        left_out=left if isinstance(left, int) else 0,
    )


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() and abs(number.adjusted()) < 400 else Decimal(0)
