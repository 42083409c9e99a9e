"""The tables of a ledger in a PostgreSQL database (`rows.Rows`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, IntegrityError, Span
from govern.ledger.postgres_server import (
    LOOSE_SETTINGS,
    address_without_secret,
    check_version,
    connect,
    faults_named,
    refuse_loose_settings,
)
from govern.ledger.postgres_tables import GUARDED, SCHEMA
from govern.ledger.rows import FiledEntry, Identity, NodeRow, Place, StoredCheckpoint, StoredEntry

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresRows"]


class PostgresRows:
    """The tables in a PostgreSQL database (`rows.Rows`)."""

    def __init__(self, connection: psycopg.Connection[Any], label: str) -> None:
        """Take a connection of `postgres_server.connect`."""
        self.connection = connection
        self._label = label
        self._scans = count()

    @classmethod
    def connect(cls, url: str) -> PostgresRows:
        """Open a database. Raises UsageError G201, G227, G228; InputError G225, G226, G230."""
        label = address_without_secret(url)
        connection = connect(url)
        try:
            with faults_named(label):
                check_version(connection, label)
        except BaseException:
            connection.close()
            raise
        return cls(connection, label)

    @property
    def label(self) -> str:
        """The address without password and parameters."""
        return self._label

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See one state of all tables until the block ends."""
        with faults_named(self._label), self.connection.transaction():
            self.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer until the block ends, then commit durably."""
        with faults_named(self._label), self.connection.transaction():
            row = self._one(f"SELECT {LOOSE_SETTINGS} FROM head FOR UPDATE")  # noqa: S608 - our own text
            if row is not None:
                refuse_loose_settings(self._label, row)
            yield

    def close(self) -> None:
        """Release the connection."""
        self.connection.close()

    def _one(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self.connection.execute(query, values, binary=True).fetchone()
        return row

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.connection.execute(query, values, binary=True).fetchall()
        return rows

    def _streamed(self, query: str) -> Iterator[tuple[Any, ...]]:
        with self.connection.cursor(name=f"scan{next(self._scans)}", binary=True) as cursor:
            cursor.itersize = 5000
            yield from cursor.execute(query)

    def keys(self) -> Sequence[tuple[str, str]]:
        """Give every stored origin with its verifier key."""
        return [(origin, vkey) for origin, vkey in self._all("SELECT origin, vkey FROM meta")]

    def newest(self) -> tuple[int, StoredCheckpoint | None]:
        """Give the number of entries and the newest checkpoint. Raises IntegrityError (G206) when `head` differs."""
        row = self._one(
            "SELECT coalesce((SELECT max(idx)+1 FROM entry), 0), h.size, h.root, c.size, c.root, c.note FROM head h "
            "LEFT JOIN (SELECT * FROM checkpoint ORDER BY size DESC LIMIT 1) c ON true"
        )
        if row is None or row[1:3] != row[3:5]:
            message = "the log is damaged: its head is not its newest checkpoint"
            hint = "govern ledger verify says where; restore the newest copy"
            raise IntegrityError(Diagnostic("G206", message, Span(self._label), hint))
        return row[0], StoredCheckpoint(*row[3:])

    def nodes(self, places: Collection[Place]) -> Mapping[Place, bytes]:
        """Give those of the nodes that are there, in one query."""
        found = self._all(
            "SELECT level, idx, hash FROM tnode JOIN unnest(%s::smallint[], %s::bigint[]) AS w(l, i) "
            "ON level=l AND idx=i",
            ([level for level, _ in places], [index for _, index in places]),
        )
        return {(level, index): value for level, index, value in found}

    def level(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Give the hashes of the nodes `start..end` of a level that are there."""
        query = "SELECT hash FROM tnode WHERE level=%s AND idx>=%s AND idx<%s ORDER BY idx"
        return [row[0] for row in self._all(query, (level, start, end))]

    def bodies(self, indices: Collection[int]) -> Mapping[int, bytes]:
        """Give those of the entries' bodies that are there."""
        found = self._all("SELECT idx, body FROM entry WHERE idx = ANY(%s::bigint[])", (list(indices),))
        return dict(found)

    def body_range(self, start: int, end: int) -> Sequence[bytes]:
        """Give the bodies of the entries `start..end` that are there."""
        query = "SELECT body FROM entry WHERE idx>=%s AND idx<%s ORDER BY idx"
        return [row[0] for row in self._all(query, (start, end))]

    def indices(self, identities: Collection[Identity]) -> Mapping[Identity, int]:
        """Give the index of each of these entries that is there."""
        found = self._all(
            "SELECT payload_sha256, k.sha256, idx FROM unnest(%s::bytea[], %s::bytea[]) AS w(p, s) "
            "JOIN spki k ON k.sha256=s JOIN entry e ON e.payload_sha256=p AND e.spki=k.id",
            ([payload for payload, _ in identities], [spki for _, spki in identities]),
        )
        return {(payload, spki): index for payload, spki, index in found}

    def of_payload(self, payload: bytes) -> Sequence[tuple[int, bytes]]:
        """Give index and key (sha256) of each entry of a payload."""
        query = "SELECT idx, sha256 FROM entry JOIN spki ON id=spki WHERE payload_sha256=%s ORDER BY idx"
        return [(index, spki) for index, spki in self._all(query, (payload,))]

    def payloads(self) -> Sequence[tuple[int, bytes]]:
        """Give index and payload digest of every entry."""
        return [(index, digest) for index, digest in self._all("SELECT idx, payload_sha256 FROM entry ORDER BY idx")]

    def erased(self, payloads: Collection[bytes]) -> Collection[bytes]:
        """Give those of the payloads that were erased on purpose."""
        query = "SELECT payload_sha256 FROM erasure WHERE payload_sha256 = ANY(%s::bytea[])"
        return {row[0] for row in self._all(query, (list(payloads),))}

    def extend(self, entries: Sequence[FiledEntry], nodes: Sequence[NodeRow], checkpoint: StoredCheckpoint) -> None:
        """Insert entries, nodes and the checkpoint that then holds, and move the head."""
        if entries:
            keys = self._keys_of({item.spki for item in entries})
            filed = [(item.index, item.body, item.payload, keys[item.spki]) for item in entries]
            self._copy("entry(idx, body, payload_sha256, spki)", ("int8", "bytea", "bytea", "int4"), filed)
            self._copy("tnode(level, idx, hash)", ("int2", "int8", "bytea"), nodes)
        self._run("INSERT INTO checkpoint VALUES(%s,%s,%s)", (checkpoint.size, checkpoint.root, checkpoint.note))
        self._run("UPDATE head SET size=%s, root=%s", (checkpoint.size, checkpoint.root))

    def _keys_of(self, wanted: set[bytes]) -> dict[bytes, int]:
        """Give the number of each key; whoever holds the head's lock is the only one to add some."""
        known = {
            sha: number
            for number, sha in self._all("SELECT id, sha256 FROM spki WHERE sha256 = ANY(%s)", (list(wanted),))
        }
        unknown = sorted(wanted - known.keys())
        if unknown:
            row = self._one("SELECT coalesce(max(id), 0) FROM spki")
            assert row is not None  # an aggregate always has a row
            for number, sha in enumerate(unknown, start=row[0] + 1):
                self._run("INSERT INTO spki VALUES(%s,%s)", (number, sha))
                known[sha] = number
        return known

    def _run(self, statement: str, values: Sequence[object]) -> None:
        self.connection.execute(statement, values)

    def _copy(self, table: str, types: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def record_erasure(self, payload: bytes, *, at: str, reason: str) -> None:
        """Note that a payload was erased on purpose."""
        self._run("INSERT INTO erasure VALUES(%s,%s,%s) ON CONFLICT DO NOTHING", (payload, at, reason))

    def all_entries(self) -> Iterator[StoredEntry]:
        """Give every entry in the order of the log."""
        query = "SELECT idx, body, payload_sha256, sha256 FROM entry LEFT JOIN spki ON id=spki ORDER BY idx"
        return ((index, body, payload, spki) for index, body, payload, spki in self._streamed(query))

    def all_nodes(self) -> Iterator[NodeRow]:
        """Give every node."""
        return ((level, index, value) for level, index, value in self._streamed("SELECT level, idx, hash FROM tnode"))

    def all_checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Give every checkpoint, by size."""
        rows = self._streamed("SELECT size, root, note FROM checkpoint ORDER BY size")
        return (StoredCheckpoint(*row) for row in rows)

    def all_erased(self) -> Collection[bytes]:
        """Give the digest of every payload that was erased on purpose."""
        return {row[0] for row in self._all("SELECT payload_sha256 FROM erasure")}

    def own_findings(self) -> Iterator[str]:
        """Say whether the head is the newest checkpoint, and which tables are no longer guarded."""
        heads = self._all("SELECT size, root FROM head")
        newest = self._all("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
        if len(heads) != 1 or heads != newest:
            yield "the row of head is not the newest checkpoint"
        guarded = self._all(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname = 'append_only' AND t.tgenabled IN ('O', 'A') AND c.relnamespace = %s::regnamespace",
            (SCHEMA,),
        )
        for table in sorted(set(GUARDED) - {row[0] for row in guarded}):
            yield f"the trigger that keeps {table} append-only is missing or disabled"
