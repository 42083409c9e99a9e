"""The best-witnessed checkpoints of a log, kept beside the published one.

They outlive a restart, so that proofs made later still carry the cosignatures, and they are evidence against a log
that was rolled back: a witness would not have signed a head that never was.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span, UsageError
from govern.ledger.durable import locked_directory, write_durably
from govern.ledger.note import NoteKey, check_note, open_checkpoint, parse_note
from govern.ledger.note_lines import merge_notes

__all__ = ["CosignedNotes"]

_FORMAT = "urn:govern:cosigned-checkpoints:v1"


class CosignedNotes:
    """A small file of cosigned checkpoint notes, `<published checkpoint>.cosigned`, and the published one itself.

    A note is dropped when another one is as new and signed by all who signed it; so there are never more notes than
    witnesses.
    """

    def __init__(self, published: Path, log: NoteKey, witnesses: Sequence[NoteKey]) -> None:
        """Take the place of the published checkpoint, the log's key and those of the witnesses that count."""
        self.published = published
        self.path = published.with_name(f"{published.name}.cosigned")
        self._log = log
        self._witnesses = tuple(witnesses)

    def read(self) -> tuple[str, ...]:
        """Give the notes, verified, the largest last.

        Raises IntegrityError (G251) for a file that does not hold, InputError (G209) for one that cannot be read.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as fault:
            message = f"the cosigned checkpoints cannot be read: {fault.strerror}"
            raise InputError(Diagnostic("G209", message, Span(str(self.path)))) from fault
        try:
            notes = _from_file(data)
            for note in notes:
                open_checkpoint(note, self._log)
                check_note(parse_note(note), self._witnesses)
        except (IntegrityError, KeyError, RecursionError, TypeError, ValueError) as fault:
            why = fault.diagnostics[0].message if isinstance(fault, IntegrityError) else str(fault)
            raise IntegrityError(
                Diagnostic(
                    "G251",
                    f"the file of cosigned checkpoints does not hold: {why}",
                    Span(str(self.path)),
                    "restore it from version control, or remove it: witnesses can be asked again",
                )
            ) from fault
        return tuple(notes)

    def signers(self, note: str) -> tuple[NoteKey, ...]:
        """Give the witnesses that cosigned a note. IntegrityError (G102) when a line does not verify."""
        return check_note(parse_note(note), self._witnesses)

    def add(self, note: str) -> None:
        """Keep a cosigned note, and publish its signatures when it is the published checkpoint. Durable.

        Raises UsageError (G216) when it cannot be written, IntegrityError (G251) as `read` does.
        """
        try:
            with locked_directory(self.path.parent):
                kept = list(self.read())
                notes = self._merged(kept, note)
                if notes != kept:
                    write_durably(self.path, _file_bytes(notes))
                self._publish(note)
        except OSError as fault:
            message = f"the cosigned checkpoint could not be kept: {fault.strerror or fault}"
            raise UsageError(Diagnostic("G216", message, Span(str(self.path)))) from fault

    def _merged(self, kept: Sequence[str], note: str) -> list[str]:
        text = parse_note(note).text
        for other in kept:
            if parse_note(other).text == text:
                note = merge_notes(other, note, log=self._log)
        candidates = [other for other in kept if parse_note(other).text != text]
        if self.signers(note):
            candidates.append(note)
        ordered = sorted(candidates, key=lambda item: open_checkpoint(item, self._log).size)
        return [item for at, item in enumerate(ordered) if not self._covered(item, ordered[at + 1 :])]

    def _covered(self, note: str, newer: Sequence[str]) -> bool:
        signers = set(self.signers(note))
        return any(signers <= set(self.signers(other)) for other in newer)

    def _publish(self, note: str) -> None:
        """Add the signatures to the published checkpoint, unless that is of another size."""
        there = self.published.read_text(encoding="utf-8") if self.published.is_file() else None
        if there is None or parse_note(there).text != parse_note(note).text:
            return
        merged = merge_notes(there, note, log=self._log)
        if merged != there:
            write_durably(self.published, merged.encode())


def _from_file(data: bytes) -> list[str]:
    notes: list[str] = json.loads(data.decode())["notes"]
    if not all(isinstance(note, str) for note in notes) or _file_bytes(notes) != data:
        raise ValueError("it is not in the form in which it was written")
    return notes


def _file_bytes(notes: Sequence[str]) -> bytes:
    return canonical_bytes({"format": _FORMAT, "notes": list(notes)}) + b"\n"
