"""What a ledger store is: the protocol that certificates are issued through."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from govern.ledger.note import NoteKey, NoteSigner
from govern.ledger.proof import LogProof
from govern.ledger.rows import Rows

__all__ = ["Head", "LedgerPlace", "LedgerStore", "Logged", "NewEntry", "OpenLedger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A signed statement to be logged.

    An entry's identity is the sha256 of its payload together with the key that signed it: a statement that several
    people sign, as a trust root is, has an entry for each of them, and a second signature by one key has none.
    """

    payload: bytes
    """The statement's bytes, kept in the object store."""
    body: bytes
    """The log entry (`leaf.leaf_body`); names the signer's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest checkpoint of a log."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An entry that is in the log, with the proof of it."""

    body: bytes
    """What the log holds; for a statement that this key signed before, the bytes of that time."""
    leaf_root: bytes
    """Root of the tree that the proof leads to."""
    size: int
    proof: LogProof


class LedgerStore(Protocol):
    """An append-only log. Every method raises IntegrityError rather than give an answer from a broken log."""

    @property
    def key(self) -> NoteKey:
        """The log's public key; its name is the origin."""

    def head(self) -> Head:
        """Give the newest checkpoint."""

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        """Append all entries or none, in one batch under one checkpoint, and publish it.

        A payload that the same key signed before keeps its index and its first body. Proofs lead to the checkpoint
        under which the batch was committed.
        """

    def find(self, payload_digest: str, key: str | None = None) -> int | None:
        """Give the first index of a payload (sha256, hex), None when it is not in the log.

        With `key` (sha256 of the signer's SubjectPublicKeyInfo, hex) the index of that key's entry.
        """

    def digests(self) -> Sequence[tuple[int, str]]:
        """Give every entry's index and payload digest (sha256, hex), in the order of the log."""

    def prove(self, index: int) -> Logged:
        """Give the entry at an index with its proof against the newest checkpoint. UsageError when there is none."""

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the log at `old` entries is a prefix of the log at `new`. UsageError when it has fewer."""

    def entries(self, start: int, end: int) -> Sequence[bytes]:
        """Give the bodies of the entries `start` up to, not including, `end`. UsageError when there are fewer."""

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Give the hashes of the complete subtrees `(level, start)` up to, not including, `(level, end)`.

        They never change once they are there, so readers may ask for them one after another while the log grows.
        UsageError when the log has no such subtree yet.
        """

    def payload(self, digest: str) -> bytes | None:
        """Give a logged payload (sha256, hex), None when it was erased or never here."""


class OpenLedger(LedgerStore, Protocol):
    """A ledger store that was opened by whoever uses it, and that holds something until it is closed."""

    def erase(self, payload_digest: str, *, at: str, reason: str) -> tuple[int, ...]:
        """Delete a payload on purpose and give the indices of its entries; every proof stays valid.

        UsageError when the log has no entry for it.
        """

    def close(self) -> None:
        """Release what the store holds."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *fault: object) -> None: ...


class LedgerPlace(Protocol):
    """Where a ledger lies, and by that which store serves it."""

    @property
    def label(self) -> str:
        """The place in words, without any secret."""

    @property
    def objects(self) -> Path:
        """Folder of the payloads."""

    @property
    def published(self) -> Path:
        """File of the published checkpoint."""

    @property
    def witnessed(self) -> tuple[Path, ...]:
        """Checkpoints of this log that were seen elsewhere; it must extend each of them."""

    @property
    def written(self) -> tuple[Path, ...]:
        """Files and folders that an append writes to."""

    def create(self, signer: NoteSigner, *, created: str) -> OpenLedger:
        """Start a new, empty log. UsageError when there is one, or a trace of one."""

    def open(self, *, signer: NoteSigner | None = None) -> OpenLedger:
        """Open a log, for appending when its key is given, and check its head against what was promised."""

    def rows(self) -> AbstractContextManager[Rows]:
        """Open the bare tables for reading, promising nothing about them; for `fsck`."""
