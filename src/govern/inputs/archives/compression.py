"""Compressed streams, unpacked in small steps: every member, nothing behind the last, output capped."""

from __future__ import annotations

import lzma
import zlib
from typing import BinaryIO

from govern.inputs.archives.decoders import decoder
from govern.inputs.archives.faults import ArchiveFault
from govern.inputs.limits import ArchiveLimits

__all__ = ["FREE_BYTES", "MAGIC", "Expanded"]

_CHUNK = 256 * 1024
_XZ_MEMORY = 128 * 1024 * 1024
"""What `xz -9` asks of a reader is half of this; a header may ask for 4 GiB."""
FREE_BYTES = 1024 * 1024
"""So much may be unpacked whatever the ratio: short texts of one letter are no bombs."""
MAGIC = {"gzip": b"\x1f\x8b\x08", "bzip2": b"BZh", "xz": b"\xfd7zXZ\x00"}
"""First bytes of each kind of stream."""


class Expanded:
    """A compressed file read as what it unpacks to. Raises ArchiveFault for damage, other bytes behind it, and caps."""

    def __init__(self, raw: BinaryIO, kind: str, *, packed: int, limits: ArchiveLimits) -> None:
        """`packed` is the size of the file, which the ratio is held against."""
        self._raw = raw
        self._kind = kind
        self._decoder = decoder(kind, memory=_XZ_MEMORY)
        self._limits = limits
        self._most = min(limits.expanded_bytes, max(FREE_BYTES, packed * limits.expansion))
        self._feed = b""
        self._spent = 0
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes; fewer only at the end."""
        parts: list[bytes] = []
        missing = size
        while missing and not self._ended:
            part = self._step(min(missing, _CHUNK))
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _step(self, size: int) -> bytes:
        """Give some bytes, or none when the decoder had to be fed, renewed or ended first."""
        if self._decoder.eof:
            self._next_member()
            return b""
        feed, self._feed = self._feed, b""
        try:
            part = self._decoder.decompress(feed, size)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as fault:
            raise self._fault("I207", f"the {self._kind} stream is damaged ({fault})") from fault
        if not part and not feed and not self._decoder.eof:
            self._feed = self._raw.read(_CHUNK)
            if not self._feed:
                raise self._fault("I207", f"the {self._kind} stream is cut short")
        self._spent += len(part)
        if self._spent > self._most:
            caps = f"{self._limits.expansion} times its size, or {self._limits.expanded_bytes:,} bytes"
            raise self._fault("I205", f"the {self._kind} stream unpacks to more than {caps}")
        return part

    def _next_member(self) -> None:
        """Go on with the next member; zeros behind the last one are padding, as tapes and block devices leave it."""
        rest = self._decoder.unused_data.lstrip(b"\0")
        while not rest:
            chunk = self._raw.read(_CHUNK)
            if not chunk:
                self._ended = True
                return
            rest = chunk.lstrip(b"\0")
        rest += self._raw.read(len(MAGIC[self._kind]))
        if not rest.startswith(MAGIC[self._kind]):
            raise self._fault("I208", f"other bytes follow the {self._kind} stream")
        self._decoder, self._feed = decoder(self._kind, memory=_XZ_MEMORY), rest

    def _fault(self, code: str, text: str) -> ArchiveFault:
        return ArchiveFault(code, text, hint=_HINTS[code])


_HINTS = {
    "I205": "Use a tar or zip without compression: what is stored as it is costs nothing to unpack.",
    "I207": "Make the archive again, or fetch it again.",
    "I208": "Make the archive again, with nothing behind it.",
}
