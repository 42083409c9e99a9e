"""Heads that left this machine: the published checkpoint, and those that others saw.

They are what notices a database that was restored, cut or replaced: it is smaller than, or inconsistent with, a head
that the log's own key signed; such a log must never sign again. The published checkpoint, kept outside the
database's folder and for instance committed to git, is the cheapest witness; cosigned checkpoints are better ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span, UsageError
from govern.ledger.durable import locked_directory, write_durably
from govern.ledger.merkle import NodeReader, tree_root
from govern.ledger.note import Checkpoint, NoteKey, open_checkpoint

__all__ = ["Promise", "PublishedCheckpoint", "WitnessedCheckpoint", "hold_to", "verified"]

_RECOVERY = (
    "restore the newest copy of the database, or seal this log and start one with a new origin; never delete entries"
)


@lru_cache(maxsize=64)
def verified(note: str, key: NoteKey) -> Checkpoint:
    """Do what `open_checkpoint` does; an append meets one note several times, and verifies it once."""
    return open_checkpoint(note, key)


@dataclass(frozen=True, slots=True)
class Promise:
    """A head that the log must still extend, and which codes say that it does not."""

    checkpoint: Checkpoint
    span: Span
    seen: str
    """What happened to it: `published`, or `witnessed`."""
    behind: str
    inconsistent: str


def hold_to(promises: Sequence[Promise], size: int, nodes: NodeReader) -> None:
    """Refuse a log that is smaller than, or inconsistent with, a head that left it.

    Raises IntegrityError (G203, G204 for the published head, G220, G221 for a witnessed one).
    """
    for promise in promises:
        promised = promise.checkpoint
        if promised.size > size:
            message = f"the log has {size} entries, but {promised.size} were {promise.seen}: it was cut or restored"
            raise IntegrityError(Diagnostic(promise.behind, message, promise.span, _RECOVERY))
        if tree_root(promised.size, nodes) != promised.root:
            message = f"the first {promised.size} entries of the log are not those that were {promise.seen}"
            raise IntegrityError(Diagnostic(promise.inconsistent, message, promise.span, _RECOVERY))


class PublishedCheckpoint:
    """A file that holds the newest checkpoint note of one log."""

    def __init__(self, path: Path, *, database: Path | None) -> None:
        """Name the file. Raises UsageError (G212) when it lies in or below the folder of a database file."""
        if database is not None and path.resolve().is_relative_to(database.resolve().parent):
            raise UsageError(
                Diagnostic(
                    "G212",
                    f"the published checkpoint {path} lies in the folder of the database it is to guard",
                    hint="keep it elsewhere, for instance in the workspace's root, and commit it to git",
                )
            )
        self.path = path

    def read(self, key: NoteKey) -> Promise | None:
        """Give the published head, None when there is no file.

        Raises IntegrityError (G101-G104) when this log did not sign it, InputError (G209) when it cannot be read.
        """
        note = _read(self.path, "G209")
        return None if note is None else Promise(verified(note, key), self._span, "published", "G203", "G204")

    def missing(self, size: int) -> InputError:
        """Give the error for a log that has entries while nothing is published (G205)."""
        return InputError(
            Diagnostic(
                "G205",
                f"the log has {size} entries but its published checkpoint is missing",
                self._span,
                "restore the file, for instance from git; without it a cut log cannot be told from a whole one",
            )
        )

    def publish(self, note: str, key: NoteKey) -> None:
        """Replace the file durably, unless another process has published a head at least as large.

        Raises UsageError (G216) when it cannot be written: the entry is in the log, its head is not out.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked_directory(self.path.parent):
                there = self.read(key)
                if there is None or there.checkpoint.size < verified(note, key).size:
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


class WitnessedCheckpoint:
    """A checkpoint of this log as a witness or an auditor keeps it; read, never written."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self.path = path

    def read(self, key: NoteKey) -> Promise:
        """Give the head that was seen.

        Raises InputError (G222) when the file is not there or cannot be read, IntegrityError (G101-G104) when this
        log did not sign what it holds.
        """
        note = _read(self.path, "G222")
        if note is None:
            message = f"the witnessed checkpoint {self.path} is not there"
            hint = "fetch it again, or take it out of the setting witnessed_checkpoints"
            raise InputError(Diagnostic("G222", message, Span(str(self.path)), hint))
        return Promise(verified(note, key), Span(str(self.path)), "witnessed", "G220", "G221")


def _read(path: Path, code: str) -> str | None:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as fault:
        raise IntegrityError(Diagnostic("G101", "the checkpoint is not UTF-8", Span(str(path)))) from fault
    except OSError as fault:
        message = f"the checkpoint cannot be read: {fault.strerror}"
        raise InputError(Diagnostic(code, message, Span(str(path)))) from fault
