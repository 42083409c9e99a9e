"""A table of a bundle streamed once, some columns as keys and some as numbers: the form in which scores are read.

Numbers are doubles. A CSV cell stands for the nearest one, a Parquet column of single precision is widened exactly; a
cell that is empty, null, NaN or infinite is NaN. No value of a row leaves the readers that use this, and no message
holds one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import is_missing
from govern.evidence.tabulation import Row, require, shape_fault

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
    if path.lower().endswith((".parquet", ".pq")):
        return _parquet_parts(bundle, path, keys, numbers, (unique, query))
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


def _parquet_parts(
    bundle: Bundle, path: str, keys: Sequence[str], numbers: Sequence[str], beside: _Beside
) -> Iterator[Part]:
    import pyarrow as pa

    kinds: tuple[CellKind, ...] | None = None
    wanted = list(dict.fromkeys([*keys, *numbers, *(name for name in beside if name)]))
    try:
        for schema, batch in _batches(bundle, path, wanted):
            from govern.evidence.parquet_table import _cell, _kind

            if kinds is None:
                kinds = tuple(_kind(path, name, schema.field(name).type) for name in keys)
            distinct, who = _keys(batch, keys)
            read = tuple(_doubles(path, name, batch.column(name)) for name in numbers)
            narrow = tuple(pa.types.is_float32(batch.column(name).type) for name in numbers)
            identities, queries = (
                [_cell(value) for value in batch.column(name).to_pylist()] if name else () for name in beside
            )
            yield Part(distinct, who, read, kinds, narrow, identities, queries)
    except (pa.ArrowException, OSError) as fault:
        raise shape_fault(path, "the Parquet file breaks off or is damaged", None, "Write the table again.") from fault


def _batches(bundle: Bundle, path: str, columns: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Give the schema and record batches of some columns: the only place that knows how the file is opened."""
    from govern.evidence.parquet_table import _parquet

    opened = _parquet(bundle, path)
    require(path, opened.schema_arrow.names, columns)
    for batch in opened.iter_batches(batch_size=ROWS, columns=list(columns)):
        yield opened.schema_arrow, batch


def _keys(batch: Any, names: Sequence[str]) -> tuple[list[Row], Any]:
    """Number the combinations of some columns: by value, for dictionaries differ from batch to batch."""
    import numpy as np

    from govern.evidence.parquet_table import _cell, _dense

    combined = np.zeros(batch.num_rows, np.int64)
    columns: list[list[str | None]] = []
    size = 1
    for name in names:
        encoded = _dense(batch.column(name)).dictionary_encode(null_encoding="encode")
        values = [_cell(value) for value in encoded.dictionary.to_pylist()]
        width = max(1, len(values))
        combined = combined * width + encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        columns.append(values)
        size *= width
        if size > 2**20:  # keep the numbers small: renumber those that occur
            raise_to, combined = np.unique(combined, return_inverse=True)
            columns = [_crossed(columns, raise_to.tolist())]  # type: ignore[list-item]  # tuples for now
            size = len(raise_to)
    if size <= 4096:
        present = np.flatnonzero(np.bincount(combined, minlength=size))
        where = np.zeros(size, np.int64)
        where[present] = np.arange(len(present))
        who = where[combined]
    else:
        present, who = np.unique(combined, return_inverse=True)
    return _crossed(columns, present.tolist()), who


def _crossed(columns: Sequence[Sequence[Any]], numbers: Sequence[int]) -> list[Row]:
    found = []
    for number in numbers:
        row: list[Any] = []
        rest = number
        for values in reversed(columns):
            rest, at = divmod(rest, max(1, len(values)))
            row.append(values[at])
        cells: list[str | None] = []
        for cell in reversed(row):
            cells += cell if isinstance(cell, tuple) else (cell,)
        found.append(tuple(cells))
    return found


def _doubles(path: str, name: str, column: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    from govern.evidence.parquet_table import _dense

    column = _dense(column)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array([_number(path, name, text) for text in column.to_pylist()], np.float64)
    if pa.types.is_null(kind):
        return np.full(len(column), NAN)
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise not_a_number(path, name)
    valid = np.asarray(column.is_valid())
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    if (
        pa.types.is_integer(kind)
        and len(values)
        and max(abs(int(values.max())), abs(int(values.min()))) > _LARGEST_WHOLE
    ):
        raise not_a_number(path, name)
    values = values.astype(np.float64)
    values[~(valid & np.isfinite(values))] = NAN
    return values
