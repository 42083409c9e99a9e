"""One method on one column: the entry that a check needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from govern.drift.bins import binned, decile_edges
from govern.drift.counts import Cells, paired
from govern.drift.distances import jensen_shannon, psi, total_variation
from govern.drift.significance import chi_square, smirnov
from govern.drift.tails import PRECISION, rounded

__all__ = [
    "METHODS",
    "Categories",
    "Column",
    "Direction",
    "Measure",
    "MethodName",
    "Numbers",
    "UnsuitedError",
    "measure",
]

Direction = Literal["<=", "<", ">=", ">"]
"""A column has drifted when `score <direction> limit`."""
MethodName = Literal["psi", "jensen_shannon", "total_variation", "ks_statistic", "ks", "chi_square"]

METHODS: Mapping[MethodName, Direction] = MappingProxyType(
    {
        "psi": ">=",
        "jensen_shannon": ">=",
        "total_variation": ">=",
        "ks_statistic": ">=",
        "ks": "<=",
        "chi_square": "<",
    }
)
"""Each method with the side of the limit that means drift, the limit itself as in Evidently. `ks` and `chi_square` give
p-values, the others distances."""


class UnsuitedError(ValueError):
    """The method says nothing about a column of this sort."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers: how often each occurs, and how many cells hold none."""

    values: Mapping[Decimal, int]
    missing: int = 0

    @property
    def rows(self) -> int:
        """How many cells there are."""
        return sum(self.values.values()) + self.missing


@dataclass(frozen=True, slots=True)
class Categories:
    """A column of categories: how often each occurs, and how many cells hold none."""

    values: Mapping[str, int]
    missing: int = 0

    @property
    def rows(self) -> int:
        """How many cells there are."""
        return sum(self.values.values()) + self.missing


Column = Numbers | Categories


@dataclass(frozen=True, slots=True)
class Measure:
    """What a method found."""

    score: Decimal
    """Distance or p-value, to be held against a limit of the same sort."""
    direction: Direction
    statistic: Decimal | None = None
    """The test statistic behind a p-value."""
    unseen: int = 0
    """Cells that the current sample fills and the reference does not."""
    emptied: int = 0
    """Cells that the reference fills and the current sample does not."""


def measure(method: MethodName, reference: Column, current: Column) -> Measure:
    """Hold a column of the current data against the same column of the reference.

    Numbers are counted in the deciles of the reference for every method but the two of Smirnov; missing cells are a
    cell of their own. Raises UnsuitedError for Smirnov's test on categories and for numbers against categories, and
    ValueError when a side is empty.
    """
    if isinstance(reference, Numbers) and isinstance(current, Numbers):
        if method in ("ks", "ks_statistic"):
            return _smirnov(method, reference, current)
        edges = decile_edges(reference.values)
        before = binned(reference.values, reference.missing, edges)
        now = binned(current.values, current.missing, edges)
        return _counted(method, Cells(tuple(zip(before, now, strict=True))))
    if isinstance(reference, Categories) and isinstance(current, Categories):
        if method in ("ks", "ks_statistic"):
            raise UnsuitedError("Smirnov's test orders numbers, and the column holds categories")
        return _counted(method, paired(_with_missing(reference), _with_missing(current)))
    raise UnsuitedError("one side holds numbers and the other categories")


def _with_missing(column: Categories) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    counts.update(column.values)
    counts[None] = column.missing
    return counts


def _smirnov(method: MethodName, reference: Numbers, current: Numbers) -> Measure:
    found = smirnov(reference.values, current.values, (reference.missing, current.missing))
    statistic = _decimal(found.statistic)
    if method == "ks_statistic":
        return Measure(statistic, METHODS[method])
    return Measure(found.p, METHODS[method], statistic)


def _counted(method: MethodName, cells: Cells) -> Measure:
    statistic = None
    if method == "psi":
        score = psi(cells)
    elif method == "jensen_shannon":
        score = jensen_shannon(cells)
    elif method == "total_variation":
        score = _decimal(total_variation(cells))
    else:
        found = chi_square(cells)
        score, statistic = found.p, _decimal(found.statistic)
    return Measure(score, METHODS[method], statistic, cells.unseen, cells.emptied)


def _decimal(value: Fraction) -> Decimal:
    with localcontext() as arithmetic:
        arithmetic.prec = PRECISION
        return rounded(Decimal(value.numerator) / Decimal(value.denominator))
