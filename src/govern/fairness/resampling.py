"""How far rates and their comparison scatter when the same table is drawn again: for display, never for a verdict.

People drawn anew from the table are a multinomial draw of its cells: no row is needed, and a draw costs the same for
a thousand rows as for a billion. The spread of highest less lowest, or of lowest over highest, is *not* a test: under
equality it excludes equality nearly always (the tests show it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from govern.fairness.rates import Rate

__all__ = ["Scatter", "Spread", "bootstrap"]


@dataclass(frozen=True, slots=True)
class Scatter:
    """Quantiles over the draws in which the figure is defined."""

    low: Decimal | None
    high: Decimal | None
    undefined: Fraction
    """Share of draws in which it is not defined, such as those without a member of a group: told, never hidden."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Scatter of each rate, and of lowest over highest and highest less lowest."""

    rates: tuple[Scatter, ...]
    ratio: Scatter
    difference: Scatter
    draws: int
    seed: int


def bootstrap(
    rates: Sequence[Rate], *, seed: int, draws: int = 2_000, confidence: Fraction = Fraction(19, 20)
) -> Spread:
    """Draw the table anew and give the middle `confidence` of what comes out; ends have six digits.

    A comparison is undefined in a draw where any group is empty, and a ratio also where nobody is counted. Raises
    ValueError without people or beyond 2**31 of them, which numpy's frozen stream does not draw from.
    """
    import numpy as np

    people = sum(rate.n for rate in rates)
    if not 0 < people < 2**31 or not rates:
        raise ValueError("a table of 1 to 2**31 people is drawn from")
    cells = [cell for rate in rates for cell in (rate.k, rate.n - rate.k)]
    drawn = np.random.RandomState(seed).multinomial(people, [cell / people for cell in cells], size=draws)
    counted, n = drawn[:, 0::2], drawn[:, 0::2] + drawn[:, 1::2]
    there = n > 0
    shares = np.where(there, counted / np.maximum(n, 1), 0.0)
    everybody = there.all(axis=1)
    highest, lowest = shares.max(axis=1), shares.min(axis=1)
    comparable = everybody & (highest > 0)
    tail = float((1 - confidence) / 2)

    def scatter(values: Any, defined: Any) -> Scatter:
        kept = values[defined]
        undefined = Fraction(int(draws - kept.size), draws)
        if not kept.size:
            return Scatter(None, None, undefined)
        low, high = (float(np.quantile(kept, q)) for q in (tail, 1 - tail))
        return Scatter(_six(low), _six(high), undefined)

    return Spread(
        rates=tuple(scatter(shares[:, place], there[:, place]) for place in range(len(rates))),
        ratio=scatter(lowest / np.where(comparable, highest, 1.0), comparable),
        difference=scatter(highest - lowest, everybody),
        draws=draws,
        seed=seed,
    )


def _six(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.000001"))
