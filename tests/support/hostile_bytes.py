"""Bytes that stock readers trust too much: pickles that act, archives that grow, headers that lie."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


class _Touches:
    """Pickled, it is a call of a shell; it is only ever dumped here."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch '{self.marker}'",)


def acting_pickle(marker: Path, *, protocol: int = 2) -> bytes:
    """A pickle that makes a file when it is loaded."""
    return pickle.dumps(_Touches(marker), protocol=protocol)


def pickle_of_absent_class() -> bytes:
    """An empty object of `pre_processor.PreProcessor`, a module that nobody has."""
    return b"\x80\x02cpre_processor\nPreProcessor\n)\x81."


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip; names are taken as they are, `..` and all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return buffer.getvalue()


def swollen_archive(name: str, size: int) -> bytes:
    """A zip whose one member unpacks to `size` zeros; made by hand, so that it costs no time to make."""
    block = 1 << 22
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    once = packer.compress(b"\0" * block) + packer.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(1, zlib.DEFLATED, -15).flush(zlib.Z_FINISH)
    data = once * (size // block) + end
    size = size // block * block
    crc, path = 0, name.encode()
    for _ in range(size // block):
        crc = zlib.crc32(b"\0" * block, crc)
    shared = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x21, crc, len(data), size, len(path), 0)
    local = b"PK\x03\x04" + shared + path
    central = b"PK\x01\x02" + struct.pack("<H", 20) + shared + struct.pack("<HHHII", 0, 0, 0, 0, 0) + path
    offset = len(local) + len(data)
    tail = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), offset, 0)
    return local + data + central + tail


def swollen_gzip(size: int) -> bytes:
    """A gzip file of many members that unpacks to a pickle's first bytes and then `size` zeros."""
    block = 1 << 24
    return gzip.compress(b"\x80\x04B\xff\xff\xff\x7f", mtime=0) + gzip.compress(b"\0" * block, mtime=0) * (
        size // block
    )


def doubling_pickle(times: int) -> bytes:
    """Lists of lists through the memo: a few bytes a level, `2 ** times` leaves."""
    body = b"]q\x00"
    for level in range(times):
        before, here = bytes([level]), bytes([level + 1])
        body += b"0]q" + here + b"(h" + before + b"h" + before + b"e"
    return b"\x80\x02" + body + b"."


def lying_safetensors() -> bytes:
    """A header that says it is 2**62 bytes long."""
    return struct.pack("<Q", 1 << 62) + b"{}"


def short_safetensors() -> bytes:
    """A tensor of eight bytes, four of which are there."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 4


def lfs_pointer() -> bytes:
    """What a repository holds in place of large weights that were not fetched."""
    lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{'ab' * 32}", "size 734003200")
    return "".join(f"{line}\n" for line in lines).encode()
