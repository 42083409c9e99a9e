"""How much memory a compressed table will ask for, from its own headers, before anything is unpacked.

A page of a Parquet file and a buffer of an Arrow IPC file say how large they become, and the libraries believe them: a
file of 25 kB can ask for gigabytes. The headers are read here first. Parquet: `PageHeader` in Thrift's compact protocol
(parquet-format, parquet.thrift); Arrow: `Message` and `RecordBatch` in FlatBuffers (arrow/format/Message.fbs). A header
that cannot be read raises `UnreadableError`, and the file is damaged.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

__all__ = ["Chunk", "Page", "UnreadableError", "chunks", "pages", "unpacked_size"]

_FOOTER_BYTES = 1 << 24
"""Bytes of a Parquet file's own description at most."""

_USUAL_BYTES, _HEADER_BYTES = 256, 1 << 16
"""Bytes of a page header, and at most: its statistics hold a smallest and a largest value."""
_BOOLEANS, _BYTE, _INTEGERS, _DOUBLE, _BINARY, _LISTS, _STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 12
_DEEPEST = 8


class UnreadableError(ValueError):
    """A header that is none."""


class Chunk(NamedTuple):
    """A column of a row group."""

    path: str
    start: int
    size: int
    """Bytes in the file."""


class Page(NamedTuple):
    """A page of a column."""

    dictionary: bool
    values: int
    size: int
    """Bytes once unpacked."""


def chunks(file: BinaryIO) -> Iterator[Chunk]:
    """Go through the columns of every row group, as the footer of a Parquet file (`FileMetaData`) places them.

    The library's own access to them ends the process for some damaged footers.
    """
    end = file.seek(-8, os.SEEK_END)
    size, mark = struct.unpack("<I4s", file.read(8))
    if mark != b"PAR1" or size > min(end, _FOOTER_BYTES):
        raise UnreadableError("a footer that is none, or too large")
    file.seek(end - size)
    for group in _structs(_Compact(file.read(size)).struct().get(4)):
        for column in _structs(group.get(1)):
            meta = column.get(3)
            if not isinstance(meta, dict):
                raise UnreadableError("a column without place")
            path, length, data, dictionary = meta.get(3), meta.get(7), meta.get(9), meta.get(11)
            if not isinstance(path, list) or not isinstance(length, int) or not isinstance(data, int):
                raise UnreadableError("a column without place")
            start = min(data, dictionary) if isinstance(dictionary, int) and dictionary > 0 else data
            if start < 0 or length < 0 or start + length > end:
                raise UnreadableError("a column outside the file")
            yield Chunk(".".join(map(str, path)), start, length)


def _structs(value: object) -> Iterator[dict[int, object]]:
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, dict):
            raise UnreadableError("a list of something else")
        yield item


def pages(file: BinaryIO, start: int, length: int) -> Iterator[Page]:
    """Go through the page headers of a column chunk, which lies at `start` and is `length` bytes long."""
    place, end = start, start + length
    while place < end:
        compact, fields = _header(file, place, end)
        size, packed = fields.get(2), fields.get(3)
        inner = next((fields[number] for number in (5, 7, 8, 6) if number in fields), None)
        if not isinstance(size, int) or not isinstance(packed, int) or size < 0 or packed < 0:
            raise UnreadableError("a page without size")
        values = inner.get(1, 0) if isinstance(inner, dict) else 0
        yield Page(7 in fields, values if isinstance(values, int) else 0, size)
        place += compact.place + packed
    if place != end:
        raise UnreadableError("a page beyond its column")


def _header(file: BinaryIO, place: int, end: int) -> tuple[_Compact, dict[int, object]]:
    for size in (_USUAL_BYTES, _HEADER_BYTES):
        file.seek(place)
        compact = _Compact(file.read(min(size, end - place)))
        try:
            return compact, compact.struct()
        except UnreadableError:
            if size == _HEADER_BYTES:
                raise
    raise AssertionError("the loop ends with a header or an error")


class _Compact:
    """Thrift's compact protocol, as far as page headers use it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.place = 0

    def struct(self, depth: int = 0) -> dict[int, object]:
        """Read a struct: whole numbers, texts, structs and lists by field number, anything else skipped."""
        if depth > _DEEPEST:
            raise UnreadableError("structs inside structs without end")
        fields: dict[int, object] = {}
        number = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            number = number + step if step else self._signed()
            fields[number] = self._value(kind, depth)
        return fields

    def _value(self, kind: int, depth: int) -> object:
        if kind in _INTEGERS:
            return self._signed()
        if kind == _BINARY:
            size = self._varint()
            self.place += size
            return self._data[self.place - size : self.place].decode("utf-8", "replace")
        if kind in _BOOLEANS:
            return None
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in _LISTS:
            head = self._byte()
            count = head >> 4 if head >> 4 < 15 else self._varint()
            if depth >= _DEEPEST or count > len(self._data):
                raise UnreadableError("a list without end")
            if head & 15 in _BOOLEANS:
                self.place += count
                return None
            return [self._value(head & 15, depth + 1) for _ in range(count)]
        if kind not in (_BYTE, _DOUBLE):
            raise UnreadableError("a type that page headers do not have")
        self.place += 1 if kind == _BYTE else 8
        return None

    def _byte(self) -> int:
        try:
            byte = self._data[self.place]
        except IndexError as fault:
            raise UnreadableError("a header that breaks off") from fault
        self.place += 1
        return byte

    def _varint(self) -> int:
        value = self._byte()
        if value < 128:
            return value
        value &= 127
        for shift in range(7, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise UnreadableError("a number without end")

    def _signed(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def unpacked_size(metadata: bytes, body: memoryview) -> int:
    """Give the bytes that the compressed buffers of an IPC message unpack to; 0 for a message without any.

    `metadata` is the message's FlatBuffer, `body` what follows it.
    """
    try:
        message = _Table(metadata, struct.unpack_from("<I", metadata)[0])
        kind = message.number(1, "B")
        header = message.table(2) if kind in (2, 3) else None
        batch = header.table(1) if header is not None and kind == 2 else header
        if batch is None or batch.table(3) is None:
            return 0
        total = 0
        for offset, length in batch.pairs(2):
            if length >= 8:
                (size,) = struct.unpack_from("<q", body, offset)
                total += size if size >= 0 else length
        return total
    except (struct.error, IndexError) as fault:
        raise UnreadableError("a message that is none") from fault


class _Table:
    """A FlatBuffers table: fields are found through its vtable."""

    def __init__(self, data: bytes, place: int) -> None:
        self._data = data
        self._place = place
        self._vtable = place - struct.unpack_from("<i", data, place)[0]
        if self._vtable < 0:
            raise UnreadableError("a table outside its message")

    def _field(self, number: int) -> int | None:
        (size,) = struct.unpack_from("<H", self._data, self._vtable)
        if 4 + 2 * number + 2 > size:
            return None
        (offset,) = struct.unpack_from("<H", self._data, self._vtable + 4 + 2 * number)
        return self._place + offset if offset else None

    def number(self, number: int, form: str) -> int:
        """Give a scalar field; 0 when it is not there."""
        place = self._field(number)
        return 0 if place is None else int(struct.unpack_from(f"<{form}", self._data, place)[0])

    def table(self, number: int) -> _Table | None:
        """Give a table field."""
        place = self._field(number)
        return None if place is None else _Table(self._data, place + struct.unpack_from("<I", self._data, place)[0])

    def pairs(self, number: int) -> Iterator[tuple[int, int]]:
        """Give a vector of structs of two 64-bit numbers."""
        place = self._field(number)
        if place is None:
            return
        place += struct.unpack_from("<I", self._data, place)[0]
        (count,) = struct.unpack_from("<I", self._data, place)
        if place + 4 + 16 * count > len(self._data):
            raise UnreadableError("a vector outside its message")
        yield from struct.iter_unpack("<qq", self._data[place + 4 : place + 4 + 16 * count])
