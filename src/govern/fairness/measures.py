"""The measures of scores, errors and ranks that groups are compared by: a figure a group, and how two are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Literal

from govern.fairness import calibration, ranking, regression, score_gaps
from govern.fairness.bounded import PRECISION, Bounded, Ends, Figure, decimal_of, ends_of, exactly, mover
from govern.fairness.intervals import quantile, ratio_interval, wilson
from govern.fairness.rates import Undefined
from govern.records import record

__all__ = ["ERRORS", "EXPOSURE", "SCORES", "Measure", "calibration_measure", "top_k_measure"]

Compare = Literal["difference", "ratio"]


@record
class Measure:
    """How groups are measured and compared. Groups are `GroupScores`, `ErrorSums` or `GroupRanks`."""

    name: str
    compare: Compare
    figure: Callable[[Any], Figure]
    """The figure of one group, with its proven bounds."""
    ends: Callable[[Any, Fraction], Ends | None] | None
    """Its interval that leaves a tail on each side; None where there is none for this measure."""
    least: Callable[[Any], int]
    """How many people the figure rests on: the smallest of its denominators."""
    between: Callable[[Any, Any], Figure] | None = None
    """The comparison of two groups, where it is not that of their figures."""
    between_ends: Callable[[Any, Any, Fraction], Ends | None] | None = None

    def compared(self, one: Any, other: Any) -> Figure:
        """One group less the other, or over the other."""
        if self.between is not None:
            return self.between(one, other)
        figures = self.figure(one), self.figure(other)
        for figure in figures:
            if isinstance(figure, Undefined):
                return figure
        a, b = figures
        assert isinstance(a, Bounded)
        assert isinstance(b, Bounded)
        if self.compare == "difference":
            return a.minus(b)
        return a.over(b) if b.low > 0 else Undefined("the other group's figure is 0")

    def compared_ends(self, one: Any, other: Any, tail: Fraction) -> Ends | None:
        """Interval of `compared`; None where there is none."""
        if self.between_ends is not None:
            return self.between_ends(one, other, tail)
        if self.ends is None or self.compare == "ratio":
            return None
        parts = []
        for group in (one, other):
            figure, ends = self.figure(group), self.ends(group, tail)
            if isinstance(figure, Undefined) or ends is None:
                return None
            parts.append((figure, ends))
        return mover(parts[0], parts[1])


def _people(group: Any) -> int:
    return int(group.n)


def _smaller_class(group: Any) -> int:
    return int(min(group.positives, group.negatives))


def _members(ranks: Mapping[int, int]) -> int:
    return sum(ranks.values())


def _rmse_ratio_ends(one: Any, other: Any, tail: Fraction) -> Ends | None:
    """Delta method on the log of the ratio."""
    if regression.rmse_ends(one, tail) is None or regression.rmse_ends(other, tail) is None:
        return None
    figures = regression.rmse(one), regression.rmse(other)
    assert isinstance(figures[0], Bounded)
    assert isinstance(figures[1], Bounded)
    if figures[1].low <= 0:
        return None
    ratio = figures[0].over(figures[1])
    with localcontext(prec=PRECISION):
        errors = regression.log_error(one), regression.log_error(other)
        assert errors[0] is not None
        assert errors[1] is not None
        factor = (quantile(tail) * (errors[0] ** 2 + errors[1] ** 2).sqrt()).exp()
        return ends_of(ratio, decimal_of(ratio.low) / factor, decimal_of(ratio.high) * factor)


SCORES: Mapping[str, Measure] = {
    "smd": Measure(
        "smd",
        "difference",
        lambda group: score_gaps.mean(group.sums.both),
        None,
        _people,
        lambda one, other: score_gaps.smd(one.sums.both, other.sums.both),
        lambda one, other, tail: score_gaps.smd_ends(one.sums.both, other.sums.both, tail),
    ),
    "ks": Measure("ks", "difference", score_gaps.ks, score_gaps.ks_ends, _smaller_class),
    "auc": Measure("auc", "difference", score_gaps.auc, score_gaps.auc_ends, _smaller_class),
}
"""Measures of `fairness.score_gap` over scores."""

ERRORS: Mapping[str, Measure] = {
    "smd": Measure(
        "smd",
        "difference",
        lambda group: score_gaps.mean(group.predicted),
        None,
        _people,
        lambda one, other: score_gaps.smd(one.predicted, other.predicted),
        lambda one, other, tail: score_gaps.smd_ends(one.predicted, other.predicted, tail),
    ),
    "mean_residual": Measure(
        "mean_residual", "difference", regression.mean_residual, regression.mean_residual_ends, _people
    ),
    "rmse_ratio": Measure(
        "rmse_ratio", "ratio", regression.rmse, regression.rmse_ends, _people, None, _rmse_ratio_ends
    ),
}
"""Measures of `fairness.score_gap` over numeric predictions."""

EXPOSURE = Measure("exposure", "ratio", ranking.exposure, None, _members)
"""Mean exposure, of `fairness.ranking_gap`."""


def calibration_measure(name: str, bins: int) -> Measure:
    """Give a measure of calibration; expected calibration error has no interval. Raises KeyError for another name."""
    if name == "ece":
        return Measure(name, "difference", lambda group: calibration.ece(group, bins), None, _people)
    figure, ends = {
        "brier": (calibration.brier, calibration.brier_ends),
        "slope": (calibration.slope, lambda group, tail: calibration.term_ends(group, tail, fixed=False)),
        "intercept": (calibration.intercept, lambda group, tail: calibration.term_ends(group, tail, fixed=True)),
    }[name]
    return Measure(name, "difference", figure, ends, _people)


def top_k_measure(k: int) -> Measure:
    """Give the share of a group's members in the first k places, compared by ratio (Koopman's interval)."""

    def figure(ranks: Any) -> Figure:
        value = ranking.top_k(ranks, k).value
        return value if isinstance(value, Undefined) else exactly(value)

    def ends(ranks: Any, tail: Fraction) -> Ends | None:
        rate = ranking.top_k(ranks, k)
        if not rate.n:
            return None
        low, high = wilson(rate.k, rate.n, quantile(tail))
        return Ends(low, Decimal(1) if high is None else high)

    def between_ends(one: Any, other: Any, tail: Fraction) -> Ends | None:
        a, b = ranking.top_k(one, k), ranking.top_k(other, k)
        if not a.n or not b.k:
            return None
        low, high = ratio_interval(a.k, a.n, b.k, b.n, quantile(tail))
        return None if high is None else Ends(low, high)

    return Measure(f"top_k@{k}", "ratio", figure, ends, _members, None, between_ends)
