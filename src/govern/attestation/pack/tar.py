"""The tar bytes of a pack: POSIX ustar in one spelling, so that the same members always make the same archive.

Regular files only, sorted by the bytes of their paths, mode 0644, owner, group and time 0, names of owners empty; two
zero blocks at the end, filled up to 10,240 bytes as tar has done since tapes. This is what
`tar --format=ustar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=0644` writes. Nothing is
compressed: deflate output differs between builds of zlib.

The reader accepts this spelling and no other: it rebuilds each header from path and size and compares all 512 bytes.
So there is no byte of an archive that could change unnoticed, and no link, device, sparse file, extended header or
second spelling of a name that could mean one thing here and another elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from govern.attestation.pack.index import damaged, path_fault

__all__ = ["BLOCK", "MAX_SIZE", "RECORD", "ArchiveWriter", "Found", "fits", "header", "scan"]

BLOCK = 512
RECORD = 20 * BLOCK
"""Archives are a whole number of records long."""

MAX_SIZE = 8**11 - 1
"""Largest member: eleven octal digits."""

_CHUNK = 1024 * 1024
_NAME, _PREFIX = 100, 155
_SUM = slice(148, 156)


def _split(path: str) -> tuple[bytes, bytes] | None:
    """Give (prefix, name) of a path, divided at the last slash that leaves a prefix of at most 155 bytes."""
    data = path.encode("utf-8")
    if len(data) <= _NAME:
        return b"", data
    slash = data.rfind(b"/", 0, _PREFIX + 1)
    if slash <= 0 or not 0 < len(data) - slash - 1 <= _NAME:
        return None
    return data[:slash], data[slash + 1 :]


def fits(path: str) -> bool:
    """Say whether a path may be a member's: sound, and short enough for a ustar header."""
    return path_fault(path) is None and _split(path) is not None


def header(path: str, size: int) -> bytes:
    """Give the 512 bytes before a member. Raises ValueError for a path that does not fit or a size that cannot be."""
    parts = _split(path) if path_fault(path) is None else None
    if parts is None or not 0 <= size <= MAX_SIZE:
        raise ValueError("a ustar header cannot hold this path or size")
    prefix, name = parts
    fields = (
        name.ljust(_NAME, b"\0"),
        b"0000644\0" + b"0000000\0" * 2,
        b"%011o\0" % size,
        b"%011o\0" % 0,
        b" " * 8,
        b"0".ljust(101, b"\0"),
        b"ustar\x0000".ljust(72, b"\0"),
        b"0000000\0" * 2,
        prefix.ljust(_PREFIX + 12, b"\0"),
    )
    block = b"".join(fields)
    return block[: _SUM.start] + b"%06o\0 " % sum(block) + block[_SUM.stop :]


class ArchiveWriter:
    """Writes members in order to a stream; the caller opens and closes it."""

    def __init__(self, stream: BinaryIO) -> None:
        """Begin an archive at the stream's position."""
        self._stream = stream
        self._written = 0
        self._last = b""

    def add(self, path: str, size: int, chunks: Iterator[bytes]) -> str:
        """Write one member and give the sha256 of its bytes, hex.

        Raises ValueError for a path that does not fit or is out of order, and when there are fewer or more bytes than
        `size` said; the archive is void then.
        """
        if path.encode() <= self._last:
            raise ValueError("members are sorted by the bytes of their paths, each once")
        self._last = path.encode()
        self._put(header(path, size))
        digest = hashlib.sha256()
        left = size
        for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            self._put(chunk)
        if left != 0:
            raise ValueError("not as many bytes as were announced")
        self._put(b"\0" * (-size % BLOCK))
        return digest.hexdigest()

    def end(self) -> None:
        """Write the end of the archive."""
        self._put(b"\0" * (2 * BLOCK))
        self._put(b"\0" * (-self._written % RECORD))

    def _put(self, data: bytes) -> None:
        self._stream.write(data)
        self._written += len(data)


@dataclass(frozen=True, slots=True)
class Found:
    """A member of an archive."""

    path: str
    offset: int
    """Where its bytes begin."""
    size: int
    digest: str
    """sha256 of its bytes, hex."""


def scan(stream: BinaryIO, *, most: int) -> Iterator[Found]:
    """Read a whole archive once from its first byte to its last, yielding its members in order.

    Raises IntegrityError: A601 for anything that `ArchiveWriter` would not have written, A602 for a path, A603 for
    more than `most` members. Memory does not grow with the archive.
    """
    offset, last, number = 0, b"", 0
    while any(block := _exactly(stream, BLOCK, offset)):
        number += 1
        if number > most:
            raise damaged("A603", f"more than {most:,} members")
        path, size = _read_header(block, offset)
        if path.encode() <= last:
            raise damaged("A601", f"a member is out of order or stands twice, at byte {offset}", at=path)
        last = path.encode()
        start = offset + BLOCK
        digest = _digest(stream, size, start)
        padding = -size % BLOCK
        if any(_exactly(stream, padding, start + size)):
            raise damaged("A601", f"something stands after the end of a member, at byte {start + size}", at=path)
        yield Found(path, start, size, digest)
        offset = start + size + padding
    _check_end(stream, offset)


def _exactly(stream: BinaryIO, size: int, offset: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise damaged("A601", f"the archive is cut off at byte {offset + len(data)}")
    return data


def _digest(stream: BinaryIO, size: int, offset: int) -> str:
    digest = hashlib.sha256()
    left = size
    while left:
        chunk = _exactly(stream, min(left, _CHUNK), offset + size - left)
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _read_header(block: bytes, offset: int) -> tuple[str, int]:
    """Give path and size of a header that is spelt as `header` spells it."""
    kind = block[156:157]
    if kind != b"0":
        what = _KINDS.get(kind, "of a kind that a pack does not have")
        raise damaged("A601", f"the member at byte {offset} is {what}; a pack holds regular files only")
    name, prefix = block[:_NAME].split(b"\0", 1)[0], block[345:500].split(b"\0", 1)[0]
    try:
        path = (prefix + b"/" + name if prefix else name).decode("utf-8")
        size = int(block[124:135], 8)
    except ValueError as fault:
        raise damaged("A601", f"the header at byte {offset} cannot be read") from fault
    problem = path_fault(path)
    if problem is not None:
        raise damaged("A602", f"the name of the member at byte {offset} {problem}", at=path)
    if not fits(path) or size < 0 or header(path, size) != block:
        raise damaged("A601", f"the header at byte {offset} is not spelt as a pack's", at=path)
    return path, size


_KINDS = {
    b"\0": "marked in the old way",
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"5": "a folder",
    b"6": "a FIFO",
    b"7": "a contiguous file",
    b"g": "a global extended header",
    b"x": "an extended header",
    b"K": "a long link name",
    b"L": "a long name",
    b"S": "a sparse file",
}


def _check_end(stream: BinaryIO, offset: int) -> None:
    rest = stream.read(RECORD + 1)
    total = offset + BLOCK + len(rest)
    wanted = -(-(offset + 2 * BLOCK) // RECORD) * RECORD
    if total != wanted or any(rest):
        raise damaged("A601", f"the end of the archive at byte {offset} is not {wanted - offset} zero bytes")
