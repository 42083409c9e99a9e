"""C2SP signed notes, their keys, and the checkpoint and cosignature formats built on them.

A note is text, an empty line, and signature lines `— <name> <base64>`. A checkpoint is a note whose text is origin,
size and root. Specifications: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from govern.canonical import base64_bytes, base64_text
from govern.diagnostics import Diagnostic, IntegrityError
from govern.ledger.merkle import HASH_BYTES
from govern.records import record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = [
    "COSIGNATURE",
    "NOTE_KEY",
    "Checkpoint",
    "Ed25519Key",
    "Note",
    "NoteKey",
    "NoteSigner",
    "SignatureLine",
    "check_note",
    "cosigned_at",
    "is_origin",
    "open_checkpoint",
    "parse_checkpoint",
    "parse_note",
]

NOTE_KEY = 0x01
"""Key type of an Ed25519 key that signs notes."""

COSIGNATURE = 0x04
"""Key type of an Ed25519 key that cosigns checkpoints with a time."""

_MAX_NOTE_CHARS = 1_000_000
_LAST_SECOND = 253_402_300_799
"""Of the year 9999, the last that an instant can be written for."""

_MAX_SIGNATURES = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile(r"— (\S+) (\S+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_ORIGIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.ASCII)


def _refuse(code: str, message: str, hint: str | None = None) -> IntegrityError:
    return IntegrityError(Diagnostic(code, message, hint=hint))


def is_origin(text: str) -> bool:
    """Whether a text may name a log of ours: a bare lower-case host name, without path or port.

    Other verifiers take the name of the note key from the host of the log's URL, so nothing else would be found.
    """
    return _ORIGIN.fullmatch(text) is not None


@record
class NoteKey:
    """A public key under a name: who may sign a note."""

    name: str
    kind: int
    """Key type byte: `NOTE_KEY` or `COSIGNATURE`."""
    public: bytes
    """The 32 raw bytes of the Ed25519 public key."""

    @property
    def full_id(self) -> bytes:
        """The whole 32-byte hash whose first four bytes are the key id; sigstore's `logId.keyId`."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()

    @property
    def key_id(self) -> bytes:
        """The four bytes that, with the name, point a signature line at its key."""
        return self.full_id[:4]

    @property
    def vkey(self) -> str:
        """The key as text: `<name>+<key id in hex>+<base64 of type and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> NoteKey:
        """Read a vkey. Raises IntegrityError (G105) for another shape, key type or a key id that is not the key's."""
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            data = base64_bytes(encoded)
        except ValueError as fault:
            raise _refuse("G105", f"the verifier key {vkey!r} is not <name>+<key id>+<base64>") from fault
        if not _NAME.fullmatch(name) or len(data) != 33 or data[0] not in (NOTE_KEY, COSIGNATURE):
            raise _refuse("G105", f"the verifier key {vkey!r} is not an Ed25519 note or cosignature key")
        key = cls(name=name, kind=data[0], public=data[1:])
        if key.key_id.hex() != key_id:
            raise _refuse("G105", f"the key id of {vkey!r} is not that of its key")
        return key

    def verifies(self, signature: bytes, text: str) -> bool:
        """Whether the bytes after the key id of a signature line sign a note's text under this key."""
        if self.kind == NOTE_KEY:
            return self._holds(signature, text.encode())
        if len(signature) != 72:
            return False
        seconds = int.from_bytes(signature[:8], "big")
        return self._holds(signature[8:], _cosigned(seconds, text))

    def _holds(self, signature: bytes, message: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _cosigned(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


class Ed25519Key(Protocol):
    """Whatever signs with Ed25519: cryptography's `Ed25519PrivateKey`, or a key that never leaves its device."""

    def sign(self, data: bytes, /) -> bytes:
        """Give the 64 signature bytes (RFC 8032, pure Ed25519)."""

    def public_key(self) -> Ed25519PublicKey:
        """Give the public half."""


class NoteSigner:
    """An Ed25519 private key under a name; holds the log's or a witness's key, or the way to it."""

    def __init__(self, name: str, private: Ed25519Key, *, kind: int = NOTE_KEY) -> None:
        """Take a key. Raises ValueError for a name that no note could carry."""
        if not _NAME.fullmatch(name):
            raise ValueError("a note key's name has no blanks and no +")
        self._private = private
        self.key = NoteKey(name=name, kind=kind, public=private.public_key().public_bytes_raw())

    def line(self, text: str, *, seconds: int | None = None) -> str:
        """Sign a note's text and give the signature line. A cosignature needs its time in Unix seconds."""
        if (self.key.kind == COSIGNATURE) != (seconds is not None):
            raise ValueError("a cosignature has a time, any other signature has none")
        if seconds is None:
            signature = self._private.sign(text.encode())
        else:
            signature = seconds.to_bytes(8, "big") + self._private.sign(_cosigned(seconds, text))
        return f"— {self.key.name} {base64_text(self.key.key_id + signature)}\n"

    def note(self, text: str) -> str:
        """Sign a text into a note."""
        return f"{text}\n{self.line(text)}"


@record
class SignatureLine:
    """One signature of a note, unverified."""

    name: str
    key_id: bytes
    signature: bytes


@record
class Note:
    """A parsed note; its signatures are not yet verified."""

    text: str
    """The signed text, its last newline included."""
    signatures: tuple[SignatureLine, ...]


def parse_note(note: str) -> Note:
    """Split a note into text and signature lines. Raises IntegrityError (G101)."""
    if len(note) > _MAX_NOTE_CHARS:
        raise _refuse("G101", "the signed note is larger than any checkpoint")
    if _CONTROL.search(note):
        raise _refuse("G101", "the signed note holds a control character")
    text, separator, block = note.rpartition("\n\n")
    if not separator or not block.endswith("\n"):
        raise _refuse("G101", "the signed note has no signature lines after an empty line")
    lines = block[:-1].split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise _refuse("G101", f"the signed note has more than {_MAX_SIGNATURES} signature lines")
    return Note(text=text + "\n", signatures=tuple(_signature_line(line) for line in lines))


def _signature_line(line: str) -> SignatureLine:
    match = _LINE.fullmatch(line)
    try:
        data = base64_bytes(match[2]) if match and _NAME.fullmatch(match[1]) else b""
    except ValueError:
        data = b""
    if match is None or len(data) < 5:
        raise _refuse("G101", f"not a signature line of a note: {line!r}")
    return SignatureLine(name=match[1], key_id=data[:4], signature=data[4:])


def check_note(note: Note, known: Iterable[NoteKey]) -> tuple[NoteKey, ...]:
    """Give those of the known keys that signed, in the order of the lines.

    Lines of unknown signers are ignored. Raises IntegrityError (G102) when a line names a known key and does not
    verify, or names one twice: then the whole note is refused.
    """
    keys = {(key.name, key.key_id): key for key in known}
    signed: list[NoteKey] = []
    for line in note.signatures:
        key = keys.get((line.name, line.key_id))
        if key is None:
            continue
        if key in signed:
            raise _refuse("G102", f"the note is signed twice by {line.name}")
        if not key.verifies(line.signature, note.text):
            raise _refuse("G102", f"the signature of {line.name} on the note does not verify")
        signed.append(key)
    return tuple(signed)


def cosigned_at(note: Note, cosigners: Iterable[NoteKey]) -> tuple[tuple[NoteKey, datetime], ...]:
    """Give the times at which witnesses say that they cosigned, each an upper bound: what is in the log was by then.

    Args:
        note: the checkpoint.
        cosigners: keys whose lines were verified (`check_note`); those that sign without a time are left out.
    """
    lines = {(line.name, line.key_id): line for line in note.signatures}
    found = []
    for key in cosigners:
        line = lines.get((key.name, key.key_id))
        if key.kind != COSIGNATURE or line is None:
            continue
        seconds = int.from_bytes(line.signature[:8], "big")
        if seconds <= _LAST_SECOND:
            found.append((key, datetime.fromtimestamp(seconds, UTC)))
    return tuple(found)


@record
class Checkpoint:
    """The head of a log: how many entries it has and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note text: three lines, no extension lines."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's note text. Raises IntegrityError (G104) for any other spelling."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not is_origin(lines[0]) or not _SIZE.fullmatch(lines[1]):
        raise _refuse("G104", "a checkpoint has exactly three lines: a host name, a size, a root hash")
    try:
        root = base64_bytes(lines[2])
    except ValueError as fault:
        raise _refuse("G104", "the checkpoint's root hash is not base64") from fault
    if len(root) != HASH_BYTES:
        raise _refuse("G104", "the checkpoint's root hash is not 32 bytes")
    return Checkpoint(origin=lines[0], size=int(lines[1]), root=root)


def open_checkpoint(note: str, log: NoteKey) -> Checkpoint:
    """Read a checkpoint and verify that this log signed it. Raises IntegrityError (G101-G104)."""
    parsed = parse_note(note)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != log.name or log not in check_note(parsed, (log,)):
        raise _refuse(
            "G103",
            f"the checkpoint of {checkpoint.origin} carries no signature of {log.name} {log.key_id.hex()}",
            "compare the log's verifier key in the trust root with the one the ledger was created with",
        )
    return checkpoint
