"""Writers and servers that die at any moment: nothing acknowledged is lost, nothing forks, no index is left out.

SIGKILL leaves the page cache whole, so it says nothing about fsync; `test_faults_disk` does.
"""

from __future__ import annotations

import os
import random
import select
import time
from pathlib import Path

import pytest

from govern.ledger.fsck import verify_ledger
from govern.ledger.note import open_checkpoint
from support.boxes import Box
from support.ledgers import LedgerBox
from support.postgres import PostgresServer
from support.postgres_box import PostgresBox
from support.writers import Nursery

KILLS = int(os.environ.get("GOVERN_TEST_KILLS", "40"))
CRASHES = 4


def some_moments(source: random.Random) -> None:
    """Let the writers run on for a random while: the point is that nobody knows where they are."""
    select.select([], [], [], source.uniform(0.0, 0.12))


def assert_nothing_lost(box: Box, nursery: Nursery) -> str:
    """Everything acknowledged is where it was said to be, under the head that was said; give the figures."""
    acks = nursery.acks()
    roots = box.checkpoints()
    with box.open() as ledger:
        filed = dict(ledger.digests())
        size = ledger.head().size
    assert list(filed) == list(range(size)), "indices are dense"
    assert len(set(filed.values())) == size, "nothing is in the log twice"
    for ack in acks:
        assert roots[ack.size].hex() == ack.root
        assert [filed[index] for index in ack.indices] == list(ack.payloads)
    published = open_checkpoint(box.place.published.read_text(), box.signer.key)
    assert max(ack.size for ack in acks) <= published.size <= size
    report = verify_ledger(box.place, expected=box.signer.key)
    assert (report.exit_code, report.size) == (0, size), report.findings[:5]
    return f"{size} entries, {report.checkpoints} checkpoints, {len(acks)} acknowledged batches, 0 lost, 0 forked"


def kill_writers(nursery: Nursery, source: random.Random, kills: int) -> None:
    for _ in range(kills):
        some_moments(source)
        nursery.kill(source.choice(nursery.running))
        nursery.start(source.randrange(2**32))


def test_killed_writers_lose_nothing_in_a_file(tmp_path: Path) -> None:
    seed = time.time_ns() % 2**32
    print(f"seed {seed}")  # noqa: T201
    source = random.Random(seed)
    box = LedgerBox(tmp_path / "box").filled(0)
    with Nursery({"kind": "sqlite", "root": str(box.root)}, tmp_path) as nursery:
        for _ in range(2):
            nursery.start(source.randrange(2**32))
        kill_writers(nursery, source, KILLS)
        for writer in list(nursery.running):
            nursery.kill(writer)
        print(f"SQLite: {KILLS} kills, {assert_nothing_lost(box, nursery)}")  # noqa: T201


@pytest.mark.tools
def test_killed_writers_and_stopped_servers_lose_nothing_in_a_database(tmp_path: Path) -> None:
    seed = time.time_ns() % 2**32
    print(f"seed {seed}")  # noqa: T201
    source = random.Random(seed)
    server = PostgresServer()
    try:
        box = PostgresBox(tmp_path / "box", server.start()).filled(0)
        with Nursery({"kind": "postgres", "root": str(box.root), "url": box.place.url}, tmp_path) as nursery:
            for _ in range(3):
                nursery.start(source.randrange(2**32))
            for _ in range(CRASHES):
                kill_writers(nursery, source, max(KILLS // 8, 1))
                some_moments(source)
                server.crash()
                server.start()
                nursery.start(source.randrange(2**32))
                nursery.kill(nursery.running[0])
            for writer in list(nursery.running):
                nursery.kill(writer)
            figures = assert_nothing_lost(box, nursery)
            kills = CRASHES * max(KILLS // 8, 1)
            print(f"PostgreSQL: {kills} kills, {CRASHES} immediate stops, {figures}")  # noqa: T201
    finally:
        server.stop()
