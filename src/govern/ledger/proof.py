"""The `.tlog-proof` file: an entry's inclusion proof beside the certificate, as plain text (c2sp.org/tlog-proof)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from govern.canonical import base64_bytes, base64_text
from govern.diagnostics import Diagnostic, IntegrityError
from govern.ledger.merkle import HASH_BYTES
from govern.records import record

__all__ = ["MAX_HASHES", "LogProof", "hash_lines", "parse_proof", "read_hash_lines"]

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})", re.ASCII)
_MAX_CHARS = 1_000_000

MAX_HASHES = 63
"""No proof in a tree that could exist has more hashes."""


def hash_lines(hashes: Sequence[bytes]) -> str:
    """Write the hashes of a proof: one in base64 a line."""
    return "".join(f"{base64_text(item)}\n" for item in hashes)


def read_hash_lines(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Read what `hash_lines` writes, split into lines. Raises ValueError."""
    if len(lines) > MAX_HASHES:
        raise ValueError(f"there are more than {MAX_HASHES} hashes")
    try:
        hashes = tuple(base64_bytes(line) for line in lines)
    except ValueError as fault:
        raise ValueError("a hash is not canonical base64") from fault
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ValueError("a hash is not 32 bytes")
    return hashes


@record(kw_only=True)
class LogProof:
    """Where an entry is, the hashes that lead from it to the root, and the signed checkpoint with that root."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    """The checkpoint note, verbatim."""

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return f"{_HEADER}\nindex {self.index}\n{hash_lines(self.hashes)}\n{self.checkpoint}".encode()


def parse_proof(data: bytes) -> LogProof:
    """Read a `.tlog-proof` file; an `extra` line is accepted and dropped. Raises IntegrityError (G106)."""

    def refuse(why: str) -> IntegrityError:
        return IntegrityError(Diagnostic("G106", f"not a .tlog-proof file: {why}"))

    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        raise refuse("not UTF-8") from fault
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != _HEADER or len(text) > _MAX_CHARS:
        raise refuse(f"it does not begin with {_HEADER}")
    rest = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    index = _INDEX.fullmatch(rest[0]) if rest else None
    if index is None:
        raise refuse("its index line is missing")
    try:
        hashes = read_hash_lines(rest[1:])
    except ValueError as fault:
        raise refuse(str(fault)) from fault
    return LogProof(index=int(index[1]), hashes=hashes, checkpoint=checkpoint)
