"""How sure a performance figure is: an interval of it from the same counts that gave the figure.

Shares of cases have Wilson's score interval; what is made of shares is made of their intervals. No interval is narrower
than nothing: a figure of 1 on ten cases still has a lower end well under 1. Ends are rounded outwards to six digits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

from govern.fairness.intervals import Interval, quantile, wilson
from govern.fairness.performance import CellMetric, Measured, ScoreMetric, from_scores
from govern.fairness.rates import METRICS, Tally

__all__ = [
    "ByScore",
    "Ends",
    "cell_interval",
    "interval_of_measured",
    "outwards",
    "placements",
    "score_interval",
    "summed",
    "variance",
    "z_of",
]

ByScore = Mapping[Decimal, tuple[int, int]]
"""Negatives and positives by score."""

_PRECISION = 40
_PLACES = Decimal("0.000001")
_RATES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "true_positive_rate",
    "specificity": "true_negative_rate",
}


@dataclass(frozen=True, slots=True)
class Ends:
    """An interval with both ends, and in words how it was made."""

    low: Decimal
    high: Decimal
    method: str


def z_of(confidence: Decimal) -> Decimal:
    """Give the two-sided normal quantile of a confidence such as 0.95."""
    return quantile((1 - Fraction(confidence)) / 2)


def outwards(low: Decimal, high: Decimal, method: str, *, least: int = 0, most: int = 1) -> Ends:
    """Round both ends outwards, and cut them where no figure can be."""
    down = max(Decimal(least), low.quantize(_PLACES, rounding=ROUND_FLOOR))
    up = min(Decimal(most), high.quantize(_PLACES, rounding=ROUND_CEILING))
    return Ends(down, up, method)


def cell_interval(metric: CellMetric, tally: Tally, z: Decimal) -> Ends | None:
    """Give the interval of a figure of the confusion cells; None when the figure is undefined.

    A rate has Wilson's interval (1927) given its denominator. F1 is 2J/(1+J) of the share J of true positives among all
    but the true negatives, and has the ends of J's interval. Balanced accuracy is the mean of two rates of different
    people, whose intervals are put together by their squares (Zou and Donner 2008).
    """
    with localcontext(prec=_PRECISION):
        if metric == "f1":
            n = tally.tp + tally.fp + tally.fn
            if not n:
                return None
            low, high = _both(wilson(tally.tp, n, z))
            return outwards(2 * low / (1 + low), 2 * high / (1 + high), "Wilson, of the share behind F1")
        if metric == "balanced_accuracy":
            rates = [METRICS[name].rate(tally) for name in ("true_positive_rate", "true_negative_rate")]
            if not all(rate.n for rate in rates):
                return None
            halves = []
            for rate in rates:
                low, high = _both(wilson(rate.k, rate.n, z))
                halves.append((Decimal(rate.k) / rate.n / 2, low / 2, high / 2))
            return outwards(*summed(halves), "Wilson, two rates put together")
        rate = METRICS[_RATES[metric]].rate(tally)
        return Ends(*_both(wilson(rate.k, rate.n, z)), "Wilson") if rate.n else None


def summed(parts: list[tuple[Decimal, Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    """Give the ends of a sum of independent parts (value, low, high)."""
    value = sum((part[0] for part in parts), Decimal(0))
    below = sum(((part[0] - part[1]) ** 2 for part in parts), Decimal(0)).sqrt()
    above = sum(((part[2] - part[0]) ** 2 for part in parts), Decimal(0)).sqrt()
    return value - below, value + above


def _both(interval: Interval) -> tuple[Decimal, Decimal]:
    assert interval.high is not None  # only a ratio has no upper end
    return interval.low, interval.high


def score_interval(metric: ScoreMetric, by_score: ByScore, z: Decimal) -> Ends | None:
    """Give the interval of a figure of scores; None when the figure is undefined.

    Area under the curve: DeLong's variance (DeLong, DeLong and Clarke-Pearson 1988), widened to the score form of
    Newcombe (2006, method 5), which does not shrink to a point when every pair is ordered rightly. Brier's score:
    Wilson's form with the largest variance that a mean of values in 0..1 can have. Raises ValueError as `from_scores`.
    """
    measured = from_scores(metric, by_score)
    if not isinstance(measured.value, Fraction):
        return None
    with localcontext(prec=_PRECISION):
        value = _decimal(measured.value)
        if metric == "brier":
            return _bounded_mean(value, measured.n, z)
        negatives = sum(two[0] for two in by_score.values())
        positives = sum(two[1] for two in by_score.values())
        low, high = _newcombe(value, positives, negatives, z)
        spread = _delong(by_score, positives, negatives)
        if spread is not None:
            half = z * _decimal(spread).sqrt()
            low, high = min(low, value - half), max(high, value + half)
        return outwards(low, high, "DeLong and Newcombe, the wider")


def _bounded_mean(value: Decimal, n: int, z: Decimal) -> Ends:
    square = z * z
    centre = (n * value + square / 2) / (n + square)
    half = z / (n + square) * (n * value * (1 - value) + square / 4).sqrt()
    return outwards(centre - half, centre + half, "Wilson, with the largest variance")


def _newcombe(value: Decimal, positives: int, negatives: int, z: Decimal) -> tuple[Decimal, Decimal]:
    pairs, more = positives * negatives, (Decimal(positives + negatives) / 2) - 1

    def outside(area: Decimal) -> bool:
        spread = area * (1 - area) * (1 + more * (1 - area) / (2 - area) + more * area / (1 + area)) / pairs
        return (value - area) ** 2 > z * z * spread

    return _turn(value, Decimal(0), outside), _turn(value, Decimal(1), outside)


def _turn(inside: Decimal, beyond: Decimal, outside: Callable[[Decimal], bool]) -> Decimal:
    """Bisect for where a test turns between a value inside and one beyond; the far end when it never does."""
    if not outside(beyond):
        return beyond
    for _ in range(60):
        middle = (inside + beyond) / 2
        if outside(middle):
            beyond = middle
        else:
            inside = middle
    return beyond


def placements(by_score: ByScore) -> tuple[dict[Decimal, int], dict[Decimal, int]]:
    """Give for each score twice the negatives below it, and twice the positives above it, ties counted once each."""
    positives = sum(two[1] for two in by_score.values())
    below = upto = 0
    won: dict[Decimal, int] = {}
    beaten: dict[Decimal, int] = {}
    for score in sorted(by_score):
        lost, at = by_score[score]
        won[score] = 2 * below + lost
        beaten[score] = 2 * (positives - upto - at) + at
        below += lost
        upto += at
    return won, beaten


def variance(values: Mapping[int, int]) -> Fraction | None:
    """Give the sample variance of whole numbers with their counts; None for fewer than two."""
    n = sum(values.values())
    if n < 2:
        return None
    total = sum(value * times for value, times in values.items())
    squares = sum(value * value * times for value, times in values.items())
    return Fraction(n * squares - total * total, n * (n - 1))


def _delong(by_score: ByScore, positives: int, negatives: int) -> Fraction | None:
    won, beaten = placements(by_score)
    of_positives: dict[int, int] = {}
    of_negatives: dict[int, int] = {}
    for score, (lost, at) in by_score.items():
        of_positives[won[score]] = of_positives.get(won[score], 0) + at
        of_negatives[beaten[score]] = of_negatives.get(beaten[score], 0) + lost
    first, second = variance(of_positives), variance(of_negatives)
    if first is None or second is None:
        return None
    return first / (4 * negatives * negatives * positives) + second / (4 * positives * positives * negatives)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def interval_of_measured(measured: Measured, ends: Ends | None) -> tuple[Decimal, Decimal, Decimal] | None:
    """Give value and ends in one, or None when either is not there."""
    if ends is None or not isinstance(measured.value, Fraction):
        return None
    with localcontext(prec=_PRECISION):
        return _decimal(measured.value), ends.low, ends.high
