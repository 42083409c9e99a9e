"""Compressed streams: every member unpacked, nothing allowed behind the last, output capped."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Protocol

from govern.security.artefacts.limits import Budget, ScanError
from govern.security.artefacts.pickle.machine import Buffer

__all__ = ["COMPRESSED", "unpack"]

_CHUNK = 4 << 20


class _Reader(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, size: int, /) -> bytes: ...


class _Zlib:
    """zlib's object with the interface of the other two: it keeps what it could not unpack yet."""

    def __init__(self, wbits: int) -> None:
        self._inner = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, size: int, /) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, size)


def _reader(kind: str) -> _Reader:
    if kind == "gzip":
        return _Zlib(31)
    if kind == "zlib":
        return _Zlib(15)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    formats = {"xz": lzma.FORMAT_XZ, "lzma": lzma.FORMAT_ALONE}
    return lzma.LZMADecompressor(formats[kind], memlimit=1 << 30)


COMPRESSED = frozenset({"gzip", "zlib", "bzip2", "xz", "lzma"})
"""Kinds that `unpack` reads."""


def unpack(data: Buffer, kind: str, budget: Budget) -> bytes:
    """Unpack all members of a stream. Raises ScanError for damage, trailing bytes or too much output."""
    out: list[bytes] = []
    pending = bytes(data[:])
    while pending:
        reader = _reader(kind)
        feed = pending
        try:
            while not reader.eof:
                chunk = reader.decompress(feed, min(_CHUNK, budget.room + 1))
                budget.unpack(len(chunk))
                out.append(chunk)
                if not chunk and not feed and not reader.eof:
                    raise ScanError("S305", f"the {kind} stream is cut short")
                feed = b""
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as fault:
            code = "S304" if out else "S305"
            raise ScanError(code, f"the {kind} stream is damaged or followed by other bytes") from fault
        pending = reader.unused_data
        if pending and kind in ("zlib", "lzma"):
            raise ScanError("S304", f"{len(pending)} bytes follow the {kind} stream")
    return b"".join(out)
