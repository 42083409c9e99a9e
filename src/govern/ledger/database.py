"""The SQLite side of the default ledger store: tables, durability settings, transactions, named faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span, UsageError
from govern.ledger.filesystem import NETWORK_TYPES, filesystem_type, mount_table

__all__ = [
    "APPEND_ONLY",
    "APPLICATION_ID",
    "USER_VERSION",
    "check_identity",
    "faults_named",
    "open_database",
    "refuse_network",
    "schema",
    "transaction",
]

APPLICATION_ID = 0x676F766C
"""`govl`: tells a ledger from any other SQLite file."""

USER_VERSION = 2
"""Version of the tables. 1 filed an entry under its payload alone and was never released."""

APPEND_ONLY = ("entry", "identity", "spki", "tnode", "checkpoint")
"""Tables whose rows never change."""

_BUSY_SECONDS = 60.0

# What an entry is filed under has a table of its own, ordered by it: in the table of entries it would push one row in
# eight off its page (650 against 723 bytes an entry). The keys are few, so they are stored once.
_TABLES = """
CREATE TABLE meta(origin TEXT, vkey TEXT, created TEXT);
CREATE TABLE erasure(payload_sha256 BLOB PRIMARY KEY, at TEXT, reason TEXT);
CREATE TABLE spki(id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE CHECK(length(sha256)=32)) STRICT;
CREATE TABLE entry(idx INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE identity(
  payload_sha256 BLOB NOT NULL CHECK(length(payload_sha256)=32),
  spki INTEGER NOT NULL REFERENCES spki(id),
  idx INTEGER NOT NULL REFERENCES entry(idx),
  PRIMARY KEY(payload_sha256, spki)
) STRICT, WITHOUT ROWID;
CREATE TABLE tnode(
  level INTEGER, idx INTEGER, hash BLOB NOT NULL CHECK(length(hash)=32), PRIMARY KEY(level,idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL) STRICT;
"""


def schema() -> Iterator[str]:
    """Yield the statements that make an empty ledger."""
    yield from (statement for statement in _TABLES.split(";\n") if statement.strip())
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            # A guard against mistakes; the control against malice is the Merkle root.
            yield (
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
            )
    yield f"PRAGMA application_id={APPLICATION_ID}"
    yield f"PRAGMA user_version={USER_VERSION}"


def check_identity(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no ledger (IntegrityError G201), or one of other tables (InputError G230)."""
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        raise IntegrityError(Diagnostic("G201", "this SQLite file is not a ledger", Span(str(path))))
    if version != USER_VERSION:
        age = "an older" if version < USER_VERSION else "a newer"
        hint = (
            "keep it and its published checkpoint as they are, verify it with the govern that wrote it, "
            "and start a ledger with a new origin"
            if version < USER_VERSION
            else "use the govern that wrote it, or a newer one"
        )
        message = f"this ledger was written by {age} govern: its tables are version {version}, not {USER_VERSION}"
        raise InputError(Diagnostic("G230", message, Span(str(path)), hint))


def open_database(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Connect with the settings that make a commit durable, and read them back: they are per connection.

    Any thread may use the connection, one at a time. Raises UsageError (G207) when a setting does not hold.
    """
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,
    )
    # Text that is none was damaged; it stays readable, so that whoever looks finds it wrong and says where.
    connection.text_factory = lambda data: data.decode(errors="replace")
    try:
        if not read_only:
            _make_durable(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_durable(connection: sqlite3.Connection, path: Path) -> None:
    for pragma, value, expected in (("journal_mode", "WAL", "wal"), ("synchronous", "FULL", 2), ("fullfsync", "ON", 1)):
        if connection.execute(f"PRAGMA {pragma}").fetchone()[0] != expected:
            connection.execute(f"PRAGMA {pragma}={value}")
        if connection.execute(f"PRAGMA {pragma}").fetchone()[0] != expected:
            raise UsageError(
                Diagnostic(
                    "G207",
                    f"SQLite does not keep {pragma}={value} here, so a commit would not be durable",
                    Span(str(path)),
                    "keep the ledger on a local file system",
                )
            )


@contextmanager
def faults_named(path: Path) -> Iterator[None]:
    """Turn what SQLite raises into our errors: damage is an integrity failure, a busy or full disk is not."""
    try:
        yield
    except sqlite3.OperationalError as fault:
        # A table or column is missing; the driver's own errors carry no code.
        if getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR) == sqlite3.SQLITE_ERROR:
            message = f"the log is damaged: {fault}"
            raise IntegrityError(Diagnostic("G206", message, Span(str(path)), "restore the newest copy")) from fault
        raise InputError(
            Diagnostic(
                "G209",
                f"the ledger cannot be used now: {fault}",
                Span(str(path)),
                "see whether another process holds it, the disk is full or the folder may not be written; then repeat",
            )
        ) from fault
    except sqlite3.DatabaseError as fault:
        raise IntegrityError(
            Diagnostic("G201", f"not a sound ledger database: {fault}", Span(str(path)), "restore the newest copy")
        ) from fault
    except UnicodeDecodeError as fault:  # a damaged table has a name, or gets a message, that is no text
        message = "not a sound ledger database: its tables have no readable names"
        raise IntegrityError(Diagnostic("G201", message, Span(str(path)), "restore the newest copy")) from fault
    except OSError as fault:
        raise InputError(Diagnostic("G209", f"the ledger cannot be used now: {fault}", Span(str(path)))) from fault


def refuse_network(path: Path) -> None:
    """Raise UsageError (G208) for a database on a network file system."""
    kind = filesystem_type(path.absolute().parent.resolve(), mount_table())
    if kind in NETWORK_TYPES:
        raise UsageError(
            Diagnostic(
                "G208",
                f"the ledger lies on a network file system ({kind}), whose locks and fsync cannot be relied on",
                Span(str(path)),
                "keep it on a local disk; share it by its export or its published checkpoint",
            )
        )


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """Commit when the block ends, roll back when it raises. `IMMEDIATE` takes the write lock at once."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
