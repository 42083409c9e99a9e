"""Intervals for one rate, the ratio and the difference of two rates.

Everything is computed with 40 decimal digits of correctly rounded arithmetic and no transcendental function but
one rounded normal quantile, so two machines cannot disagree; what leaves this module is rounded outwards to six
digits, and verdicts are taken from the rounded value.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from govern.fairness.guess import guessed_end

__all__ = [
    "Z95",
    "Interval",
    "corrected_ratio_interval",
    "difference_interval",
    "quantile",
    "ratio_interval",
    "ratio_score",
    "wilson",
]

Z95 = Decimal("1.959963985")
"""Two-sided 95 percent, rounded to nine digits."""

_PLACES = Decimal("0.000001")
_NEAR = Decimal("1e-9")
_ZERO, _ONE, _TWO, _FOUR = Decimal(0), Decimal(1), Decimal(2), Decimal(4)


class Interval(NamedTuple):
    """Lower end rounded down, upper end rounded up, both to six digits; `high` None means no upper end."""

    low: Decimal
    high: Decimal | None


def _working() -> Context:
    return Context(prec=40)


def _down(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, rounding=ROUND_FLOOR)


def _up(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, rounding=ROUND_CEILING)


def quantile(tail: Fraction) -> Decimal:
    """Give the normal quantile that leaves `tail` (0 < tail < 1/2) above it, rounded to nine digits."""
    from statistics import NormalDist  # twenty modules that a point rule never needs

    return Decimal(repr(-NormalDist().inv_cdf(float(tail)))).quantize(Decimal("1e-9"))


def _wilson(k: int, n: int, z: Decimal) -> tuple[Decimal, Decimal]:
    square = z * z
    centre = (k + square / _TWO) / (n + square)
    half = z / (n + square) * (Decimal(k) * (n - k) / n + square / _FOUR).sqrt()
    return (_ZERO if k == 0 else centre - half, _ONE if k == n else centre + half)


def wilson(k: int, n: int, z: Decimal = Z95) -> Interval:
    """Score interval of one rate k/n, n > 0 (Wilson 1927). Ends at exactly 0 for k = 0 and 1 for k = n."""
    with localcontext(_working()):
        low, high = _wilson(k, n, z)
        return Interval(_down(low), _up(high))


def difference_interval(k1: int, n1: int, k2: int, n2: int, z: Decimal = Z95) -> Interval:
    """Hybrid score interval of k1/n1 - k2/n2, both n > 0 (Newcombe 1998, method 10)."""
    with localcontext(_working()):
        low1, high1 = _wilson(k1, n1, z)
        low2, high2 = _wilson(k2, n2, z)
        p1, p2 = Decimal(k1) / n1, Decimal(k2) / n2
        low = (p1 - p2) - ((p1 - low1) ** 2 + (high2 - p2) ** 2).sqrt()
        high = (p1 - p2) + ((high1 - p1) ** 2 + (p2 - low2) ** 2).sqrt()
        return Interval(_down(low), _up(high))


def ratio_interval(k1: int, n1: int, k2: int, n2: int, z: Decimal = Z95) -> Interval:
    """Score interval of (k1/n1) / (k2/n2), both n > 0 (Koopman 1984).

    All ratios t are inside whose constrained chi-square is at most z squared. With k2 = 0 there is no upper end,
    with k1 = 0 the lower end is 0, and two full groups have the closed form [n1/(n1+z^2), 1+z^2/n2].
    """
    with localcontext(_working()):
        square = z * z
        if k1 == n1 and k2 == n2:
            return Interval(_down(n1 / (n1 + square)), _up(1 + square / n2))

        def outside(t: Decimal) -> bool:
            return _constrained_chi_square(k1, n1, k2, n2, t) > square

        four = (k1, n1, k2, n2)
        low, high = _down(_ZERO), None
        if k1:
            near = _near(guessed_end(four, float(square), upper=False), outside, _down)
            low = near or _down(_edge(_inside(four, outside, _TWO), outside, _ONE / _TWO))
        if k2:
            near = _near(guessed_end(four, float(square), upper=True), outside, _up)
            high = near or _up(_edge(_inside(four, outside, _ONE / _TWO), outside, _TWO))
        return Interval(low, high)


def corrected_ratio_interval(k1: int, n1: int, k2: int, n2: int, z: Decimal = Z95) -> Interval:
    """Score interval of a ratio with the variance of Miettinen and Nurminen (1985): n/(n-1) times Koopman's."""
    with localcontext(_working()):
        n = n1 + n2
        return ratio_interval(k1, n1, k2, n2, z * (Decimal(n) / (n - 1)).sqrt())


def ratio_score(k1: int, n1: int, k2: int, n2: int, ratio: Fraction) -> Decimal:
    """Give the score statistic that (k1/n1) / (k2/n2) is `ratio` > 0, n > 0: at most z² in `ratio_interval`."""
    with localcontext(_working()):
        return _constrained_chi_square(k1, n1, k2, n2, Decimal(ratio.numerator) / ratio.denominator)


def _near(
    guess: float | None, outside: Callable[[Decimal], bool], rounded: Callable[[Decimal], Decimal]
) -> Decimal | None:
    """Give the rounded end near a guess: it lies between one ratio inside and one outside that round alike.

    None when the guess is not confirmed by exact arithmetic.
    """
    if guess is None:
        return None
    middle = Decimal(guess)
    inside, beyond = sorted((middle * (1 - _NEAR), middle * (1 + _NEAR)), key=outside)
    if outside(inside) or not outside(beyond):
        return None
    for _ in range(60):
        if rounded(inside) == rounded(beyond):
            break
        middle = (inside + beyond) / _TWO
        if outside(middle):
            beyond = middle
        else:
            inside = middle
    return rounded(inside)


def _inside(four: tuple[int, int, int, int], outside: Callable[[Decimal], bool], step: Decimal) -> Decimal:
    """Give a ratio inside: the estimate, or where there is none what a walk from 1 finds."""
    k1, n1, k2, n2 = four
    if k1 and k2:
        return Decimal(k1) * n2 / (Decimal(n1) * k2)
    found = _ONE
    while outside(found):
        found *= step
    return found


def _edge(inside: Decimal, outside: Callable[[Decimal], bool], step: Decimal) -> Decimal:
    """Bisect for the ratio at which the test turns, starting inside and walking by factors of `step`."""
    beyond = inside * step
    while not outside(beyond):
        inside, beyond = beyond, beyond * step
    for _ in range(60):
        middle = (inside + beyond) / _TWO
        if outside(middle):
            beyond = middle
        else:
            inside = middle
    return inside


def _constrained_chi_square(k1: int, n1: int, k2: int, n2: int, t: Decimal) -> Decimal:
    """Pearson's statistic of both arms at the likeliest rates whose ratio is t."""
    if k1 + k2 == 0:
        return _ZERO
    a = (n1 + n2) * t
    b = (n1 + k2) * t + k1 + n2
    c = Decimal(k1 + k2)
    root = max(_ZERO, b * b - _FOUR * a * c).sqrt()
    p2 = _TWO * c / (b + root)  # the smaller root, without cancellation
    return _arm(k1, n1, t * p2) + _arm(k2, n2, p2)


def _arm(k: int, n: int, p: Decimal) -> Decimal:
    rest = _ONE - p
    if k == n:
        return n * rest / p
    if rest <= 0:
        return Decimal("Infinity")
    if k == 0:
        return n * p / rest
    return (k - n * p) ** 2 / (n * p * rest)
