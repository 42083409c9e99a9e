"""The published checkpoint: the log's last head, kept outside the database's folder.

It is the cheapest witness. A database that was restored, cut or replaced is smaller than, or inconsistent with, the
head that left the machine, for instance in a commit; such a log must never sign again.
"""

from __future__ import annotations

from pathlib import Path

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span, UsageError
from govern.ledger.durable import locked_directory, write_durably
from govern.ledger.merkle import NodeReader, tree_root
from govern.ledger.note import Checkpoint, NoteKey, open_checkpoint

__all__ = ["PublishedCheckpoint"]

_RECOVERY = (
    "restore the newest copy of the database, or seal this log and start one with a new origin; never delete entries"
)


class PublishedCheckpoint:
    """A file that holds the newest checkpoint note of one log."""

    def __init__(self, path: Path, *, database: Path) -> None:
        """Name the file. Raises UsageError (G212) when it lies in or below the database's folder."""
        if path.resolve().is_relative_to(database.resolve().parent):
            raise UsageError(
                Diagnostic(
                    "G212",
                    f"the published checkpoint {path} lies in the folder of the database it is to guard",
                    hint="keep it elsewhere, for instance in the workspace's root, and commit it to git",
                )
            )
        self.path = path

    def read(self, key: NoteKey) -> Checkpoint | None:
        """Give the published head, None when there is no file. Raises IntegrityError when this log did not sign it."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return open_checkpoint(data.decode(), key)
        except UnicodeDecodeError as fault:
            raise IntegrityError(Diagnostic("G101", "the published checkpoint is not UTF-8", self._span)) from fault

    def compare(self, published: Checkpoint | None, size: int, nodes: NodeReader) -> None:
        """Refuse a log that is smaller than, or inconsistent with, what was published.

        Raises IntegrityError (G203, G204); InputError (G205) when the log has entries and nothing was published.
        """
        if published is None:
            if size:
                raise InputError(
                    Diagnostic(
                        "G205",
                        f"the log has {size} entries but its published checkpoint is missing",
                        self._span,
                        "restore the file, for instance from git; without it a cut log cannot be told from a whole one",
                    )
                )
            return
        if published.size > size:
            raise IntegrityError(
                Diagnostic(
                    "G203",
                    f"the log has {size} entries, but {published.size} were published: it was cut or restored",
                    self._span,
                    _RECOVERY,
                )
            )
        if tree_root(published.size, nodes) != published.root:
            raise IntegrityError(
                Diagnostic(
                    "G204",
                    f"the first {published.size} entries of the log are not those that were published",
                    self._span,
                    _RECOVERY,
                )
            )

    def publish(self, note: str, key: NoteKey) -> None:
        """Replace the file durably, unless another process has published a head at least as large."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked_directory(self.path.parent):
                there = self.read(key)
                if there is None or there.size < open_checkpoint(note, key).size:
                    write_durably(self.path, note.encode())
        except OSError as fault:
            raise UsageError(
                Diagnostic(
                    "G216",
                    f"the entry is in the log, but its checkpoint could not be published: {fault.strerror}",
                    self._span,
                    "mend the path and repeat the command: the entry is not appended twice",
                )
            ) from fault

    @property
    def _span(self) -> Span:
        return Span(str(self.path))
