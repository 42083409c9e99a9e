"""Where an end of a ratio's score interval lies, in floats: a guess that the exact search starts from.

A guess saves the search nearly all its steps. It decides nothing: `intervals` holds it against exact arithmetic, and
searches from the start when it is wrong, so that two machines that guess differently answer alike.
"""

from __future__ import annotations

from math import inf, sqrt

__all__ = ["guessed_end"]

_STEPS = 60
_FARTHEST = 1e15


def guessed_end(four: tuple[int, int, int, int], square: float, *, upper: bool) -> float | None:
    """Guess the ratio beyond which Koopman's statistic of k1/n1 over k2/n2 exceeds `square`; None without one."""
    k1, n1, k2, n2 = four
    step = 2.0 if upper else 0.5
    inside = k1 * n2 / (n1 * k2) if k1 and k2 else 1.0
    while _statistic(four, inside) > square:  # no estimate to start from: walk inwards
        inside /= step
        if not 1 / _FARTHEST < inside < _FARTHEST:
            return None
    beyond = inside * step
    while _statistic(four, beyond) <= square:
        inside, beyond = beyond, beyond * step
        if not 1 / _FARTHEST < beyond < _FARTHEST:
            return None
    for _ in range(_STEPS):
        middle = (inside + beyond) / 2
        if _statistic(four, middle) > square:
            beyond = middle
        else:
            inside = middle
    return inside


def _statistic(four: tuple[int, int, int, int], t: float) -> float:
    k1, n1, k2, n2 = four
    a, b, c = (n1 + n2) * t, (n1 + k2) * t + k1 + n2, k1 + k2
    p2 = 2 * c / (b + sqrt(max(0.0, b * b - 4 * a * c)))
    return _arm(k1, n1, t * p2) + _arm(k2, n2, p2)


def _arm(k: int, n: int, p: float) -> float:
    rest = 1 - p
    if k == n:
        return n * rest / p
    if rest <= 0:
        return inf
    return (k - n * p) ** 2 / (n * p * rest)
