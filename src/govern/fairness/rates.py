"""Rates of a binary decision per group, as exact integers; 0/0 is a value of its own and never a number.

Names follow fairlearn where it has one. A rate is k of n: both stay integers, so that a verdict can compare
`k_a * n_b` with `k_b * n_a` instead of two rounded quotients.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

from govern.records import record

__all__ = [
    "COMBINED_METRICS",
    "METRICS",
    "NO_TALLY",
    "MetricName",
    "Rate",
    "RateMetric",
    "Tally",
    "Undefined",
    "Value",
    "components",
    "needs_labels",
]

MetricName = Literal[
    "selection_rate",
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
    "true_negative_rate",
    "precision",
    "false_discovery_rate",
    "negative_predictive_value",
    "false_omission_rate",
    "accuracy",
    "prevalence",
    "equalized_odds",
]


@record
class Undefined:
    """A quotient without a denominator, with the reason in words, e.g. `no positives`."""

    reason: str

    def __str__(self) -> str:
        return f"undefined ({self.reason})"


Value: TypeAlias = Fraction | Undefined


class Tally(NamedTuple):
    """Confusion cells of one group. Without labels the decision alone is kept in `tn` (not selected) and `fp`."""

    tn: int
    fp: int
    fn: int
    tp: int

    @property
    def n(self) -> int:
        """People in the group."""
        return self.tn + self.fp + self.fn + self.tp

    def plus(self, other: Tally) -> Tally:
        """Add cell by cell."""
        return Tally(*(a + b for a, b in zip(self, other, strict=True)))


NO_TALLY = Tally(0, 0, 0, 0)


@record
class Rate:
    """k of n, unreduced: the people counted and the people they are counted among."""

    k: int
    n: int
    without: str = "nobody in the group"
    """Why the rate is undefined when n is 0."""

    @property
    def value(self) -> Value:
        """The exact quotient, or `Undefined` when n is 0."""
        return Fraction(self.k, self.n) if self.n else Undefined(self.without)


@record
class RateMetric:
    """A rate as sums of confusion cells: which cells are counted, and which they are counted among."""

    name: MetricName
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    without: str
    """Reason given when the denominator is empty."""
    labels: bool = True
    """Whether the true outcome is needed."""
    steerable: bool = True
    """Whether changing one decision moves the numerator by one and leaves the denominator alone."""

    def rate(self, tally: Tally) -> Rate:
        """Give the rate of one group."""
        cells = tally._asdict()
        return Rate(
            sum(cells[name] for name in self.numerator), sum(cells[name] for name in self.denominator), self.without
        )


_ALL = ("tn", "fp", "fn", "tp")
_POSITIVES, _NEGATIVES, _SELECTED, _REJECTED = ("fn", "tp"), ("tn", "fp"), ("fp", "tp"), ("tn", "fn")

METRICS: Mapping[str, RateMetric] = {
    metric.name: metric
    for metric in (
        RateMetric("selection_rate", _SELECTED, _ALL, "nobody in the group", labels=False),
        RateMetric("true_positive_rate", ("tp",), _POSITIVES, "no positives"),
        RateMetric("false_negative_rate", ("fn",), _POSITIVES, "no positives"),
        RateMetric("false_positive_rate", ("fp",), _NEGATIVES, "no negatives"),
        RateMetric("true_negative_rate", ("tn",), _NEGATIVES, "no negatives"),
        RateMetric("precision", ("tp",), _SELECTED, "nobody selected", steerable=False),
        RateMetric("false_discovery_rate", ("fp",), _SELECTED, "nobody selected", steerable=False),
        RateMetric("negative_predictive_value", ("tn",), _REJECTED, "everybody selected", steerable=False),
        RateMetric("false_omission_rate", ("fn",), _REJECTED, "everybody selected", steerable=False),
        RateMetric("accuracy", ("tn", "tp"), _ALL, "nobody in the group"),
        RateMetric("prevalence", _POSITIVES, _ALL, "nobody in the group", steerable=False),
    )
}
"""Every simple rate by name."""

COMBINED_METRICS: Mapping[str, tuple[str, ...]] = {"equalized_odds": ("true_positive_rate", "false_positive_rate")}
"""Metrics that are the worst of several rates (equalized odds: Hardt, Price, Srebro 2016, definition 2.1)."""


def components(metric: str) -> tuple[RateMetric, ...]:
    """Give the simple rates a metric consists of. Raises KeyError for a name that is no metric."""
    return tuple(METRICS[name] for name in COMBINED_METRICS.get(metric, (metric,)))


def needs_labels(metric: str) -> bool:
    """Say whether the metric needs the true outcome."""
    return any(part.labels for part in components(metric))
