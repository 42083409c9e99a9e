"""The payloads of log entries, each under its sha256, beside the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span
from govern.ledger.durable import sync_directory, write_all_durably

__all__ = ["ObjectStore"]


class ObjectStore:
    """A folder `sha256/<2>/<62>` of payload bytes. Objects are durable before an entry names them.

    Every method raises InputError (G209) when the folder cannot be read or written.
    """

    def __init__(self, root: Path) -> None:
        """Use a folder, which is made on the first write."""
        self.root = root
        self._durable: set[Path] = set()
        """Folders that this process knows to be durable: a folder that is there may have been made before a crash."""

    def path(self, digest: str) -> Path:
        """Where the object with this sha256 (64 hex digits) lies."""
        return self.root / "sha256" / digest[:2] / digest[2:]

    def put(self, payloads: Sequence[bytes]) -> None:
        """Store payloads durably. Raises IntegrityError (G214) over a damaged object; that one stays as it is."""
        wanted = {self.path(sha256_hex(data)): data for data in payloads}
        with self._named():
            self._make({path.parent for path in wanted})
            there = {path for path, data in wanted.items() if self.get(sha256_hex(data)) is not None}
            fresh = {path: data for path, data in wanted.items() if path not in there}
            # One that is there may have been written by a process that was killed before it was durable.
            write_all_durably(fresh, also={path.parent for path in there})

    def _make(self, folders: set[Path]) -> None:
        unknown = folders - self._durable
        if not unknown:
            return
        for folder in unknown:
            folder.mkdir(parents=True, exist_ok=True)
        above = (self.root / "sha256", self.root, self.root.parent)
        for folder in above:
            if folder is above[0] or folder not in self._durable:
                sync_directory(folder)
        self._durable |= {*unknown, *above}

    def get(self, digest: str) -> bytes | None:
        """Give the bytes of an object, None when it is absent. Raises IntegrityError (G214) when they are others."""
        with self._named():
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
        with self._named():
            path.unlink(missing_ok=True)
            # A process that was killed while it wrote the object has left it under a temporary name.
            for left in path.parent.glob(f".{path.name}.*.tmp"):
                left.unlink(missing_ok=True)
            if path.parent.is_dir():
                sync_directory(path.parent)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            message = f"the payloads of the ledger cannot be used now: {fault.strerror or fault}"
            hint = "see whether the disk is full or the folder may not be written; then repeat"
            raise InputError(Diagnostic("G209", message, Span(str(self.root)), hint)) from fault
