"""Columnar tables (Parquet, Arrow) counted by codes: a cell is a small integer, a row one integer in mixed radix.

Codes mean something within one batch only, because dictionaries differ from batch to batch; counts are kept by the
cells' text. Codes are widened before they are multiplied: indices of a dictionary may be of eight bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from govern.evidence.columnar_codes import Coder, Texts, cell_of
from govern.evidence.columnar_file import columnar, kind_of
from govern.evidence.tabulation import Repeats, Row, Tabulation, Tally, require

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["columnar_counts", "columnar_header", "tabulate_columnar"]

_DENSE = 1 << 18
"""Cells of a tensor that is kept whole; with more, only the occupied ones are counted."""
_HELD = 1 << 28
"""Characters of all combinations together."""
_INT32, _INT64 = 1 << 31, 1 << 62


def columnar_header(bundle: Bundle, path: str) -> tuple[str, ...]:
    """Read the column names alone."""
    with columnar(bundle, path, hashed=False) as table:
        return tuple(table.names)


def tabulate_columnar(bundle: Bundle, path: str, columns: Sequence[str], unique: str | None) -> Tabulation:
    """See `tables.tabulate`. Combinations come in the order of their cells, nulls last, whatever the rows' order is."""
    wanted = list(dict.fromkeys([*columns, *([unique] if unique else [])]))
    hashes = _Hashes()
    with columnar(bundle, path) as table:
        require(path, table.names, wanted)
        kinds = tuple(kind_of(path, name, table.schema.field(name).type) for name in columns)
        tally = Tally(path, columns)
        tensor = _Tensor(tally)
        coders = [Coder(path, name) for name in columns]
        for batch in table.batches(wanted):
            tensor.add([coder.codes(batch.column(coder.name)) for coder in coders])
            if unique is not None:
                hashes.look(batch.column(unique))
        tensor.flush()
    first = _repeated(bundle, path, unique) if unique is not None and hashes.doubt else None
    return Tabulation(tuple(columns), kinds, _sorted(tally.combinations), {}, tally.rows, first)


class _Hashes:
    """Eight bytes a value, for the question whether any came twice: see `Repeats`, whose quick half this is."""

    def __init__(self) -> None:
        self._parts: list[Any] = []

    def look(self, column: Any) -> None:
        """Look at the next values."""
        import numpy as np

        texts = [cell_of(value) or "" for value in column.to_pylist()]
        self._parts.append(np.fromiter(map(hash, texts), np.int64, len(texts)))

    @property
    def doubt(self) -> bool:
        """Whether a hash came twice."""
        import numpy as np

        every = np.concatenate(self._parts) if self._parts else np.zeros(0, np.int64)
        self._parts = []
        every.sort()
        return bool((every[1:] == every[:-1]).any())


def _repeated(bundle: Bundle, path: str, unique: str) -> int | None:
    """Go through one column again: 0 when a value is there twice."""
    repeats = Repeats(exact=True)
    with columnar(bundle, path) as table:
        for batch in table.batches([unique]):
            for value in batch.column(unique).to_pylist():
                repeats.see(cell_of(value), 0)
    return repeats.first


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
