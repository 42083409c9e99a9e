"""What is kept of a table: how often each combination of the asked columns occurs, never a row.

A cell is text, whatever the file's types are: `kinds` says which type a column had, so that later readers can
compare by type. A null is None.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from govern.diagnostics import Diagnostic, InputError, Span, plain

__all__ = ["MOST_COMBINATIONS", "CellKind", "Repeats", "Row", "Tabulation", "Tally", "named", "require", "shape_fault"]

CellKind = Literal["csv", "text", "whole", "real", "flag"]
"""Type of a column: a CSV cell is `csv`, because CSV has no types."""
Row = tuple[str | None, ...]

MOST_COMBINATIONS = 1_000_000


@dataclass(frozen=True, slots=True)
class Tabulation:
    """How often each combination of the asked columns occurs, in the order the columns were asked for."""

    columns: tuple[str, ...]
    kinds: tuple[CellKind, ...]
    combinations: dict[Row, int]
    first_line: dict[Row, int]
    """Line of the file on which a combination was seen first; empty for Parquet, which has no lines."""
    rows: int
    repeated: int | None = None
    """Line of the first value of the unique column that had come before; 0 when there is no line."""


@dataclass(slots=True)
class Tally:
    """Collects combinations, and refuses when there are too many to be anything but identifiers."""

    file: str
    columns: Sequence[str]
    combinations: Counter[Row] = field(default_factory=Counter)
    first_line: dict[Row, int] = field(default_factory=dict)
    rows: int = 0

    def add(self, key: Row, times: int, line: int | None) -> None:
        """Count a combination. Raises InputError E126 beyond a million different ones."""
        self.rows += times
        if key in self.combinations:
            self.combinations[key] += times
            return
        if len(self.combinations) >= MOST_COMBINATIONS:
            raise self.identifier()
        self.combinations[key] = times
        if line is not None:
            self.first_line[key] = line

    def identifier(self) -> InputError:
        """Make the refusal of the column that has the most different values."""
        distinct = [len({key[place] for key in self.combinations}) for place in range(len(self.columns))]
        most = distinct.index(max(distinct))
        return InputError(
            Diagnostic(
                code="E126",
                message=f"column `{plain(self.columns[most])}` has {distinct[most]:,} different values or more",
                span=Span(self.file),
                hint="It looks like an identifier. Name a column with few values, or bin the values beforehand.",
            )
        )


class Repeats:
    """Notices the first repeated value, keeping no value.

    Quick at first: the interpreter's own hash of each value, which comes twice whenever a value does and, once in a
    million large tables, by chance. Then there is `doubt`, and the table is gone through again with `exact`, which
    keeps 16 bytes a value and says where.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self.exact = exact
        self.doubt = False
        self.first: int | None = None
        self._hashes: set[int] = set()
        self._seen: set[bytes] = set()

    def look(self, values: Collection[str]) -> None:
        """Look at the next values without places."""
        before = len(self._hashes)
        self._hashes.update(map(hash, values))
        self.doubt = self.doubt or len(self._hashes) - before < len(values)

    def see(self, value: str | None, line: int) -> None:
        """Look at the next value exactly."""
        mark = hashlib.blake2b((value or "").encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if mark in self._seen and self.first is None:
            self.first = line
        self._seen.add(mark)


def named(names: Iterable[str], most: int = 20) -> str:
    """Write column names for a message, e.g. "`sex`, `race`"."""
    every = list(names)
    shown = ", ".join(f"`{plain(name, limit=60)}`" for name in every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def require(path: str, header: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise InputError E122 unless every wanted column is in the header."""
    absent = [name for name in wanted if name not in header]
    if absent:
        raise InputError(
            Diagnostic(
                code="E122",
                message=f"no column {named(absent)}; the columns are {named(header)}",
                span=Span(path, 1),
                hint="Name an existing column, or add it to the table.",
            )
        )


def shape_fault(path: str, message: str, line: int | None, hint: str) -> InputError:
    """Make the error for a table of the wrong shape."""
    return InputError(Diagnostic(code="I203", message=message, span=Span(path, line), hint=hint))
