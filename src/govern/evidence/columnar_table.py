"""Columnar tables (Parquet, Arrow) counted by codes: a cell is a small integer, a row one integer in mixed radix.

Codes mean something within one batch only, because dictionaries differ from batch to batch; counts are kept by the
cells' text. Codes are widened before they are multiplied: indices of a dictionary may be of eight bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.columnar_file import columnar, kind_of
from govern.evidence.tabulation import MOST_COMBINATIONS, Repeats, Row, Tabulation, Tally, require, shape_fault

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Coder", "cell_text", "columnar_counts", "columnar_header", "tabulate_columnar"]

_DENSE = 1 << 18
"""Cells of a tensor that is kept whole; with more, only the occupied ones are counted."""
_SPREAD = 4096
"""Different whole numbers, from the smallest to the largest, that are counted by their distance from the smallest."""
_TEXT_BYTES = 1 << 25
"""Bytes of the different texts of one column in one batch."""
_HELD = 1 << 28
"""Characters of all combinations together."""
_INT32, _INT64 = 1 << 31, 1 << 62

Texts = tuple[str | None, ...]
"""What the codes of a column stand for; the last one is None."""


def columnar_header(bundle: Bundle, path: str) -> tuple[str, ...]:
    """Read the column names alone."""
    with columnar(bundle, path, hashed=False) as table:
        return tuple(table.names)


def tabulate_columnar(bundle: Bundle, path: str, columns: Sequence[str], unique: str | None) -> Tabulation:
    """See `tables.tabulate`. Combinations come in the order of their cells, nulls last, whatever the rows' order is."""
    repeats = Repeats() if unique else None
    with columnar(bundle, path) as table:
        wanted = list(dict.fromkeys([*columns, *([unique] if unique else [])]))
        require(path, table.names, wanted)
        kinds = tuple(kind_of(path, name, table.schema.field(name).type) for name in columns)
        tally = Tally(path, columns)
        tensor = _Tensor(tally)
        coders = [Coder(path, name) for name in columns]
        for batch in table.batches(wanted):
            tensor.add([coder.codes(batch.column(coder.name)) for coder in coders])
            if repeats is not None:
                for value in batch.column(unique).to_pylist():
                    repeats.see(cell_text(value), 0)
        tensor.flush()
    first = repeats.first if repeats is not None else None
    return Tabulation(tuple(columns), kinds, _sorted(tally.combinations), {}, tally.rows, first)


def columnar_counts(bundle: Bundle, path: str, columns: Sequence[str]) -> Iterator[list[dict[str | None, int]]]:
    """Give how often each value of some columns occurs, a batch of rows at a time and a mapping a column.

    Raises what `tables.tabulate` raises.
    """
    import numpy as np

    with columnar(bundle, path) as table:
        require(path, table.names, columns)
        for name in columns:
            kind_of(path, name, table.schema.field(name).type)
        coders = [Coder(path, name) for name in columns]
        for batch in table.batches(columns):
            made = []
            for coder in coders:
                codes, texts = coder.codes(batch.column(coder.name))
                times = np.bincount(codes, minlength=len(texts))
                counted: dict[str | None, int] = {}
                for place in np.flatnonzero(times).tolist():
                    counted[texts[place]] = counted.get(texts[place], 0) + int(times[place])
                made.append(counted)
            yield made


def _sorted(combinations: dict[Row, int]) -> dict[Row, int]:
    try:
        return dict(sorted(combinations.items()))
    except TypeError:  # a null among the cells
        return dict(
            sorted(combinations.items(), key=lambda item: tuple((cell is None, cell or "") for cell in item[0]))
        )


class Coder:
    """Turns the cells of one column into codes, keeping what they stand for as long as that does not change."""

    def __init__(self, path: str, name: str) -> None:
        self._path = path
        self.name = name
        self._dictionary: Any = None
        self._of_dictionary: Texts = ()
        self._low, self._high = 0, -1
        self._of_range: Texts = ()

    def codes(self, column: Any) -> tuple[Any, Texts]:
        """Give a code for each cell (int32 or int64) and the texts that codes stand for."""
        import numpy as np
        import pyarrow as pa

        kind = column.type
        if pa.types.is_null(kind):
            return np.zeros(len(column), np.int32), (None,)
        if pa.types.is_boolean(kind):
            bits = _bits(column.buffers()[1], column)
            return _with_nulls(bits.astype(np.int32), column, 2), _FLAGS
        if pa.types.is_integer(kind):
            found = self._near(column)
            if found is not None:
                return found
        if not pa.types.is_dictionary(kind):
            if pa.types.is_string_view(kind):
                column = column.cast(pa.large_string())
            column = column.dictionary_encode()
        return self._of_indices(column)

    def _of_indices(self, column: Any) -> tuple[Any, Texts]:
        """Read a dictionary column. Indices of nulls mean nothing, and others are not taken at their word."""
        import numpy as np

        if self._dictionary is None or not column.dictionary.equals(self._dictionary):
            if len(column.dictionary) > MOST_COMBINATIONS:
                raise self._identifier(f"{len(column.dictionary):,} different values or more")
            if column.dictionary.nbytes > _TEXT_BYTES:
                raise self._identifier(f"values of {column.dictionary.nbytes:,} bytes in a few rows")
            self._dictionary = column.dictionary
            self._of_dictionary = (*map(cell_text, column.dictionary.to_pylist()), None)
        size = len(self._of_dictionary) - 1
        indices = column.indices
        codes = _with_nulls(_values(indices).astype(np.int64 if size >= _INT32 else np.int32), indices, size)
        if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) <= size:
            raise shape_fault(
                self._path, "the file is damaged: an index outside its dictionary", None, "Write it again."
            )
        return codes, self._of_dictionary

    def _near(self, column: Any) -> tuple[Any, Texts] | None:
        """Code whole numbers that lie near each other by their distance from the smallest; None when they do not."""
        import numpy as np

        values = _values(column)
        there = values if not column.null_count else values[_there(column)]
        low, high = (int(there.min()), int(there.max())) if len(there) else (0, 0)
        if self._of_range:
            low, high = min(low, self._low), max(high, self._high)
        if high - low >= _SPREAD or high >= _INT64 or low <= -_INT64:
            return None
        if not self._of_range or (low, high) != (self._low, self._high):
            self._low, self._high = low, high
            self._of_range = (*map(str, range(low, high + 1)), None)
        if len(there) < len(values):
            values = np.where(_there(column), values, there[0] if len(there) else values.dtype.type(0))
        codes = (values.astype(np.int64) - low).astype(np.int32)
        return _with_nulls(codes, column, high - low + 1), self._of_range

    def _identifier(self, what: str) -> InputError:
        return InputError(
            Diagnostic(
                code="E126",
                message=f"column `{plain(self.name)}` has {what}",
                span=Span(self._path),
                hint="It looks like an identifier. Name a column with few values, or bin the values beforehand.",
            )
        )


class _Tensor:
    """Counts rows by their codes as long as codes mean the same, and hands them on by text."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._layout: list[Texts] = []
        self._counts: Any = None
        self._held = 0

    def add(self, columns: Sequence[tuple[Any, Texts]]) -> None:
        """Count the rows of a batch."""
        import numpy as np

        layout = [texts for _codes, texts in columns]
        size = 1
        for texts in layout:
            size *= len(texts)
        if size >= _INT64:
            self._one_by_one(columns)
            return
        wide = np.int32 if size < _INT32 else np.int64
        row = columns[0][0].astype(wide)
        for codes, texts in columns[1:]:
            row *= wide(len(texts))
            row += codes
        if size > _DENSE:
            places, times = np.unique(row, return_counts=True)
            self._hand_on(layout, places, times)
            return
        if self._counts is None or not _same(layout, self._layout):
            self.flush()
            self._layout, self._counts = layout, np.zeros(size, np.int64)
        self._counts += np.bincount(row, minlength=size)

    def flush(self) -> None:
        """Hand on what was counted."""
        import numpy as np

        if self._counts is not None:
            places = np.flatnonzero(self._counts)
            self._hand_on(self._layout, places, self._counts[places])
            self._counts = None

    def _hand_on(self, layout: Sequence[Texts], places: Any, times: Any) -> None:
        cells: list[list[str | None]] = []
        for texts in reversed(layout):
            cells.append([texts[code] for code in (places % len(texts)).tolist()])
            places = places // len(texts)
        for key, count in zip(zip(*reversed(cells), strict=True), times.tolist(), strict=True):
            self._add(key, count)

    def _add(self, key: Row, count: int) -> None:
        if key not in self._tally.combinations:
            self._held += sum(len(cell) for cell in key if cell)
            if self._held > _HELD:
                raise self._tally.identifier()
        self._tally.add(key, count, None)

    def _one_by_one(self, columns: Sequence[tuple[Any, Texts]]) -> None:
        cells = [[texts[code] for code in codes.tolist()] for codes, texts in columns]
        for key, count in Counter(zip(*cells, strict=True)).items():
            self._add(key, count)


def _same(one: Sequence[Texts], other: Sequence[Texts]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


_FLAGS: Texts = ("false", "true", None)


def _values(array: Any) -> Any:
    """The numbers of an array as they lie in memory; those of nulls mean nothing."""
    import numpy as np

    kind = np.dtype(array.type.to_pandas_dtype())
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), kind)
    return np.frombuffer(buffer, kind, count=len(array), offset=array.offset * kind.itemsize)


def _bits(buffer: Any, array: Any) -> Any:
    import numpy as np

    if buffer is None:
        return np.zeros(len(array), np.uint8)
    first, last = array.offset // 8, (array.offset + len(array) + 7) // 8
    packed = np.frombuffer(buffer, np.uint8, count=last - first, offset=first)
    start = array.offset % 8
    return np.unpackbits(packed, bitorder="little")[start : start + len(array)]


def _there(array: Any) -> Any:
    return _bits(array.buffers()[0], array).astype(bool)


def _with_nulls(codes: Any, array: Any, null: int) -> Any:
    import numpy as np

    return np.where(_there(array), codes, codes.dtype.type(null)) if array.null_count else codes


def cell_text(value: object) -> str | None:
    """Write a value as the text that readers compare."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
