"""The ledger store for several machines: one PostgreSQL database (extra `govern[postgres]`).

The one row of `head` is locked first, so that appends form a sequence; READ COMMITTED suffices then, since every
later statement sees what the one before committed. The primary key of the entries is the backstop. Payloads stay in
a folder, the published checkpoint in a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, Span, UsageError
from govern.ledger.core import MerkleLedger, first_checkpoint
from govern.ledger.note import NoteSigner
from govern.ledger.postgres_rows import PostgresRows
from govern.ledger.postgres_server import address_without_secret, connect, faults_named
from govern.ledger.postgres_tables import SCHEMA, VERSION, grants, tables
from govern.ledger.published import PublishedCheckpoint

if TYPE_CHECKING:
    import psycopg

__all__ = ["PostgresLedger", "PostgresPlace", "grants", "let_append", "must_exist"]


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
