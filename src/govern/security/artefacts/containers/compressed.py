"""Compressed streams: every member unpacked, nothing allowed behind the last, output capped."""

from __future__ import annotations

import lzma
import zlib

from govern.inputs.archives.decoders import decoder
from govern.security.artefacts.job import Job
from govern.security.artefacts.limits import Budget, ScanError
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.report import FileReport

__all__ = ["read_compressed", "unpack"]

_CHUNK = 4 << 20
_XZ_MEMORY = 1 << 30


def unpack(data: Buffer, kind: str, budget: Budget) -> bytes:
    """Unpack all members of a stream. Raises ScanError for damage, trailing bytes or too much output."""
    out: list[bytes] = []
    pending = bytes(data[:])
    while pending:
        reader = decoder(kind, memory=_XZ_MEMORY)
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


def read_compressed(job: Job) -> FileReport:
    """Unpack a stream and scan what it holds. Raises ScanError as `unpack` does."""
    inner = job.inside("", unpack(job.data, job.kind, job.budget))
    return job.report(members=(inner,), globals=inner.globals)
