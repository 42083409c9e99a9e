"""Bins of a number: the deciles of the reference, and one more for what is missing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal

__all__ = ["binned", "decile_edges"]

_PARTS = 10


def decile_edges(reference: Mapping[Decimal, int]) -> tuple[Decimal, ...]:
    """Give the values at which a tenth, two tenths, ... nine tenths of the reference are reached.

    The k-th is the smallest value v such that at least k/10 of the reference are <= v (the inverse of the empirical
    distribution; definition 1 of Hyndman and Fan, 1996), so that no value is made up between two others. A value that
    holds several tenths is one edge: there may be fewer than nine.
    """
    total = sum(reference.values())
    edges: list[Decimal] = []
    reached = 0
    for value in sorted(reference):
        reached += reference[value]
        while len(edges) < _PARTS - 1 and reached * _PARTS >= (len(edges) + 1) * total and total:
            edges.append(value)
    return tuple(dict.fromkeys(edges))


def binned(values: Mapping[Decimal, int], missing: int, edges: Sequence[Decimal]) -> tuple[int, ...]:
    """Count into (-inf, e1], (e1, e2], ..., (ek, inf) and, last, what is missing."""
    counts = [0] * (len(edges) + 2)
    for value, times in values.items():
        counts[bisect_left(edges, value)] += times
    counts[-1] = missing
    return tuple(counts)
