"""Two tables of a bundle column by column: how often each value occurs in each, never a row.

Both tables are streamed, in as many passes as memory asks for: of columns whose values do not all fit, the largest wait
for a later pass, and one that fits in none with others has a pass of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, Span, plain
from govern.evidence.columnar_file import is_columnar

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["ColumnPair", "column_pairs"]

Counts = Counter[str | None]

_TOGETHER = 500_000
"""Different values that all columns of one pass may have."""
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
    pending = tuple(columns)
    while pending:
        before = _counted(bundle, reference, pending, _TOGETHER)
        now = _counted(bundle, current, tuple(before), _TOGETHER)
        yield from (ColumnPair(name, before[name], now[name]) for name in now)
        pending = tuple(name for name in pending if name not in now)
        if pending and not now:
            yield _alone(bundle, reference, current, pending[0])
            pending = pending[1:]


def _alone(bundle: Bundle, reference: str, current: str, name: str) -> ColumnPair:
    sides = [_counted(bundle, path, (name,), _MOST) for path in (reference, current)]
    if all(name in side for side in sides):
        return ColumnPair(name, sides[0][name], sides[1][name])
    file = reference if name not in sides[0] else current
    message = f"column `{plain(name)}` has more than {_MOST:,} different values"
    hint = "Round it or bin it beforehand, or name it under `ignore` if it is an identifier."
    return ColumnPair(name, Counter(), Counter(), Diagnostic("E126", message, Span(file), hint))


def _counted(bundle: Bundle, path: str, columns: Sequence[str], most: int) -> dict[str, Counts]:
    """Count columns in one pass; as long as they have more than `most` values together, the largest is left out."""
    found: dict[str, Counts] = {name: Counter() for name in columns}
    for part in _parts(bundle, path, columns):
        for name, more in zip(columns, part, strict=True):
            if name in found:
                found[name].update(more)  # a mapping adds its counts, a tuple one for each cell
        while sum(map(len, found.values())) > most:
            del found[max(found, key=lambda name: len(found[name]))]
    return found


def _parts(bundle: Bundle, path: str, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
    if not columns:
        return
    if is_columnar(path):
        from govern.evidence.columnar_table import columnar_counts

        yield from columnar_counts(bundle, path, columns)
        return
    from govern.evidence.csv_table import csv_columns

    yield from csv_columns(bundle, path, columns, rows=max(64, _CELLS // len(columns)))
