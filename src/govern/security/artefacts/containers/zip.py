"""Zip archives read strictly: local headers and central directory must tell one story, and every byte belongs to it.

Zip readers disagree wherever the two disagree, which is how a payload is hidden from a scanner. Layout: APPNOTE.TXT
6.3.10 sections 4.3 and 4.5.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from govern.security.artefacts.limits import Budget, ScanError
from govern.security.artefacts.pickle.machine import Buffer

__all__ = ["ZipMember", "member_bytes", "read_zip", "verify_stored"]

_EOCD = struct.Struct("<4s4H2LH")
_EOCD64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_NEWEST = 63
"""Version of the format that ordinary readers know (6.3)."""
_SYMLINK = 0o12
"""File type of a symbolic link, the top four bits of a Unix mode."""
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_DESCRIPTOR, _UTF8 = 0x8, 0x800
_FLAGS = _DESCRIPTOR | _UTF8 | 0x6
"""Flags that may be set: descriptor, UTF-8 names, and the compression level hint."""
_EXTRA = frozenset({0x0001, 0x4246, 0x5455, 0x7875, 0x5855})
"""Extra fields that are understood: zip64, torch's padding, times, owner."""


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One member whose two headers agree."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header_start: int
    data_start: int
    end: int
    """Behind the data and its descriptor."""


@dataclass(frozen=True, slots=True)
class _Entry:
    raw_name: bytes
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    offset: int


def read_zip(data: Buffer, budget: Budget) -> tuple[tuple[ZipMember, ...], dict[str, int]]:
    """Give the members in file order with the spans of the archive's own bytes.

    Raises ScanError for anything two readers could see differently: bytes before, between or after the parts,
    comments, unequal headers, encryption, repeated or escaping names.
    """
    count, start, end = _directory(data)
    entries = _central(data, count, start, end, budget)
    members: list[ZipMember] = []
    position = 0
    for entry in sorted(entries, key=lambda item: item.offset):
        if entry.offset != position:
            raise ScanError("S304", "bytes between zip members belong to none of them", offset=position)
        member = _local(data, entry, start)
        members.append(member)
        position = member.end
    if position != start:
        raise ScanError("S304", "bytes before the zip directory belong to no member", offset=position)
    _check_names(members)
    inside = sum(member.packed for member in members)
    return tuple(members), {"zip.headers": len(data) - inside}


def _directory(data: Buffer) -> tuple[int, int, int]:
    """Give `(entries, start, end)` of the central directory."""
    at = len(data) - _EOCD.size
    if at < 0 or data[at : at + 4] != b"PK\x05\x06":
        raise ScanError(
            "S304", "the zip does not end with its end record: a comment, a trailer or a cut", offset=max(at, 0)
        )
    _sig, disk, first, here, count, size, start, comment = _EOCD.unpack(data[at:])
    if disk or first or here != count or comment:
        raise ScanError("S307", "a zip over several disks, or with a comment", offset=at)
    end = at
    locator = at - _LOCATOR.size
    if locator >= 0 and data[locator : locator + 4] == b"PK\x06\x07":
        _sig, disk, record, disks = _LOCATOR.unpack(data[locator:at])
        if disk or disks != 1 or record != locator - _EOCD64.size or record < 0:
            raise ScanError("S307", "the zip64 locator does not point at its record", offset=locator)
        if data[record : record + 4] != b"PK\x06\x06":
            raise ScanError("S307", "the zip64 locator does not point at its record", offset=locator)
        wide = _EOCD64.unpack(data[record:locator])
        if wide[1] != _EOCD64.size - 12 or wide[4] or wide[5] or wide[6] != wide[7]:
            raise ScanError("S307", "the zip64 end record is not plain", offset=record)
        pairs = ((count, wide[7], _FULL16), (size, wide[8], _FULL32), (start, wide[9], _FULL32))
        if any(narrow not in (full, value) for narrow, value, full in pairs):
            raise ScanError("S307", "the two end records of the zip disagree", offset=record)
        count, size, start, end = wide[7], wide[8], wide[9], record
    elif _FULL32 in (size, start):
        raise ScanError("S307", "the zip64 end record is absent", offset=at)
    if start + size != end:
        raise ScanError("S304", "bytes between the zip directory and its end record", offset=end)
    return count, start, end


def _central(data: Buffer, count: int, start: int, end: int, budget: Budget) -> list[_Entry]:
    entries: list[_Entry] = []
    position = start
    while position < end:
        budget.member()
        if position + _CENTRAL.size > end or data[position : position + 4] != b"PK\x01\x02":
            raise ScanError("S307", "the zip directory is damaged", offset=position)
        fields = _CENTRAL.unpack(data[position : position + _CENTRAL.size])
        _sig, made, needed, flags, method, _time, _date, crc, packed, size, name, extra, comment, disk = fields[:14]
        attributes, offset = fields[15:17]
        if needed > _NEWEST or (made >> 8 == 3 and (attributes >> 28) == _SYMLINK):
            raise ScanError("S307", "a zip member that is a link, or needs a newer reader", offset=position)
        after_name = position + _CENTRAL.size + name
        after = after_name + extra + comment
        if comment or disk or after > end:
            raise ScanError("S307", "a zip member with a comment, on another disk, or cut short", offset=position)
        raw_name = data[position + _CENTRAL.size : after_name]
        wide = _extras(data[after_name:after], position).get(0x0001, b"")
        size, packed, offset = _widen((size, packed, offset), wide, position)
        if flags & ~_FLAGS:
            raise ScanError("S307", f"zip flags {flags:#06x}: encrypted, patched or unknown", offset=position)
        if method not in (0, 8):
            raise ScanError("S307", f"zip method {method} is not stored or deflated", offset=position)
        entries.append(_Entry(raw_name, method, flags, crc, packed, size, offset))
        position = after
    if len(entries) != count:
        raise ScanError("S307", "the zip directory does not hold as many members as it says", offset=start)
    return entries


def _extras(raw: bytes, offset: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    position = 0
    while position < len(raw):
        if position + 4 > len(raw):
            raise ScanError("S304", "bytes in a zip extra field that belong to nothing", offset=offset)
        kind, size = struct.unpack_from("<2H", raw, position)
        body = raw[position + 4 : position + 4 + size]
        if len(body) != size or kind in found or kind not in _EXTRA:
            raise ScanError("S304", f"a zip extra field {kind:#06x} that is not understood", offset=offset)
        if kind == 0x4246 and body.strip(b"Z"):
            raise ScanError("S304", "padding in a zip header that holds something else", offset=offset)
        found[kind] = body
        position += 4 + size
    return found


def _widen(values: tuple[int, ...], wide: bytes, offset: int) -> list[int]:
    """Replace saturated 32-bit values by those of the zip64 extra field, in its fixed order."""
    made: list[int] = []
    position = 0
    for value in values:
        if value == _FULL32:
            if position + 8 > len(wide):
                raise ScanError("S307", "a zip64 size is absent", offset=offset)
            value = int.from_bytes(wide[position : position + 8], "little")  # noqa: PLW2901
            position += 8
        made.append(value)
    return made


def _local(data: Buffer, entry: _Entry, limit: int) -> ZipMember:
    at = entry.offset
    if at + _LOCAL.size > limit or data[at : at + 4] != b"PK\x03\x04":
        raise ScanError("S307", "a zip member without its local header", offset=at)
    fields = _LOCAL.unpack(data[at : at + _LOCAL.size])
    _sig, needed, flags, method, _time, _date, crc, packed, size, name, extra = fields
    start = at + _LOCAL.size + name + extra
    if needed > _NEWEST:
        raise ScanError("S307", "a zip member that needs a newer reader", offset=at)
    if (
        data[at + _LOCAL.size : at + _LOCAL.size + name] != entry.raw_name
        or flags != entry.flags
        or method != entry.method
    ):
        raise ScanError("S307", "the two headers of a zip member name it differently", offset=at)
    extras = _extras(data[at + _LOCAL.size + name : start], at)
    size, packed = _widen((size, packed), extras.get(0x0001, b""), at)
    told = (crc, packed, size)
    deferred = bool(flags & _DESCRIPTOR)
    if told != (entry.crc, entry.packed, entry.size) and not (deferred and not any(told)):
        raise ScanError("S307", "the two headers of a zip member give it different sizes", offset=at)
    end = start + entry.packed
    if end > limit:
        raise ScanError("S307", "a zip member runs into the directory", offset=at)
    if deferred:
        end = _descriptor(data, entry, end, limit)
    return ZipMember(_decoded(entry, at), method, flags, entry.crc, entry.packed, entry.size, at, start, end)


def _descriptor(data: Buffer, entry: _Entry, at: int, limit: int) -> int:
    for form in ("<LLL", "<LQQ"):
        body = struct.pack(form, entry.crc, entry.packed, entry.size) if _fits(form, entry) else None
        for signature in (b"PK\x07\x08", b""):
            if body is not None and data[at : at + len(signature) + len(body)] == signature + body:
                following = at + len(signature) + len(body)
                if following <= limit and data[following : following + 2] == b"PK":
                    return following
    raise ScanError("S307", "the data descriptor of a zip member does not agree with the directory", offset=at)


def _fits(form: str, entry: _Entry) -> bool:
    return form == "<LQQ" or max(entry.packed, entry.size) <= _FULL32


def _decoded(entry: _Entry, offset: int) -> str:
    try:
        return entry.raw_name.decode("utf-8" if entry.flags & _UTF8 else "ascii")
    except UnicodeDecodeError as fault:
        raise ScanError("S307", "the name of a zip member cannot be read", offset=offset) from fault


_MOST_NAMES = 10


def _leaves(name: str) -> bool:
    """Whether a member would be written outside the folder it is unpacked into, or cannot be a file name at all."""
    parts = name.rstrip("/").split("/")
    escapes = name.startswith("/") or ".." in parts or "" in parts or "." in parts or "\\" in name or ":" in parts[0]
    return escapes or any(ord(char) < 32 or ord(char) == 127 for char in name)


def _check_names(members: list[ZipMember]) -> None:
    leaving = [member for member in members if _leaves(member.name)]
    if leaving:
        names = ", ".join(repr(member.name[:80]) for member in leaving[:_MOST_NAMES])
        more = f" and {len(leaving) - _MOST_NAMES} more" if len(leaving) > _MOST_NAMES else ""
        text = f"zip member {names}{more} would leave its folder"
        raise ScanError("S307", text, offset=leaving[0].header_start)
    seen: set[str] = set()
    for member in members:
        name = member.name
        folded = name.casefold()
        if folded in seen:
            raise ScanError("S307", f"zip member {name[:80]!r} stands twice", offset=member.header_start)
        seen.add(folded)


def verify_stored(data: Buffer, member: ZipMember) -> None:
    """Check the CRC of an uncompressed member without copying it. Raises ScanError."""
    if member.packed != member.size:
        raise ScanError("S307", f"stored member {member.name[:80]!r} has two sizes", offset=member.header_start)
    with memoryview(data) as view, view[member.data_start : member.data_start + member.size] as part:
        crc = zlib.crc32(part)
    if crc != member.crc:
        raise ScanError("S307", f"the checksum of member {member.name[:80]!r} is wrong", offset=member.header_start)


def member_bytes(data: Buffer, member: ZipMember, budget: Budget) -> bytes:
    """Give the content of a member with size and checksum verified. Raises ScanError, also beyond the budget."""
    budget.unpack(member.size)
    if member.method == 0:
        verify_stored(data, member)
        return data[member.data_start : member.data_start + member.size]
    reader = zlib.decompressobj(wbits=-15)
    try:
        body = reader.decompress(data[member.data_start : member.data_start + member.packed], member.size + 1)
    except zlib.error as fault:
        raise ScanError("S307", f"member {member.name[:80]!r} is damaged", offset=member.data_start) from fault
    if len(body) != member.size or not reader.eof or reader.unused_data:
        raise ScanError("S307", f"member {member.name[:80]!r} does not unpack to its size", offset=member.data_start)
    if zlib.crc32(body) != member.crc:
        raise ScanError("S307", f"the checksum of member {member.name[:80]!r} is wrong", offset=member.header_start)
    return body
