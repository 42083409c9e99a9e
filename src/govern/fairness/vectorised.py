"""The judge's verdict on thousands of tables at once, for simulation: same formulas on arrays, floats where it can.

What is counted is compared in whole numbers as the judge does. Bounds are not searched for: a bound lies on the right
side of the threshold when the score test at the threshold rejects, one evaluation instead of a bisection. Tests hold
every verdict of it against `judge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import ceil, floor
from typing import Any, TypeAlias

from govern.fairness.disparity import Question
from govern.fairness.intervals import quantile
from govern.fairness.rates import components
from govern.fairness.vectorised_tests import significant_pairs

Array: TypeAlias = Any
"""A numpy array; numpy itself is loaded by whoever simulates."""

__all__ = ["FAIL", "INCONCLUSIVE", "PASS", "verdicts"]

PASS, FAIL, INCONCLUSIVE = 0, 1, 2
_GRID = 1_000_000
"""Bounds and p-values are judged as rounded to six digits."""


def verdicts(question: Question, counted: Array, sizes: Sequence[int], *, seed: int = 0) -> Array:
    """Judge each row of `counted`, the people counted in each group of `sizes`: PASS, FAIL or INCONCLUSIVE.

    One table of one rate, without records of unknown group. With a declared reference the last group is it. With
    `test: permutation` the p-value comes from 1,999 draws shared by tables of one total, so that it can differ from the
    judge's by chance near alpha. Raises ValueError for what is not simulated: strata, several rates, `at_most` of a
    ratio.
    """
    import numpy as np

    problem = _not_simulated(question)
    if problem:
        raise ValueError(problem)
    counted = np.asarray(counted, dtype=np.int64)
    n = np.asarray(sizes, dtype=np.int64)
    least = max(1, question.min_n)
    kept = [place for place, size in enumerate(sizes) if size >= least]
    last = len(sizes) - 1
    if question.reference is None:
        pairs = list(combinations(kept, 2))
    else:
        pairs = [(place, last) for place in kept if place != last and last in kept]
    unsure = len(kept) < len(sizes) and (question.small_groups == "inconclusive" or last not in kept)
    if question.reference is None:
        unsure = len(kept) < len(sizes) and question.small_groups == "inconclusive"
    if not pairs:
        return np.full(len(counted), INCONCLUSIVE, dtype=np.int8)
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    k1, k2 = counted[:, first], counted[:, second]
    n1, n2 = np.broadcast_to(n[first], k1.shape), np.broadcast_to(n[second], k1.shape)
    if question.reference is None or question.compare == "difference":
        turned = k1 * n2 > k2 * n1
        k1, k2 = np.where(turned, k2, k1), np.where(turned, k1, k2)
        n1, n2 = np.where(turned, n2, n1), np.where(turned, n1, n2)
    undefined = (k2 == 0) if question.compare == "ratio" else np.zeros(k1.shape, dtype=bool)
    missed = _missed(question, k1, n1, k2, n2) & ~undefined
    nobody = (counted[:, kept] == 0).all(axis=1) & (components(question.metric)[0].name == "selection_rate")
    failed, passed = _by_mode(question, (k1, n1, k2, n2), missed, undefined, counted[:, kept], n[kept], seed)
    if question.reference is not None or question.decide != "demonstrated":
        passed &= ~undefined.any(axis=1)
    failed, passed = failed & ~nobody, passed & ~nobody
    made = np.where(failed, FAIL, np.where(passed, INCONCLUSIVE if unsure else PASS, INCONCLUSIVE))
    return made.astype(np.int8)


def _not_simulated(question: Question) -> str | None:
    if question.stratum is not None:
        return "strata are not simulated"
    if len(components(question.metric)) > 1:
        return "a metric of several rates is not simulated: ask for one of them"
    if question.compare == "ratio" and question.at_most is not None:
        return "a ratio that is limited from above is not simulated"
    return None


def _by_mode(
    question: Question,
    cells: tuple[Array, Array, Array, Array],
    missed: Array,
    undefined: Array,
    counted: Array,
    sizes: Array,
    seed: int,
) -> tuple[Array, Array]:
    """Give which tables fail, and which would pass if every group were large enough."""
    met = ~missed & ~undefined
    strict = question.significant_gap == "fail"
    significant = None
    if strict or question.decide == "evidence_of_harm":
        significant = significant_pairs(question, cells, counted, sizes, seed)
    if question.decide == "demonstrated":
        within, beyond = _bounds(question, cells, 2 * missed.shape[1] if _folded(question) else missed.shape[1])
        failed, passed = (beyond & ~undefined).any(axis=1), (within & met).all(axis=1)
    elif question.decide == "evidence_of_harm":
        assert significant is not None
        failed, passed = (missed & significant).any(axis=1), ~missed.any(axis=1)
    else:
        failed, passed = missed.any(axis=1), ~missed.any(axis=1)
    if strict and significant is not None:
        gap = (met & significant).any(axis=1)
        failed, passed = failed | gap, passed & ~gap
    return failed, passed


def _folded(question: Question) -> bool:
    return question.reference is None or question.compare == "difference"


def _missed(question: Question, k1: Array, n1: Array, k2: Array, n2: Array) -> Array:
    """Compare in whole numbers, in Python's own where 64 bits could be too few."""
    limit = question.limit
    largest = int(n1.max()) * int(n2.max()) * max(limit.denominator, limit.numerator)
    if largest >= 2**62:
        k1, n1, k2, n2 = (array.astype(object) for array in (k1, n1, k2, n2))
    if question.compare == "ratio":
        found = limit.denominator * k1 * n2 < limit.numerator * k2 * n1
    else:
        found = limit.denominator * (k2 * n1 - k1 * n2) > limit.numerator * n1 * n2
    made: Array = found.astype(bool)
    return made


# --- bounds


def _bounds(question: Question, cells: tuple[Array, Array, Array, Array], family: int) -> tuple[Array, Array]:
    """Give which comparisons have bounds wholly on the right side, and which wholly on the wrong side."""
    z = float(quantile(question.alpha / family))
    k1, n1, k2, n2 = cells
    limit = question.limit
    if question.compare == "difference":
        low, high = _newcombe(k2, n2, k1, n1, z)
        under = floor(limit * _GRID) / _GRID
        import numpy as np

        return np.maximum(-low, high) <= under, low >= under + 1 / _GRID
    over = ceil(limit * _GRID)
    return _ratio_bounds(cells, over / _GRID, (over - 1) / _GRID, z * z, folded=_folded(question))


def _ratio_bounds(
    cells: tuple[Array, Array, Array, Array], over: float, under: float, square: float, *, folded: bool
) -> tuple[Array, Array]:
    """Hold the score test at the threshold against z squared; `under` is where a rounded upper end turns."""
    import numpy as np

    k1, n1, k2, n2 = cells
    with np.errstate(all="ignore"):
        estimate = np.where(k2 > 0, k1 * n2 / np.maximum(n1 * k2, 1), np.inf)
        within = np.ones(k1.shape, dtype=bool)
        beyond = np.zeros(k1.shape, dtype=bool)
        if over > 0:
            within = (estimate >= over) & (_score(k1, n1, k2, n2, over) >= square)
            if folded:
                back = np.where(k1 > 0, k2 * n1 / np.maximum(n2 * k1, 1), np.inf)
                within &= (back >= over) & (_score(k2, n2, k1, n1, over) >= square)
        if under > 0:
            beyond = (estimate <= under) & (_score(k1, n1, k2, n2, under) >= square)
    return within, beyond


def _score(k1: Array, n1: Array, k2: Array, n2: Array, t: float) -> Array:
    """Koopman's constrained chi-square at the ratio t."""
    import numpy as np

    a, b, c = (n1 + n2) * t, (n1 + k2) * t + k1 + n2, (k1 + k2).astype(float)
    p2 = 2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)))
    found: Array = np.where(c == 0, 0.0, _arm(k1, n1, t * p2) + _arm(k2, n2, p2))
    return found


def _arm(k: Array, n: Array, p: Array) -> Array:
    import numpy as np

    rest = 1 - p
    usual = np.where(rest > 0, (k - n * p) ** 2 / (n * p * rest), np.inf)
    found: Array = np.where(k == n, n * rest / p, np.where(k == 0, np.where(rest > 0, n * p / rest, np.inf), usual))
    return found


def _newcombe(k1: Array, n1: Array, k2: Array, n2: Array, z: float) -> tuple[Array, Array]:
    import numpy as np

    def wilson(k: Array, n: Array) -> tuple[Array, Array]:
        centre = (k + z * z / 2) / (n + z * z)
        half = z / (n + z * z) * np.sqrt(k * (n - k) / n + z * z / 4)
        return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)

    (low1, high1), (low2, high2) = wilson(k1, n1), wilson(k2, n2)
    p1, p2 = k1 / n1, k2 / n2
    low: Array = (p1 - p2) - np.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
    high: Array = (p1 - p2) + np.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
    return low, high
