"""Distances between two samples counted in the same cells. Zero for equal shares, the same in both directions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, localcontext
from fractions import Fraction

from govern.drift.counts import Cells
from govern.drift.tails import PRECISION, rounded

__all__ = ["jensen_shannon", "psi", "total_variation"]


def psi(cells: Cells) -> Decimal:
    """Population stability index: the sum of (q - p) ln(q / p) over the cells, p of the reference and q of the current.

    It is Jeffreys' divergence (Kullback and Leibler, 1951). A cell that is empty in one sample would make it infinite:
    there that sample counts as half a row, p = 1 / (2n), and the other shares stay as they are. The rule depends on
    nothing but n, and a cell that a tenth of a sample has left weighs the more, the more rows there are to show it.
    """
    n, m = cells.reference, cells.current
    with localcontext() as arithmetic:
        arithmetic.prec = PRECISION
        terms: list[Decimal] = []
        for (before, now), times in Counter(cells.pairs).items():
            # Both shares over the common denominator 2nm, so that swapping the samples changes signs and nothing else.
            p, q = (2 * before or 1) * m, (2 * now or 1) * n
            term = Decimal(q - p) / Decimal(2 * n * m) * (Decimal(q).ln() - Decimal(p).ln())
            terms += [term] * times  # logarithms are slow, and a column of identifiers has a cell a row, all alike
        return rounded(_sum(terms))


def jensen_shannon(cells: Cells) -> Decimal:
    """Jensen-Shannon distance: the root of the divergence with natural logarithms, from 0 to sqrt(ln 2) = 0.8326.

    The divergence is the mean of both samples' relative entropies to their mixture (Lin, 1991); its root is a metric
    (Endres and Schindelin, 2003). Empty cells need no rule: 0 ln 0 is 0.
    """
    n, m = cells.reference, cells.current
    with localcontext() as arithmetic:
        arithmetic.prec = PRECISION
        terms: list[Decimal] = []
        for (before, now), times in Counter(cells.pairs).items():
            p, q = before * m, now * n
            mixture = Decimal(p + q).ln()
            terms += times * [
                Decimal(share) / Decimal(2 * n * m) * (Decimal(2 * share).ln() - mixture) for share in (p, q) if share
            ]
        return rounded(max(_sum(terms), Decimal(0)).sqrt())


def total_variation(cells: Cells) -> Fraction:
    """Half the sum of |p - q|: the largest difference of probability that any event has. Exact, from 0 to 1."""
    n, m = cells.reference, cells.current
    return Fraction(sum(abs(now * n - before * m) for before, now in cells.pairs), 2 * n * m)


def _sum(terms: Iterable[Decimal]) -> Decimal:
    """Add in the order of size, so that the order of the cells cannot show in the last digit."""
    return sum(sorted(terms), start=Decimal(0))
