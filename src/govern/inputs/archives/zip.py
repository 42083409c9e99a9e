"""A zip as a folder of files: listed first, from both of its directories, and unpacked only when nothing is wrong."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from govern.inputs.archives.compression import FREE_BYTES
from govern.inputs.archives.faults import ArchiveFault, Faults
from govern.inputs.archives.names import Names
from govern.inputs.archives.writing import FolderWriter
from govern.inputs.archives.zip_layout import DESCRIPTOR, UTF8, Dialect, ZipFault, ZipMember, read_layout
from govern.inputs.limits import ArchiveLimits

__all__ = ["unpack_zip"]

_CHUNK = 256 * 1024
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000
"""Flags: encrypted, strongly encrypted, headers masked."""
_FLAGS = DESCRIPTOR | UTF8 | 0x6
"""Flags of ordinary members: descriptor, UTF-8 names, and the compression level hint."""
_FOLDER, _FILE = 0o04, 0o10
_KINDS = {0o12: "a symbolic link", 0o01: "a FIFO", 0o14: "a socket", 0o02: "a character device", 0o06: "a block device"}
_DAMAGED = "Make the archive again, or fetch it again."


class _InPlaces:
    """A file of which slices are asked, so that an archive of any size takes no memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._descriptor = file.fileno()
        self._size = os.fstat(self._descriptor).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _step = key.indices(self._size)
        return os.pread(self._descriptor, max(0, stop - start), start)


def unpack_zip(file: BinaryIO, names: Names, writer: FolderWriter, faults: Faults, limits: ArchiveLimits) -> None:
    """Write every member. Nothing is written when the listing has a fault; what is wrong goes to `faults`.

    Raises ArchiveFault when the archive cannot be read on, OSError of the writer.
    """
    data = _InPlaces(file)
    try:
        members = read_layout(data, Dialect(), _Count(limits))
    except ZipFault as fault:
        text = f"{fault.text} (byte {fault.offset:,})"
        raise ArchiveFault("I208" if fault.stray else "I207", text, hint=_DAMAGED) from fault
    paths = [_listed(member, names, faults, limits) for member in members]
    _check_total(members, limits)
    if faults:
        return
    for member, path in zip(members, paths, strict=True):
        if path is not None:
            writer.file(path, _content(data, member))


class _Count:
    """Counts members against the cap."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._left = limits.members
        self._most = limits.members

    def __call__(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ArchiveFault("I205", f"more than {self._most:,} members", hint="Give the unpacked folder instead.")


def _listed(member: ZipMember, names: Names, faults: Faults, limits: ArchiveLimits) -> str | None:
    """Look at one entry of the directory; give the path of a file, None for a folder or one that is refused."""
    name = _name(member)
    problem = _problem(member)
    if problem is not None:
        faults.member("I206", name, *problem)
    if member.method == _DEFLATED and member.size > max(FREE_BYTES, member.packed * limits.expansion):
        text = f"unpacks to {member.size:,} bytes, more than {limits.expansion} times its size"
        faults.member("I205", name, text, "Store this member without compression.")
    if member.method == _STORED and member.packed != member.size:
        faults.member("I207", name, "a member that is stored as it is has two sizes", _DAMAGED)
    if name.endswith("/"):
        if member.size:
            faults.member("I207", name, "a folder that holds bytes", _DAMAGED)
        names.folder(name)
        return None
    return names.file(name)


def _name(member: ZipMember) -> str:
    """Give the name. On Unix zip writes UTF-8 and does not say so; elsewhere it may have meant anything."""
    if member.flags & UTF8 or not member.unix_type:
        return member.name
    return member.name.encode("ascii", "surrogateescape").decode("utf-8", "surrogateescape")


def _problem(member: ZipMember) -> tuple[str, str] | None:
    if member.flags & _ENCRYPTED:
        return "the member is encrypted", "Make the archive without a password."
    if member.flags & ~_FLAGS:
        return (
            f"the member has flags {member.flags:#06x} that are not read",
            "Make the archive again with plain members.",
        )
    if member.method not in (_STORED, _DEFLATED):
        return (
            f"compression method {member.method} is not read",
            "Make the archive with deflate, or without compression.",
        )
    if member.unix_type not in (0, _FOLDER, _FILE):
        kind = _KINDS.get(member.unix_type, "neither file nor folder")
        return f"the member is {kind}", "Replace links by what they point to; a bundle holds files and folders only."
    return None


def _check_total(members: tuple[ZipMember, ...], limits: ArchiveLimits) -> None:
    total = sum(member.size for member in members if member.method != _STORED)
    if total > limits.expanded_bytes:
        text = f"the compressed members unpack to {total:,} bytes; at most {limits.expanded_bytes:,}"
        raise ArchiveFault("I205", text, hint="Store large members without compression (zip -0).")


def _content(data: _InPlaces, member: ZipMember) -> Iterator[bytes]:
    """Give the content in chunks, never more than the directory says. Raises ArchiveFault for any other content."""
    crc, left = 0, member.size
    for chunk in _chunks(data, member):
        left -= len(chunk)
        if left < 0:
            break
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if left != 0:
        raise _damaged(member, "does not unpack to the size that the directory states")
    if crc != member.crc:
        raise _damaged(member, "does not have the checksum that the directory states")


def _chunks(data: _InPlaces, member: ZipMember) -> Iterator[bytes]:
    stop = member.data_start + member.packed
    packed = (data[at : min(at + _CHUNK, stop)] for at in range(member.data_start, stop, _CHUNK))
    if member.method == _STORED:
        yield from packed
        return
    inner = zlib.decompressobj(wbits=-15)
    try:
        for feed in packed:
            if inner.eof:
                raise _damaged(member, "is followed by bytes that are not part of it")
            rest = feed
            while rest and not inner.eof:
                yield inner.decompress(rest, _CHUNK)
                rest = inner.unconsumed_tail
        while not inner.eof and (part := inner.decompress(inner.unconsumed_tail, _CHUNK)):
            yield part
    except zlib.error as fault:
        raise _damaged(member, f"is damaged ({fault})") from fault
    if not inner.eof or inner.unused_data:
        raise _damaged(member, "is cut short, or followed by bytes that are not part of it")


def _damaged(member: ZipMember, text: str) -> ArchiveFault:
    return ArchiveFault("I207", f"the member {_name(member)} {text}", hint=_DAMAGED)
