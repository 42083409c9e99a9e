"""The witness: remembers the newest head of each log and cosigns only heads that extend it (c2sp.org/tlog-witness).

A log that shows different histories to different people cannot have both cosigned. Bytes in, status and body out; the
clock is handed in, and what was seen is durable before an answer leaves (see `witness_state`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, IntegrityError, UsageError
from govern.ledger.merkle import EMPTY_ROOT, verify_consistency
from govern.ledger.note import (
    COSIGNATURE,
    NOTE_KEY,
    Checkpoint,
    Note,
    NoteKey,
    NoteSigner,
    check_note,
    is_origin,
    parse_checkpoint,
    parse_note,
)
from govern.ledger.note_lines import signature_text
from govern.ledger.proof import hash_lines, read_hash_lines
from govern.ledger.witness_state import WitnessState

__all__ = ["MAX_REQUEST_BYTES", "SIZE_TYPE", "Reply", "Submission", "Witness", "add_checkpoint_request", "read_request"]

MAX_REQUEST_BYTES = 64 * 1024
"""63 hashes and a checkpoint with hundreds of signatures fit; nothing larger is read."""

SIZE_TYPE = "text/x.tlog.size"
"""Content type of the answer that tells the size the witness has recorded."""

_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the witness answers: an HTTP status and a body."""

    status: int
    """200 cosigned; 400 malformed; 403 not signed by the log; 404 unknown log; 409 another size is recorded; 422 not
    an extension of what is recorded."""
    body: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request that is well formed: a head, and the proof that it extends the tree of `old` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: Note


def add_checkpoint_request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """Write the request that asks a witness, which has seen `old` entries, to cosign a checkpoint."""
    return f"old {old}\n{hash_lines(proof)}\n{note}".encode()


def read_request(data: bytes) -> Submission:
    """Read a request. Raises ValueError, saying what is malformed."""
    if len(data) > MAX_REQUEST_BYTES:
        raise ValueError(f"the request is larger than {MAX_REQUEST_BYTES} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        raise ValueError("the request is not UTF-8") from fault
    head, separator, rest = text.partition("\n\n")
    lines = head.split("\n")
    old = _OLD.fullmatch(lines[0])
    if not separator or old is None:
        raise ValueError("the request does not begin with `old <size>`, proof lines and an empty line")
    proof = read_hash_lines(lines[1:])
    try:
        return Submission(old=int(old[1]), proof=proof, note=parse_note(rest))
    except IntegrityError as fault:
        raise ValueError(fault.diagnostics[0].message) from fault


def _refused(status: int, why: str) -> Reply:
    return Reply(status=status, body=f"{why}\n")


class Witness:
    """One witness with one key. Safe for threads, and for processes that share its state file."""

    def __init__(self, signer: NoteSigner, logs: Sequence[NoteKey], state: WitnessState) -> None:
        """Take the witness's key, the keys of the logs it knows, and what it has seen so far.

        Raises UsageError (G256) for a key that cannot cosign, or that of a log that is none.
        """
        if signer.key.kind != COSIGNATURE:
            raise UsageError(Diagnostic("G256", f"the key of {signer.key.name} cannot cosign"))
        trusted: dict[str, list[NoteKey]] = {}
        for key in logs:
            if key.kind != NOTE_KEY or not is_origin(key.name):
                hint = "give the verifier key of a log, such as ledger.example+<id>+<base64>"
                raise UsageError(Diagnostic("G256", f"{key.vkey} is not the key of a log", hint=hint))
            trusted.setdefault(key.name, []).append(key)
        self._signer = signer
        self._logs: Mapping[str, Sequence[NoteKey]] = trusted
        self._state = state

    @property
    def key(self) -> NoteKey:
        """The key under which cosignatures verify."""
        return self._signer.key

    def add_checkpoint(self, data: bytes, *, seconds: int) -> Reply:
        """Answer a request to cosign a checkpoint, at a time in Unix seconds.

        The size compared with and the record written are one step under a lock: of two requests that extend the same
        head, in threads or processes, exactly one is cosigned. Raises what `WitnessState` raises; then nothing was
        cosigned.
        """
        opened = self._opened(data)
        if isinstance(opened, Reply):
            return opened
        submission, checkpoint, signed = opened
        with self._state.exclusively() as seen:
            recorded = seen.get(checkpoint.origin)
            refusal = _refusal(submission, checkpoint, recorded)
            if refusal is not None:
                return refusal
            line = self._signer.line(submission.note.text, seconds=seconds)
            if recorded is None or recorded.size < checkpoint.size:
                seen.put(checkpoint, f"{submission.note.text}\n{signed}{line}")
        return Reply(status=200, body=line)

    def _opened(self, data: bytes) -> tuple[Submission, Checkpoint, str] | Reply:
        """Everything that does not depend on what was seen: form, log, signature."""
        try:
            submission = read_request(data)
        except ValueError as fault:
            return _refused(400, str(fault))
        origin = submission.note.text.partition("\n")[0]
        keys = self._logs.get(origin)
        if keys is None:
            return _refused(404, "this witness does not know the log")
        try:
            signers = check_note(submission.note, keys)
        except IntegrityError as fault:
            return _refused(403, fault.diagnostics[0].message)
        if not signers:
            return _refused(403, "the checkpoint carries no signature of a key that this witness trusts for the log")
        try:
            checkpoint = parse_checkpoint(submission.note.text)
        except IntegrityError as fault:
            return _refused(400, fault.diagnostics[0].message)
        if submission.old > checkpoint.size:
            return _refused(400, "the old size is larger than the checkpoint's")
        # Lines of others are not kept: whoever sends them could fill the state.
        known = {(key.name, key.key_id) for key in signers}
        lines = [line for line in submission.note.signatures if (line.name, line.key_id) in known]
        return submission, checkpoint, "".join(map(signature_text, lines))

    def checkpoint(self, origin_digest: str) -> Reply:
        """Give the newest checkpoint cosigned for the log whose origin has this sha256 (hex); 404 for none."""
        origin = next((name for name in self._logs if sha256_hex(name.encode()) == origin_digest), None)
        if origin is not None:
            with self._state.exclusively() as seen:
                recorded = seen.get(origin)
                if recorded is not None:
                    return Reply(status=200, body=seen.note(origin))
        return _refused(404, "no checkpoint of this log was cosigned here")


def _refusal(submission: Submission, checkpoint: Checkpoint, recorded: Checkpoint | None) -> Reply | None:
    """Hold a signed head against what was seen of its log; None when it extends that."""
    size, root = (0, EMPTY_ROOT) if recorded is None else (recorded.size, recorded.root)
    if submission.old != size:
        return Reply(status=409, body=f"{size}\n", content_type=SIZE_TYPE)
    if not verify_consistency(size, checkpoint.size, root, checkpoint.root, submission.proof):
        return _refused(422, f"the checkpoint is not shown to extend the {size} entries that were cosigned before")
    return None
