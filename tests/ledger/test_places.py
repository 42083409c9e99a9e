"""Which ledger a workspace means, and that heads seen by others stop a rolled-back one before it signs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from govern.diagnostics import UsageError
from govern.gate.ledgers import ledger_place
from govern.gate.workspace import find_workspace
from govern.ledger.postgres import PostgresPlace
from govern.ledger.sqlite import LedgerPaths
from support.boxes import code_of
from support.process import govern

AT = "2026-05-01T00:00:00Z"
SETTINGS = '[workspace]\nledger = "{ledger}"\npublished_checkpoint = "head"\n'


def place_of(folder: Path, ledger: str, more: str = "", **environment: str) -> object:
    (folder / "govern.toml").write_text(SETTINGS.format(ledger=ledger) + more)
    return ledger_place(find_workspace(start=folder, environment=environment))


def test_a_path_is_a_file_with_its_payloads_beside_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert place_of(tmp_path, "state/ledger.db") == LedgerPaths(
        database=state / "ledger.db", objects=state / "objects", published=tmp_path / "head"
    )
    more = 'objects = "payloads"\nwitnessed_checkpoints = ["a/head", "b/head"]\n'
    assert place_of(tmp_path, "state/ledger.db", more) == LedgerPaths(
        database=state / "ledger.db",
        objects=tmp_path / "payloads",
        published=tmp_path / "head",
        witnessed=(tmp_path / "a" / "head", tmp_path / "b" / "head"),
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_an_address_is_a_server_with_its_payloads_in_the_workspace(tmp_path: Path, scheme: str) -> None:
    url = f"{scheme}://u:hush@db.example/x?sslmode=require"
    expected = PostgresPlace(url=url, objects=tmp_path / ".govern" / "objects", published=tmp_path / "head")
    assert place_of(tmp_path, url) == expected
    assert place_of(tmp_path, "state/ledger.db", GOVERN_LEDGER=url) == expected
    assert expected.written == (expected.objects, expected.published)


def test_an_address_of_something_else_is_refused_without_printing_it(tmp_path: Path) -> None:
    assert code_of(lambda: place_of(tmp_path, "mysql://u:hush@db.example/x"), UsageError) == "G228"
    with pytest.raises(UsageError, match="mysql://") as caught:
        place_of(tmp_path, "mysql://u:hush@db.example/x")
    assert "hush" not in str(caught.value)


def test_a_rolled_back_gate_is_stopped_by_the_head_that_somebody_else_has(tmp_path: Path) -> None:
    """Database, payloads and published head were all restored: only the auditor's copy knows better."""
    gate, kept = tmp_path / "gate", tmp_path / "auditors-head"
    check = ("check", "example", "-s", "pre-registration", "--at", AT)
    assert govern("init", gate, "--at", AT).code == 0
    backup = tmp_path / "backup"
    shutil.copytree(gate, backup)
    assert govern(*check, cwd=gate).code == 0
    shutil.copy(gate / "published-checkpoint", kept)
    shutil.rmtree(gate)
    shutil.copytree(backup, gate)
    settings = (gate / "govern.toml").read_text()
    watched = settings.replace("published_checkpoint =", f'witnessed_checkpoints = ["{kept}"]\npublished_checkpoint =')
    (gate / "govern.toml").write_text(watched)
    for words, code in ((check, 4), (("ledger", "log"), 4), (("ledger", "verify"), 4)):
        ended = govern(*words, cwd=gate)
        assert (ended.code, "G220" in ended.err) == (code, True), ended.err
    assert not list(gate.glob("certificates/*"))
    kept.unlink()
    absent = govern(*check, cwd=gate)
    assert (absent.code, "G222" in absent.err) == (3, True), absent.err
