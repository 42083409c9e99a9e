"""What a witness has seen: the newest cosigned checkpoint of each log, in one small file that survives a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span, UsageError
from govern.ledger.durable import locked_directory, write_durably
from govern.ledger.note import Checkpoint, NoteKey, check_note, parse_checkpoint, parse_note

__all__ = ["Seen", "WitnessState"]

_FORMAT = "urn:govern:witness-state:v1"
_MAX_BYTES = 64 * 1024 * 1024


class Seen:
    """The records while they are held exclusively."""

    def __init__(self, path: Path, witness: NoteKey, notes: Mapping[str, str]) -> None:
        """Take what the file holds."""
        self._path = path
        self._witness = witness
        self._notes = dict(notes)

    def get(self, origin: str) -> Checkpoint | None:
        """Give the newest head of a log, None when none was cosigned."""
        note = self._notes.get(origin)
        return None if note is None else parse_checkpoint(parse_note(note).text)

    def note(self, origin: str) -> str:
        """Give the note of the newest head, with the log's signature and the witness's own."""
        return self._notes[origin]

    def put(self, checkpoint: Checkpoint, note: str) -> None:
        """Make a head the newest of its log, durably. Raises OSError; then the old one stays."""
        notes = {**self._notes, checkpoint.origin: note}
        write_durably(self._path, _file_bytes(self._witness, notes))
        self._notes = notes


def _file_bytes(witness: NoteKey, notes: Mapping[str, str]) -> bytes:
    return canonical_bytes({"format": _FORMAT, "witness": witness.vkey, "notes": dict(notes)}) + b"\n"


class WitnessState:
    """The file of one witness. It is made once, on purpose: a witness that forgot would cosign a fork."""

    def __init__(self, path: Path, witness: NoteKey, logs: Sequence[NoteKey]) -> None:
        """Use the file of a witness that knows these logs; `create` makes it."""
        self.path = path
        self._witness = witness
        self._logs = tuple(logs)

    def create(self) -> None:
        """Make the file of a witness that has seen nothing. Raises UsageError (G245) when there is one, or no place."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked_directory(self.path.parent):
                if self.path.exists():
                    raise self._unusable("there is one already", "start without --new")
                write_durably(self.path, _file_bytes(self._witness, {}))
        except OSError as fault:
            raise self._unusable(fault.strerror or str(fault), None) from fault

    @contextmanager
    def exclusively(self) -> Iterator[Seen]:
        """Hold the records so that nobody else, in a thread or process, reads or changes them meanwhile.

        Raises UsageError (G245) without the file, IntegrityError (G246) for one that this witness did not write,
        InputError (G245) when it cannot be read or written now.
        """
        try:
            with locked_directory(self.path.parent):
                yield Seen(self.path, self._witness, self._read())
        except OSError as fault:
            message = f"the witness's state cannot be used now: {fault.strerror or fault}"
            raise InputError(Diagnostic("G245", message, self._span)) from fault

    def _read(self) -> dict[str, str]:
        try:
            with self.path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except FileNotFoundError as fault:
            hint = "--new begins with an empty one; restore the newest copy when this witness has cosigned before"
            raise self._unusable("it is not there", hint) from fault
        try:
            value = json.loads(data.decode())
            notes: dict[str, str] = value["notes"]
            if value["witness"] != self._witness.vkey:
                raise self._damaged(f"it is that of {value['witness']}, not of {self._witness.vkey}")
            # Written and read back: nothing but what `_file_bytes` writes is taken for it.
            if not all(isinstance(note, str) for note in notes.values()) or _file_bytes(self._witness, notes) != data:
                raise self._damaged("it is not in the form in which it was written")
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as fault:
            raise self._damaged("it is not a witness's state") from fault
        for origin, note in notes.items():
            self._check(origin, note)
        return notes

    def _check(self, origin: str, note: str) -> None:
        """A record counts only under the witness's own signature, and that of the log as long as that is known."""
        logs = [key for key in self._logs if key.name == origin]
        try:
            parsed = parse_note(note)
            signers = check_note(parsed, (self._witness, *logs))
            sound = parse_checkpoint(parsed.text).origin == origin
        except IntegrityError as fault:
            raise self._damaged(fault.diagnostics[0].message) from fault
        if not sound or self._witness not in signers or (logs and len(signers) < 2):
            raise self._damaged(f"the record of {origin} is not signed by this witness and that log")

    @property
    def _span(self) -> Span:
        return Span(str(self.path))

    def _unusable(self, why: str, hint: str | None) -> UsageError:
        return UsageError(Diagnostic("G245", f"the witness's state {self.path}: {why}", self._span, hint))

    def _damaged(self, why: str) -> IntegrityError:
        hint = "restore the newest copy; an older one could make this witness cosign a fork"
        return IntegrityError(Diagnostic("G246", f"the witness's state is damaged: {why}", self._span, hint))
