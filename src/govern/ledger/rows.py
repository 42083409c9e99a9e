"""What a ledger asks of a database: rows in, rows out. The log's rules are in `core`, not here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

__all__ = ["FiledEntry", "Identity", "NodeRow", "Place", "Rows", "StoredCheckpoint", "StoredEntry"]

Identity = tuple[bytes, bytes]
"""What makes an entry one of its kind: sha256 of the payload, sha256 of the signer's SubjectPublicKeyInfo."""

Place = tuple[int, int]
"""Level and index of a complete subtree (`merkle`)."""

NodeRow = tuple[int, int, bytes]
"""Level, index and hash of a complete subtree."""

StoredEntry = tuple[int, bytes, bytes | None, bytes | None]
"""Index, body and identity of an entry as found; the identity is missing when the entry is filed nowhere."""


@dataclass(frozen=True, slots=True)
class FiledEntry:
    """An entry with the identity that it is filed under."""

    index: int
    body: bytes
    payload: bytes
    spki: bytes


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A row of the table of checkpoints."""

    size: int
    root: bytes
    note: str


class Rows(Protocol):
    """The tables of one ledger. All methods but the two transactions are called inside one of them.

    The transactions turn what the database raises into InputError (it cannot be used now) and IntegrityError (it is
    damaged).
    """

    @property
    def label(self) -> str:
        """Where the tables are, without any secret; for messages."""

    def reading(self) -> AbstractContextManager[None]:
        """See one state of all tables until the block ends."""

    def writing(self) -> AbstractContextManager[None]:
        """Be the only writer until the block ends, then commit durably; roll back when the block raises."""

    def close(self) -> None:
        """Release the database."""

    def keys(self) -> Sequence[tuple[str, str]]:
        """Give every stored origin with its verifier key; a sound ledger has one."""

    def newest(self) -> tuple[int, StoredCheckpoint | None]:
        """Give the number of entries, counted by the last index, and the newest checkpoint."""

    def nodes(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        """Give those of the nodes that are there, in one query."""

    def level(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Give the hashes of the nodes `start..end` of a level that are there, in order."""

    def bodies(self, indices: Collection[int]) -> Mapping[int, bytes]:
        """Give those of the entries' bodies that are there."""

    def body_range(self, start: int, end: int) -> Sequence[bytes]:
        """Give the bodies of the entries `start..end` that are there, in order."""

    def indices(self, identities: Collection[Identity]) -> Mapping[Identity, int]:
        """Give the index of each of these entries that is there."""

    def of_payload(self, payload: bytes) -> Sequence[tuple[int, bytes]]:
        """Give index and key (sha256) of each entry of a payload, in the order of the log."""

    def payloads(self) -> Sequence[tuple[int, bytes]]:
        """Give index and payload digest of every entry, in the order of the log."""

    def erased(self, payloads: Collection[bytes]) -> Collection[bytes]:
        """Give those of the payloads that were erased on purpose."""

    def extend(self, entries: Sequence[FiledEntry], nodes: Sequence[NodeRow], checkpoint: StoredCheckpoint) -> None:
        """Insert entries, nodes and the checkpoint that then holds."""

    def record_erasure(self, payload: bytes, *, at: str, reason: str) -> None:
        """Note that a payload was erased on purpose; once is enough."""

    def all_entries(self) -> Iterator[StoredEntry]:
        """Give every entry in the order of the log; one that is filed twice, twice."""

    def all_nodes(self) -> Iterator[NodeRow]:
        """Give every node."""

    def all_checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Give every checkpoint, by size."""

    def all_erased(self) -> Collection[bytes]:
        """Give the digest of every payload that was erased on purpose."""

    def own_findings(self) -> Iterator[str]:
        """Say what the database finds wrong with itself."""
