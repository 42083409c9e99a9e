"""Reaching a PostgreSQL server: addresses without their secrets, settings that make a commit durable, named faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span, UsageError
from govern.ledger.postgres_tables import SCHEMA, VERSION

if TYPE_CHECKING:
    import psycopg

__all__ = [
    "LOOSE_SETTINGS",
    "address_without_secret",
    "check_version",
    "connect",
    "faults_named",
    "refuse_loose_settings",
]

_LOCK_SECONDS = 60
_CONNECT_SECONDS = 10

LOOSE_SETTINGS = "current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')"
"""Columns for `refuse_loose_settings`; an administrator can turn the first two off while we are connected."""


def address_without_secret(url: str) -> str:
    """Give an address as it may be printed: without password and parameters, which may hold one too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "postgresql://(malformed)"
    login, at, host = parts.netloc.rpartition("@")
    return f"postgresql://{login.partition(':')[0]}{at}{host}{parts.path}"


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect for a ledger, with the settings of a session that make a commit durable.

    Raises UsageError: G227 the client library is missing, G228 no address; InputError: G225 the server cannot be
    reached, G226 its settings do not make a commit durable.
    """
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as fault:
        message = "the ledger is in PostgreSQL, and psycopg is not installed"
        raise UsageError(Diagnostic("G227", message, hint="pip install 'govern[postgres]'")) from fault
    label = address_without_secret(url)
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The library's message quotes the address, and the exception would carry it along.
        given = None
    if given is None or "@" in str(given.get("host", "")):  # the second: a password with an @ that was not written %40
        message = "the ledger's address is not one of PostgreSQL's (it is not shown: it may hold a password)"
        raise UsageError(
            Diagnostic("G228", message, hint="postgresql://user@host:port/database, with %40 for an @ in a password")
        )
    given.setdefault("connect_timeout", str(_CONNECT_SECONDS))
    given["application_name"] = "govern"
    with faults_named(label):
        connection = psycopg.connect(**given, autocommit=True)  # type: ignore[arg-type]  # a dict of texts
        try:
            connection.execute(f"SET search_path = {SCHEMA}")
            connection.execute("SET synchronous_commit = on")
            connection.execute(f"SET lock_timeout = '{_LOCK_SECONDS}s'")
            refuse_loose_settings(label, connection.execute(f"SELECT {LOOSE_SETTINGS}").fetchone())
        except BaseException:
            connection.close()
            raise
    return connection


def refuse_loose_settings(label: str, settings: tuple[object, ...] | None) -> None:
    """Raise InputError (G226) unless a commit, once acknowledged, survives a crash of the server."""
    names = ("fsync", "full_page_writes", "synchronous_commit")
    loose = [f"{name}={value}" for name, value in zip(names, settings or (), strict=True) if value != "on"]
    if loose:
        message = f"the server runs with {', '.join(loose)}, so a commit would not be durable"
        raise InputError(Diagnostic("G226", message, Span(label), "set them to on in postgresql.conf"))


def check_version(connection: psycopg.Connection[tuple[object, ...]], label: str) -> None:
    """Refuse a database without a ledger (UsageError G201), or with tables of another version (InputError G230)."""
    there = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.meta",)).fetchone()
    if there is None or there[0] is None:
        message = "there is no ledger in this database"
        raise UsageError(Diagnostic("G201", message, Span(label), "create one: govern init, or another database"))
    rows = connection.execute("SELECT DISTINCT version FROM meta").fetchall()
    if rows and rows != [(VERSION,)]:
        message = f"the ledger's tables are version {rows[0][0]}, not {VERSION}"
        raise InputError(Diagnostic("G230", message, Span(label), "use the govern that wrote it"))


@contextmanager
def faults_named(label: str) -> Iterator[None]:
    """Turn what the client raises into our errors: damage is an integrity failure, trouble with the server is not."""
    import psycopg
    from psycopg import errors

    try:
        yield
    except (errors.DataCorrupted, errors.IndexCorrupted) as fault:
        raise IntegrityError(Diagnostic("G201", f"the server finds its files damaged: {fault}", Span(label))) from fault
    except errors.InsufficientPrivilege as fault:
        message = f"the server does not allow this: {fault.diag.message_primary}"
        hint = "give the role what an append needs (govern.ledger.postgres.grants)"
        raise InputError(Diagnostic("G225", message, Span(label), hint)) from fault
    except (psycopg.IntegrityError, psycopg.ProgrammingError, psycopg.DataError) as fault:
        # A second entry at an index, a missing table or column: what is there is not what this program wrote.
        message = f"the log is damaged: {fault.diag.message_primary}"
        hint = "govern ledger verify says where; restore the newest copy"
        raise IntegrityError(Diagnostic("G206", message, Span(label), hint)) from fault
    except psycopg.Error as fault:
        what = fault.diag.message_primary or " ".join(str(fault).split()) or type(fault).__name__
        message = f"the ledger's server cannot be used now: {what}"
        hint = "see that it runs and accepts this user, then repeat: an entry is never appended twice"
        raise InputError(Diagnostic("G225", message, Span(label), hint)) from fault
