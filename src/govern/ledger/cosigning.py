"""A ledger whose heads are cosigned: the same store, with witnesses asked before and after every append.

Before, because a log that was rolled back must find out before it signs a second history; after, because the proof of
the new entry is to carry the cosignatures. Witnesses are reached through clients that are handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Severity
from govern.ledger.cosigned_notes import CosignedNotes
from govern.ledger.merkle import inclusion_proof, tree_root
from govern.ledger.note import NoteKey, check_note, open_checkpoint, parse_note
from govern.ledger.note_lines import merge_notes, signature_text
from govern.ledger.proof import LogProof
from govern.ledger.quorum import WitnessPolicy
from govern.ledger.store import Head, LedgerStore, Logged, NewEntry
from govern.ledger.witness import Reply, add_checkpoint_request

__all__ = ["CosigningLedger", "WitnessClient", "cosignature"]

_SIZE = re.compile(r"(0|[1-9][0-9]{0,15})\n", re.ASCII)
_TRIES = 5
"""How often a head is replaced by a newer one of our own before the newest cosigned one has to do."""


class WitnessClient(Protocol):
    """A way to ask one witness."""

    @property
    def name(self) -> str:
        """What the trust root calls it."""

    @property
    def key(self) -> NoteKey:
        """The key under which its cosignatures verify."""

    def add_checkpoint(self, request: bytes) -> Reply:
        """Hand it a request (`add_checkpoint_request`). Raises InputError (G249) when it cannot be reached."""


def cosignature(reply: str, *, note: str, key: NoteKey) -> str | None:
    """Pick a witness's line from its answer; None unless it is there once and verifies. Lines of others are ignored."""
    text = parse_note(note).text
    try:
        answer = parse_note(f"{text}\n{reply}")
        if answer.text != text or key not in check_note(answer, (key,)):
            return None
    except IntegrityError:
        return None
    own = (key.name, key.key_id)
    return next(signature_text(line) for line in answer.signatures if (line.name, line.key_id) == own)


def _ignore(_diagnostic: Diagnostic) -> None:
    """Observe nothing."""


class _MovedError(Exception):
    """A witness knows a newer head of our own log than the one it was asked about."""


@dataclass(frozen=True)
class _Round:
    """The rounds of one append: who gave nothing in the first is not waited for in the second."""

    silent: set[str]


class CosigningLedger:
    """A `LedgerStore` over another one. Use it like that; `cosign` collects for the head as it is."""

    def __init__(
        self,
        inner: LedgerStore,
        *,
        witnesses: Sequence[WitnessClient],
        notes: CosignedNotes,
        policy: WitnessPolicy | None = None,
        notify: Callable[[Diagnostic], None] = _ignore,
    ) -> None:
        """Wrap a ledger.

        Args:
            inner: the log itself.
            witnesses: who is asked; nobody, for a ledger that only shows what was collected before.
            notes: where cosigned checkpoints are kept.
            policy: says which cosigned checkpoint is best; without it, the one with most cosignatures.
            notify: gets a warning for each witness that gave no usable answer.
        """
        self._inner = inner
        self._witnesses = tuple(witnesses)
        self._notes = notes
        self._policy = policy
        self._notify = notify

    # -- what is new ------------------------------------------------------------------------------------------------

    def cosign(self) -> Head:
        """Ask every witness to cosign the head; give it with all cosignatures that it has.

        Raises IntegrityError: G247 a witness has seen more entries than the log has, G248 it has seen other ones;
        both mean that the log was cut, restored or forked.
        """
        return self._collect(_Round(set()))

    def head(self) -> Head:
        """Give the newest checkpoint, with the cosignatures that were collected for it."""
        return self._dressed(self._inner.head(), self._remembered())

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        """Append as the log does, between two rounds of the witnesses; proofs lead to the cosigned checkpoint.

        A witness that cannot be reached is reported and does not stop the append. Raises as `cosign` does, before
        anything was signed.
        """
        asked = _Round(set())
        self._collect(asked)
        logged = self._inner.append(entries)
        head = self._collect(asked)
        if self._policy is not None and not self._policy.met(self._notes.signers(head.note)):
            message = f"the quorum {self._policy.quorum} of witnesses is not met for {head.size} entries"
            self._warn(Diagnostic("G255", message, hint="collect again later: govern ledger cosign"))
        return tuple(self._at(item, head.note) for item in logged)

    def prove(self, index: int) -> Logged:
        """Give an entry with its proof against the best-witnessed checkpoint that covers it."""
        logged = self._inner.prove(index)
        notes = self._remembered()
        covering = [note for note in notes if open_checkpoint(note, self.key).size > index]
        head = self._dressed(self._inner.head(), notes)
        return self._at(logged, max([*covering, head.note], key=self._worth))

    # -- what the log does ---------------------------------------------------------------------------------------

    @property
    def key(self) -> NoteKey:
        """The log's public key."""
        return self._inner.key

    def find(self, payload_digest: str, key: str | None = None) -> int | None:
        """Give the first index of a payload, or that of one signer's entry."""
        return self._inner.find(payload_digest, key)

    def digests(self) -> Sequence[tuple[int, str]]:
        """Give every entry's index and payload digest."""
        return self._inner.digests()

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the log at `old` entries is a prefix of the log at `new`."""
        return self._inner.consistency(old, new)

    def entries(self, start: int, end: int) -> Sequence[bytes]:
        """Give the bodies of entries."""
        return self._inner.entries(start, end)

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Give the hashes of complete subtrees."""
        return self._inner.nodes(level, start, end)

    def payload(self, digest: str) -> bytes | None:
        """Give a logged payload."""
        return self._inner.payload(digest)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _node(self, level: int, index: int) -> bytes:
        return self._inner.nodes(level, index, index + 1)[0]

    def _remembered(self) -> tuple[str, ...]:
        """The cosigned notes, each shown to be an earlier head of the log as it is now."""
        notes, size = self._notes.read(), self._inner.head().size
        for note in notes:
            seen = open_checkpoint(note, self.key)
            if seen.size > size:
                raise _saw_more("a cosigned checkpoint", seen.size, size)
            if tree_root(seen.size, self._node) != seen.root:
                raise _saw_other("a cosigned checkpoint", seen.size)
        return notes

    def _dressed(self, head: Head, notes: Sequence[str]) -> Head:
        for note in notes:
            if open_checkpoint(note, self.key).size == head.size:
                return replace(head, note=merge_notes(head.note, note, log=self.key))
        return head

    def _worth(self, note: str) -> tuple[bool, int, int]:
        signers = self._notes.signers(note)
        met = self._policy is not None and self._policy.met(signers)
        return met, len(signers), open_checkpoint(note, self.key).size

    def _at(self, logged: Logged, note: str) -> Logged:
        """The same entry, proved against another checkpoint of the log."""
        target = open_checkpoint(note, self.key)
        index, hashes = logged.proof.index, logged.proof.hashes
        if target.size != logged.size:
            hashes = inclusion_proof(index, target.size, self._node)
        proof = LogProof(index=index, hashes=hashes, checkpoint=note)
        return Logged(body=logged.body, leaf_root=target.root, size=target.size, proof=proof)

    def _collect(self, asked: _Round) -> Head:
        for last in (False,) * (_TRIES - 1) + (True,):
            notes = self._remembered()
            head = self._dressed(self._inner.head(), notes)
            try:
                note = self._asked_all(head, notes, asked, last=last)
            except _MovedError:
                continue
            if note != head.note:
                self._notes.add(note)
                return replace(head, note=note)
            break
        return head

    def _asked_all(self, head: Head, notes: Sequence[str], asked: _Round, *, last: bool) -> str:
        note = head.note
        for client in self._witnesses:
            if client.name in asked.silent:
                continue
            try:
                line = self._line(client, head, self._last_seen(client.key, notes))
            except InputError as fault:
                asked.silent.add(client.name)
                self._warn(fault.diagnostics[0])
            except _MovedError:
                if not last:
                    raise
            else:
                if line is None:
                    asked.silent.add(client.name)
                else:
                    note = merge_notes(note, f"{parse_note(note).text}\n{line}", log=self.key)
        return note

    def _last_seen(self, key: NoteKey, notes: Sequence[str]) -> int:
        sizes = [open_checkpoint(note, self.key).size for note in notes if key in self._notes.signers(note)]
        return max(sizes, default=0)

    def _line(self, client: WitnessClient, head: Head, old: int) -> str | None:
        """Ask one witness; a second time when it says that it is at another size."""
        note = head.note
        for known in (False, True):
            proof = self._inner.consistency(old, head.size)
            reply = client.add_checkpoint(add_checkpoint_request(old, proof, note))
            if reply.status == 200:
                line = cosignature(reply.body, note=note, key=client.key)
                if line is None:
                    self._useless(client, "its cosignature does not verify")
                return line
            if reply.status == 422:
                raise _saw_other(f"the witness {client.name}", old)
            size = _SIZE.fullmatch(reply.body) if reply.status == 409 else None
            if size is None:
                self._useless(client, f"it answered {reply.status}: {reply.body.strip()}")
                return None
            recorded = int(size[1])
            if recorded > head.size:
                if recorded <= self._inner.head().size:
                    raise _MovedError
                raise _saw_more(f"the witness {client.name}", recorded, head.size)
            if recorded == old == head.size:
                raise _saw_other(f"the witness {client.name}", old)
            if known or recorded == old:
                break
            old = recorded
        self._useless(client, f"it keeps saying that it is at another size than {old}")
        return None

    def _useless(self, client: WitnessClient, why: str) -> None:
        hint = "ask its operator; it has to know this log's key"
        self._warn(Diagnostic("G250", f"no cosignature of the witness {client.name}: {why}", hint=hint))

    def _warn(self, diagnostic: Diagnostic) -> None:
        self._notify(replace(diagnostic, severity=Severity.WARNING))


_RECOVERY = "restore the newest copy of the database, or seal this log and start one with a new origin"


def _saw_more(who: str, seen: int, size: int) -> IntegrityError:
    message = f"{who} is for {seen} entries, and the log has {size}: it was cut or restored"
    return IntegrityError(Diagnostic("G247", message, hint=_RECOVERY))


def _saw_other(who: str, seen: int) -> IntegrityError:
    message = f"{who} is for {seen} entries that are not the log's first {seen}: the log was forked"
    return IntegrityError(Diagnostic("G248", message, hint=_RECOVERY))
