"""The counts behind figures of errors and ranks as JSON and back: sparse, sorted, sums beyond 2**53 as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from govern.canonical import Json
from govern.fairness import Axis
from govern.fairness.ranking import RankCounts
from govern.fairness.regression import ErrorCounts, ErrorSums
from govern.fairness.scores import LabelSums

__all__ = ["errors_from_json", "errors_json", "ranks_from_json", "ranks_json"]


def _axes(axes: Sequence[Axis]) -> Json:
    return [{"name": axis.name, "values": list(axis.values), "declared": axis.declared} for axis in axes]


def errors_json(counts: ErrorCounts) -> Json:
    """Write sums of errors.

    `sums` are [index of each axis..., n, then for residuals, squared residuals, predictions and truths the total in
    2**-32, the squares in 2**-64 and how many were rounded].
    """
    return {
        "axes": _axes(counts.axes),
        "sums": [
            [*key, cell.n, *(item for part in cell for item in (str(part.total), str(part.squares), part.rounded))]
            for key, cell in sorted(counts.cells.items())
        ],
        "missing": counts.missing,
        "rows": counts.rows,
    }


def ranks_json(counts: RankCounts) -> Json:
    """Write counts of ranks: `cells` are [index of each axis..., rank, count]."""
    return {
        "axes": _axes(counts.axes),
        "cells": [[*key, rank, count] for key, ranks in sorted(counts.cells.items()) for rank, count in ranks.items()],
        "missing": counts.missing,
        "rows": counts.rows,
    }


def errors_from_json(held: Mapping[str, Any]) -> ErrorCounts:
    """Read what `errors_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    axes = _axes_of(held)
    cells = {}
    for row in held["sums"]:
        key, (n, *parts) = _key(row, len(axes)), row[len(axes) :]
        if len(parts) != 12:
            raise ValueError("a row of the wrong length")
        made = [
            LabelSums(_count(n), int(parts[at]), int(parts[at + 1]), _count(parts[at + 2])) for at in range(0, 12, 3)
        ]
        cells[key] = ErrorSums(*made)
    return ErrorCounts(axes, cells, _count(held["missing"]), _count(held["rows"]))


def ranks_from_json(held: Mapping[str, Any]) -> RankCounts:
    """Read what `ranks_json` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    axes = _axes_of(held)
    cells: dict[tuple[int, ...], dict[int, int]] = {}
    for row in held["cells"]:
        key, (rank, count) = _key(row, len(axes)), row[len(axes) :]
        cells.setdefault(key, {})[_count(rank)] = _count(count)
    return RankCounts(axes, cells, _count(held["missing"]), _count(held["rows"]))


def _axes_of(held: Mapping[str, Any]) -> tuple[Axis, ...]:
    return tuple(Axis(str(item["name"]), tuple(item["values"]), item["declared"] is True) for item in held["axes"])


def _key(row: Sequence[Any], width: int) -> tuple[int, ...]:
    return tuple(_count(item) for item in row[:width])


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError("a count is a whole number from 0 up")
    return value
