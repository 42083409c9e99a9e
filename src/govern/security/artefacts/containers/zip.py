"""Zip archives in the strict dialect of model files: nothing beside the members, every byte accounted for."""

from __future__ import annotations

import zlib

from govern.inputs.archives.zip_layout import DESCRIPTOR, UTF8, Dialect, ZipFault, ZipMember, read_layout
from govern.security.artefacts.limits import Budget, ScanError
from govern.security.artefacts.pages import WINDOW, give_back
from govern.security.artefacts.pickle.machine import Buffer

__all__ = ["ZipMember", "member_bytes", "read_zip", "verify_stored"]

_SYMLINK = 0o12
"""File type of a symbolic link, the top four bits of a Unix mode."""
_FLAGS = DESCRIPTOR | UTF8 | 0x6
"""Flags that may be set: descriptor, UTF-8 names, and the compression level hint."""
_STRICT = Dialect(extras=frozenset({0x0001, 0x4246, 0x5455, 0x7875, 0x5855}), comments=False)
"""Extra fields that are understood: zip64, torch's padding, times, owner."""


def read_zip(data: Buffer, budget: Budget) -> tuple[tuple[ZipMember, ...], dict[str, int]]:
    """Give the members in file order with the spans of the archive's own bytes.

    Raises ScanError for anything two readers could see differently: bytes before, between or after the parts,
    comments, unequal headers, encryption, repeated or escaping names.
    """
    try:
        members = read_layout(data, _STRICT, budget.member)
    except ZipFault as fault:
        raise ScanError("S304" if fault.stray else "S307", fault.text, offset=fault.offset) from fault
    for member in members:
        _check_plain(member)
    _check_names(members)
    inside = sum(member.packed for member in members)
    return members, {"zip.headers": len(data) - inside}


def _check_plain(member: ZipMember) -> None:
    at = member.header_start
    if member.unix_type == _SYMLINK:
        raise ScanError("S307", "a zip member that is a link", offset=at)
    if member.flags & ~_FLAGS:
        raise ScanError("S307", f"zip flags {member.flags:#06x}: encrypted, patched or unknown", offset=at)
    if member.method not in (0, 8):
        raise ScanError("S307", f"zip method {member.method} is not stored or deflated", offset=at)
    if any("\udc80" <= char <= "\udcff" for char in member.name):
        raise ScanError("S307", "the name of a zip member cannot be read", offset=at)


_MOST_NAMES = 10


def _leaves(name: str) -> bool:
    """Whether a member would be written outside the folder it is unpacked into, or cannot be a file name at all."""
    parts = name.rstrip("/").split("/")
    escapes = name.startswith("/") or ".." in parts or "" in parts or "." in parts or "\\" in name or ":" in parts[0]
    return escapes or any(ord(char) < 32 or ord(char) == 127 for char in name)


def _check_names(members: tuple[ZipMember, ...]) -> None:
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
    crc, end = 0, member.data_start + member.size
    for start in range(member.data_start, end, WINDOW):
        stop = min(start + WINDOW, end)
        with memoryview(data) as view, view[start:stop] as part:
            crc = zlib.crc32(part, crc)
        give_back(data, start, stop)
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
