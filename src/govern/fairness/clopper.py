"""The exact interval of one rate: no approximation, so wider than it need be and never too short (Clopper-Pearson)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import comb

from govern.fairness.intervals import Interval

__all__ = ["clopper_pearson"]

_EXACT_TO = 500
"""Up to so many people the binomial tail is summed in whole numbers, beyond it in 256-bit fixed point."""
_BITS = 256
_SCALE = 10**6


def clopper_pearson(k: int, n: int, alpha: Fraction = Fraction(1, 20)) -> Interval:
    """Give the interval of the rate k/n, n > 0, that holds the true rate with at least 1 - alpha.

    Its ends are the rates at which k or more, or k or fewer, have probability alpha/2 (Clopper and Pearson 1934).
    They are looked for on the grid of six digits by bisection, rounded outwards: no beta quantile is needed. An end
    is exactly 0 for k = 0 and exactly 1 for k = n.
    """
    tail = alpha / 2
    low = 0 if k == 0 else _last(lambda place: _at_least(k, n, place) <= tail)
    high = _SCALE if k == n else _SCALE - _last(lambda place: _at_least(n - k, n, place) <= tail)
    return Interval(Decimal(low).scaleb(-6), Decimal(high).scaleb(-6))


def _last(holds: Callable[[int], bool]) -> int:
    """Give the last place of the grid that holds, of places that hold up to some one."""
    low, high = 0, _SCALE
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _at_least(k: int, n: int, place: int) -> Fraction:
    """Probability of k or more of n at the rate place / 10**6."""
    if n <= _EXACT_TO:
        rest = _SCALE - place
        term = comb(n, k) * place**k * rest ** (n - k)
        total = term
        for x in range(k, n):
            term = term * (n - x) * place // ((x + 1) * rest)
            total += term
        return Fraction(total, _SCALE**n)
    return _scaled(k, n, place)


def _scaled(k: int, n: int, place: int) -> Fraction:
    """Sum the tail relative to the likeliest count: the relative error is below 1e-60."""
    rest = _SCALE - place
    mode = min(n, (n + 1) * place // _SCALE)
    upper = whole = term = 1 << _BITS
    if mode < k:
        upper = 0
    for x in range(mode, n):
        term = term * (n - x) * place // ((x + 1) * rest)
        if not term:
            break
        whole += term
        upper += term if x + 1 >= k else 0
    term = 1 << _BITS
    for x in range(mode, 0, -1):
        term = term * x * rest // ((n - x + 1) * place)
        if not term:
            break
        whole += term
        upper += term if x - 1 >= k else 0
    return Fraction(upper, whole)
