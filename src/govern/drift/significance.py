"""Tests of whether two samples have one distribution: Smirnov's for numbers, chi-square for counts.

p-values are asymptotic: what a small p says about the size of a difference depends on the number of rows alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from govern.drift.counts import Cells
from govern.drift.tails import chi_square_tail, kolmogorov_tail

__all__ = ["ChiSquare", "Smirnov", "chi_square", "smirnov"]


@dataclass(frozen=True, slots=True)
class Smirnov:
    """What the two-sample Kolmogorov-Smirnov test found."""

    statistic: Fraction
    """D, the largest difference of the two empirical distribution functions; exact."""
    p: Decimal


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """What the chi-square test of homogeneity found."""

    statistic: Fraction
    freedom: int
    p: Decimal


def smirnov(
    reference: Mapping[Decimal, int], current: Mapping[Decimal, int], missing: tuple[int, int] = (0, 0)
) -> Smirnov:
    """Compare two samples of numbers, given as how often each value occurs.

    Missing values have a place of their own, below every number: a difference in their shares is a difference of the
    distributions. p is Smirnov's limit (1939) at D sqrt(nm / (n + m)): a little too large for few rows and where values
    repeat. Raises ValueError when a sample is empty.
    """
    n, m = sum(reference.values()) + missing[0], sum(current.values()) + missing[1]
    if not n or not m:
        raise ValueError("one of the samples is empty")
    before, now = missing
    widest = abs(before * m - now * n)
    for value in sorted({*reference, *current}):
        before += reference.get(value, 0)
        now += current.get(value, 0)
        widest = max(widest, abs(before * m - now * n))
    statistic = Fraction(widest, n * m)
    return Smirnov(statistic, kolmogorov_tail(statistic**2 * Fraction(n * m, n + m)))


def chi_square(cells: Cells) -> ChiSquare:
    """Pearson's test of homogeneity: sum of (observed - expected)^2 / expected, without a correction of continuity.

    Expected are the counts that both samples would have with the shares of all rows together (Pearson, 1911). One cell
    has no degree of freedom and p = 1. The statistic is exact.
    """
    n, m = cells.reference, cells.current
    # (before - n t/(n+m))^2 / (n t/(n+m)) and the same for the other sample come to this, t being the cell's total.
    statistic = sum(
        (Fraction((before * m - now * n) ** 2, n * m * (before + now)) for before, now in cells.pairs), Fraction(0)
    )
    freedom = len(cells.pairs) - 1
    return ChiSquare(statistic, freedom, chi_square_tail(statistic, freedom))
