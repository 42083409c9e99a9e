"""The counts behind figures of errors and ranks as JSON: sparse, sorted, sums beyond 2**53 as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.canonical import Json

if TYPE_CHECKING:
    from govern.fairness import Axis
    from govern.fairness.ranking import RankCounts
    from govern.fairness.regression import ErrorCounts

__all__ = ["errors_json", "ranks_json"]


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
