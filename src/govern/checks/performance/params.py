"""Parameters of `performance.threshold`, and which way each metric is better."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.checks.performance.measures import COMPUTABLE
from govern.checks.tool_evidence import ToolParams
from govern.policy.interface import parameter
from govern.policy.types import Count, Number, Text

__all__ = ["CONFIDENCE", "UNBOUNDED_ABOVE", "MetricName", "ThresholdParams", "lower_is_better", "refuse_confidence"]

MetricName = Literal[
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "specificity",
    "f1",
    "auc",
    "brier",
    "average_precision",
    "log_loss",
    "mcc",
    "ece",
    "r2",
    "mae",
    "mse",
    "rmse",
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equalized_odds_ratio",
]
"""Metrics a rule may limit. The first eight are computed again from predictions; the others are read from a file."""

_LOWER_IS_BETTER = frozenset(
    ["brier", "log_loss", "ece", "mae", "mse", "rmse", "demographic_parity_difference", "equalized_odds_difference"]
)
UNBOUNDED_ABOVE = frozenset(["log_loss", "mae", "mse", "rmse"])
CONFIDENCE = Decimal("0.95")


def lower_is_better(metric: str) -> bool:
    """Say which way a metric is better."""
    return metric in _LOWER_IS_BETTER


def refuse_confidence(confidence: Decimal | None) -> None:
    """Raise unless a confidence is one."""
    if confidence is not None and not Decimal("0.5") < confidence <= Decimal("0.9999"):
        raise PydanticCustomError("bad_value", "confidence is between 0.5 and 0.9999")


class ThresholdParams(ToolParams):
    """Parameters of `performance.threshold`."""

    metric: MetricName = parameter("Metric that is limited.")
    at_least: Number | None = parameter("Least accepted value.", tighten="up", default=None)
    at_most: Number | None = parameter("Largest accepted value.", tighten="down", default=None)
    dataset: Text | None = parameter("Data set the figure must be measured on.", default=None)
    split: Text | None = parameter("Split the figure must be measured on, e.g. test.", default=None)
    slice: Text | None = parameter("Part of the cases, e.g. sex=F. Unset: all of them.", default=None)
    decide: Literal["point", "demonstrated"] | None = parameter(
        "Whether the figure itself decides, or its whole interval. Unset: point.",
        tighten="order",
        default=None,
        order=("point", "demonstrated"),
    )
    confidence: Number | None = parameter(
        "Confidence of the interval, between 0.5 and 1. Unset: 0.95.", tighten="up", default=None
    )
    min_n: Count = parameter("Fewest cases the figure may rest on.", tighten="up", default=1)
    recompute: Literal["never", "preferred", "required"] = parameter(
        "Whether the figure is computed again from predictions.",
        tighten="order",
        default="preferred",
        order=("never", "preferred", "required"),
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> ThresholdParams:
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("exclusive_parameters", "exactly one of at_least and at_most is needed")
        wrong = self.at_least if self.metric in _LOWER_IS_BETTER else self.at_most
        if wrong is not None:
            side, use = ("lower", "at_most") if self.metric in _LOWER_IS_BETTER else ("higher", "at_least")
            raise PydanticCustomError(
                "exclusive_parameters",
                "{metric} is better when {side}: use {use}",
                {"metric": self.metric, "side": side, "use": use},
            )
        refuse_confidence(self.confidence)
        if self.slice is not None and not all(self.slice.partition("=")):
            raise PydanticCustomError("bad_value", "a slice is written column=value")
        if self.min_n < 1:
            raise PydanticCustomError("bad_value", "min_n is at least 1")
        if self.recompute == "required" and self.metric not in COMPUTABLE:
            raise PydanticCustomError(
                "bad_value", "{metric} cannot be computed from predictions here", {"metric": self.metric}
            )
        return self

    @property
    def sure(self) -> Decimal:
        """The confidence of the interval."""
        return CONFIDENCE if self.confidence is None else self.confidence

    @property
    def limit(self) -> Decimal:
        """The limit, whichever side it is on."""
        limit = self.at_least if self.at_least is not None else self.at_most
        return Decimal(0) if limit is None else limit

    @property
    def required(self) -> str:
        """The limit in words."""
        return f"{'>=' if self.at_least is not None else '<='} {decimal_text(self.limit)}"

    def met(self, value: Fraction) -> bool:
        """Say whether an exact value meets the limit; exactly on it does."""
        limit = Fraction(self.limit)
        return value >= limit if self.at_least is not None else value <= limit
