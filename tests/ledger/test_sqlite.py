"""The store: what an append promises, and every way in which a log refuses to go on."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from govern.canonical import canonical_bytes
from govern.diagnostics import InputError, IntegrityError, UsageError
from govern.ledger import database
from govern.ledger.fsck import verify_ledger
from govern.ledger.leaf import leaf_body, read_leaf
from govern.ledger.proof import LogProof, parse_proof
from govern.ledger.sqlite import LedgerPaths, SqliteLedger
from support.boxes import code_of
from support.ledgers import CREATED, LedgerBox, entry


@pytest.fixture
def box(tmp_path: Path) -> LedgerBox:
    return LedgerBox(tmp_path)


def test_the_settings_that_make_a_commit_durable_hold_on_every_open(box: LedgerBox) -> None:
    box.filled(1)
    with box.open() as ledger:
        read = {
            name: ledger._rows.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "user_version", "journal_mode", "synchronous", "fullfsync")
        }
    assert read == {
        "application_id": 0x676F766C,
        "user_version": 2,
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
    }


@pytest.mark.parametrize("table", ["entry", "tnode", "checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_the_triggers_refuse_changes(box: LedgerBox, table: str, statement: str) -> None:
    box.filled(2)
    column = {"entry": "idx", "tnode": "idx", "checkpoint": "size"}[table]
    connection = sqlite3.connect(box.paths.database, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement.format(table).replace("rowid", column))
    connection.close()


def test_an_old_head_is_in_the_way_of_a_new_ledger(box: LedgerBox) -> None:
    box.filled(0)
    assert code_of(box.create, UsageError) == "G202"
    shutil.rmtree(box.paths.database.parent)
    assert code_of(box.create, UsageError) == "G202"


def test_the_published_head_must_lie_elsewhere(box: LedgerBox) -> None:
    paths = LedgerPaths(
        database=box.paths.database, objects=box.paths.objects, published=box.paths.database.parent / "x" / "head"
    )
    assert code_of(lambda: SqliteLedger.create(paths, box.signer, created=CREATED), UsageError) == "G212"


def test_no_ledger_another_database_and_no_database(box: LedgerBox) -> None:
    assert code_of(box.open, UsageError) == "G201"
    assert code_of(lambda: verify_ledger(box.paths), UsageError) == "G201"
    box.paths.database.parent.mkdir()
    sqlite3.connect(box.paths.database).execute("CREATE TABLE x(y)").connection.close()
    assert code_of(box.open, IntegrityError) == "G201"
    assert code_of(lambda: verify_ledger(box.paths), IntegrityError) == "G201"
    box.paths.database.write_bytes(b"not a database, but long enough to be looked at as one" * 20)
    assert code_of(box.open, IntegrityError) == "G201"
    assert code_of(lambda: verify_ledger(box.paths), IntegrityError) == "G201"


def test_a_network_file_system_is_refused(box: LedgerBox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.filled(1)
    mounts = "1 1 0:1 / / rw - ext4 /dev/x rw\n2 1 0:2 / {} rw shared:1 - nfs4 host:/x rw\n".format(
        str(box.root.resolve()).replace(" ", "\\040")
    )
    monkeypatch.setattr(database, "mount_table", lambda: mounts)
    assert code_of(box.open, UsageError) == "G208"


def test_a_locked_ledger_says_so(box: LedgerBox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.filled(1)
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.0)
    holder = sqlite3.connect(box.paths.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with box.open() as ledger:
        assert code_of(lambda: ledger.append([entry(5)]), InputError) == "G209"
    holder.close()


def test_a_publication_that_cannot_be_written_says_so(box: LedgerBox) -> None:
    box.filled(1)
    with box.open() as ledger:
        ledger._published.path = Path("/proc/nowhere/published-checkpoint")
        assert (
            code_of(
                lambda: ledger._published.publish(
                    ledger._rows.connection.execute("SELECT note FROM checkpoint ORDER BY size DESC").fetchone()[0],
                    ledger.key,
                ),
                UsageError,
            )
            == "G216"
        )


def test_a_proof_file_reads_back_and_drops_the_extra_line(box: LedgerBox) -> None:
    box.filled(5)
    with box.open() as ledger:
        proof = ledger.prove(3).proof
    assert parse_proof(proof.data) == proof
    assert proof.data.startswith(b"c2sp.org/tlog-proof@v1\nindex 3\n")
    lines = proof.data.split(b"\n", 1)
    assert parse_proof(lines[0] + b"\nextra AAAA\n" + lines[1]) == proof


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"c2sp.org/tlog-proof@v2\nindex 0\n\nx",
        b"c2sp.org/tlog-proof@v1\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 01\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex -1\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 0\n!\n\nx",
        b"c2sp.org/tlog-proof@v1\nindex 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
        b"c2sp.org/tlog-proof@v1\nindex 0",
    ],
)
def test_malformed_proof_files_are_refused(data: bytes) -> None:
    assert code_of(lambda: parse_proof(data), IntegrityError) == "G106"


def test_an_empty_path_is_a_proof(box: LedgerBox) -> None:
    box.filled(1)
    with box.open() as ledger:
        proof = ledger.prove(0).proof
    assert proof == LogProof(index=0, hashes=(), checkpoint=proof.checkpoint)
    assert parse_proof(proof.data) == proof


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{}",
        b"[" * 100_000,
        b"1",
        entry(0).body + b"\n",
        entry(0).body.replace(b"0.0.2", b"0.0.1"),
        entry(0).body.replace(b'"a2V5"', b'"a2V="'),
        entry(0).body.replace(b'"a2V5"', b'"a2V"'),
        entry(0).body.replace(b'"a2V5"', b'"=a2V"'),
    ],
)
def test_only_the_one_leaf_format_is_read(body: bytes) -> None:
    assert read_leaf(entry(0).body).body == entry(0).body
    with pytest.raises(ValueError, match=r"hashedrekord 0\.0\.2"):
        read_leaf(body)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM identity WHERE idx = 2", "G229"),
        ("INSERT INTO identity VALUES(zeroblob(32), 1, 2)", "G229"),
        ("INSERT INTO identity VALUES(zeroblob(32), 1, 9)", "G308"),
        ("UPDATE identity SET spki = 7 WHERE idx = 2", "G229"),
        ("UPDATE identity SET idx = 9 WHERE idx = 2", "G229"),
    ],
)
def test_fsck_finds_entries_that_are_filed_nowhere_twice_or_without_being_there(
    box: LedgerBox, statement: str, code: str
) -> None:
    box.filled(5)
    box.tamper(statement)
    assert code in {item.code for item in verify_ledger(box.paths).findings}


def test_an_entry_beyond_the_newest_head_refuses_to_open(box: LedgerBox) -> None:
    box.filled(5)
    box.tamper("INSERT INTO entry VALUES(5, x'00')")
    assert code_of(box.open, IntegrityError) == "G206"


@pytest.mark.parametrize(("version", "word"), [(1, "older"), (3, "newer")])
def test_tables_of_another_version_are_refused_with_what_to_do(box: LedgerBox, version: int, word: str) -> None:
    box.filled(1)
    box.tamper(f"PRAGMA user_version={version}")
    for action in (box.open, lambda: verify_ledger(box.paths)):
        with pytest.raises(InputError, match=f"written by an? {word} govern") as caught:
            action()
        assert caught.value.diagnostics[0].code == "G230"
        assert "use the govern" in str(caught.value.diagnostics[0].hint) or "start a ledger" in str(caught.value)


def test_the_leaf_is_the_canonical_json_of_its_content() -> None:
    """The form that is filled in gives what RFC 8785 gives."""
    for size in (0, 1, 2, 3, 91):
        body = leaf_body(b"p" * size, b"\xff" * size, b"\x00" * size)
        assert canonical_bytes(json.loads(body)) == body


def test_a_ledger_whose_head_cannot_be_published_is_not_made(box: LedgerBox) -> None:
    nowhere = replace(box.paths, published=Path("/proc/nowhere/head"))
    assert code_of(lambda: nowhere.create(box.signer, created=CREATED), UsageError) == "G216"
    box.paths.database.parent.rename(box.root / "aside")
    box.paths.database.parent.write_text("a file is in the way")
    assert code_of(box.create, InputError) == "G209"
    assert nowhere.written == (nowhere.database, nowhere.objects, nowhere.published)
