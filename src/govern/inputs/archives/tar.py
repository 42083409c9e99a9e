"""A tar as a folder of files, in one pass from its first byte to its last; nothing is written once a fault is found."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Protocol

from govern.inputs.archives.faults import ArchiveFault, Faults
from govern.inputs.archives.names import Names
from govern.inputs.archives.tar_headers import BLOCK, Header, damaged, pax_size, read_header, read_pax
from govern.inputs.archives.writing import FolderWriter
from govern.inputs.limits import ArchiveLimits

__all__ = ["Stream", "unpack_tar"]

_CHUNK = 256 * 1024
_MAX_EXTENDED = 1024 * 1024
_FILES = (b"0", b"\0", b"7")
_KINDS = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a FIFO",
    b"S": "a sparse file",
    b"M": "the continuation of another volume",
    b"V": "a volume label",
    b"D": "a folder of an incremental backup",
}
_NO_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")
"""Kinds whose size says nothing about bytes that follow."""
_SPARSE = ("GNU.sparse.", "SCHILY.realsize", "SUN.holesdata")
_PLAIN = "Replace links by what they point to (tar -h); a bundle holds files and folders only."


class Stream(Protocol):
    """Bytes in order: a file, or what one unpacks to. `read` gives fewer than asked only at the end."""

    def read(self, size: int, /) -> bytes:
        """Give the next bytes."""
        ...


def unpack_tar(stream: Stream, names: Names, writer: FolderWriter, faults: Faults, limits: ArchiveLimits) -> None:
    """Write every member until a fault is found, and list the rest; what is wrong goes to `faults`.

    Raises ArchiveFault when the archive cannot be read on, OSError of the writer.
    """
    _Tar(stream, names, writer, faults, limits).read()


class _Tar:
    def __init__(
        self, stream: Stream, names: Names, writer: FolderWriter, faults: Faults, limits: ArchiveLimits
    ) -> None:
        self._stream = stream
        self._names = names
        self._writer = writer
        self._faults = faults
        self._limits = limits
        self._offset = 0
        self._members = 0
        self._pax: dict[str, str] = {}
        self._long_name: str | None = None

    def read(self) -> None:
        """Read to the end of the archive, which is two blocks of zeros and nothing else behind."""
        while any(block := self._take(BLOCK)):
            at = self._offset - BLOCK
            self._members += 1
            if self._members > self._limits.members:
                text = f"more than {self._limits.members:,} members"
                raise ArchiveFault("I205", text, hint="Give the unpacked folder instead.")
            self._member(read_header(block, at), at)
        if self._pax or self._long_name is not None:
            raise damaged("an extended header that no member follows")
        if any(self._take(BLOCK)):
            raise self._stray("something follows the end of the archive")
        while rest := self._stream.read(_CHUNK):
            if any(rest):
                raise self._stray("something follows the end of the archive")

    def _member(self, header: Header, at: int) -> None:
        if header.kind in (b"x", b"g", b"L", b"K"):
            self._extended(header, at)
            return
        pax, self._pax = self._pax, {}
        long_name, self._long_name = self._long_name, None
        size = pax_size(pax["size"], header, at) if "size" in pax else header.size
        name = pax.get("path", long_name if long_name is not None else header.name)
        if long_name is not None and name != long_name:
            raise damaged(f"two headers at byte {at:,} give one member different names")
        name = name.removeprefix("./") or "."
        if header.kind in _NO_DATA:
            size = 0
        if header.kind == b"5" or (header.kind in _FILES and name.endswith("/")):
            if name != ".":  # what `tar -C FOLDER .` calls the folder itself
                self._names.folder(name)
            self._skip(size)
        elif header.kind not in _FILES or any(key.startswith(_SPARSE) for key in pax):
            kind = "a sparse file" if header.kind in _FILES else _KINDS.get(header.kind, "of an unknown kind")
            self._faults.member("I206", name, f"the member is {kind}", _PLAIN)
            self._skip(size)
        else:
            self._file(name, size)

    def _file(self, name: str, size: int) -> None:
        path = self._names.file(name)
        if path is None or self._faults:
            self._skip(size)
        else:
            self._writer.file(path, self._content(size))
            self._padding(size)

    def _extended(self, header: Header, at: int) -> None:
        """Keep what a header says of the member that follows it (`g`: of all that follow)."""
        if header.size > _MAX_EXTENDED:
            raise damaged(f"an extended header of {header.size:,} bytes, at byte {at:,}")
        data = self._take(header.size)
        self._padding(header.size)
        if header.kind == b"L":
            self._long_name = data.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
        elif header.kind == b"x":
            self._pax = read_pax(data, at)
            if self._pax.get("hdrcharset", "") == "BINARY":
                raise damaged(f"names in an encoding that is not stated, at byte {at:,}")
        elif header.kind == b"g":
            told = read_pax(data, at)
            if any(key in ("path", "size", "linkpath", "hdrcharset") or key.startswith(_SPARSE) for key in told):
                raise damaged(f"one header for all members gives them names or sizes, at byte {at:,}")

    def _content(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            chunk = self._take(min(left, _CHUNK))
            left -= len(chunk)
            yield chunk

    def _skip(self, size: int) -> None:
        deque(self._content(size), maxlen=0)
        self._padding(size)

    def _padding(self, size: int) -> None:
        if any(self._take(-size % BLOCK)):
            raise self._stray("bytes between two members belong to none of them")

    def _take(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._offset += len(data)
        if len(data) != size:
            raise damaged(f"the tar is cut short at byte {self._offset:,}")
        return data

    def _stray(self, text: str) -> ArchiveFault:
        hint = "Make the archive again, with nothing behind or between its members."
        return ArchiveFault("I208", f"{text} (near byte {self._offset:,})", hint=hint)
