"""Who is shown where: exposure and the share in the first k places, from how often a group has each rank.

Exposure of a place is 1 / log2(1 + rank), the discount of DCG (Järvelin and Kekäläinen 2002; as exposure: Singh and
Joachims 2018); a group's is the mean over its members' places. Normalised DCG is not offered: it needs the relevance of
every item of every list, and is a figure of lists and not of groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

from govern.fairness.bounded import Bounded, Figure
from govern.fairness.counts import MAX_CELLS, Axis, dense_size
from govern.fairness.rates import Rate, Undefined
from govern.fairness.score_groups import grouped

__all__ = ["MAX_RANK", "GroupRanks", "RankCounts", "exposure", "rank_table", "top_k"]

MAX_RANK = 1_000_000
"""Largest rank that is counted."""
_DIGITS = 40
_PLACES = 30
"""Decimal places to which the exposure of one place is bounded."""

GroupRanks = Mapping[int, int]
"""How many members have each rank."""


@dataclass(frozen=True, slots=True)
class RankCounts:
    """Attributes x rank. Adding those of two sites gives those of the whole."""

    axes: tuple[Axis, ...]
    cells: Mapping[tuple[int, ...], GroupRanks]
    missing: int
    """Rows without rank."""
    rows: int

    def __post_init__(self) -> None:
        if dense_size(self.axes) > MAX_CELLS:
            raise ValueError(f"more than {MAX_CELLS} cells")
        for key, ranks in self.cells.items():
            if len(key) != len(self.axes) or any(
                not 0 <= index <= len(axis.values) for index, axis in zip(key, self.axes, strict=True)
            ):
                raise ValueError("a cell outside the axes")
            if any(not 1 <= rank <= MAX_RANK or count < 1 for rank, count in ranks.items()):
                raise ValueError("a rank below 1 or too large, or one that nobody has")
        if sum(sum(ranks.values()) for ranks in self.cells.values()) != self.rows - self.missing:
            raise ValueError("counts do not add up to the rows less the missing ones")

    def __add__(self, other: RankCounts) -> RankCounts:
        """Add the counts of another site. Raises ValueError unless the axes are the same."""
        if self.axes != other.axes:
            raise ValueError("only counts over the same axes can be added")
        cells = {key: dict(ranks) for key, ranks in self.cells.items()}
        for key, ranks in other.cells.items():
            mine = cells.setdefault(key, {})
            for rank, count in ranks.items():
                mine[rank] = mine.get(rank, 0) + count
        return RankCounts(self.axes, cells, self.missing + other.missing, self.rows + other.rows)


def rank_table(counts: RankCounts, attributes: tuple[str, ...]) -> tuple[dict[tuple[str, ...], GroupRanks], int]:
    """Give each group's ranks, and how many are of no known group. Raises as `grouped` does."""
    groups, unknown = grouped(counts.axes, counts.cells, attributes)
    found: dict[tuple[str, ...], GroupRanks] = {}
    for group, cells in groups.items():
        ranks: dict[int, int] = {}
        for cell in cells:
            for rank, count in cell.items():
                ranks[rank] = ranks.get(rank, 0) + count
        found[group] = dict(sorted(ranks.items()))
    return found, sum(sum(ranks.values()) for ranks in unknown)


def exposure(ranks: GroupRanks) -> Figure:
    """Mean exposure of a group's members, each term bounded to 1e-30."""
    n = sum(ranks.values())
    if not n:
        return Undefined("no members")
    total = sum(count * _discount(rank) for rank, count in ranks.items())
    unit = int(10**_PLACES)
    return Bounded(Fraction(max(0, total - n), n * unit), Fraction(total + 2 * n, n * unit))


def _discount(rank: int) -> int:
    """1 / log2(1 + rank) in units of 1e-30, rounded down; off by less than 2 units."""
    if (rank + 1).bit_count() == 1:
        return int(10**_PLACES // rank.bit_length())
    with localcontext(prec=_DIGITS):
        value = Decimal(2).ln() / Decimal(rank + 1).ln()
        return int(value.scaleb(_PLACES).to_integral_value(ROUND_FLOOR))


def top_k(ranks: GroupRanks, k: int) -> Rate:
    """Members in the first k places, of all members."""
    return Rate(sum(count for rank, count in ranks.items() if rank <= k), sum(ranks.values()), "no members")
