"""Collecting the signatures of several parties on one note."""

from __future__ import annotations

from govern.canonical import base64_text
from govern.ledger.note import Note, NoteKey, SignatureLine, parse_note

__all__ = ["cosigned_at", "merge_notes", "signature_text"]


def signature_text(line: SignatureLine) -> str:
    """Write a signature line."""
    return f"— {line.name} {base64_text(line.key_id + line.signature)}\n"


def merge_notes(first: str, second: str, *, log: NoteKey) -> str:
    """Put the signatures of two notes with one text under it: the log's line, then the others by name and key id.

    The order does not depend on who answered first. Of one signer the line of the first note stays. Raises ValueError
    for notes with different texts.
    """
    parsed, other = parse_note(first), parse_note(second)
    if parsed.text != other.text:
        raise ValueError("the notes have different texts")
    lines: dict[tuple[str, bytes], SignatureLine] = {}
    for line in (*parsed.signatures, *other.signatures):
        lines.setdefault((line.name, line.key_id), line)
    own = (log.name, log.key_id)
    ordered = sorted(lines, key=lambda signer: (signer != own, signer))
    return f"{parsed.text}\n{''.join(signature_text(lines[signer]) for signer in ordered)}"


def cosigned_at(note: Note, key: NoteKey) -> int | None:
    """Give the time, in Unix seconds, of a witness's line on a note that was verified; None without such a line."""
    for line in note.signatures:
        if (line.name, line.key_id) == (key.name, key.key_id):
            return int.from_bytes(line.signature[:8], "big")
    return None
