"""Headers of a tar, read strictly: POSIX ustar and pax, and GNU's long names. (POSIX.1-2017 `pax`, GNU tar manual D.)

`tarfile` takes a damaged header for the end of the archive, so that everything behind it would silently be missing.
"""

from __future__ import annotations

from govern.inputs.archives.faults import ArchiveFault
from govern.records import record

__all__ = ["BLOCK", "Header", "damaged", "is_tar", "pax_size", "read_header", "read_pax"]

BLOCK = 512
_OCTAL = frozenset(b"01234567")
_MAX_PLAIN = 8**11 - 1
"""Largest size in octal digits; a pax record says more."""


@record
class Header:
    """One header block. `name` holds lone surrogates for bytes that are not UTF-8."""

    name: str
    size: int
    kind: bytes


def damaged(text: str) -> ArchiveFault:
    """Make the fault for bytes that are not a tar's."""
    return ArchiveFault("I207", text, hint="Make the archive again, or fetch it again.")


def is_tar(block: bytes) -> bool:
    """Say whether a block is the header of a member: only its checksum can tell, for the oldest form has no magic."""
    return len(block) == BLOCK and any(block) and _number(block[148:156]) == _checksum(block)


def read_header(block: bytes, offset: int) -> Header:
    """Read one block that is not all zero. Raises ArchiveFault I207."""
    if not is_tar(block):
        raise damaged(f"no header of a member where one should be, at byte {offset:,}")
    size = _number(block[124:136])
    if size is None:
        raise damaged(f"a size that is no number, at byte {offset:,}")
    name = block[:100].split(b"\0", 1)[0]
    if block[257:263] == b"ustar\0":  # GNU's own form keeps other things where POSIX keeps the prefix
        prefix = block[345:500].split(b"\0", 1)[0]
        name = prefix + b"/" + name if prefix else name
    return Header(name.decode("utf-8", "surrogateescape"), size, block[156:157])


def _checksum(block: bytes) -> int:
    return sum(block[:148]) + sum(block[156:]) + 8 * 32


def _number(field: bytes) -> int | None:
    """Read an octal number, or GNU's form for large ones: the first bit set, the rest binary."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    if not _OCTAL.issuperset(digits):
        return None
    return int(digits or b"0", 8)


def read_pax(data: bytes, offset: int) -> dict[str, str]:
    """Read the records of a pax header, `<length> <key>=<value>` and a newline each. Raises ArchiveFault I207."""
    made: dict[str, str] = {}
    position = 0
    while position < len(data):
        digits, sign, _rest = data[position : position + 12].partition(b" ")
        length = int(digits) if sign and digits.isdigit() and digits.isascii() else 0
        record_end = position + length
        body = data[position + len(digits) + 1 : record_end]
        key, equals, value = body.partition(b"=")
        if not equals or not key or not body.endswith(b"\n") or record_end > len(data):
            raise damaged(f"a damaged extended header at byte {offset:,}")
        name = key.decode("utf-8", "surrogateescape")
        if name in made:
            raise damaged(f"an extended header at byte {offset:,} gives {name[:80]} twice")
        made[name] = value[:-1].decode("utf-8", "surrogateescape")
        position = record_end
    return made


def pax_size(text: str, header: Header, offset: int) -> int:
    """Give the size that a pax record states; the header must not say another. Raises ArchiveFault I207."""
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if size < 0 or (size <= _MAX_PLAIN and header.size != size):
        raise damaged(f"two headers at byte {offset:,} give one member different sizes")
    return size
