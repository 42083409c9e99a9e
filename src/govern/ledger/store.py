"""What a ledger store is: the protocol that certificates are issued through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from govern.ledger.note import NoteKey
from govern.ledger.proof import LogProof

__all__ = ["Head", "LedgerStore", "Logged", "NewEntry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A signed statement to be logged."""

    payload: bytes
    """The statement's bytes, kept in the object store; their sha256 is the entry's identity."""
    body: bytes
    """The log entry (`leaf.leaf_body`)."""


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
    """What the log holds; for a statement logged before, the bytes of that time."""
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

        A payload that was logged before keeps its index. Proofs lead to the newest checkpoint.
        """

    def find(self, payload_digest: str) -> int | None:
        """Give the index of the entry of a payload (sha256, hex), None when it is not in the log."""

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
