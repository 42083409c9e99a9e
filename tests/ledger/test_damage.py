"""A log that was cut, restored, forked, edited or erased from: every store notices, and none signs on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from govern.canonical import sha256_hex
from govern.diagnostics import GovernError, InputError, IntegrityError, UsageError
from govern.ledger.fsck import verify_ledger
from govern.ledger.leaf import leaf_body
from govern.ledger.merkle import leaf_hash, verify_inclusion
from govern.ledger.store import NewEntry
from support.boxes import Box, code_of
from support.ledgers import CREATED, LedgerBox, entry, log_signer


def test_a_restored_backup_refuses_to_sign(box: Box, tmp_path: Path) -> None:
    backup = box.filled(3).copy(tmp_path / "backup")
    with box.open() as ledger:
        ledger.append([entry(3)])
    shutil.copy(box.place.published, backup.place.published)
    assert code_of(backup.open, IntegrityError) == "G203"
    report = verify_ledger(backup.place)
    assert (report.exit_code, [item.code for item in report.findings]) == (4, ["G203"])


def test_a_restored_backup_that_grew_differently_refuses_to_sign(box: Box, tmp_path: Path) -> None:
    fork = box.filled(3).copy(tmp_path / "fork")
    with box.open() as ledger:
        ledger.append([entry("mine")])
    with fork.open() as ledger:
        ledger.append([entry("forged"), entry("more")])
    shutil.copy(box.place.published, fork.place.published)
    assert code_of(fork.open, IntegrityError) == "G204"
    assert [item.code for item in verify_ledger(fork.place).findings] == ["G204"]


def test_an_open_ledger_that_is_rolled_back_does_not_sign(box: Box, tmp_path: Path) -> None:
    """What was promised is looked at before every signature, not only when the ledger is opened."""
    ahead = box.filled(2).copy(tmp_path / "ahead")
    with ahead.open() as ledger:
        ledger.append([entry("later")])
    with box.open() as ledger:
        shutil.copy(ahead.place.published, box.place.published)
        assert code_of(lambda: ledger.append([entry("other")]), IntegrityError) == "G203"
    assert box.checkpoints().keys() == {0, 1, 2}


def test_a_witnessed_head_holds_the_log_even_when_all_else_was_restored(box: Box, tmp_path: Path) -> None:
    backup = box.filled(2).copy(tmp_path / "backup")
    with box.open() as ledger:
        ledger.append([entry("mine")])
    seen = tmp_path / "seen-by-the-auditor"
    shutil.copy(box.place.published, seen)
    place = replace(backup.place, witnessed=(seen,))
    assert code_of(lambda: place.open(signer=box.signer), IntegrityError) == "G220"
    report = verify_ledger(place)
    assert (report.exit_code, [item.code for item in report.findings]) == (4, ["G220"])
    with backup.open() as ledger:
        ledger.append([entry("forged"), entry("more")])
    assert code_of(lambda: place.open(signer=box.signer), IntegrityError) == "G221"
    assert [item.code for item in verify_ledger(place).findings] == ["G221"]
    place = replace(box.place, witnessed=(seen, box.place.published))
    with place.open(signer=box.signer) as ledger:
        assert ledger.append([entry("next")])[0].size == 4
    assert verify_ledger(place).exit_code == 0


def test_a_witnessed_head_that_appears_later_stops_the_next_signature(box: Box, tmp_path: Path) -> None:
    other = box.filled(1).copy(tmp_path / "other")
    seen = tmp_path / "seen"
    shutil.copy(box.place.published, seen)
    with other.open() as ledger:
        ledger.append([entry("elsewhere")])
    with replace(box.place, witnessed=(seen,)).open(signer=box.signer) as ledger:
        ledger.append([entry("here")])
        shutil.copy(other.place.published, seen)
        assert code_of(lambda: ledger.append([entry("more")]), IntegrityError) == "G221"
        assert code_of(ledger.head, IntegrityError) == "G221"


def test_a_witnessed_head_that_is_missing_or_of_another_log_signs_nothing(box: Box, tmp_path: Path) -> None:
    box.filled(1)
    absent = replace(box.place, witnessed=(tmp_path / "absent",))
    assert code_of(absent.open, InputError) == "G222"
    assert [item.code for item in verify_ledger(absent).findings] == ["G222"]
    assert verify_ledger(absent).exit_code == 3
    folder = replace(box.place, witnessed=(tmp_path,))
    assert code_of(folder.open, InputError) == "G222"
    other = LedgerBox(tmp_path / "other", signer=log_signer(seed=5)).filled(1)
    foreign = replace(box.place, witnessed=(other.paths.published,))
    assert code_of(foreign.open, IntegrityError) == "G103"
    assert verify_ledger(foreign).exit_code == 4


def test_a_missing_published_head_is_not_decided(box: Box) -> None:
    box.filled(2)
    box.place.published.unlink()
    assert code_of(box.open, InputError) == "G205"
    report = verify_ledger(box.place)
    assert (report.exit_code, [item.code for item in report.findings]) == (3, ["G205"])


def test_a_missing_published_head_of_an_empty_log_is_nothing(box: Box) -> None:
    box.filled(0)
    box.place.published.unlink()
    with box.open() as ledger:
        assert ledger.append([entry(0)])[0].size == 1
    assert box.place.published.is_file()


@pytest.mark.parametrize("damage", [b"", b"\xff", b"ledger.example\n9\nAAAA\n"])
def test_a_damaged_published_head_refuses(box: Box, damage: bytes) -> None:
    box.filled(1)
    box.place.published.write_bytes(damage)
    with pytest.raises(IntegrityError):
        box.open()
    assert verify_ledger(box.place).exit_code == 4


def test_a_published_head_of_another_log_refuses(box: Box, tmp_path: Path) -> None:
    box.filled(1)
    other = LedgerBox(tmp_path / "other", signer=log_signer(seed=5)).filled(1)
    shutil.copy(other.paths.published, box.place.published)
    assert code_of(box.open, IntegrityError) == "G103"


def test_a_slow_writer_never_publishes_an_older_head(box: Box) -> None:
    box.filled(1)
    with box.open() as slow, box.open() as fast:
        old = slow.head()
        fast.append([entry(8)])
        newest = box.place.published.read_text()
        slow._published.publish(old.note, slow.key)
        assert box.place.published.read_text() == newest


def test_an_append_whose_publication_failed_is_repeated_without_a_second_entry(box: Box) -> None:
    box.filled(1)
    with box.open() as ledger:
        held = box.place.published.read_bytes()
        box.place.published.unlink()
        box.place.published.mkdir()
        with pytest.raises(GovernError):
            ledger.append([entry(5)])
        box.place.published.rmdir()
        box.place.published.write_bytes(held)
        assert ledger.append([entry(5)])[0].proof.index == 1
        assert ledger.head().size == 2


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE entry SET body = {byte} WHERE idx = 2", {"G301", "G302", "G303"}),
        ("UPDATE {filed} SET payload_sha256 = {zero} WHERE idx = 2", {"G305"}),
        ("UPDATE {filed} SET spki = 7 WHERE idx = 2", {"G229"}),
        ("UPDATE spki SET sha256 = {zero}", {"G229"}),
        ("DELETE FROM entry WHERE idx = 2", {"G307", "G302", "G303"}),
        ("DELETE FROM entry WHERE idx = 4", {"G302", "G303", "G203"}),
        ("UPDATE tnode SET hash = {zero} WHERE level = 1 AND idx = 0", {"G302"}),
        ("DELETE FROM tnode WHERE level = 0 AND idx = 1", {"G302"}),
        ("INSERT INTO tnode VALUES(9, 9, {zero})", {"G302"}),
        ("UPDATE checkpoint SET root = {zero} WHERE size = 3", {"G303"}),
        ("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 2) WHERE size = 3", {"G303"}),
        ("UPDATE checkpoint SET note = replace(note, 'ledger', 'other') WHERE size = 3", {"G304"}),
        ("DELETE FROM checkpoint WHERE size = 5", {"G303"}),
    ],
)
def test_fsck_finds_every_silent_edit(box: Box, statement: str, codes: set[str]) -> None:
    box.filled(5)
    box.tamper(statement)
    report = verify_ledger(box.place, expected=box.signer.key)
    assert report.exit_code == 4
    assert codes <= {item.code for item in report.findings}


def test_fsck_finds_two_histories_in_one_database(box: Box, tmp_path: Path) -> None:
    box.filled(3)
    other = LedgerBox(tmp_path / "other")
    with other.create() as ledger:
        note = ledger.append([entry("x"), entry("y")])[0].proof.checkpoint
    box.tamper(f"UPDATE checkpoint SET note = '{note}' WHERE size = 2")
    assert {"G303", "G310"} <= {item.code for item in verify_ledger(box.place).findings}


def test_the_proof_of_an_edited_entry_is_refused(box: Box) -> None:
    box.filled(5)
    box.tamper("UPDATE entry SET body = {byte} WHERE idx = 2")
    with box.open() as ledger:
        assert code_of(lambda: ledger.prove(2), IntegrityError) == "G206"
        assert ledger.prove(3).size == 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM checkpoint WHERE size = 5",
        "DELETE FROM tnode WHERE level = 2",
        "UPDATE checkpoint SET root = {zero} WHERE size = 5",
        "UPDATE tnode SET hash = {zero} WHERE level = 2",
        "INSERT INTO meta SELECT * FROM meta",
        "UPDATE meta SET origin = 'other.example'",
    ],
)
def test_a_head_that_its_nodes_do_not_lead_to_refuses_to_open(box: Box, statement: str) -> None:
    box.filled(5)
    box.tamper(statement)
    assert code_of(box.open, IntegrityError) == "G206"


def test_lost_corrupt_and_erased_objects_are_told_apart(box: Box) -> None:
    box.filled(4)
    digests = [sha256_hex(entry(number).payload) for number in range(4)]
    with box.open() as ledger:
        assert ledger.erase(digests[0], at=CREATED, reason="request of the person") == (0,)
        assert ledger.erase(digests[0], at=CREATED, reason="again") == (0,)
        assert ledger.payload(digests[0]) is None
        assert verify_ledger(box.place).exit_code == 0
        assert verify_ledger(box.place).erased == 1
        logged = ledger.append([entry(0)])[0]  # an erased payload is not stored again
        assert (logged.proof.index, ledger.payload(digests[0])) == (0, None)
        objects = ledger._objects
        objects.path(digests[1]).unlink()
        objects.path(digests[2]).write_bytes(b"other")
        assert code_of(lambda: ledger.payload(digests[2]), IntegrityError) == "G214"
        objects.put([entry(0).payload])
        assert code_of(lambda: ledger.erase("00" * 32, at=CREATED, reason=""), UsageError) == "G213"
    report = verify_ledger(box.place)
    assert report.exit_code == 4
    assert [item.code for item in report.findings] == ["G309", "G305", "G306"]
    assert report.objects == 2


def test_an_append_over_a_damaged_object_is_refused(box: Box) -> None:
    box.filled(1)
    with box.open() as ledger:
        ledger._objects.path(sha256_hex(entry(0).payload)).write_bytes(b"other")
        assert code_of(lambda: ledger.append([entry(0)]), IntegrityError) == "G214"


def test_an_entry_that_speaks_of_another_payload_is_refused_and_would_be_found(box: Box) -> None:
    box.filled(2)
    with box.open() as ledger:
        for body in (leaf_body(b"two", b"signature", b"key"), b"{}"):
            unfit = NewEntry(payload=b"one", body=body)
            assert code_of(lambda unfit=unfit: ledger.append([entry(7), unfit]), UsageError) == "G223"
        assert ledger.head().size == 2
        ledger._objects.put([b"one"])
    box.tamper(f"UPDATE {{filed}} SET payload_sha256 = {box.blob(sha256_hex(b'one'))} WHERE idx = 1")
    assert [item.code for item in verify_ledger(box.place).findings] == ["G301"]


def test_erasing_reaches_every_entry_of_a_payload_and_breaks_no_proof(box: Box) -> None:
    people = [entry("root", key=key) for key in (b"one", b"two", b"three")]
    with box.create() as ledger:
        logged = ledger.append([entry(0), *people, entry(1)])
        digest = sha256_hex(people[0].payload)
        assert ledger.erase(digest, at=CREATED, reason="request") == (1, 2, 3)
        assert ledger.payload(digest) is None
        for item in logged:
            again = ledger.prove(item.proof.index)
            assert again == item
            leaf = leaf_hash(again.body)
            assert verify_inclusion(item.proof.index, 5, leaf, again.proof.hashes, again.leaf_root)
        assert ledger.append([people[1]])[0].proof.index == 2
        assert ledger.payload(digest) is None
    report = verify_ledger(box.place)
    assert (report.exit_code, report.size, report.objects, report.erased) == (0, 5, 2, 1)


def test_a_payload_that_is_erased_while_it_is_being_appended_again_stays_erased(box: Box) -> None:
    box.filled(1)
    digest = sha256_hex(entry(0).payload)
    with box.open() as slow, box.open() as other:
        put = slow._objects.put

        def erased_meanwhile(payloads: list[bytes]) -> None:
            other.erase(digest, at=CREATED, reason="request")
            put(payloads)

        slow._objects.put = erased_meanwhile  # type: ignore[method-assign]
        assert slow.append([entry(0), entry(1)])[0].proof.index == 0
        assert slow.payload(digest) is None
    report = verify_ledger(box.place)
    assert (report.exit_code, report.erased, report.objects) == (0, 1, 1)


def test_erasing_takes_what_a_killed_process_left_half_written(box: Box) -> None:
    box.filled(1)
    digest = sha256_hex(entry(0).payload)
    with box.open() as ledger:
        path = ledger._objects.path(digest)
        left = path.with_name(f".{path.name}.1.2.tmp")
        left.write_bytes(entry(0).payload)
        ledger.erase(digest, at=CREATED, reason="request")
        assert list(path.parent.iterdir()) == []


def test_a_guard_that_was_taken_away_is_found(box: Box) -> None:
    box.filled(2)
    box.unguard()
    report = verify_ledger(box.place)
    assert (report.exit_code, {item.code for item in report.findings}) == (4, {"G308"})
