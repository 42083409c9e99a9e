"""The ledger store for several machines: one PostgreSQL database (extra `govern[postgres]`).

The one row of `head` is locked first, so that appends form a sequence; READ COMMITTED suffices then, since every
later statement sees what the one before committed. The primary key of the entries is the backstop. Payloads stay in
a folder, the published checkpoint in a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.core import MerkleLedger, first_checkpoint
from govern.ledger.note import NoteSigner
from govern.ledger.postgres_server import (
    LOOSE_SETTINGS,
    address_without_secret,
    check_version,
    connect,
    faults_named,
    refuse_loose_settings,
)
from govern.ledger.postgres_tables import SCHEMA, VERSION, grants, tables
from govern.ledger.published import PublishedCheckpoint
from govern.ledger.rows import FiledEntry, Identity, NodeRow, Place, StoredCheckpoint, StoredEntry

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresLedger", "PostgresPlace", "PostgresRows", "grants", "let_append", "must_exist"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """Where a ledger in a server lies."""

    url: str
    """Address of the database; may hold a password, so it is never printed: `label` is."""
    objects: Path
    published: Path
    witnessed: tuple[Path, ...] = ()
    """Checkpoints of this log that were seen elsewhere."""

    def __repr__(self) -> str:
        return f"PostgresPlace({self.label})"

    @property
    def label(self) -> str:
        """The address without password and parameters."""
        return address_without_secret(self.url)

    @property
    def written(self) -> tuple[Path, ...]:
        """Files and folders that an append writes to."""
        return self.objects, self.published

    def create(self, signer: NoteSigner, *, created: str) -> PostgresLedger:
        """Start a log here: `PostgresLedger.create`."""
        return PostgresLedger.create(self, signer, created=created)

    def open(self, *, signer: NoteSigner | None = None) -> PostgresLedger:
        """Open the log that is here: `PostgresLedger.open`."""
        return PostgresLedger.open(self, signer=signer)

    @contextmanager
    def rows(self) -> Iterator[PostgresRows]:
        """Open the bare tables for reading. Raises as `PostgresRows.connect` does."""
        rows = PostgresRows.connect(self.url)
        try:
            yield rows
        finally:
            rows.close()


class PostgresLedger(MerkleLedger):
    """A ledger in a PostgreSQL database. Use as a context manager; one thread at a time.

    When the connection broke it stays unusable: close it and open another. What was not acknowledged may be in the
    log; appending it again gives its index.
    """

    @classmethod
    def create(cls, place: PostgresPlace, signer: NoteSigner, *, created: str) -> PostgresLedger:
        """Start a new, empty log with a signed checkpoint of size 0, and publish it.

        The role of the address becomes the owner of the tables; see `grants` for the one that appends.

        Raises UsageError: G202 there is one already, G211 the name is no origin, G227, G228; InputError: G225, G226.
        """
        first = first_checkpoint(signer)
        published = PublishedCheckpoint(place.published, database=None)
        if place.published.exists():
            raise _exists(place, f"its published checkpoint {place.published} is there")
        connection = connect(place.url)
        try:
            with faults_named(place.label), connection.transaction():
                _refuse_second(connection, place)
                for statement in tables():
                    connection.execute(statement)
                row = (signer.key.name, signer.key.vkey, created, VERSION)
                connection.execute("INSERT INTO meta VALUES(%s,%s,%s,%s)", row)
                connection.execute("INSERT INTO head(size, root) VALUES(0, %s)", (first.root,))
                rows = PostgresRows(connection, place.label)
                rows.extend((), (), first)
            published.publish(first.note, signer.key)
            return cls(rows, place, published, signer)
        except BaseException:
            connection.close()
            raise

    @classmethod
    def open(cls, place: PostgresPlace, *, signer: NoteSigner | None = None) -> PostgresLedger:
        """Open a log, for appending when its key is given, and check its head against what left it.

        Raises UsageError: G201 nothing there, G211 another key, G227, G228; InputError: G225, G226, G230, and as
        `head` does; IntegrityError: as `head` does.
        """
        rows = PostgresRows.connect(place.url)
        try:
            return cls(rows, place, PublishedCheckpoint(place.published, database=None), signer)
        except BaseException:
            rows.close()
            raise


def must_exist(url: str, role: str) -> None:
    """Find out that a role is there before a ledger is made for it. Raises UsageError (G228), InputError (G225)."""
    grants(role)
    connection = connect(url)
    try:
        with faults_named(address_without_secret(url)):
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    finally:
        connection.close()
    if found is None:
        raise UsageError(Diagnostic("G228", f"the server has no role {role!r}", hint="CREATE ROLE ... LOGIN first"))


def let_append(url: str, role: str) -> None:
    """Let a role append to the ledger at an address and read it, as `grants` says; its owner may call this."""
    connection = connect(url)
    try:
        with faults_named(address_without_secret(url)), connection.transaction():
            for statement in grants(role):
                connection.execute(statement)
    finally:
        connection.close()


def _refuse_second(connection: psycopg.Connection[Any], place: PostgresPlace) -> None:
    if connection.execute("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() != (None,):
        raise _exists(place, f"the database has a schema {SCHEMA}")


def _exists(place: PostgresPlace, why: str) -> UsageError:
    message = f"there is a ledger already: {why}"
    return UsageError(Diagnostic("G202", message, Span(place.label), "open it, or name another place"))


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
        """Say whether the head is the newest checkpoint."""
        heads = self._all("SELECT size, root FROM head")
        newest = self._all("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
        if len(heads) != 1 or heads != newest:
            yield "the row of head is not the newest checkpoint"
