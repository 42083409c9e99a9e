"""The layout of a zip: end records, directory, local headers. They must tell one story, and every byte belongs to it.

Zip readers disagree wherever the two headers of a member disagree, which is how a payload is hidden from a scanner.
Layout: APPNOTE.TXT 6.3.10 sections 4.3 and 4.5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["DESCRIPTOR", "UTF8", "Dialect", "Slices", "ZipFault", "ZipMember", "read_layout"]

_EOCD = struct.Struct("<4s4H2LH")
_EOCD64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_NEWEST = 63
"""Version of the format that ordinary readers know (6.3)."""
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_ZIP64, _TORCH_PADDING, _UNICODE_PATH = 0x0001, 0x4246, 0x7075
DESCRIPTOR, UTF8 = 0x8, 0x800
"""Flags: sizes follow the data; the name is UTF-8."""


class Slices(Protocol):
    """Bytes of a file, of which slices are asked: bytes, a memory map, or a file that is read in places."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a zip may hold beside its members."""

    extras: frozenset[int] | None = None
    """Extra fields that are understood; None for all, as they hold times and owners that nobody judges."""
    comments: bool = True


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One member whose two headers agree."""

    name: str
    """Bytes that are not text in the encoding that the flags state are lone surrogates."""
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header_start: int
    data_start: int
    end: int
    """Behind the data and its descriptor."""
    unix_type: int = 0
    """The file type of a Unix mode (its top four bits), 0 where none is given."""


class ZipFault(Exception):  # noqa: N818 - a finding about the bytes; callers turn it into their own error
    """Bytes that two readers could see differently. `stray` ones belong to no part of the archive."""

    def __init__(self, text: str, offset: int, *, stray: bool = False) -> None:
        """Say what is wrong, and where."""
        super().__init__(text)
        self.text = text
        self.offset = offset
        self.stray = stray


@dataclass(frozen=True, slots=True)
class _Entry:
    raw_name: bytes
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    offset: int
    unix_type: int


def read_layout(data: Slices, dialect: Dialect, count: Callable[[], None]) -> tuple[ZipMember, ...]:
    """Give the members in file order. `count` is called for each entry of the directory before it is kept.

    Raises ZipFault for bytes before, between or after the parts, unequal headers, several disks, and whatever the
    dialect does not have.
    """
    total, start, end = _directory(data, dialect)
    entries = _central(data, total, start, end, dialect, count)
    members: list[ZipMember] = []
    position = 0
    for entry in sorted(entries, key=lambda item: item.offset):
        if entry.offset < position:
            raise ZipFault("zip members overlap", entry.offset, stray=True)
        if entry.offset != position:
            raise ZipFault("bytes between zip members belong to none of them", position, stray=True)
        member = _local(data, entry, start, dialect)
        members.append(member)
        position = member.end
    if position != start:
        raise ZipFault("bytes before the zip directory belong to no member", position, stray=True)
    return tuple(members)


def _end_record(data: Slices, dialect: Dialect) -> int:
    """Give the offset of the end record: the last one, as every reader takes it, with a comment up to the very end."""
    at = len(data) - _EOCD.size
    if not dialect.comments or at < 0:
        if at < 0 or data[at : at + 4] != b"PK\x05\x06":
            text = "the zip does not end with its end record: a comment, a trailer or a cut"
            raise ZipFault(text, max(at, 0), stray=True)
        return at
    first = max(0, at - _FULL16)
    tail = data[first : len(data)]
    found = tail.rfind(b"PK\x05\x06")
    if found < 0:
        raise ZipFault("the zip has no end record: it is cut short, or something follows it", at)
    at = first + found
    size = int.from_bytes(data[at + _EOCD.size - 2 : at + _EOCD.size], "little")
    if at + _EOCD.size + size != len(data):
        raise ZipFault(
            "bytes follow the end of the zip, or it is cut short", min(at + _EOCD.size, len(data)), stray=True
        )
    return at


def _directory(data: Slices, dialect: Dialect) -> tuple[int, int, int]:
    """Give `(entries, start, end)` of the central directory."""
    at = _end_record(data, dialect)
    _sig, disk, first, here, count, size, start, comment = _EOCD.unpack(data[at : at + _EOCD.size])
    if disk or first or here != count or (comment and not dialect.comments):
        raise ZipFault("a zip over several disks, or with a comment", at)
    end = at
    locator = at - _LOCATOR.size
    if locator >= 0 and data[locator : locator + 4] == b"PK\x06\x07":
        _sig, disk, record, disks = _LOCATOR.unpack(data[locator:at])
        if disk or disks != 1 or record != locator - _EOCD64.size or record < 0:
            raise ZipFault("the zip64 locator does not point at its record", locator)
        if data[record : record + 4] != b"PK\x06\x06":
            raise ZipFault("the zip64 locator does not point at its record", locator)
        wide = _EOCD64.unpack(data[record:locator])
        if wide[1] != _EOCD64.size - 12 or wide[4] or wide[5] or wide[6] != wide[7]:
            raise ZipFault("the zip64 end record is not plain", record)
        pairs = ((count, wide[7], _FULL16), (size, wide[8], _FULL32), (start, wide[9], _FULL32))
        if any(narrow not in (full, value) for narrow, value, full in pairs):
            raise ZipFault("the two end records of the zip disagree", record)
        count, size, start, end = wide[7], wide[8], wide[9], record
    elif _FULL32 in (size, start):
        raise ZipFault("the zip64 end record is absent", at)
    if start + size != end:
        raise ZipFault("bytes between the zip directory and its end record", end, stray=True)
    return count, start, end


def _central(
    data: Slices, total: int, start: int, end: int, dialect: Dialect, count: Callable[[], None]
) -> list[_Entry]:
    entries: list[_Entry] = []
    position = start
    while position < end:
        count()
        if position + _CENTRAL.size > end or data[position : position + 4] != b"PK\x01\x02":
            raise ZipFault("the zip directory is damaged", position)
        fields = _CENTRAL.unpack(data[position : position + _CENTRAL.size])
        _sig, made, needed, flags, method, _time, _date, crc, packed, size, name, extra, comment, disk = fields[:14]
        attributes, offset = fields[15:17]
        if needed > _NEWEST:
            raise ZipFault("a zip member that needs a newer reader", position)
        after_name = position + _CENTRAL.size + name
        after = after_name + extra + comment
        if disk or after > end or (comment and not dialect.comments):
            raise ZipFault("a zip member with a comment, on another disk, or cut short", position)
        raw_name = data[position + _CENTRAL.size : after_name]
        extras = _extras(data[after_name : after_name + extra], position, dialect)
        _same_name(raw_name, extras, position)
        size, packed, offset = _widen((size, packed, offset), extras.get(_ZIP64, b""), position)
        unix_type = attributes >> 28 if made >> 8 == 3 else 0
        entries.append(_Entry(raw_name, method, flags, crc, packed, size, offset, unix_type))
        position = after
    if len(entries) != total:
        raise ZipFault("the zip directory does not hold as many members as it says", start)
    return entries


def _extras(raw: bytes, offset: int, dialect: Dialect) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    position = 0
    while position < len(raw):
        if position + 4 > len(raw):
            raise ZipFault("bytes in a zip extra field that belong to nothing", offset, stray=True)
        kind, size = struct.unpack_from("<2H", raw, position)
        body = raw[position + 4 : position + 4 + size]
        if len(body) != size or kind in found or (dialect.extras is not None and kind not in dialect.extras):
            raise ZipFault(f"a zip extra field {kind:#06x} that is not understood", offset, stray=True)
        if kind == _TORCH_PADDING and body.strip(b"Z"):
            raise ZipFault("padding in a zip header that holds something else", offset, stray=True)
        found[kind] = body
        position += 4 + size
    return found


def _same_name(raw_name: bytes, extras: dict[int, bytes], offset: int) -> None:
    """Refuse a second name of a member: version, checksum of the first, then UTF-8 (APPNOTE 4.6.9)."""
    second = extras.get(_UNICODE_PATH)
    if second is not None and second[5:] != raw_name:
        raise ZipFault("a zip member has a second name that differs from the first", offset)


def _widen(values: tuple[int, ...], wide: bytes, offset: int) -> list[int]:
    """Replace saturated 32-bit values by those of the zip64 extra field, in its fixed order."""
    made: list[int] = []
    position = 0
    for value in values:
        if value == _FULL32:
            if position + 8 > len(wide):
                raise ZipFault("a zip64 size is absent", offset)
            value = int.from_bytes(wide[position : position + 8], "little")  # noqa: PLW2901
            position += 8
        made.append(value)
    return made


def _local(data: Slices, entry: _Entry, limit: int, dialect: Dialect) -> ZipMember:
    at = entry.offset
    if at + _LOCAL.size > limit or data[at : at + 4] != b"PK\x03\x04":
        raise ZipFault("a zip member without its local header", at)
    fields = _LOCAL.unpack(data[at : at + _LOCAL.size])
    _sig, needed, flags, method, _time, _date, crc, packed, size, name, extra = fields
    start = at + _LOCAL.size + name + extra
    if needed > _NEWEST:
        raise ZipFault("a zip member that needs a newer reader", at)
    raw_name = data[at + _LOCAL.size : at + _LOCAL.size + name]
    if raw_name != entry.raw_name or flags != entry.flags or method != entry.method:
        raise ZipFault("the two headers of a zip member name it differently", at)
    extras = _extras(data[at + _LOCAL.size + name : start], at, dialect)
    _same_name(raw_name, extras, at)
    size, packed = _widen((size, packed), extras.get(_ZIP64, b""), at)
    told = (crc, packed, size)
    deferred = bool(flags & DESCRIPTOR)
    if told != (entry.crc, entry.packed, entry.size) and not (deferred and not any(told)):
        raise ZipFault("the two headers of a zip member give it different sizes", at)
    end = start + entry.packed
    if end > limit:
        raise ZipFault("a zip member runs into the directory", at)
    if deferred:
        end = _descriptor(data, entry, end, limit)
    name_text = entry.raw_name.decode("utf-8" if entry.flags & UTF8 else "ascii", "surrogateescape")
    return ZipMember(name_text, method, flags, entry.crc, entry.packed, entry.size, at, start, end, entry.unix_type)


def _descriptor(data: Slices, entry: _Entry, at: int, limit: int) -> int:
    for form in ("<LLL", "<LQQ"):
        body = struct.pack(form, entry.crc, entry.packed, entry.size) if _fits(form, entry) else None
        for signature in (b"PK\x07\x08", b""):
            if body is not None and data[at : at + len(signature) + len(body)] == signature + body:
                following = at + len(signature) + len(body)
                if following <= limit and data[following : following + 2] == b"PK":
                    return following
    raise ZipFault("the data descriptor of a zip member does not agree with the directory", at)


def _fits(form: str, entry: _Entry) -> bool:
    return form == "<LQQ" or max(entry.packed, entry.size) <= _FULL32
