"""The payloads of log entries, each under its sha256, beside the database."""

from __future__ import annotations

from pathlib import Path

from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, IntegrityError
from govern.ledger.durable import sync_directory, write_durably

__all__ = ["ObjectStore"]


class ObjectStore:
    """A folder `sha256/<2>/<62>` of payload bytes. Objects are durable before an entry names them."""

    def __init__(self, root: Path) -> None:
        """Use a folder, which is made on the first write."""
        self.root = root

    def path(self, digest: str) -> Path:
        """Where the object with this sha256 (64 hex digits) lies."""
        return self.root / "sha256" / digest[:2] / digest[2:]

    def put(self, data: bytes) -> str:
        """Store bytes durably and give their sha256. Raises IntegrityError (G214) over a damaged object, OSError."""
        digest = sha256_hex(data)
        path = self.path(digest)
        if self.get(digest) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, data)
            for folder in (path.parent.parent, self.root):
                sync_directory(folder)
        else:
            sync_directory(path.parent)
        return digest

    def get(self, digest: str) -> bytes | None:
        """Give the bytes of an object, None when it is absent. Raises IntegrityError (G214) when they are others."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            return None
        if sha256_hex(data) != digest:
            raise IntegrityError(
                Diagnostic("G214", f"the object {digest} holds other bytes", hint="restore it from a copy or a pack")
            )
        return data

    def remove(self, digest: str) -> None:
        """Delete an object durably; no error when it is not there."""
        path = self.path(digest)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_directory(path.parent)
