"""The PostgreSQL side of a ledger store: tables, the guard against changes, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govern.diagnostics import Diagnostic, UsageError

__all__ = ["GUARDED", "SCHEMA", "VERSION", "grants", "tables"]

SCHEMA = "govern_ledger"
"""Name of the database schema; a database holds one ledger."""

VERSION = 2
"""Version of the tables, kept in step with that of the SQLite store."""

_TABLES = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.meta(origin text NOT NULL, vkey text NOT NULL, created text NOT NULL, version integer NOT NULL);
CREATE TABLE {schema}.erasure(payload_sha256 bytea PRIMARY KEY, at text NOT NULL, reason text NOT NULL);
CREATE TABLE {schema}.spki(
  id integer PRIMARY KEY, sha256 bytea NOT NULL UNIQUE CHECK(octet_length(sha256)=32)
);
CREATE TABLE {schema}.entry(
  idx bigint PRIMARY KEY CHECK(idx>=0),
  body bytea NOT NULL,
  payload_sha256 bytea NOT NULL CHECK(octet_length(payload_sha256)=32),
  spki integer NOT NULL,
  UNIQUE(payload_sha256, spki)
);
CREATE TABLE {schema}.tnode(
  level smallint, idx bigint, hash bytea NOT NULL CHECK(octet_length(hash)=32), PRIMARY KEY(level, idx)
);
CREATE TABLE {schema}.checkpoint(size bigint PRIMARY KEY, root bytea NOT NULL, note text NOT NULL);
CREATE TABLE {schema}.head(
  single boolean PRIMARY KEY DEFAULT true CHECK(single), size bigint NOT NULL, root bytea NOT NULL
);
CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END$$;
"""

GUARDED = ("meta", "erasure", "spki", "entry", "tnode", "checkpoint", "head")
"""Tables whose rows are never deleted; and but for that of `head`, never changed."""


def tables() -> Iterator[str]:
    """Yield the statements that make an empty ledger, but for its first rows.

    A trigger for each statement, not for each row: only such a one sees TRUNCATE. It is a guard against mistakes;
    the control against malice is the Merkle root.
    """
    yield from (statement for statement in _TABLES.format(schema=SCHEMA).split(";\n") if statement.strip())
    for table in GUARDED:
        events = "DELETE OR TRUNCATE" if table == "head" else "UPDATE OR DELETE OR TRUNCATE"
        yield (
            f"CREATE TRIGGER append_only BEFORE {events} ON {SCHEMA}.{table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse()"
        )


def grants(role: str) -> tuple[str, ...]:
    """Give the statements that let a role append to a ledger and read it, and nothing else.

    The role that created the ledger owns its tables and could drop their triggers. Let the gate use another one: it
    needs INSERT and SELECT, and UPDATE on the one row of `head`, which is what puts writers in a sequence.

    Raises UsageError (G228) for a name that no role can have.
    """
    if not re.fullmatch(r"[^\x00-\x1f]{1,63}", role):
        raise UsageError(Diagnostic("G228", f"{role!r} cannot be the name of a role"))
    quoted = '"' + role.replace('"', '""') + '"'
    return (
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {quoted}",
        f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {SCHEMA} TO {quoted}",
        f"REVOKE INSERT ON {SCHEMA}.meta, {SCHEMA}.head FROM {quoted}",
        f"GRANT UPDATE ON {SCHEMA}.head TO {quoted}",
    )
