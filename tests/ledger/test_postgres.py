"""What is PostgreSQL's own: its guards, its roles, its settings, its addresses, and a server that goes away."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

import psycopg
import pytest

from govern.diagnostics import GovernError, InputError, IntegrityError, UsageError
from govern.ledger.fsck import verify_ledger
from govern.ledger.postgres import PostgresPlace, grants
from govern.ledger.postgres_server import address_without_secret, faults_named
from govern.ledger.postgres_tables import SCHEMA
from support.boxes import code_of
from support.ledgers import CREATED, entry
from support.postgres import PostgresServer
from support.postgres_box import TABLES, PostgresBox

pytestmark = pytest.mark.tools


@pytest.fixture
def box(tmp_path: Path, postgres_server: PostgresServer) -> PostgresBox:
    return PostgresBox(tmp_path, postgres_server)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_even_the_owner_is_kept_from_changing_what_is_there(box: PostgresBox, table: str, statement: str) -> None:
    box.filled(2)
    columns = {"meta": "origin", "erasure": "at", "spki": "id", "checkpoint": "size", "head": "size"}
    column = columns.get(table, "idx")
    with box.server.admin(box.database) as connection:
        connection.execute(f"SET search_path = {SCHEMA}")
        text = statement.format(table, column, column)
        if (table, text[:6]) == ("head", "UPDATE"):
            connection.execute(text)
        else:
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(text)
    assert verify_ledger(box.place).exit_code == 0


def test_the_role_that_appends_may_do_nothing_else(box: PostgresBox) -> None:
    box.filled(2)
    role = 'the "gate"'
    with box.server.admin(box.database) as connection:
        connection.execute('CREATE ROLE "{}" LOGIN'.format(role.replace('"', '""')))
        for statement in grants(role):
            connection.execute(statement)
    box.user = "the%20%22gate%22"
    with box.open() as ledger:
        assert ledger.append([entry(2), entry(0), entry(3, key=b"new key")])[-1].size == 4
        ledger.erase(entry(0).payload and _digest(0), at=CREATED, reason="request")
    assert verify_ledger(box.place).exit_code == 0
    with psycopg.connect(box.place.url, autocommit=True) as connection:
        connection.execute(f"SET search_path = {SCHEMA}")
        forbidden = [f"{verb} {table}" for table in TABLES for verb in ("DELETE FROM", "TRUNCATE")]
        forbidden += [f"UPDATE {table} SET {column} = {column}" for table, column in _COLUMNS if table != "head"]
        forbidden += ["INSERT INTO head VALUES(false, 1, '')", "INSERT INTO meta VALUES('', '', '', 2)"]
        forbidden += ["DROP TRIGGER append_only ON entry", "ALTER TABLE entry DISABLE TRIGGER ALL"]
        forbidden += ["DROP TABLE entry", "CREATE TABLE mine(x int)", "SET session_replication_role = replica"]
        for statement in forbidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    other = PostgresPlace(url=box.place.url, objects=box.root / "o", published=box.root / "p")
    assert code_of(lambda: other.create(box.signer, created=CREATED), UsageError) == "G202"
    assert len(forbidden) == 14 + 6 + 7


_COLUMNS = (
    ("meta", "origin"),
    ("erasure", "at"),
    ("spki", "id"),
    ("entry", "idx"),
    ("tnode", "idx"),
    ("checkpoint", "size"),
    ("head", "size"),
)


def _digest(number: int) -> str:
    import hashlib

    return hashlib.sha256(entry(number).payload).hexdigest()


def test_a_role_without_rights_is_told_so(box: PostgresBox) -> None:
    box.filled(1)
    with box.server.admin(box.database) as connection:
        connection.execute("CREATE ROLE passer_by LOGIN")
    box.user = "passer_by"
    assert code_of(box.open, InputError) == "G225"
    for name in ("", "x" * 64, "a\nb"):
        assert code_of(lambda name=name: grants(name), UsageError) == "G228"


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_forgets_is_refused_even_when_it_begins_to_later(tmp_path: Path, name: str) -> None:
    server = PostgresServer()
    try:
        box = PostgresBox(tmp_path, server.start())
        with box.create() as ledger:
            ledger.append([entry(0)])
            server.set(name, "off")
            # The setting reaches a session by a signal, some commands later.
            asked = (ledger._rows.connection.execute(f"SHOW {name}").fetchone() for _ in range(100_000))
            assert ("off",) in asked
            assert code_of(lambda: ledger.append([entry(1)]), InputError) == "G226"
        assert code_of(box.open, InputError) == "G226"
        assert box.checkpoints().keys() == {0, 1}
    finally:
        server.stop()


def test_a_session_commits_synchronously_whatever_the_database_says(box: PostgresBox) -> None:
    with box.server.admin() as connection:
        connection.execute(f"ALTER DATABASE {box.database} SET synchronous_commit = off")
    with box.create() as ledger:
        assert ledger._rows.connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        ledger.append([entry(0)])
        ledger._rows.connection.execute("SET synchronous_commit = off")
        assert code_of(lambda: ledger.append([entry(1)]), InputError) == "G226"


def test_a_server_that_goes_away_is_no_damage_and_loses_nothing(tmp_path: Path) -> None:
    server = PostgresServer()
    try:
        box = PostgresBox(tmp_path, server.start())
        with box.create() as ledger:
            ledger.append([entry(0)])
            server.crash()
            for _ in range(2):
                assert code_of(lambda: ledger.append([entry(1)]), InputError) == "G225"
                assert code_of(ledger.head, InputError) == "G225"
        assert code_of(box.open, InputError) == "G225"
        assert code_of(lambda: verify_ledger(box.place), InputError) == "G225"
        server.start()
        with box.open() as ledger:
            assert [item.proof.index for item in ledger.append([entry(1), entry(0)])] == [1, 0]
        assert verify_ledger(box.place).exit_code == 0
    finally:
        server.stop()


def test_a_database_without_a_ledger_or_with_another_ones_tables(box: PostgresBox) -> None:
    assert code_of(box.open, UsageError) == "G201"
    assert code_of(lambda: verify_ledger(box.place), UsageError) == "G201"
    box.filled(2)
    box.tamper("UPDATE meta SET version = 3")
    assert code_of(box.open, InputError) == "G230"
    box.tamper("UPDATE meta SET version = 2", "ALTER TABLE tnode DROP COLUMN hash")
    assert code_of(box.open, IntegrityError) == "G206"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE head SET size = 1", "DELETE FROM head", "UPDATE head SET root = {zero}", "DELETE FROM checkpoint"],
)
def test_a_head_that_is_not_the_newest_checkpoint_signs_nothing(box: PostgresBox, statement: str) -> None:
    box.filled(2)
    box.tamper(statement)
    assert code_of(box.open, IntegrityError) == "G206"
    assert {"G308"} <= {item.code for item in verify_ledger(box.place).findings}


def test_the_primary_key_stops_a_writer_that_is_out_of_sequence(box: PostgresBox) -> None:
    """Somebody who did not take the head's lock has put an entry where ours would go."""
    box.filled(2)
    with box.open() as ledger:
        rows = ledger._rows
        newest = rows.newest

        def before(_self: object = None) -> object:
            found = newest()
            with box.server.admin(box.database) as connection:
                zero = "decode(repeat('00', 32), 'hex')"
                connection.execute(
                    f"INSERT INTO {SCHEMA}.entry SELECT 2, body, {zero}, spki FROM {SCHEMA}.entry WHERE idx = 1"
                )
            return found

        rows.newest = before
        assert code_of(lambda: ledger.append([entry(5)]), IntegrityError) == "G206"
    assert box.checkpoints().keys() == {0, 1, 2}


def test_a_waiting_writer_gives_up_with_a_name(box: PostgresBox) -> None:
    box.filled(1)
    with box.server.admin(box.database) as holder, box.open() as ledger:
        ledger._rows.connection.execute("SET lock_timeout = '1ms'")
        with holder.transaction():
            holder.execute(f"SELECT size FROM {SCHEMA}.head FOR UPDATE")
            assert code_of(lambda: ledger.append([entry(1)]), InputError) == "G225"
        assert ledger.append([entry(1)])[0].proof.index == 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:hush@db.example:5432/x", "postgresql://u@db.example:5432/x"),
        ("postgres://u:hu%40sh@db.example/x?password=hush&sslmode=require", "postgresql://u@db.example/x"),
        ("postgresql://db.example/x#hush", "postgresql://db.example/x"),
        ("postgresql:///x?user=u&password=hush", "postgresql:///x"),
        ("postgresql://u:hu@sh@db.example/x", "postgresql://u@db.example/x"),
        ("postgresql://[hush/x", "postgresql://(malformed)"),
    ],
)
def test_a_password_is_never_part_of_a_place(url: str, shown: str) -> None:
    place = PostgresPlace(url=url, objects=Path("o"), published=Path("p"))
    assert address_without_secret(url) == place.label == shown
    assert "hu" not in f"{place} {place!r}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hush@localhost:1/x",
        "postgresql://u:hush@[::1/x",
        "postgresql://u:hush@/x?host=/nowhere&nonsense=hush",
        "postgresql://u:hush@/x?host=/nowhere&password=hush",
        "postgresql://u:hush%zz@/x?host=/nowhere",
        "postgresql://u:first@hush@/x?host=/nowhere",
        "postgresql://u:first@hush/x",
        "postgresql://u:hush@localhost:port/x",
    ],
)
def test_an_address_that_leads_nowhere_tells_no_secret(url: str, tmp_path: Path) -> None:
    place = PostgresPlace(url=url, objects=tmp_path / "o", published=tmp_path / "p")
    with pytest.raises(GovernError) as caught:
        place.open()
    assert caught.value.diagnostics[0].code in {"G225", "G228"}
    said = "".join(traceback.format_exception(caught.value, limit=0)) + str(caught.value)
    if not url.endswith("first@hush/x"):  # here it is the name of a host
        assert "hush" not in said


def test_without_the_client_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    place = PostgresPlace(url="postgresql:///x", objects=tmp_path / "o", published=tmp_path / "p")
    with pytest.raises(UsageError, match=r"govern\[postgres\]") as caught:
        place.open()
    assert caught.value.diagnostics[0].code == "G227"


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (psycopg.errors.DataCorrupted("page verification failed"), IntegrityError, "G201"),
        (psycopg.errors.UniqueViolation("twice"), IntegrityError, "G206"),
        (psycopg.errors.DiskFull("no space left"), InputError, "G225"),
        (psycopg.errors.ReadOnlySqlTransaction("a standby"), InputError, "G225"),
        (psycopg.OperationalError(), InputError, "G225"),
    ],
)
def test_what_the_server_says_is_damage_or_trouble(raised: psycopg.Error, kind: type[GovernError], code: str) -> None:
    with pytest.raises(kind) as caught, faults_named("postgresql:///x"):
        raise raised
    assert caught.value.diagnostics[0].code == code
