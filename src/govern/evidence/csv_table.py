"""CSV of a bundle, streamed once with the standard library."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span
from govern.evidence.csv_count import Lines, count_rows, parsed_rows, picker
from govern.evidence.tabulation import Repeats, Tabulation, Tally, named, require, shape_fault

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.tabulation import CellKind

__all__ = ["csv_columns", "csv_header", "tabulate_csv"]

_MOST_COLUMNS = 10_000
_TABLE_BYTES = 4 * 1024 * 1024 * 1024
_WRONG_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def csv_header(bundle: Bundle, path: str, wanted: Sequence[str] = ()) -> tuple[str, ...]:
    """Read the column names alone. `wanted` are the columns a message about a wrong delimiter names."""
    with _text_of(bundle, path) as text:
        return _header(path, csv.reader(text, strict=True), wanted)


class _Hashed(io.RawIOBase):
    """A raw stream that hashes what passes through."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer)) or b""
        buffer[: len(data)] = data
        self.digest.update(data)
        return len(data)

    def close(self) -> None:
        self._source.close()
        super().close()


class _Text(io.TextIOWrapper):
    """Text of a bundle file that can say, at its end, whether the bytes were those of the manifest."""

    def __init__(self, raw: _Hashed) -> None:
        self.raw_hash = raw.digest
        buffered = io.BufferedReader(raw, 1 << 20)
        wide = buffered.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
        super().__init__(buffered, encoding="utf-16" if wide else "utf-8-sig", errors="strict", newline="")


def _text_of(bundle: Bundle, path: str) -> _Text:
    entry = bundle.files[path]
    if entry.size == 0:
        raise InputError(Diagnostic(code="I114", message="the file is empty", span=Span(path, 1, 1)))
    if entry.size > _TABLE_BYTES:
        message = f"{entry.size:,} bytes; at most {_TABLE_BYTES:,} are read"
        raise InputError(Diagnostic(code="I102", message=message, span=Span(path)))
    return _Text(_Hashed(bundle.open(path)))


def _header(path: str, rows: Iterator[list[str]], wanted: Sequence[str]) -> tuple[str, ...]:
    try:
        header = tuple(next(rows, []))
    except csv.Error as fault:
        raise shape_fault(path, f"not CSV: {fault}", 1, "Quote cells that hold commas or quotes.") from fault
    except UnicodeDecodeError as fault:
        raise _undecodable(path, 1, fault) from fault
    if not any(name.strip() for name in header):
        raise shape_fault(path, "no header line", 1, "Begin the file with a line of column names.")
    if len(header) == 1:
        _refuse_other_delimiter(path, header[0], wanted)
    if len(header) > _MOST_COLUMNS:
        raise shape_fault(path, f"more than {_MOST_COLUMNS:,} columns", 1, "Keep the columns that are needed.")
    twice = sorted({name for name in header if header.count(name) > 1}) if len(set(header)) < len(header) else []
    if twice:
        raise shape_fault(path, f"column {named(twice)} given twice", 1, "Give every column a name of its own.")
    return header


def _refuse_other_delimiter(path: str, line: str, wanted: Sequence[str]) -> None:
    for delimiter, name in _WRONG_DELIMITERS.items():
        if delimiter in line:
            found = line.split(delimiter)
            absent = [column for column in wanted if column not in found]
            lacking = f"no column {named(absent)}; " if absent else ""
            message = f"{lacking}commas give one column only; {name} would give {named(found)}"
            raise shape_fault(path, message, 1, "Write commas between cells and a point in decimal numbers.")


def _undecodable(path: str, line: int, fault: UnicodeDecodeError) -> InputError:
    return InputError(
        Diagnostic(
            code="I101",
            message=f"not UTF-8 text on or after this line: {fault.reason}",
            span=Span(path, line),
            hint="Save the table as UTF-8.",
        )
    )


def tabulate_csv(bundle: Bundle, path: str, columns: Sequence[str], unique: str | None) -> Tabulation:
    """See `tables.tabulate`."""
    tally, repeats = _counted(bundle, path, columns, unique)
    if repeats is not None and repeats.doubt:
        tally, repeats = _counted(bundle, path, columns, unique, exact=True)
    kinds: list[CellKind] = ["csv" for _ in columns]
    first = repeats.first if repeats is not None else None
    return Tabulation(tuple(columns), tuple(kinds), tally.combinations, tally.first_line, tally.rows, first)


def _counted(
    bundle: Bundle, path: str, columns: Sequence[str], unique: str | None, *, exact: bool = False
) -> tuple[Tally, Repeats | None]:
    with _opened(bundle, path) as lines:
        header = _header(path, lines.reader, columns)
        require(path, header, [*columns, *([unique] if unique else [])])
        return count_rows(path, lines, header, columns, unique, exact=exact)


def csv_columns(bundle: Bundle, path: str, columns: Sequence[str], rows: int) -> Iterator[list[tuple[str, ...]]]:
    """Give the cells of some columns, `rows` rows at a time and a tuple a column.

    Raises what `tables.tabulate` raises; whether the bytes were those of the manifest is only known at the end.
    """
    with _opened(bundle, path) as lines:
        header = _header(path, lines.reader, columns)
        require(path, header, columns)
        pick = picker([header.index(name) for name in columns])
        every = map(pick, parsed_rows(path, lines, len(header)))
        while part := list(islice(every, rows)):
            yield list(zip(*part, strict=True))


@contextmanager
def _opened(bundle: Bundle, path: str) -> Iterator[Lines]:
    """Give the file's lines; faults of its text get their place, and its bytes are held to the manifest."""
    with _text_of(bundle, path) as text:
        lines = Lines(text)
        try:
            yield lines
        except UnicodeDecodeError as fault:
            raise _undecodable(path, lines.number + 1, fault) from fault
        except csv.Error as fault:
            raise shape_fault(path, f"not CSV: {fault}", lines.number, "Quote cells that hold quotes.") from fault
        digest = text.raw_hash.hexdigest()
    if digest != bundle.files[path].sha256:
        raise IntegrityError(
            Diagnostic(code="B109", message="the file changed while it was read", span=Span(path), hint="Try again.")
        )
