"""Logistic recalibration fitted by Newton's method in decimal arithmetic: the same digits on every machine.

`exp` and `ln` of `decimal` are correctly rounded, so that no platform's libm has a say.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from govern.fairness.rates import Undefined
from govern.fairness.score_groups import GroupScores
from govern.records import record

__all__ = ["Fitted", "recalibrate"]

_DIGITS = 24
_SMALL = Decimal("1e-16")
_LARGEST_STEP = Decimal(2)
_LONG_STEP = Decimal("0.2")
_STEPS = 60
_SEPARATED = Undefined("the scores separate the labels, so that no finite line fits best")
_LOST = Undefined("the recalibration did not converge")

Held = tuple[tuple[int, tuple[int, int]], ...]
"""Negatives and positives by bin."""
Point = tuple[Decimal, int, int]
"""Logit of the middle of a bin, people, positives."""


@record
class Fitted:
    """A term of the recalibration and its standard error."""

    value: Decimal
    error: Decimal


def recalibrate(group: GroupScores, *, fixed: bool) -> Fitted | Undefined:
    """Fit the slope, or with `fixed` the intercept at slope 1. Both labels must occur, the range lie within 0..1.

    There is no finite slope when some score has all negatives on one side of it and all positives on the other (Albert
    and Anderson 1984).
    """
    return _fitted(group.low, group.high, group.bins, tuple(group.by_bin.items()), fixed)


@lru_cache(maxsize=64)  # a figure and its intervals ask for one fit
def _fitted(low: Fraction, high: Fraction, bins: int, held: Held, fixed: bool) -> Fitted | Undefined:
    with localcontext(prec=_DIGITS):
        points = _points(low, high, bins, held)
        if fixed:
            return _intercept(points)
        return _SEPARATED if _separated(held) else _slope(points)


def _points(low: Fraction, high: Fraction, bins: int, held: Held) -> list[Point]:
    points = []
    for place, (negatives, positives) in held:
        middle = low + (high - low) * Fraction(2 * place + 1, 2 * bins)
        odds = Decimal(middle.numerator) / (middle.denominator - middle.numerator)
        points.append((odds.ln(), negatives + positives, positives))
    return points


def _separated(held: Held) -> bool:
    negatives = [place for place, two in held if two[0]]
    positives = [place for place, two in held if two[1]]
    return max(negatives) <= min(positives) or max(positives) <= min(negatives)


def _share(logit: Decimal) -> Decimal:
    """The logistic function, without overflow on either side."""
    if logit < 0:
        odds = logit.exp()
        return odds / (1 + odds)
    return 1 / (1 + (-logit).exp())


def _likelihood(points: list[Point], level: Decimal, steep: Decimal) -> Decimal:
    total = Decimal(0)
    for logit, n, positives in points:
        at = level + steep * logit
        total += positives * at - n * (max(at, Decimal(0)) + (1 + (-abs(at)).exp()).ln())
    return total


def _slope(points: list[Point]) -> Fitted | Undefined:
    """Newton's steps; a long one is halved until the likelihood, which is concave, does not fall."""
    level, steep = Decimal(0), Decimal(1)
    for _ in range(_STEPS):
        first = second = Decimal(0)
        one = mixed = square = Decimal(0)
        for logit, n, positives in points:
            share = _share(level + steep * logit)
            left, weight = positives - n * share, n * share * (1 - share)
            first, second = first + left, second + left * logit
            one, mixed, square = one + weight, mixed + weight * logit, square + weight * logit * logit
        area = one * square - mixed * mixed
        if area <= 0:
            return _LOST
        steps = (square * first - mixed * second) / area, (one * second - mixed * first) / area
        longest, part = max(abs(step) for step in steps), Decimal(1)
        if longest > _LONG_STEP:
            held = _likelihood(points, level, steep)
            while _likelihood(points, level + part * steps[0], steep + part * steps[1]) < held:
                part /= 2
        level, steep = level + part * steps[0], steep + part * steps[1]
        if longest < _SMALL:
            return Fitted(steep, (one / area).sqrt())
    return _LOST


def _intercept(points: list[Point]) -> Fitted | Undefined:
    level = Decimal(0)
    for _ in range(_STEPS):
        first = one = Decimal(0)
        for logit, n, positives in points:
            share = _share(level + logit)
            first, one = first + positives - n * share, one + n * share * (1 - share)
        if one <= 0:
            return _LOST
        step = first / one
        level += max(-_LARGEST_STEP, min(_LARGEST_STEP, step))
        if abs(step) < _SMALL:
            return Fitted(level, 1 / one.sqrt())
    return _LOST
