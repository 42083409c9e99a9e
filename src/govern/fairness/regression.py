"""Errors of a numeric prediction, from exact sums: mean residual, root mean squared error, predictions that lie apart.

Numbers are rounded half-even to multiples of 2**-32 first, as scores are (`score_tensor`); a residual is the exact
difference of two rounded numbers, off by at most 2**-32 where one of them had to be rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from govern.fairness.bounded import PRECISION, Bounded, Ends, Figure, decimal_of, ends_of, exactly, root
from govern.fairness.counts import MAX_CELLS, Axis, dense_size
from govern.fairness.intervals import quantile
from govern.fairness.rates import Undefined
from govern.fairness.score_gaps import variance_of
from govern.fairness.score_groups import grouped
from govern.fairness.score_tensor import UNIT, LabelSums, added

__all__ = ["ErrorCounts", "ErrorSums", "error_table", "mean_residual", "mean_residual_ends", "rmse", "rmse_ends"]

_NOBODY = Undefined("nobody in the group")
_NONE = LabelSums(0, 0, 0, 0)


class ErrorSums(NamedTuple):
    """Sums over the rows of one cell; every part counts the same people."""

    residual: LabelSums
    """Truth less prediction; `rounded` says how many are not exact."""
    squared: LabelSums
    """Squared residuals as doubles: of these sums only the interval of the error is made, never a verdict."""
    predicted: LabelSums
    truth: LabelSums

    @property
    def n(self) -> int:
        """People in the cell."""
        return self.residual.n

    def plus(self, other: ErrorSums) -> ErrorSums:
        """Add sum by sum."""
        return ErrorSums(*(added(a, b) for a, b in zip(self, other, strict=True)))


NO_ERRORS = ErrorSums(_NONE, _NONE, _NONE, _NONE)


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Attributes x sums. Adding those of two sites gives those of the whole."""

    axes: tuple[Axis, ...]
    cells: Mapping[tuple[int, ...], ErrorSums]
    missing: int
    """Rows without truth or prediction."""
    rows: int

    def __post_init__(self) -> None:
        if dense_size(self.axes) > MAX_CELLS:
            raise ValueError(f"more than {MAX_CELLS} cells")
        for key, sums in self.cells.items():
            if len(key) != len(self.axes) or any(
                not 0 <= index <= len(axis.values) for index, axis in zip(key, self.axes, strict=True)
            ):
                raise ValueError("a cell outside the axes")
            if len({part.n for part in sums}) != 1:
                raise ValueError("sums are of different people")
        if sum(sums.n for sums in self.cells.values()) != self.rows - self.missing:
            raise ValueError("counts do not add up to the rows less the missing ones")

    def __add__(self, other: ErrorCounts) -> ErrorCounts:
        """Add the sums of another site. Raises ValueError unless the axes are the same."""
        if self.axes != other.axes:
            raise ValueError("only sums over the same axes can be added")
        cells = dict(self.cells)
        for key, sums in other.cells.items():
            cells[key] = cells.get(key, NO_ERRORS).plus(sums)
        return ErrorCounts(self.axes, cells, self.missing + other.missing, self.rows + other.rows)


def error_table(counts: ErrorCounts, attributes: tuple[str, ...]) -> tuple[dict[tuple[str, ...], ErrorSums], int]:
    """Give each group's sums, and how many people are of no known group. Raises as `grouped` does."""
    groups, unknown = grouped(counts.axes, counts.cells, attributes)
    found = {}
    for group, cells in groups.items():
        found[group] = NO_ERRORS
        for sums in cells:
            found[group] = found[group].plus(sums)
    return found, sum(sums.n for sums in unknown)


def mean_residual(group: ErrorSums) -> Figure:
    """Mean of truth less prediction: above 0 the group is predicted too low."""
    if not group.n:
        return _NOBODY
    sums = group.residual
    return exactly(Fraction(sums.total, group.n * UNIT)).widened(Fraction(sums.rounded, group.n * UNIT))


def mean_residual_ends(group: ErrorSums, tail: Fraction) -> Ends | None:
    """Normal interval of a mean; None for fewer than two people."""
    figure = mean_residual(group)
    if isinstance(figure, Undefined) or group.n < 2:
        return None
    sums = group.residual
    with localcontext(prec=PRECISION):
        spread = decimal_of(variance_of(group.n, sums.total, sums.squares)) / group.n
        half = quantile(tail) * spread.sqrt()
        return ends_of(figure, decimal_of(figure.low) - half, decimal_of(figure.high) + half)


def rmse(group: ErrorSums) -> Figure:
    """Root mean squared error, a length: residuals that are off by 2**-32 move it by no more than that."""
    if not group.n:
        return _NOBODY
    value = root(Fraction(group.residual.squares, group.n * UNIT * UNIT))
    if group.residual.rounded:
        value = value.widened(Fraction(1, UNIT))
    return Bounded(max(Fraction(0), value.low), value.high)


def rmse_ends(group: ErrorSums, tail: Fraction) -> Ends | None:
    """Interval of the root mean squared error: delta method on the log of the mean square; None without errors."""
    figure = rmse(group)
    if isinstance(figure, Undefined) or group.n < 2 or not group.squared.total:
        return None
    sums = group.squared
    with localcontext(prec=PRECISION):
        mean = decimal_of(Fraction(sums.total, group.n * UNIT))
        spread = decimal_of(variance_of(group.n, sums.total, sums.squares)) / group.n
        factor = (quantile(tail) * spread.sqrt() / mean / 2).exp()
        return ends_of(figure, decimal_of(figure.low) / factor, decimal_of(figure.high) * factor)


def log_error(group: ErrorSums) -> Decimal | None:
    """Standard error of the log of the root mean squared error, within a context of enough digits."""
    sums = group.squared
    if group.n < 2 or not sums.total:
        return None
    mean = decimal_of(Fraction(sums.total, group.n * UNIT))
    return (decimal_of(variance_of(group.n, sums.total, sums.squares)) / group.n).sqrt() / mean / 2
