"""The default ledger store: one SQLite database with write-ahead log and full synchronisation.

An append is one transaction: look up, insert entries and nodes, compute the root, sign, insert the checkpoint,
commit. Nothing is released before the commit returned. Before signing, the log is compared with the checkpoint it
published last; a log that was cut, restored or forked refuses (see `published`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.database import (
    APPLICATION_ID,
    USER_VERSION,
    faults_named,
    open_database,
    refuse_network,
    schema,
    transaction,
)
from govern.ledger.durable import sync_directory
from govern.ledger.merkle import append_nodes, consistency_proof, inclusion_proof, leaf_hash, tree_root
from govern.ledger.note import Checkpoint, NoteKey, NoteSigner, is_origin, open_checkpoint
from govern.ledger.objects import ObjectStore
from govern.ledger.proof import LogProof
from govern.ledger.published import PublishedCheckpoint
from govern.ledger.store import Head, Logged, NewEntry

__all__ = ["LedgerPaths", "SqliteLedger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPaths:
    """Where the three parts of a ledger lie."""

    database: Path
    objects: Path
    published: Path
    """The published checkpoint, outside the database's folder."""


class SqliteLedger:
    """A ledger in one SQLite file. Use as a context manager; one thread at a time."""

    def __init__(self, paths: LedgerPaths, connection: sqlite3.Connection, signer: NoteSigner | None) -> None:
        """Take an open connection; use `create` or `open` instead."""
        self._paths = paths
        self._connection = connection
        self._signer = signer
        self._objects = ObjectStore(paths.objects)
        self._published = PublishedCheckpoint(paths.published, database=paths.database)
        self.key = self._stored_key()
        if signer is not None and signer.key != self.key:
            raise UsageError(
                Diagnostic(
                    "G211",
                    f"the key {signer.key.vkey} is not the log's, {self.key.vkey}",
                    Span(str(paths.database)),
                    "use the key that the ledger was created with",
                )
            )

    # -- opening ------------------------------------------------------------------------------------------------

    @classmethod
    def create(cls, paths: LedgerPaths, signer: NoteSigner, *, created: str) -> SqliteLedger:
        """Start a new, empty log with a signed checkpoint of size 0, and publish it.

        Args:
            paths: where it shall lie; the folders are made.
            signer: the log's key; its name is the origin and must be a bare lower-case host name.
            created: instant of the start (RFC 3339), information only.

        Raises UsageError: G202 there is one already, G208 network file system, G211 the name is no origin,
        G212 published checkpoint in the database's folder.
        """
        path = paths.database
        if not is_origin(signer.key.name):
            raise UsageError(
                Diagnostic("G211", f"{signer.key.name!r} cannot name a log", hint="a host name such as ledger.example")
            )
        published = PublishedCheckpoint(paths.published, database=path)
        if path.exists() or paths.published.exists():
            raise UsageError(
                Diagnostic(
                    "G202",
                    f"there is a ledger already ({path} or {paths.published})",
                    Span(str(path)),
                    "open it, or name another place",
                )
            )
        refuse_network(path)
        empty = Checkpoint(origin=signer.key.name, size=0, root=tree_root(0, _no_nodes))
        with faults_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = open_database(path)
            try:
                with transaction(connection):
                    for statement in schema():
                        connection.execute(statement)
                    connection.execute("INSERT INTO meta VALUES(?,?,?)", (signer.key.name, signer.key.vkey, created))
                    _insert_checkpoint(connection, empty, signer.note(empty.text))
                sync_directory(path.parent)
            except BaseException:
                connection.close()
                raise
        published.publish(signer.note(empty.text), signer.key)
        return cls(paths, connection, signer)

    @classmethod
    def open(cls, paths: LedgerPaths, *, signer: NoteSigner | None = None) -> SqliteLedger:
        """Open a log, for appending when its key is given, and check its head against what was published.

        Raises UsageError: G201 nothing there, G208, G211 another key; IntegrityError: G201 not a ledger, G203, G204,
        G206; InputError: G205, G209.
        """
        path = paths.database
        if not path.is_file():
            raise UsageError(
                Diagnostic("G201", f"there is no ledger at {path}", Span(str(path)), "make a workspace: govern init")
            )
        refuse_network(path)
        with faults_named(path):
            connection = open_database(path)
            try:
                ledger = cls(paths, connection, signer)
                ledger.head()
            except BaseException:
                connection.close()
                raise
        return ledger

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
        self._connection.close()

    def _stored_key(self) -> NoteKey:
        execute = self._connection.execute
        identity = execute("PRAGMA application_id").fetchone()[0], execute("PRAGMA user_version").fetchone()[0]
        if identity != (APPLICATION_ID, USER_VERSION):
            raise IntegrityError(
                Diagnostic("G201", "this SQLite file is not a ledger of this version", Span(str(self._paths.database)))
            )
        rows = execute("SELECT origin, vkey FROM meta").fetchall()
        key = NoteKey.parse(rows[0][1]) if len(rows) == 1 else None
        if key is None or key.name != rows[0][0]:
            raise self._broken("its origin and key are not stored once")
        return key

    def _broken(self, what: str) -> IntegrityError:
        return IntegrityError(
            Diagnostic(
                "G206",
                f"the log is damaged: {what}",
                Span(str(self._paths.database)),
                "govern ledger verify says where; restore the newest copy",
            )
        )

    # -- reading ------------------------------------------------------------------------------------------------

    def _node(self, level: int, index: int) -> bytes:
        row = self._connection.execute("SELECT hash FROM tnode WHERE level=? AND idx=?", (level, index)).fetchone()
        if row is None:
            raise self._broken(f"the node ({level}, {index}) is missing")
        return bytes(row[0])

    def _checked_head(self, published: Checkpoint | None) -> Head:
        """The newest checkpoint, recomputed from the nodes and compared with the published one."""
        execute = self._connection.execute
        size = execute("SELECT coalesce(max(idx)+1, 0) FROM entry").fetchone()[0]
        row = execute("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        if row is None or row[0] != size:
            raise self._broken(f"it has {size} entries and its newest checkpoint is for {row and row[0]}")
        root = tree_root(size, self._node)
        signed = open_checkpoint(row[2], self.key)
        if (signed.size, signed.root) != (size, root) or bytes(row[1]) != root:
            raise self._broken(f"the root over its {size} entries is not the one of its newest checkpoint")
        self._published.compare(published, size, self._node)
        return Head(size=size, root=root, note=row[2])

    @contextmanager
    def _snapshot(self) -> Iterator[Head]:
        # The published head is read first: read afterwards, it could be newer than the snapshot and look like a cut.
        published = self._published.read(self.key)
        with faults_named(self._paths.database), transaction(self._connection, "DEFERRED"):
            yield self._checked_head(published)

    def head(self) -> Head:
        """Give the newest checkpoint, checked. Raises as `open` does."""
        with self._snapshot() as head:
            return head

    def find(self, payload_digest: str) -> int | None:
        """Give the index of the entry of a payload (sha256, hex), None when it is not in the log."""
        with faults_named(self._paths.database):
            return self._index_of(bytes.fromhex(payload_digest))

    def digests(self) -> tuple[tuple[int, str], ...]:
        """Give every entry's index and payload digest (sha256, hex), in the order of the log."""
        with self._snapshot():
            rows = self._connection.execute("SELECT idx, payload_sha256 FROM entry ORDER BY idx").fetchall()
        return tuple((int(index), bytes(digest).hex()) for index, digest in rows)

    def _index_of(self, digest: bytes) -> int | None:
        row = self._connection.execute("SELECT idx FROM entry WHERE payload_sha256=?", (digest,)).fetchone()
        return None if row is None else int(row[0])

    def prove(self, index: int) -> Logged:
        """Give the entry at an index with its proof against the newest checkpoint. UsageError (G213) for no such."""
        with self._snapshot() as head:
            return self._logged(index, head)

    def _logged(self, index: int, head: Head) -> Logged:
        if not 0 <= index < head.size:
            raise UsageError(Diagnostic("G213", f"the log has {head.size} entries and none with index {index}"))
        row = self._connection.execute("SELECT body FROM entry WHERE idx=?", (index,)).fetchone()
        if row is None or leaf_hash(bytes(row[0])) != self._node(0, index):
            raise self._broken(f"entry {index} is missing or is not what was logged")
        hashes = inclusion_proof(index, head.size, self._node)
        proof = LogProof(index=index, hashes=hashes, checkpoint=head.note)
        return Logged(body=bytes(row[0]), leaf_root=head.root, size=head.size, proof=proof)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the log at `old` entries is a prefix of the log at `new`. UsageError (G213)."""
        with self._snapshot() as head:
            if not 0 <= old <= new <= head.size:
                raise UsageError(Diagnostic("G213", f"the log has {head.size} entries: no proof from {old} to {new}"))
            return consistency_proof(old, new, self._node)

    def entries(self, start: int, end: int) -> tuple[bytes, ...]:
        """Give the bodies of the entries `start` up to, not including, `end`. UsageError (G213)."""
        with self._snapshot() as head:
            if not 0 <= start <= end <= head.size:
                raise UsageError(Diagnostic("G213", f"the log has {head.size} entries: not {start} to {end}"))
            query = "SELECT body FROM entry WHERE idx>=? AND idx<? ORDER BY idx"
            return self._column(query, (start, end), end - start)

    def nodes(self, level: int, start: int, end: int) -> tuple[bytes, ...]:
        """Give the hashes of the complete subtrees `(level, start)` up to, not including, `(level, end)`.

        Raises UsageError (G213) when the log has no such subtree yet.
        """
        with self._snapshot() as head:
            if not (0 <= level <= 63 and 0 <= start <= end <= head.size >> level):
                message = f"the log has {head.size} entries: no subtrees {start} to {end} at level {level}"
                raise UsageError(Diagnostic("G213", message))
            query = "SELECT hash FROM tnode WHERE level=? AND idx>=? AND idx<? ORDER BY idx"
            return self._column(query, (level, start, end), end - start)

    def _column(self, query: str, values: tuple[int, ...], count: int) -> tuple[bytes, ...]:
        rows = self._connection.execute(query, values).fetchall()
        if len(rows) != count:
            raise self._broken(f"it has {len(rows)} of {count} rows")
        return tuple(bytes(row[0]) for row in rows)

    def payload(self, digest: str) -> bytes | None:
        """Give a logged payload (sha256, hex), None when it was erased or never here. IntegrityError (G214)."""
        return self._objects.get(digest)

    # -- writing ------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        """Append all entries or none under one checkpoint, publish it, and give each with its proof.

        Idempotent by the payload's sha256: a payload logged before keeps its index and its first body. Raises
        UsageError (G210) without the log's key, and as `open` does; then nothing was signed.
        """
        signer = self._signer
        if signer is None:
            raise UsageError(Diagnostic("G210", "the ledger was opened without its key", hint="give the log's key"))
        with faults_named(self._paths.database):
            digests = [self._keep(entry.payload) for entry in entries]
            with transaction(self._connection):
                head = self._checked_head(self._published.read(self.key))
                note = self._insert(head, digests, [entry.body for entry in entries], signer)
        self._published.publish(note, self.key)
        with self._snapshot() as head:
            indices = [self._index_of(digest) for digest in digests]
            return tuple(self._logged(-1 if index is None else index, head) for index in indices)

    def _keep(self, payload: bytes) -> bytes:
        """Store a payload unless it was erased on purpose; give its sha256."""
        from hashlib import sha256

        digest = sha256(payload).digest()
        if self._connection.execute("SELECT 1 FROM erasure WHERE payload_sha256=?", (digest,)).fetchone() is None:
            self._objects.put(payload)
        return digest

    def _insert(self, head: Head, digests: Sequence[bytes], bodies: Sequence[bytes], signer: NoteSigner) -> str:
        """Insert what is new and give the note of the head that then holds."""
        fresh = {digest: body for digest, body in zip(digests, bodies, strict=True) if self._index_of(digest) is None}
        if not fresh:
            return head.note
        execute, executemany = self._connection.execute, self._connection.executemany
        executemany(
            "INSERT INTO entry(idx, body, payload_sha256) VALUES(?,?,?)",
            [(head.size + offset, body, digest) for offset, (digest, body) in enumerate(fresh.items())],
        )
        leaves = [leaf_hash(body) for body in fresh.values()]
        nodes = list(append_nodes(head.size, leaves, self._node))
        executemany("INSERT INTO tnode(level, idx, hash) VALUES(?,?,?)", nodes)
        size = execute("SELECT max(idx)+1 FROM entry").fetchone()[0]
        checkpoint = Checkpoint(origin=self.key.name, size=size, root=tree_root(size, self._node))
        note = signer.note(checkpoint.text)
        _insert_checkpoint(self._connection, checkpoint, note)
        return note

    def erase(self, payload_digest: str, *, at: str, reason: str) -> None:
        """Delete a payload and record that this was meant; every proof stays valid. UsageError (G213)."""
        digest = bytes.fromhex(payload_digest)
        with faults_named(self._paths.database):
            if self._index_of(digest) is None:
                raise UsageError(Diagnostic("G213", f"the log has no entry for the payload {payload_digest}"))
            with transaction(self._connection):
                self._connection.execute("INSERT OR IGNORE INTO erasure VALUES(?,?,?)", (digest, at, reason))
            self._objects.remove(payload_digest)


def _no_nodes(_level: int, _index: int) -> bytes:
    raise AssertionError("the empty tree has no nodes")


def _insert_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint, note: str) -> None:
    connection.execute("INSERT INTO checkpoint VALUES(?,?,?)", (checkpoint.size, checkpoint.root, note))
