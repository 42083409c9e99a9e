"""The judge's tests on thousands of tables at once, for simulation: Fisher with Holm, and permutation."""

from __future__ import annotations

from math import floor
from typing import Any, TypeAlias

from govern.fairness.disparity import Question

Array: TypeAlias = Any
"""A numpy array."""

__all__ = ["fisher_p", "permutation_p", "significant_pairs"]

_GRID = 1_000_000
_LEAST_EXPECTED = 5
_NULL_DRAWS = 1_999
_REACH = 13
"""Standard deviations beyond which the terms of Fisher's test are left out: they are below 1e-30."""


def significant_pairs(
    question: Question, cells: tuple[Array, Array, Array, Array], counted: Array, sizes: Array, seed: int
) -> Array:
    """Give which comparisons are significant after correction, with five expected in every cell."""
    import numpy as np

    k1, n1, k2, n2 = cells
    alpha = floor(question.alpha * _GRID) / _GRID + 1e-12
    if question.test == "permutation":
        people, total = int(sizes.sum()), counted.sum(axis=1)
        enough = int(sizes.min()) * np.minimum(total, people - total) >= _LEAST_EXPECTED * people
        difference = np.abs(k1 / n1 - k2 / n2)
        farthest = difference >= difference.max(axis=1, keepdims=True) - 1e-12
        small: Array = (permutation_p(counted, sizes, seed) <= alpha) & enough
        return farthest & small[:, None]
    total, people = k1 + k2, n1 + n2
    enough = np.minimum(n1, n2) * np.minimum(total, people - total) >= _LEAST_EXPECTED * people
    p = fisher_p(k1, n1, k2, n2)
    order = np.argsort(p, axis=1, kind="stable")
    steps = np.take_along_axis(p, order, axis=1) * np.arange(p.shape[1], 0, -1)
    rejected = np.empty(p.shape, dtype=bool)
    np.put_along_axis(rejected, order, np.maximum.accumulate(steps, axis=1) <= alpha, axis=1)
    return rejected & enough


def fisher_p(k1: Array, n1: Array, k2: Array, n2: Array) -> Array:
    """Give Fisher's two-sided p of every comparison; each table that differs is worked out once."""
    import numpy as np

    rows = np.stack([array.ravel() for array in (k1, n1, k2, n2)], axis=1)
    different, back = np.unique(rows, axis=0, return_inverse=True)
    table = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, int(different[:, [1, 3]].sum(axis=1).max()) + 1)))])
    found = np.empty(len(different))
    size = max(1, 2_000_000 // _width(different))
    for start in range(0, len(different), size):
        found[start : start + size] = _fisher_chunk(different[start : start + size], table)
    made: Array = found[back.reshape(-1)].reshape(k1.shape)
    return made


def _width(rows: Array) -> int:
    return int(min(2 * _REACH * (rows[:, 1] + rows[:, 3]).max() ** 0.5 / 4 + 60, rows[:, 1].max() + 1))


def _fisher_chunk(rows: Array, logs: Array) -> Array:
    import numpy as np

    k1, n1, k2, n2 = (rows[:, [place]] for place in range(4))
    total, people = k1 + k2, n1 + n2
    lowest, highest = np.maximum(0, total - n2), np.minimum(n1, total)
    mode = np.clip((total + 1) * (n1 + 1) // (people + 2), lowest, highest)
    spread = np.sqrt(n1 * n2 * total * (people - total) / (people.astype(float) ** 2 * np.maximum(people - 1, 1)))
    reach = np.ceil(_REACH * spread).astype(np.int64) + 30
    start = np.maximum(lowest, np.minimum(mode, k1) - reach)
    stop = np.minimum(highest, np.maximum(mode, k1) + reach)
    x = start + np.arange(int((stop - start).max()) + 1)
    inside = x <= stop
    x = np.minimum(x, stop)
    terms = -(logs[x] + logs[n1 - x] + logs[total - x] + logs[n2 - total + x])
    at = -(logs[k1] + logs[n1 - k1] + logs[k2] + logs[n2 - k2])
    top = terms.max(axis=1, keepdims=True)
    weights = np.where(inside, np.exp(terms - top), 0.0)
    likelier = terms > at + 1e-9
    found: Array = np.where(likelier, 0.0, weights).sum(axis=1) / weights.sum(axis=1)
    return found


def permutation_p(counted: Array, sizes: Array, seed: int) -> Array:
    """Give the permutation p of every table by draws shared by the tables of one total."""
    import numpy as np

    stream = np.random.RandomState(seed)
    shares = counted / sizes
    apart = shares.max(axis=1) - shares.min(axis=1)
    totals, found = counted.sum(axis=1), np.empty(len(counted))
    for total in np.unique(totals):
        which = totals == total
        null = np.sort(_null(int(total), sizes, stream))
        beyond = len(null) - np.searchsorted(null, apart[which] - 1e-12)
        found[which] = (1 + beyond) / (1 + len(null))
    return found


def _null(total: int, sizes: Array, stream: Any) -> Array:
    """Draw highest less lowest rate when `total` counted people are dealt to groups of these sizes."""
    import numpy as np

    left, rest = np.full(_NULL_DRAWS, total, dtype=np.int64), int(sizes.sum())
    highest, lowest = np.zeros(_NULL_DRAWS), np.ones(_NULL_DRAWS)
    for size in sizes:
        rest -= int(size)
        dealt = left
        if rest:
            dealt = np.where(left > 0, stream.hypergeometric(int(size), rest, np.maximum(left, 1)), 0)
        left = left - dealt
        highest, lowest = np.maximum(highest, dealt / size), np.minimum(lowest, dealt / size)
    found: Array = highest - lowest
    return found
