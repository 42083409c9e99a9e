"""Parquet and Arrow files of a bundle as batches of rows, with pyarrow (`govern[data]`). It has no types, hence `Any`.

A batch is small whatever the file's row groups are, so that memory does not grow with the file. Nothing is parsed that
is not in the manifest (`steady_file`), and what Arrow does not check by itself of a file it did not write is checked
here: offsets, text and indices of an IPC file, which are taken as they lie in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.steady_file import LARGEST_TABLE, steady_file
from govern.evidence.tabulation import named, shape_fault
from govern.evidence.unpacking import UnreadableError, chunks, pages, unpacked_size

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.tabulation import CellKind

__all__ = ["ARROW", "PARQUET", "Columnar", "columnar", "is_columnar", "kind_of"]

PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".feather")
_MOST_ROWS = 1 << 32
_MOST_COLUMNS = 10_000
_ROWS = 65_536
"""Rows of a batch at most."""
_CELLS = 4_194_304
"""Cells of a batch at most, where there are many columns."""
_BATCH_BYTES = 1 << 24
"""Bytes of a column in a batch, on average."""
_PAGE_BYTES, _DICTIONARY_BYTES = 1 << 27, 1 << 26
"""Unpacked bytes of a Parquet page of data and of one that holds a dictionary. Writers keep to a few megabytes."""
_ARROW_BYTES = 1 << 30
"""Unpacked bytes of a compressed batch of an IPC file, which can only be unpacked as a whole."""
_MARK = b"ARROW1\0\0"
"""What the file form begins with; it ends with the letters."""
_END = b"\xff\xff\xff\xff\0\0\0\0"
"""What the stream form ends with."""


@dataclass(frozen=True, slots=True)
class Columnar:
    """An opened table: its columns, and a way to its rows, some columns at a time."""

    path: str
    schema: Any
    batches: Callable[[Sequence[str]], Iterator[Any]]
    """Batches of rows with at least the asked columns. Raises InputError I203 for a damaged file."""

    @property
    def names(self) -> list[str]:
        """The column names in the order of the file."""
        return list(self.schema.names)


def is_columnar(path: str) -> bool:
    """Whether a path names a table that is read here."""
    return path.lower().endswith((*PARQUET, *ARROW))


@contextmanager
def columnar(bundle: Bundle, path: str, *, hashed: bool = True) -> Iterator[Columnar]:
    """Open a table. Raises InputError E129 without pyarrow, I203 for no such file, and as `steady_file` does."""
    pa = _pyarrow(path)
    with steady_file(bundle, path, hashed=hashed) as file:
        is_arrow = path.lower().endswith(ARROW)
        try:
            opened = _arrow(path, file) if is_arrow else _parquet(path, file)
            names = opened.names
        except (pa.ArrowException, OSError, UnicodeDecodeError) as fault:
            what = "an Arrow IPC (Feather 2)" if is_arrow else "a Parquet"
            hint = "Write the table with pyarrow, pandas or polars."
            raise shape_fault(path, f"not {what} file", None, hint) from fault
        if len(names) > _MOST_COLUMNS:
            raise shape_fault(path, f"more than {_MOST_COLUMNS:,} columns", None, "Keep the columns that are needed.")
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            hint = "Give every column a name of its own."
            raise shape_fault(path, f"column {named(twice)} given twice", None, hint)
        try:
            yield opened
        except UnicodeDecodeError as fault:
            raise shape_fault(path, "holds text that is not UTF-8", None, "Write the table again.") from fault


def _pyarrow(path: str) -> Any:
    try:
        import pyarrow as pa
    except ImportError as fault:
        what = "Arrow files" if path.lower().endswith(ARROW) else "Parquet"
        raise InputError(
            Diagnostic(
                code="E129",
                message=f"reading {what} needs pyarrow, which is not installed",
                span=Span(path),
                hint="Install govern[data], or write the table as CSV.",
            )
        ) from fault
    return pa


def kind_of(path: str, name: str, kind: Any) -> CellKind:
    """Say which type a column has. Raises InputError I203 for dates, lists and everything else that is no cell."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _is_text(kind) or pa.types.is_null(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_integer(kind):
        return "whole"
    if pa.types.is_floating(kind):
        return "real"
    message = f"column `{plain(name)}` has type {plain(str(kind), limit=60)}, which is none of text, whole number, "
    raise shape_fault(path, f"{message}number or boolean", None, "Convert the column before writing the table.")


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _parquet(path: str, file: Any) -> Columnar:
    import pyarrow.parquet as pq

    opened = pq.ParquetFile(file, buffer_size=1 << 20)
    if opened.metadata.num_rows > _MOST_ROWS:
        raise _too_many_rows(path)
    schema = opened.schema_arrow

    def batches(columns: Sequence[str]) -> Iterator[Any]:
        texts = [name for name in columns if _is_text(schema.field(name).type)]
        rows = min(_rows_of(len(columns)), _rows_that_fit(path, file, columns))
        reader = pq.ParquetFile(file, metadata=opened.metadata, read_dictionary=texts, buffer_size=1 << 20)
        # Threads cost more than they bring for a few columns of small batches.
        given = 0
        for batch in reader.iter_batches(batch_size=rows, columns=list(columns), use_threads=len(columns) > 16):
            given += batch.num_rows
            yield batch
        if given != opened.metadata.num_rows:
            raise UnreadableError("other rows than the footer says")

    return Columnar(path, schema, _guarded(path, "Parquet", batches))


def _rows_that_fit(path: str, file: Any, columns: Sequence[str]) -> int:
    """Give the rows of a batch, so that its longest values fit; refuse what is only there to fill the memory."""
    total = 0
    rows = _ROWS
    wanted = frozenset(columns)
    for chunk in chunks(file):
        if chunk.path not in wanted:
            continue
        for page in pages(file, chunk.start, chunk.size):
            total += page.size
            if page.size > (_DICTIONARY_BYTES if page.dictionary else _PAGE_BYTES) or total > LARGEST_TABLE:
                raise _too_large(path, page.size, "page")
            if page.values and not page.dictionary:
                rows = min(rows, _BATCH_BYTES // max(1, page.size // page.values))
    return max(64, rows)


def _arrow(path: str, file: Any) -> Columnar:
    """The file form or the stream form: both are called `.arrow`, and Feather 2 is the file form.

    The file form is a stream between a mark and a list of places. It is read as the stream that it is: what is read is
    then what was looked at, wherever the list points.
    """
    import mmap

    import pyarrow as pa

    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    source = pa.BufferReader(pa.py_buffer(mapped))
    start = len(_MARK) if source.read(len(_MARK)) == _MARK else 0
    end = _end_of_stream(source, start)

    def stream(columns: Sequence[int] | None = None) -> Any:
        source.seek(start)
        return pa.ipc.open_stream(source, options=pa.ipc.IpcReadOptions(included_fields=columns))

    schema = stream().schema

    def batches(columns: Sequence[str]) -> Iterator[Any]:
        source.seek(start)
        for message in pa.ipc.MessageReader.open_stream(source):
            size = unpacked_size(message.metadata.to_pybytes(), memoryview(message.body or b""))
            if size > _ARROW_BYTES:
                raise _too_large(path, size, "batch")
        if not source.tell() <= end < source.tell() + 64:
            raise UnreadableError("rows after the end of the stream")
        rows = _rows_of(len(columns))
        for batch in stream([schema.names.index(name) for name in columns]):
            for first in range(0, batch.num_rows, rows):
                piece = batch.slice(first, rows)
                piece.validate(full=True)
                yield piece
                if hasattr(mmap, "MADV_DONTNEED"):
                    mapped.madvise(mmap.MADV_DONTNEED)  # what was passed over is read again if it is asked for

    return Columnar(path, schema, _guarded(path, "Arrow", batches))


def _end_of_stream(source: Any, start: int) -> int:
    """Say where the stream must end: a table that was cut between two batches would only have fewer rows."""
    source.seek(max(0, source.size() - 10))
    last = source.read()
    if not start:
        if not last.endswith(_END):
            raise OSError("a stream without an end")
        return int(source.size())
    if len(last) < 10 or not last.endswith(_MARK[:6]):
        raise OSError("a file without an end")
    return int(source.size()) - 10 - int.from_bytes(last[:4], "little")


def _guarded(
    path: str, form: str, batches: Callable[[Sequence[str]], Iterator[Any]]
) -> Callable[[Sequence[str]], Iterator[Any]]:
    def guarded(columns: Sequence[str]) -> Iterator[Any]:
        import pyarrow as pa

        rows = 0
        try:
            for batch in batches(columns):
                rows += batch.num_rows
                if rows > _MOST_ROWS:
                    raise _too_many_rows(path)
                yield batch
        except (pa.ArrowException, OSError, UnreadableError) as fault:
            message = f"the {form} file breaks off or is damaged"
            raise shape_fault(path, message, None, "Write the table again.") from fault

    return guarded


def _rows_of(columns: int) -> int:
    return max(64, min(_ROWS, _CELLS // max(1, columns)))


def _too_large(path: str, size: int, what: str) -> InputError:
    message = f"a {what} unpacks to {size:,} bytes, more than are read at once"
    return shape_fault(path, message, None, "Write the table in smaller parts, without long texts.")


def _too_many_rows(path: str) -> InputError:
    return shape_fault(path, f"more than {_MOST_ROWS:,} rows", None, "Split the table.")
