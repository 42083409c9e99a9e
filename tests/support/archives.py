"""Archives built byte by byte, sound or spoilt; nothing of this is stored."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Files = Mapping[str, bytes]


@dataclass
class Member:
    """One zip member; what is None follows from the rest. The second name and size are those of the directory."""

    name: bytes
    data: bytes = b"hello"
    method: int = 0
    flags: int = 0
    size: int | None = None
    crc: int | None = None
    packed: bytes | None = None
    listed_name: bytes | None = None
    listed_size: int | None = None
    listed_offset: int | None = None
    mode: int = 0
    extra: bytes = b""
    listed: bool = True


def deflated(data: bytes) -> bytes:
    made = zlib.compressobj(9, zlib.DEFLATED, -15)
    return made.compress(data) + made.flush()


def zip_of(
    *members: Member,
    before: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    count: int = 0,
) -> bytes:
    """A zip of these members, which need not be sound."""
    body, directory, listed = before, b"", 0
    for item in members:
        packed = item.packed if item.packed is not None else (deflated(item.data) if item.method == 8 else item.data)
        size = len(item.data) if item.size is None else item.size
        crc = zlib.crc32(item.data) if item.crc is None else item.crc
        offset = len(body) if item.listed_offset is None else item.listed_offset
        common = (20, item.flags, item.method, 0, 33, crc, len(packed))
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *common, size, len(item.name), len(item.extra))
        body += item.name + item.extra + packed
        if not item.listed:
            continue
        listed += 1
        name = item.name if item.listed_name is None else item.listed_name
        told = size if item.listed_size is None else item.listed_size
        head = (0x031E, *common, told, len(name), len(item.extra), 0, 0, 0, item.mode << 16, offset)
        directory += struct.pack("<4s6H3L5H2L", b"PK\1\2", *head) + name + item.extra
    body += between
    total = count or listed
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, total, total, len(directory), len(body), len(comment))
    return body + directory + end + comment + after


def zip64_of(*members: Member, entries: int | None = None, locator: int = 0, narrow: int = 0xFFFFFFFF) -> bytes:
    """A zip whose end is told by the wide records; `locator` shifts where they point, `narrow` is the old start."""
    plain = zip_of(*members)
    _sig, _d, _f, _h, count, size, start, _c = struct.unpack("<4s4H2LH", plain[-22:])
    told = count if entries is None else entries
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, told, told, size, start)
    where = struct.pack("<4sLQL", b"PK\6\7", 0, len(plain) - 22 + locator, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, narrow, 0)
    return plain[:-22] + wide + where + end


def tar_block(
    name: bytes, size: int = 0, kind: bytes = b"0", magic: bytes = b"ustar\x0000", link: bytes = b""
) -> bytes:
    """One tar header with a right checksum."""
    fields = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + b"%011o\0" % size + b"%011o\0" % 0
    block = (fields + b" " * 8 + kind + link.ljust(100, b"\0") + magic).ljust(512, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 512)


def tar_of(*parts: bytes, end: bytes = b"\0" * 1024) -> bytes:
    return b"".join(parts) + end


def tar_file(name: bytes, data: bytes = b"hello") -> bytes:
    return tar_block(name, len(data)) + padded(data)


def pax(**records: str) -> bytes:
    """An extended header for the member that follows."""
    body = b""
    for key, value in records.items():
        text = f" {key.replace('__', '.')}={value}\n".encode()
        size = len(text) + len(str(len(text)))
        size += len(str(size)) - len(str(len(text)))
        body += str(size).encode() + text
    return tar_block(b"pax", len(body), b"x") + padded(body)


def as_zip(files: Files, *, method: int = zipfile.ZIP_DEFLATED, top: str = "") -> bytes:
    """A zip as the standard library writes it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(top + name, (2026, 1, 1, 0, 0, 0)), data, method)
    return made.getvalue()


def as_tar(files: Files, *, mode: str = "w", form: int = tarfile.PAX_FORMAT, top: str = "") -> bytes:
    """A tar as the standard library writes it; `mode` is that of tarfile (`w:gz`)."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(top + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return made.getvalue()


def files_below(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
