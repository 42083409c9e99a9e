"""A table of a bundle streamed once, some columns as keys and some as numbers: the form in which scores are read.

Numbers are doubles. A CSV cell stands for the nearest one, a column of single precision is widened exactly; a cell that
is empty, null, NaN or infinite is NaN. No value of a row leaves the readers that use this, and no message holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import is_missing
from govern.evidence.columnar_file import is_columnar
from govern.evidence.tabulation import Row, require

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.tabulation import CellKind

__all__ = ["ROWS", "Part", "not_a_number", "parts_of"]

ROWS = 65_536
"""Rows that are held at once."""
NAN = float("nan")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_LONGEST = 64
_LARGEST_WHOLE = 2**53
_DENSE = 1 << 18
"""Combinations that are numbered by a table of all of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows: the different keys among them, which key each row has, and its numbers, a sequence a column."""

    keys: Sequence[Row]
    who: Any
    """A list, or a numpy array of int64."""
    numbers: tuple[Any, ...]
    """Lists, or numpy arrays of float64."""
    kinds: tuple[CellKind, ...]
    """Types of the key columns."""
    narrow: tuple[bool, ...]
    """Which columns of numbers hold single precision."""
    identities: Sequence[str | None] = ()
    """The cells of the column whose values must not repeat, where one was asked for."""
    queries: Sequence[str | None] = ()
    """The cells of the column that tells lists apart, where one was asked for."""

    @property
    def listed(self) -> tuple[Sequence[int], tuple[Sequence[float], ...]]:
        """Give `who` and `numbers` as plain lists."""
        if isinstance(self.who, list):
            return self.who, self.numbers
        return self.who.tolist(), tuple(column.tolist() for column in self.numbers)


_Beside = tuple[str | None, str | None]
"""Columns whose cells are handed on as they are: the one that must not repeat, and the one that tells lists apart."""


def parts_of(
    bundle: Bundle,
    path: str,
    keys: Sequence[str],
    numbers: Sequence[str],
    unique: str | None = None,
    query: str | None = None,
) -> Iterator[Part]:
    """Stream a table. The bytes read are those of the manifest, else IntegrityError at the end.

    Raises InputError as `tables.tabulate` does, and E130 for a cell that is no number.
    """
    if is_columnar(path):
        return _columnar_parts(bundle, path, keys, numbers, (unique, query))
    return _csv_parts(bundle, path, keys, numbers, (unique, query))


def not_a_number(path: str, column: str) -> InputError:
    """Make the error for a cell that is no number."""
    message = f"column `{plain(column)}` holds something that is no number"
    return InputError(Diagnostic("E130", message, Span(path), "Write numbers with a decimal point, such as 0.91."))


def _number(path: str, column: str, text: str | None) -> float:
    if text is not None and len(text) <= _LONGEST and _NUMBER.fullmatch(text):
        value = float(text)
        return value if abs(value) != float("inf") else NAN
    if is_missing(text):
        return NAN
    raise not_a_number(path, column)


def _csv_parts(
    bundle: Bundle, path: str, keys: Sequence[str], numbers: Sequence[str], beside: _Beside
) -> Iterator[Part]:
    from govern.evidence.csv_table import csv_columns

    columns = [*keys, *numbers, *(name for name in beside if name)]
    narrow = (False,) * len(numbers)
    kinds: tuple[CellKind, ...] = tuple("csv" for _ in keys)
    for cells in csv_columns(bundle, path, columns, rows=ROWS):
        places: dict[Row, int] = {}
        rows = zip(*cells[: len(keys)], strict=True) if keys else iter([()] * len(cells[0]))
        who = [places.setdefault(key, len(places)) for key in rows]
        read = tuple(
            [_number(path, name, text) for text in column]
            for name, column in zip(numbers, cells[len(keys) : len(keys) + len(numbers)], strict=True)
        )
        further = iter(cells[len(keys) + len(numbers) :])
        identities, queries = (next(further) if name else () for name in beside)
        yield Part(tuple(places), who, read, kinds, narrow, identities, queries)


def _columnar_parts(
    bundle: Bundle, path: str, keys: Sequence[str], numbers: Sequence[str], beside: _Beside
) -> Iterator[Part]:
    from govern.evidence.columnar_codes import Coder, cell_of
    from govern.evidence.columnar_file import columnar, kind_of

    with columnar(bundle, path) as table:
        wanted = list(dict.fromkeys([*keys, *numbers, *(name for name in beside if name)]))
        require(path, table.names, wanted)
        fields = [table.schema.field(name).type for name in numbers]
        kinds = tuple(kind_of(path, name, table.schema.field(name).type) for name in keys)
        narrow = tuple(str(kind) in ("float", "halffloat") for kind in fields)
        coders = [Coder(path, name) for name in keys]
        for whole in table.batches(wanted):
            for start in range(0, whole.num_rows, ROWS):
                batch = whole.slice(start, ROWS)
                distinct, who = _keys([coder.codes(batch.column(coder.name)) for coder in coders], batch.num_rows)
                read = tuple(_doubles(path, name, batch.column(name)) for name in numbers)
                identities, queries = (
                    [cell_of(value) for value in batch.column(name).to_pylist()] if name else () for name in beside
                )
                yield Part(distinct, who, read, kinds, narrow, identities, queries)


def _keys(columns: Sequence[tuple[Any, Sequence[str | None]]], rows: int) -> tuple[list[Row], Any]:
    """Number the combinations of some columns, given as codes and the texts they stand for."""
    import numpy as np

    combined = np.zeros(rows, np.int64)
    held: list[Row] = [()]
    for codes, texts in columns:
        combined = combined * len(texts) + codes
        present, combined = _renumbered(combined, len(held) * len(texts))
        held = [(*held[place // len(texts)], texts[place % len(texts)]) for place in present]
    return held, combined


def _renumbered(places: Any, size: int) -> tuple[list[int], Any]:
    """Give the places that occur, and for each row the number of its own."""
    import numpy as np

    if size > _DENSE:
        present, who = np.unique(places, return_inverse=True)
        return present.tolist(), who
    present = np.flatnonzero(np.bincount(places, minlength=size))
    numbers = np.zeros(size, np.int64)
    numbers[present] = np.arange(len(present))
    return present.tolist(), numbers[places]


def _doubles(path: str, name: str, column: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), NAN)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return np.array([_number(path, name, text) for text in column.to_pylist()], np.float64)
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise not_a_number(path, name)
    there = np.asarray(column.is_valid())
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_integer(kind) and max(map(abs, _reach(values)), default=0) > _LARGEST_WHOLE:
        raise not_a_number(path, name)
    values = values.astype(np.float64)
    values[~(there & np.isfinite(values))] = NAN
    return values


def _reach(values: Any) -> tuple[int, ...]:
    return (int(values.min()), int(values.max())) if len(values) else ()
