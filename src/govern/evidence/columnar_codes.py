"""Cells of one column of an Arrow batch as codes: small integers that stand for the cells' text.

Codes mean something within one batch only, because dictionaries differ from batch to batch. Arrays are read where they
lie in memory; what lies in the place of a null means nothing.
"""

from __future__ import annotations

from typing import Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.tabulation import MOST_COMBINATIONS, shape_fault

__all__ = ["Coder", "Texts", "cell_of"]

_SPREAD = 4096
"""Different whole numbers, from the smallest to the largest, that are counted by their distance from the smallest."""
_TEXT_BYTES = 1 << 25
"""Bytes of the different texts of one column in one batch."""
_INT32, _INT64 = 1 << 31, 1 << 62

Texts = tuple[str | None, ...]
"""What the codes of a column stand for; the last one is None."""


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
            self._of_dictionary = (*map(cell_of, column.dictionary.to_pylist()), None)
        size = len(self._of_dictionary) - 1
        indices = column.indices
        codes = _with_nulls(_values(indices).astype(np.int32, copy=False), indices, size)
        if len(codes) and int(codes.view(np.uint32).max()) > size:  # a negative one is a large one
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
        if low > -_INT32 and high < _INT32:
            codes = values.astype(np.int32)
            codes -= np.int32(low)
        else:
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


def cell_of(value: object) -> str | None:
    """Give the text of a cell, None for a null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
