"""Sums of doubles by key as integers: what a sum is does not depend on the order of rows, nor on the machine.

Each value is rounded half-even to a multiple of 2**-32 (a product with a power of two is exact). Values are then split
into parts of 18 bits: sums of products of such parts over 65,536 rows stay below 2**53, where adding doubles is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["ExactSums"]

_UNIT = 2.0**32
_BITS = 18
_MASK = (1 << _BITS) - 1
_ROWS = 65_536
_LARGEST = 2.0**52
"""Beyond this many units numbers are added one by one."""


class ExactSums:
    """For each key: how many values, their sum in 2**-32, the sum of squares in 2**-64, and how many were rounded."""

    def __init__(self) -> None:
        self.n: list[int] = []
        self.total: list[int] = []
        self.squares: list[int] = []
        self.rounded: list[int] = []

    def grow(self, keys: int) -> None:
        """Make room for this many keys."""
        more = [0] * (keys - len(self.n))
        for sums in (self.n, self.total, self.squares, self.rounded):
            sums.extend(more)

    def add(self, key: int, value: float) -> None:
        """Add one finite value."""
        scaled = value * _UNIT
        units = round(scaled)
        self.n[key] += 1
        self.total[key] += units
        self.squares[key] += units * units
        if units != scaled:
            self.rounded[key] += 1

    def add_units(self, key: int, units: int, *, rounded: bool) -> None:
        """Add one value that is given in units of 2**-32."""
        self.n[key] += 1
        self.total[key] += units
        self.squares[key] += units * units
        self.rounded[key] += rounded

    def add_many(self, who: Any, values: Any) -> None:
        """Add finite values, each to its key (numpy arrays of int64 and float64)."""
        for start in range(0, len(who), _ROWS):
            self._add_some(who[start : start + _ROWS], values[start : start + _ROWS])

    def _add_some(self, who: Any, values: Any) -> None:
        import numpy as np

        keys = len(self.n)
        scaled = values * _UNIT
        units = np.rint(scaled)
        large = np.abs(units) >= _LARGEST
        if large.any():
            for key, value in zip(who[large].tolist(), values[large].tolist(), strict=True):
                self.add(key, value)
            who, scaled, units = who[~large], scaled[~large], units[~large]
        if not len(who):
            return
        side = np.where(units < 0, -1.0, 1.0)
        rest = np.abs(units).astype(np.int64)
        parts = []
        while True:
            parts.append((rest & _MASK).astype(np.float64))
            rest >>= _BITS
            if not rest.any():
                break
        _increase(self.n, np.bincount(who, minlength=keys))
        _increase(self.rounded, np.bincount(who, weights=units != scaled, minlength=keys))
        for place, part in enumerate(parts):
            _increase(self.total, np.bincount(who, weights=part * side, minlength=keys), _BITS * place)
            for other in range(place, len(parts)):
                products = np.bincount(who, weights=part * parts[other], minlength=keys)
                _increase(self.squares, products, _BITS * (place + other) + (other != place))


def _increase(sums: list[int], by: Any, shift: int = 0) -> None:
    more: Sequence[float] = by.tolist()
    for key, count in enumerate(more):
        if count:
            sums[key] += int(count) << shift
