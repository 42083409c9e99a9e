"""Two tables of a bundle column by column: how often each value occurs in each, never a row.

Both tables are streamed. Columns of few different values are counted together in one pass; each column of many has a
pass of its own, so that memory is bounded by one column and not by the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, Span, plain

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["ColumnPair", "column_pairs"]

Counts = Counter[str | None]

_TOGETHER = 1_000_000
"""Different values that all columns of a pass may have."""
_FEW = 50_000
"""Different values of one column beyond which it gets a pass of its own."""
_CELLS = 500_000
"""Cells of a CSV that are held at once."""
_MOST = 1_000_000
"""Different values beyond which a column is not counted at all."""


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """One column of both tables. A null of a typed table is None."""

    name: str
    reference: Counts
    current: Counts
    fault: Diagnostic | None = None
    """Why it could not be counted: E126, it has too many different values."""


def column_pairs(bundle: Bundle, reference: str, current: str, columns: Sequence[str]) -> Iterator[ColumnPair]:
    """Count some columns, which both tables must have. Their order is not that of `columns`.

    Raises what `tables.tabulate` raises for a file that is no table.
    """
    before = _counted(bundle, reference, columns, _FEW, _TOGETHER)
    now = _counted(bundle, current, tuple(before), _FEW, _TOGETHER)
    yield from (ColumnPair(name, before[name], now[name]) for name in now)
    later = [name for name in columns if name not in now]
    del before, now
    for name in later:
        sides = [_counted(bundle, path, (name,), _MOST, _MOST) for path in (reference, current)]
        if all(name in side for side in sides):
            yield ColumnPair(name, sides[0][name], sides[1][name])
            continue
        file = reference if name not in sides[0] else current
        message = f"column `{plain(name)}` has more than {_MOST:,} different values"
        hint = "Round it or bin it beforehand, or name it under `ignore` if it is an identifier."
        yield ColumnPair(name, Counter(), Counter(), Diagnostic("E126", message, Span(file), hint))


def _counted(bundle: Bundle, path: str, columns: Sequence[str], most: int, together: int) -> dict[str, Counts]:
    """Count columns in one pass; one that exceeds `most`, or the largest of too many, is left out of the answer."""
    found: dict[str, Counts] = {name: Counter() for name in columns}
    for part in _parts(bundle, path, columns):
        for name, more in zip(columns, part, strict=True):
            if name not in found:
                continue
            counts = found[name]
            counts.update(more)  # a mapping adds its counts, a tuple one for each cell
            if len(counts) > most:
                del found[name]
        while sum(map(len, found.values())) > together:
            del found[max(found, key=lambda name: len(found[name]))]
    return found


def _parts(bundle: Bundle, path: str, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    if not columns:
        return
    if path.lower().endswith((".parquet", ".pq")):
        from govern.evidence.parquet_table import parquet_counts

        yield from parquet_counts(bundle, path, columns)
        return
    from govern.evidence.csv_table import csv_columns

    yield from csv_columns(bundle, path, columns, rows=max(64, _CELLS // len(columns)))
