"""The default ledger store: one SQLite database with write-ahead log and full synchronisation."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.core import MerkleLedger, first_checkpoint
from govern.ledger.database import (
    check_identity,
    faults_named,
    open_database,
    refuse_network,
    schema,
    transaction,
)
from govern.ledger.durable import sync_directory
from govern.ledger.note import NoteSigner
from govern.ledger.published import PublishedCheckpoint
from govern.ledger.rows import FiledEntry, Identity, NodeRow, Place, StoredCheckpoint, StoredEntry

__all__ = ["LedgerPaths", "SqliteLedger", "SqliteRows"]

Key = TypeVar("Key", bound=tuple[object, ...])
Value = TypeVar("Value", int, bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPaths:
    """Where a ledger in a file lies."""

    database: Path
    objects: Path
    published: Path
    """The published checkpoint, outside the database's folder."""
    witnessed: tuple[Path, ...] = ()
    """Checkpoints of this log that were seen elsewhere."""

    @property
    def label(self) -> str:
        """The database's path."""
        return str(self.database)

    @property
    def written(self) -> tuple[Path, ...]:
        """Files and folders that an append writes to."""
        return self.database, self.objects, self.published

    def create(self, signer: NoteSigner, *, created: str) -> SqliteLedger:
        """Start a log here: `SqliteLedger.create`."""
        return SqliteLedger.create(self, signer, created=created)

    def open(self, *, signer: NoteSigner | None = None) -> SqliteLedger:
        """Open the log that is here: `SqliteLedger.open`."""
        return SqliteLedger.open(self, signer=signer)

    @contextmanager
    def rows(self) -> Iterator[SqliteRows]:
        """Open the bare tables for reading. Raises UsageError (G201) and as `SqliteRows.connect` does."""
        _must_be_there(self.database)
        rows = SqliteRows.connect(self.database, read_only=True)
        try:
            yield rows
        finally:
            rows.close()


class SqliteLedger(MerkleLedger):
    """A ledger in one SQLite file. Use as a context manager; one thread at a time."""

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
        first = first_checkpoint(signer)
        published = PublishedCheckpoint(paths.published, database=path)
        if path.exists() or paths.published.exists():
            message = f"there is a ledger already ({path} or {paths.published})"
            raise UsageError(Diagnostic("G202", message, Span(str(path)), "open it, or name another place"))
        refuse_network(path)
        with faults_named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = open_database(path)
            try:
                with transaction(connection):
                    for statement in schema():
                        connection.execute(statement)
                    connection.execute("INSERT INTO meta VALUES(?,?,?)", (signer.key.name, signer.key.vkey, created))
                    rows = SqliteRows(connection, path)
                    rows.extend((), (), first)
                sync_directory(path.parent)
                published.publish(first.note, signer.key)
                return cls(rows, paths, published, signer)
            except BaseException:
                connection.close()
                raise

    @classmethod
    def open(cls, paths: LedgerPaths, *, signer: NoteSigner | None = None) -> SqliteLedger:
        """Open a log, for appending when its key is given, and check its head against what left it.

        Raises UsageError: G201 nothing there, G208, G211 another key; IntegrityError: G201 not a ledger, and as
        `head` does; InputError: G209, G230 other tables, and as `head` does.
        """
        path = paths.database
        _must_be_there(path)
        refuse_network(path)
        published = PublishedCheckpoint(paths.published, database=path)
        rows = SqliteRows.connect(path)
        try:
            return cls(rows, paths, published, signer)
        except BaseException:
            rows.close()
            raise


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        message = f"there is no ledger at {path}"
        raise UsageError(Diagnostic("G201", message, Span(str(path)), "make a workspace: govern init"))


class SqliteRows:
    """The tables in a SQLite file (`rows.Rows`)."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Take a connection to a file of this version."""
        self.connection = connection
        self._path = path

    @classmethod
    def connect(cls, path: Path, *, read_only: bool = False) -> SqliteRows:
        """Open a file. Raises IntegrityError (G201) when it is no ledger; InputError G209, G230; UsageError G207."""
        with faults_named(path):
            connection = open_database(path, read_only=read_only)
            try:
                check_identity(connection, path)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path)

    @property
    def label(self) -> str:
        """The database's path."""
        return str(self._path)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one state of all tables until the block ends."""
        with faults_named(self._path), transaction(self.connection, "DEFERRED"):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer until the block ends, then commit durably."""
        with faults_named(self._path), transaction(self.connection):
            yield

    def close(self) -> None:
        """Release the database."""
        self.connection.close()

    def keys(self) -> Sequence[tuple[str, str]]:
        """Give every stored origin with its verifier key."""
        return list(self._scan("SELECT origin, vkey FROM meta", str, str))

    def newest(self) -> tuple[int, StoredCheckpoint | None]:
        """Give the number of entries and the newest checkpoint."""
        execute = self.connection.execute
        size = execute("SELECT coalesce(max(idx)+1, 0) FROM entry").fetchone()[0]
        rows = self._scan("SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT 1", int, bytes, str)
        return int(size), next((StoredCheckpoint(*row) for row in rows), None)

    def nodes(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        """Give those of the nodes that are there."""
        return dict(self._each("SELECT hash FROM tnode WHERE level=? AND idx=?", places, bytes))

    def _each(self, query: str, keys: Collection[Key], kind: type[Value]) -> Iterator[tuple[Key, Value]]:
        # A query here costs no round trip, so one for each key is as good as one for all.
        for key in keys:
            row = self.connection.execute(query, key).fetchone()
            if row is not None:
                if type(row[0]) is not kind:
                    raise self._damaged()
                yield key, row[0]

    def _scan(self, query: str, *kinds: type, values: Sequence[object] = ()) -> Iterator[Any]:
        """Give rows whose columns have these types. A damaged page can hold others, whatever the table says."""
        for row in self.connection.execute(query, values):
            for value, kind in zip(row, kinds, strict=True):
                if type(value) is not kind:
                    raise self._damaged()
            yield row

    def _damaged(self) -> IntegrityError:
        message = "the log is damaged: a column holds a value of another type"
        return IntegrityError(Diagnostic("G206", message, Span(self.label), "restore the newest copy"))

    def level(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Give the hashes of the nodes `start..end` of a level that are there."""
        query = "SELECT hash FROM tnode WHERE level=? AND idx>=? AND idx<? ORDER BY idx"
        return [row[0] for row in self._scan(query, bytes, values=(level, start, end))]

    def bodies(self, indices: Collection[int]) -> Mapping[int, bytes]:
        """Give those of the entries' bodies that are there."""
        found = self._each("SELECT body FROM entry WHERE idx=?", [(index,) for index in indices], bytes)
        return {key[0]: body for key, body in found}

    def body_range(self, start: int, end: int) -> Sequence[bytes]:
        """Give the bodies of the entries `start..end` that are there."""
        query = "SELECT body FROM entry WHERE idx>=? AND idx<? ORDER BY idx"
        return [row[0] for row in self._scan(query, bytes, values=(start, end))]

    def indices(self, identities: Collection[Identity]) -> Mapping[Identity, int]:
        """Give the index of each of these entries that is there."""
        query = "SELECT idx FROM identity WHERE payload_sha256=? AND spki=(SELECT id FROM spki WHERE sha256=?)"
        return dict(self._each(query, identities, int))

    def of_payload(self, payload: bytes) -> Sequence[tuple[int, bytes]]:
        """Give index and key (sha256) of each entry of a payload."""
        query = "SELECT idx, sha256 FROM identity JOIN spki ON id=spki WHERE payload_sha256=? ORDER BY idx"
        return list(self._scan(query, int, bytes, values=(payload,)))

    def payloads(self) -> Sequence[tuple[int, bytes]]:
        """Give index and payload digest of every entry."""
        return list(self._scan("SELECT idx, payload_sha256 FROM identity ORDER BY idx", int, bytes))

    def erased(self, payloads: Collection[bytes]) -> Collection[bytes]:
        """Give those of the payloads that were erased on purpose."""
        if self.connection.execute("SELECT 1 FROM erasure LIMIT 1").fetchone() is None:
            return ()
        query = "SELECT 1 FROM erasure WHERE payload_sha256=?"
        return {item for item in payloads if self.connection.execute(query, (item,)).fetchone() is not None}

    def extend(self, entries: Sequence[FiledEntry], nodes: Sequence[NodeRow], checkpoint: StoredCheckpoint) -> None:
        """Insert entries, nodes and the checkpoint that then holds."""
        execute, executemany = self.connection.execute, self.connection.executemany
        keys: dict[bytes, int] = {}
        for spki in {item.spki for item in entries}:
            execute("INSERT OR IGNORE INTO spki(sha256) VALUES(?)", (spki,))
            keys[spki] = execute("SELECT id FROM spki WHERE sha256=?", (spki,)).fetchone()[0]
        executemany("INSERT INTO entry VALUES(?,?)", [(item.index, item.body) for item in entries])
        # In the order of the table, so that neighbours are written while their page is at hand.
        filed = sorted((item.payload, keys[item.spki], item.index) for item in entries)
        executemany("INSERT INTO identity VALUES(?,?,?)", filed)
        executemany("INSERT INTO tnode VALUES(?,?,?)", nodes)
        row = (checkpoint.size, checkpoint.root, checkpoint.note)
        execute("INSERT INTO checkpoint VALUES(?,?,?)", row)

    def record_erasure(self, payload: bytes, *, at: str, reason: str) -> None:
        """Note that a payload was erased on purpose."""
        self.connection.execute("INSERT OR IGNORE INTO erasure VALUES(?,?,?)", (payload, at, reason))

    def all_entries(self) -> Iterator[StoredEntry]:
        """Give every entry in the order of the log; one that is filed twice, twice."""
        # Merged here: joined by the database, every entry would be looked for in all identities.
        # Merged here: joined by the database, every entry would be looked for in all identities.
        filed = self._scan("SELECT idx, payload_sha256, spki FROM identity ORDER BY idx", int, bytes, int)
        spkis = dict(self._scan("SELECT id, sha256 FROM spki", int, bytes))
        following = next(filed, None)
        for index, body in self._scan("SELECT idx, body FROM entry ORDER BY idx", int, bytes):
            while following is not None and following[0] < index:
                following = next(filed, None)
            found = 0
            while following is not None and following[0] == index:
                yield index, body, following[1], spkis.get(following[2])
                following, found = next(filed, None), found + 1
            if not found:
                yield index, body, None, None

    def all_nodes(self) -> Iterator[NodeRow]:
        """Give every node."""
        return self._scan("SELECT level, idx, hash FROM tnode", int, int, bytes)

    def all_checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Give every checkpoint, by size."""
        rows = self._scan("SELECT size, root, note FROM checkpoint ORDER BY size", int, bytes, str)
        return (StoredCheckpoint(*row) for row in rows)

    def all_erased(self) -> Collection[bytes]:
        """Give the digest of every payload that was erased on purpose."""
        return {row[0] for row in self._scan("SELECT payload_sha256 FROM erasure", bytes)}

    def own_findings(self) -> Iterator[str]:
        """Say what SQLite finds wrong with the file, which filings have no entry, and what differs from our tables."""
        for (answer,) in self.connection.execute("PRAGMA integrity_check"):
            if answer != "ok":
                yield f"SQLite's own check says: {answer}"
        # An entry without identity is found with the entries; here it is enough that none is left over.
        counted = "SELECT (SELECT count(*) FROM identity) - (SELECT count(*) FROM entry)"
        if self.connection.execute(counted).fetchone()[0] > 0:
            for table, row, parent, _ in self.connection.execute("PRAGMA foreign_key_check").fetchall():
                yield f"a row of {table} names a row of {parent} that is not there ({row})"
        # Opened for reading, SQLite does not look at constraints; and a trigger that was dropped guards nothing.
        found = {row[0] for row in self.connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        made = {statement.strip() for statement in schema() if not statement.startswith("PRAGMA")}
        for statement in sorted(made - found):
            yield f"changed or missing: {' '.join(statement.split())[:60]}"
        for other in sorted(str(item) for item in found - made):
            yield f"not ours: {' '.join(other.split())[:60]}"
