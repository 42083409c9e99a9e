"""Threat: the log is truncated, forked or edited. Control: the published head, witnesses, and rehashing everything."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from support.memory_log import MemoryLog, bodies
from support.threats import Workspace, vector
from support.witnesses import asked, new_witness


def test_a_restored_backup_refuses_to_sign(workspace: Workspace) -> None:
    """The database is older than what was published: exit 4, and nothing is written."""
    backup = workspace.root / "backup"
    shutil.copytree(workspace.root / ".govern", backup)
    assert workspace.check().code == 0
    shutil.rmtree(workspace.root / ".govern")
    shutil.copytree(backup, workspace.root / ".govern")
    before = {path.name: path.read_bytes() for path in workspace.certificates.iterdir()}
    ended = workspace.check()
    assert ended.code == 4, ended.out + ended.err
    assert {path.name: path.read_bytes() for path in workspace.certificates.iterdir()} == before


def test_a_log_regrown_with_other_entries_refuses_to_sign(workspace: Workspace) -> None:
    """A fork: as long as the published head, with another root."""
    backup = workspace.root / "backup"
    shutil.copytree(workspace.root / ".govern", backup)
    published = workspace.root / "published-checkpoint"
    old = published.read_bytes()
    assert workspace.check().code == 0
    true_head = published.read_bytes()
    shutil.rmtree(workspace.root / ".govern")
    shutil.copytree(backup, workspace.root / ".govern")
    published.write_bytes(old)
    assert workspace.check().code == 0, "the forger's log, with another nonce"
    published.write_bytes(true_head)
    assert workspace.check().code == 4


@pytest.mark.parametrize("what", ["body", "node", "head"])
def test_a_silent_edit_is_found_by_rehashing(workspace: Workspace, what: str) -> None:
    statements = {
        "body": "UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'SHA2', 'SHA3') AS BLOB) WHERE idx = 0",
        "node": "UPDATE tnode SET hash = zeroblob(32) WHERE level = 0 AND idx = 0",
        "head": "UPDATE checkpoint SET root = zeroblob(32) WHERE size = (SELECT max(size) FROM checkpoint)",
    }
    database = workspace.root / ".govern" / "ledger.db"
    assert workspace.run("ledger", "verify").code == 0
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statements[what])
    assert workspace.run("ledger", "verify").code == 4


def test_the_database_refuses_edits_by_itself(workspace: Workspace) -> None:
    with closing(sqlite3.connect(workspace.root / ".govern" / "ledger.db")) as connection:
        for statement in ("UPDATE entry SET body = x''", "DELETE FROM entry", "DELETE FROM checkpoint"):
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(statement)


def test_a_witness_cosigns_growth_and_no_fork(tmp_path: Path) -> None:
    """200 for growth; 409 for another old size; 422 for a head that does not grow from the one it saw."""
    witness, log = new_witness(tmp_path), MemoryLog(bodies(8))
    assert asked(witness, log, 0).status == 200
    log.grow(bodies(3, start=8))
    assert asked(witness, log, 0).status == 409
    fork = MemoryLog(bodies(11, start=500))
    assert asked(witness, fork, 8).status == 422
    assert asked(witness, MemoryLog(bodies(8, start=500)), 8).status == 422, "equal size, other root"
    assert asked(witness, log, 8).status == 200


@pytest.mark.parametrize("name", ["forked-checkpoint", "head-of-a-fork", "proof-reordered", "older-head-of-the-log"])
def test_an_auditor_with_another_head_sees_the_fork(name: str) -> None:
    code, failed = vector(name)
    assert code == 4
    assert failed[0] in ("inclusion", "checkpoint")
