"""One interface for the decoders of compressed streams: each gives at most as many bytes as it was asked for."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import Protocol

__all__ = ["Decoder", "decoder"]


class Decoder(Protocol):
    """A decoder of one stream. `decompress` keeps what it could not unpack yet."""

    @property
    def eof(self) -> bool:
        """Whether the stream has ended."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the end."""
        ...

    def decompress(self, data: bytes, size: int, /) -> bytes:
        """Take more of the stream, and give up to `size` bytes."""
        ...


class _Zlib:
    """zlib's object with the interface of the other two."""

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


def decoder(kind: str, *, memory: int) -> Decoder:
    """Make a decoder for `gzip`, `zlib`, `bzip2`, `xz` or `lzma`; the last two may use `memory` bytes."""
    if kind == "gzip":
        return _Zlib(31)
    if kind == "zlib":
        return _Zlib(15)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    formats = {"xz": lzma.FORMAT_XZ, "lzma": lzma.FORMAT_ALONE}
    return lzma.LZMADecompressor(formats[kind], memlimit=memory)
