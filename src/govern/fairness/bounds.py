"""What a comparison could have been when the group of some records is not known.

Sharp worst-case bounds in the sense of Manski: every unknown record may belong to any group, and the bound is
attained by some assignment. `Unknown.hits` are unknown records that would raise a rate's numerator with its
denominator (selected people, for the selection rate), `Unknown.misses` those that would raise the denominator alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heapreplace

from govern.fairness.rates import Rate, Undefined, Value

__all__ = ["Unknown", "highest_difference", "highest_ratio_at_best", "lowest_ratio", "raised", "thinned"]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Records of unknown group that count for a rate."""

    hits: int
    misses: int

    @property
    def n(self) -> int:
        """How many they are."""
        return self.hits + self.misses


def raised(rate: Rate, unknown: Unknown) -> Rate:
    """Give the rate at its highest: every unknown hit belongs to this group."""
    return Rate(rate.k + unknown.hits, rate.n + unknown.hits, rate.without)


def thinned(rate: Rate, unknown: Unknown) -> Rate:
    """Give the rate at its lowest: every unknown miss belongs to this group."""
    return Rate(rate.k, rate.n + unknown.misses, rate.without)


def _quotient(top: Rate, bottom: Rate) -> Value:
    if not top.n or not bottom.n or not bottom.k:
        return Undefined(top.without if not top.n else bottom.without if not bottom.n else "the other rate is 0")
    return Fraction(top.k * bottom.n, top.n * bottom.k)


def lowest_ratio(group: Rate, other: Rate, unknown: Unknown) -> Value:
    """Smallest possible rate(group) / rate(other)."""
    return _quotient(thinned(group, unknown), raised(other, unknown))


def highest_difference(group: Rate, other: Rate, unknown: Unknown) -> Value:
    """Largest possible rate(other) - rate(group)."""
    low, high = thinned(group, unknown).value, raised(other, unknown).value
    if isinstance(low, Undefined):
        return low
    return high if isinstance(high, Undefined) else high - low


def highest_ratio_at_best(group: Rate, others: Sequence[Rate], unknown: Unknown) -> Value:
    """Largest possible rate(group) / highest rate: hits join the group, misses press the others down.

    The misses fill the highest of the others first, one by one, as water fills the lowest places.
    """
    own = raised(group, unknown).value
    if isinstance(own, Undefined):
        return own
    top = max(own, _pressed(others, unknown.misses))
    return own / top if top else Undefined("every rate is 0")


def _pressed(others: Sequence[Rate], misses: int) -> Fraction:
    """Lowest possible highest rate of the others once `misses` are spread over them."""
    known = [rate for rate in others if rate.n]
    if not known:
        return Fraction(0)
    filled = [(rate.k, rate.n) for rate in known]
    if misses > 1_000:
        filled = _levelled(filled, misses)
        misses -= sum(n for _k, n in filled) - sum(rate.n for rate in known)
    heap = [(Fraction(-k, n), k, n) for k, n in filled]
    heapify(heap)
    for _ in range(misses):
        level, k, n = heap[0]
        if not level:
            break
        heapreplace(heap, (Fraction(-k, n + 1), k, n + 1))
    return -heap[0][0]


def _levelled(rates: list[tuple[int, int]], misses: int) -> list[tuple[int, int]]:
    """Press every rate to the lowest common level that the misses can pay for, by bisection on the level."""

    def at(level: Fraction) -> list[tuple[int, int]]:
        return [(k, max(n, -(-k * level.denominator // level.numerator))) for k, n in rates]

    before, low, high = sum(n for _k, n in rates), 0, 1 << 60
    while high - low > 1:
        middle = (low + high) // 2
        if sum(n for _k, n in at(Fraction(middle, 1 << 60))) - before <= misses:
            high = middle
        else:
            low = middle
    return at(Fraction(high, 1 << 60))
