"""The store: what an append promises, and every way in which a log refuses to go on."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from govern.canonical import sha256_hex
from govern.diagnostics import GovernError, InputError, IntegrityError, UsageError
from govern.ledger import database
from govern.ledger.fsck import verify_ledger
from govern.ledger.leaf import leaf_body, read_leaf
from govern.ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash, verify_consistency, verify_inclusion
from govern.ledger.note import open_checkpoint
from govern.ledger.proof import LogProof, parse_proof
from govern.ledger.sqlite import LedgerPaths, SqliteLedger
from govern.ledger.store import LedgerStore, NewEntry
from support.ledgers import CREATED, LedgerBox, entry, log_signer

WRITER = Path(__file__).with_name("writer.py")


@pytest.fixture
def box(tmp_path: Path) -> LedgerBox:
    return LedgerBox(tmp_path)


def code_of(action: Callable[[], object], kind: type[GovernError]) -> str:
    with pytest.raises(kind) as caught:
        action()
    return caught.value.diagnostics[0].code


def tamper(box: LedgerBox, *statements: str) -> None:
    """Edit the database behind the ledger's back, triggers dropped."""
    connection = sqlite3.connect(box.paths.database, isolation_level=None)
    for table in database.APPEND_ONLY:
        for action in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}")
    for statement in statements:
        connection.execute(statement)
    connection.close()


# -- what an append promises ------------------------------------------------------------------------------------


def test_a_new_ledger_is_empty_signed_and_published(box: LedgerBox) -> None:
    with box.create() as ledger:
        head = ledger.head()
        assert (head.size, head.root) == (0, EMPTY_ROOT)
        assert box.paths.published.read_text() == head.note
        assert open_checkpoint(head.note, ledger.key).size == 0
    report = verify_ledger(box.paths, expected=box.signer.key)
    assert (report.exit_code, report.size, report.checkpoints) == (0, 0, 1)


def test_an_append_gives_a_proof_that_holds_offline(box: LedgerBox) -> None:
    with box.create() as ledger:
        store: LedgerStore = ledger  # the class is what the protocol says
        for number in range(9):
            (logged,) = store.append([entry(number)])
            checkpoint = open_checkpoint(logged.proof.checkpoint, store.key)
            assert (checkpoint.size, checkpoint.root) == (number + 1, logged.leaf_root)
            assert verify_inclusion(
                number, checkpoint.size, leaf_hash(logged.body), logged.proof.hashes, checkpoint.root
            )
            assert box.paths.published.read_text() == logged.proof.checkpoint
            assert ledger.payload(sha256_hex(entry(number).payload)) == entry(number).payload


def test_a_batch_is_one_checkpoint(box: LedgerBox) -> None:
    with box.create() as ledger:
        logged = ledger.append([entry(number) for number in range(5)])
        assert [item.proof.index for item in logged] == [0, 1, 2, 3, 4]
        assert {item.size for item in logged} == {5}
    report = verify_ledger(box.paths)
    assert (report.exit_code, report.size, report.checkpoints, report.objects) == (0, 5, 2, 5)


def test_the_same_payload_keeps_its_index_and_first_body(box: LedgerBox) -> None:
    with box.create() as ledger:
        ledger.append([entry(0), entry(1)])
        twin = NewEntry(payload=entry(0).payload, body=leaf_body(entry(0).payload, b"other signature", b"key"))
        again = ledger.append([twin, entry(2), twin])
        assert [item.proof.index for item in again] == [0, 2, 0]
        assert again[0].body == entry(0).body
        assert ledger.head().size == 3
        before = box.paths.published.read_bytes()
        assert ledger.append([entry(2)])[0].proof.index == 2
        assert box.paths.published.read_bytes() == before


def test_one_payload_twice_in_a_batch_is_one_entry(box: LedgerBox) -> None:
    with box.create() as ledger:
        logged = ledger.append([entry(0), entry(0)])
        assert [item.proof.index for item in logged] == [0, 0]
        assert ledger.head().size == 1


def test_entries_are_found_and_proved_later_against_the_newest_head(box: LedgerBox) -> None:
    box.filled(6)
    with box.open(key=False) as ledger:
        index = ledger.find(sha256_hex(entry(2).payload))
        assert index == 2
        logged = ledger.prove(index)
        assert logged.size == 6
        assert verify_inclusion(2, 6, leaf_hash(entry(2).body), logged.proof.hashes, logged.leaf_root)
        assert ledger.find("00" * 32) is None
        assert code_of(lambda: ledger.prove(6), UsageError) == "G213"
        assert code_of(lambda: ledger.prove(-1), UsageError) == "G213"
        assert code_of(lambda: ledger.consistency(3, 7), UsageError) == "G213"


def test_bodies_and_nodes_are_given_in_bulk(box: LedgerBox) -> None:
    box.filled(6)
    with box.open(key=False) as ledger:
        bodies = [entry(number).body for number in range(6)]
        assert list(ledger.entries(0, 6)) == bodies
        assert list(ledger.entries(2, 4)) == bodies[2:4]
        assert ledger.entries(6, 6) == ()
        leaves = [leaf_hash(body) for body in bodies]
        assert list(ledger.nodes(0, 1, 5)) == leaves[1:5]
        assert list(ledger.nodes(1, 0, 3)) == [node_hash(leaves[at], leaves[at + 1]) for at in (0, 2, 4)]
        assert ledger.nodes(3, 0, 0) == ()
        for start, end in ((0, 7), (-1, 2), (4, 3)):
            assert code_of(lambda start=start, end=end: ledger.entries(start, end), UsageError) == "G213"
        for level, start, end in ((0, 0, 7), (1, 0, 4), (2, 0, 2), (-1, 0, 0), (64, 0, 0), (0, 3, 2)):
            assert (
                code_of(lambda level=level, start=start, end=end: ledger.nodes(level, start, end), UsageError) == "G213"
            )
    tamper(box, "DELETE FROM tnode WHERE level = 0 AND idx = 1")
    with box.open(key=False) as ledger:
        assert code_of(lambda: ledger.nodes(0, 0, 6), IntegrityError) == "G206"


def test_consistency_between_published_heads(box: LedgerBox) -> None:
    with box.create() as ledger:
        heads = [ledger.append([entry(number)])[0] for number in range(7)]
        for old in heads:
            for new in heads[old.size - 1 :]:
                proof = ledger.consistency(old.size, new.size)
                assert verify_consistency(old.size, new.size, old.leaf_root, new.leaf_root, proof)


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


def test_an_append_without_the_key_is_refused(box: LedgerBox) -> None:
    box.filled(1)
    with box.open(key=False) as ledger:
        assert code_of(lambda: ledger.append([entry(9)]), UsageError) == "G210"


def test_an_append_that_fails_half_way_leaves_nothing(box: LedgerBox) -> None:
    box.filled(3)
    broken = NewEntry(payload=b"p", body=None)  # type: ignore[arg-type]
    with box.open() as ledger:
        with pytest.raises((GovernError, TypeError)):
            ledger.append([entry(7), broken])
        assert ledger.head().size == 3
        assert ledger.find(sha256_hex(entry(7).payload)) is None
        assert ledger.append([entry(8)])[0].proof.index == 3


# -- opening ----------------------------------------------------------------------------------------------------


def test_creating_twice_or_beside_an_old_head_is_refused(box: LedgerBox) -> None:
    box.filled(0)
    assert code_of(box.create, UsageError) == "G202"
    shutil.rmtree(box.paths.database.parent)
    assert code_of(box.create, UsageError) == "G202"


def test_an_origin_that_other_tools_could_not_find_is_refused(box: LedgerBox) -> None:
    box.signer = log_signer("ledger.example/log")
    assert code_of(box.create, UsageError) == "G211"


def test_another_key_is_refused(box: LedgerBox) -> None:
    box.filled(1)
    box.signer = log_signer(seed=9)
    assert code_of(box.open, UsageError) == "G211"
    report = verify_ledger(box.paths, expected=box.signer.key)
    assert report.exit_code == 4
    assert "G211" in {item.code for item in report.findings}


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


# -- a log that was cut, restored, forked or edited ----------------------------------------------------------------


def test_a_restored_backup_refuses_to_sign(box: LedgerBox, tmp_path: Path) -> None:
    box.filled(3)
    backup = tmp_path / "backup"
    shutil.copytree(box.paths.database.parent, backup)
    with box.open() as ledger:
        ledger.append([entry(3)])
    shutil.rmtree(box.paths.database.parent)
    shutil.copytree(backup, box.paths.database.parent)
    assert code_of(box.open, IntegrityError) == "G203"
    report = verify_ledger(box.paths)
    assert (report.exit_code, [item.code for item in report.findings]) == (4, ["G203"])


def test_a_restored_backup_that_grew_differently_refuses_to_sign(box: LedgerBox, tmp_path: Path) -> None:
    box.filled(3)
    fork = LedgerBox(tmp_path / "fork")
    shutil.copytree(box.root, fork.root, ignore=shutil.ignore_patterns("fork"))
    with box.open() as ledger:
        ledger.append([entry("mine")])
    with fork.open() as ledger:
        ledger.append([entry("yours"), entry("more")])
    shutil.copy(box.paths.published, fork.paths.published)
    assert code_of(fork.open, IntegrityError) == "G204"
    assert [item.code for item in verify_ledger(fork.paths).findings] == ["G204"]


def test_a_torn_write_ahead_log_refuses_to_sign(box: LedgerBox, tmp_path: Path) -> None:
    """SQLite opens a torn log cleanly, only smaller; the published head is what notices."""
    torn = LedgerBox(tmp_path / "torn")
    with box.create() as ledger:
        for number in range(4):
            ledger.append([entry(number)])
        # Copied while the connection is open, before its log is merged into the database.
        shutil.copytree(box.root, torn.root, ignore=shutil.ignore_patterns("torn"))
    wal = torn.paths.database.with_name("ledger.db-wal")
    assert wal.stat().st_size > 4096
    with wal.open("r+b") as file:
        file.truncate(wal.stat().st_size - 4096)
    assert code_of(torn.open, IntegrityError) == "G203"


def test_a_missing_published_head_is_not_decided(box: LedgerBox) -> None:
    box.filled(2)
    box.paths.published.unlink()
    assert code_of(box.open, InputError) == "G205"
    report = verify_ledger(box.paths)
    assert (report.exit_code, [item.code for item in report.findings]) == (3, ["G205"])


def test_a_missing_published_head_of_an_empty_log_is_nothing(box: LedgerBox) -> None:
    box.filled(0)
    box.paths.published.unlink()
    with box.open() as ledger:
        assert ledger.append([entry(0)])[0].size == 1
    assert box.paths.published.is_file()


@pytest.mark.parametrize("damage", [b"", b"\xff", b"ledger.example\n9\nAAAA\n"])
def test_a_damaged_published_head_refuses(box: LedgerBox, damage: bytes) -> None:
    box.filled(1)
    box.paths.published.write_bytes(damage)
    with pytest.raises(IntegrityError):
        box.open()
    assert verify_ledger(box.paths).exit_code == 4


def test_a_published_head_of_another_log_refuses(box: LedgerBox, tmp_path: Path) -> None:
    box.filled(1)
    other = LedgerBox(tmp_path / "other", signer=log_signer(seed=5)).filled(1)
    shutil.copy(other.paths.published, box.paths.published)
    assert code_of(box.open, IntegrityError) == "G103"


def test_a_slow_writer_never_publishes_an_older_head(box: LedgerBox) -> None:
    box.filled(1)
    with box.open() as slow, box.open() as fast:
        old = slow.head()
        fast.append([entry(8)])
        newest = box.paths.published.read_text()
        slow._published.publish(old.note, slow.key)
        assert box.paths.published.read_text() == newest


def test_an_append_whose_publication_failed_is_repeated_without_a_second_entry(box: LedgerBox) -> None:
    box.filled(1)
    with box.open() as ledger:
        held = box.paths.published.read_bytes()
        box.paths.published.unlink()
        box.paths.published.mkdir()
        with pytest.raises(GovernError):
            ledger.append([entry(5)])
        box.paths.published.rmdir()
        box.paths.published.write_bytes(held)
        assert ledger.append([entry(5)])[0].proof.index == 1
        assert ledger.head().size == 2


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


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE entry SET body = x'00' WHERE idx = 2", {"G301", "G302", "G303"}),
        ("UPDATE identity SET payload_sha256 = zeroblob(32) WHERE idx = 2", {"G305"}),
        ("DELETE FROM identity WHERE idx = 2", {"G229"}),
        ("UPDATE identity SET spki = 7 WHERE idx = 2", {"G229", "G308"}),
        ("UPDATE spki SET sha256 = zeroblob(32)", {"G229"}),
        ("INSERT INTO identity VALUES(zeroblob(32), 1, 2)", {"G229"}),
        ("INSERT INTO identity VALUES(zeroblob(32), 1, 9)", {"G308"}),
        ("DELETE FROM entry WHERE idx = 2", {"G307", "G302", "G303"}),
        ("DELETE FROM entry WHERE idx = 4", {"G302", "G303", "G203"}),
        ("UPDATE tnode SET hash = zeroblob(32) WHERE level = 1 AND idx = 0", {"G302"}),
        ("DELETE FROM tnode WHERE level = 0 AND idx = 1", {"G302"}),
        ("INSERT INTO tnode VALUES(9, 9, zeroblob(32))", {"G302"}),
        ("UPDATE checkpoint SET root = zeroblob(32) WHERE size = 3", {"G303"}),
        ("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 2) WHERE size = 3", {"G303"}),
        ("UPDATE checkpoint SET note = replace(note, 'ledger', 'other') WHERE size = 3", {"G304"}),
        ("DELETE FROM checkpoint WHERE size = 5", {"G303"}),
    ],
)
def test_fsck_finds_every_silent_edit(box: LedgerBox, statement: str, codes: set[str]) -> None:
    box.filled(5)
    tamper(box, statement)
    report = verify_ledger(box.paths, expected=box.signer.key)
    assert report.exit_code == 4
    assert codes <= {item.code for item in report.findings}


def test_fsck_finds_two_histories_in_one_database(box: LedgerBox, tmp_path: Path) -> None:
    box.filled(3)
    other = LedgerBox(tmp_path / "other")
    with other.create() as ledger:
        note = ledger.append([entry("x"), entry("y")])[0].proof.checkpoint
    tamper(box, f"UPDATE checkpoint SET note = '{note}' WHERE size = 2")
    assert {"G303", "G310"} <= {item.code for item in verify_ledger(box.paths).findings}


def test_the_proof_of_an_edited_entry_is_refused(box: LedgerBox) -> None:
    box.filled(5)
    tamper(box, "UPDATE entry SET body = x'00' WHERE idx = 2")
    with box.open() as ledger:
        assert code_of(lambda: ledger.prove(2), IntegrityError) == "G206"
        assert ledger.prove(3).size == 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM checkpoint WHERE size = 5",
        "DELETE FROM tnode WHERE level = 2",
        "UPDATE checkpoint SET root = zeroblob(32) WHERE size = 5",
        "UPDATE tnode SET hash = zeroblob(32) WHERE level = 2",
        "INSERT INTO entry VALUES(5, x'00')",
        "INSERT INTO meta SELECT * FROM meta",
        "UPDATE meta SET origin = 'other.example'",
    ],
)
def test_a_head_that_its_nodes_do_not_lead_to_refuses_to_open(box: LedgerBox, statement: str) -> None:
    box.filled(5)
    tamper(box, statement)
    assert code_of(box.open, IntegrityError) == "G206"


# -- objects ----------------------------------------------------------------------------------------------------


def test_lost_corrupt_and_erased_objects_are_told_apart(box: LedgerBox) -> None:
    box.filled(4)
    digests = [sha256_hex(entry(number).payload) for number in range(4)]
    with box.open() as ledger:
        ledger.erase(digests[0], at=CREATED, reason="request of the person")
        ledger.erase(digests[0], at=CREATED, reason="again")
        assert ledger.payload(digests[0]) is None
        assert verify_ledger(box.paths).exit_code == 0
        assert verify_ledger(box.paths).erased == 1
        logged = ledger.append([entry(0)])[0]  # an erased payload is not stored again
        assert (logged.proof.index, ledger.payload(digests[0])) == (0, None)
        objects = ledger._objects
        objects.path(digests[1]).unlink()
        objects.path(digests[2]).write_bytes(b"other")
        assert code_of(lambda: ledger.payload(digests[2]), IntegrityError) == "G214"
        objects.put([entry(0).payload])
        assert code_of(lambda: ledger.erase("00" * 32, at=CREATED, reason=""), UsageError) == "G213"
    report = verify_ledger(box.paths)
    assert report.exit_code == 4
    assert [item.code for item in report.findings] == ["G309", "G305", "G306"]
    assert report.objects == 2


def test_an_append_over_a_damaged_object_is_refused(box: LedgerBox) -> None:
    box.filled(1)
    with box.open() as ledger:
        ledger._objects.path(sha256_hex(entry(0).payload)).write_bytes(b"other")
        assert code_of(lambda: ledger.append([entry(0)]), IntegrityError) == "G214"


def test_an_entry_that_speaks_of_another_payload_is_refused_and_would_be_found(box: LedgerBox) -> None:
    box.filled(2)
    with box.open() as ledger:
        for body in (leaf_body(b"two", b"signature", b"key"), b"{}"):
            unfit = NewEntry(payload=b"one", body=body)
            assert code_of(lambda unfit=unfit: ledger.append([entry(7), unfit]), UsageError) == "G223"
        assert ledger.head().size == 2
        ledger._objects.put([b"one"])
    tamper(box, f"UPDATE identity SET payload_sha256 = x'{sha256_hex(b'one')}' WHERE idx = 1")
    assert [item.code for item in verify_ledger(box.paths).findings] == ["G301"]


# -- other processes ----------------------------------------------------------------------------------------------


def start_writer(box: LedgerBox, prefix: str, count: int, batch: int = 1) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(box.root), prefix, str(count), str(batch)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def acknowledged_roots(output: str) -> list[tuple[int, str]]:
    lines = [line.split(" ") for line in output.splitlines() if line.count(" ") == 1]
    return [(int(size), root) for size, root in lines if len(root) == 64]


def assert_all_acknowledged(box: LedgerBox, outputs: list[str]) -> None:
    with box.open() as ledger:
        rows = ledger._rows.connection.execute("SELECT size, root FROM checkpoint").fetchall()
    roots = {size: bytes(root).hex() for size, root in rows}
    for output in outputs:
        for size, root in acknowledged_roots(output):
            assert roots[size] == root
    assert verify_ledger(box.paths).exit_code == 0


def test_two_writers_make_one_dense_log(box: LedgerBox) -> None:
    box.filled(0)
    writers = [start_writer(box, "a", 12), start_writer(box, "b", 12, batch=3)]
    outputs = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], outputs
    assert_all_acknowledged(box, [output for output, _ in outputs])
    assert verify_ledger(box.paths).size == 24


def test_a_killed_writer_loses_nothing_it_acknowledged(box: LedgerBox) -> None:
    box.filled(0)
    outputs: list[str] = []
    for round_ in range(4):
        writer = start_writer(box, f"k{round_}", 400, batch=2)
        assert writer.stdout is not None
        head = "".join(writer.stdout.readline() for _ in range(2 + round_))
        writer.kill()
        rest, _ = writer.communicate()
        outputs.append(head + rest)
    acknowledged = sum(len(acknowledged_roots(output)) for output in outputs)
    assert acknowledged >= 2 + 3 + 4 + 5
    assert_all_acknowledged(box, outputs)


# -- small parts --------------------------------------------------------------------------------------------------


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
    [b"", b"\xff", b"{}", b"[" * 100_000, b"1", entry(0).body + b"\n", entry(0).body.replace(b"0.0.2", b"0.0.1")],
)
def test_only_the_one_leaf_format_is_read(body: bytes) -> None:
    assert read_leaf(entry(0).body).body == entry(0).body
    with pytest.raises(ValueError, match=r"hashedrekord 0\.0\.2"):
        read_leaf(body)
