"""Print what the ledger costs, as ratios to peers in the same run. See README.md beside this file.

Answers are asserted equal before a time is shown; nothing is asserted on time. Absolute rates depend on the disk more
than on the program, so they are shown only where a reader needs the scale.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))
# ruff: noqa: E402 - the tests' own servers and ledgers are found through that path

from govern.diagnostics import Span
from govern.ledger.core import MerkleLedger
from govern.ledger.fsck import verify_ledger
from govern.ledger.leaf import leaf_body
from govern.ledger.merkle import (
    leaf_hash,
    memory_nodes,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from govern.ledger.note import NoteKey
from govern.ledger.published import Promise, verified
from govern.ledger.store import NewEntry
from support.ledgers import LedgerBox
from support.postgres import PostgresServer
from support.postgres_box import PostgresBox

BATCHES = {1: 400, 10: 2_000, 100: 10_000, 1000: 20_000}
"""Entries in a batch, and entries appended to measure it."""
RUNS = 3
MANY = 100_000
CHAINED = 1_000


def entries(count: int, seed: int = 1) -> list[NewEntry]:
    """Entries of the size that certificates have (489 bytes), by one key."""
    source = random.Random(seed)
    key = source.randbytes(91)
    made = []
    for number in range(count):
        payload = b'{"statement":%d,"seed":%d}' % (number, seed)
        made.append(NewEntry(payload=payload, body=leaf_body(payload, source.randbytes(71), key)))
    return made


class NoPayloads:
    """Keeps nothing: what is measured is the log alone, as its peers are."""

    def put(self, payloads: Sequence[bytes]) -> None: ...


class HeldHead:
    """Holds the newest head in memory, where the ledger is still held to it before every signature."""

    def __init__(self, note: str) -> None:
        self.note = note

    def read(self, key: NoteKey) -> Promise:
        return Promise(verified(self.note, key), Span("memory"), "published", "G203", "G204")

    def publish(self, note: str, key: NoteKey) -> None:
        self.note = note


def alone(ledger: MerkleLedger) -> MerkleLedger:
    """Leave out the files beside the log: every batch is still one transaction with one signed checkpoint."""
    ledger._objects = NoPayloads()  # type: ignore[assignment]  # noqa: SLF001
    ledger._published = HeldHead(ledger.head().note)  # type: ignore[assignment]  # noqa: SLF001
    return ledger


def chained(folder: Path, many: Sequence[NewEntry]) -> float:
    """Seconds an entry for the plainest peer: a JSON line with the hash of the line before, flushed to the disk."""
    before = "0" * 64
    with (folder / "chain.jsonl").open("wb") as file:
        start = time.perf_counter()
        for item in many:
            payload = hashlib.sha256(item.payload).hexdigest()
            line = json.dumps({"previous": before, "payload": payload, "body": item.body.decode()}).encode()
            before = hashlib.sha256(line).hexdigest()
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - start) / len(many)


def appended(ledger: MerkleLedger, many: Sequence[NewEntry], batch: int) -> float:
    """Seconds an entry."""
    start = time.perf_counter()
    for at in range(0, len(many), batch):
        logged = ledger.append(many[at : at + batch])
    seconds = (time.perf_counter() - start) / len(many)
    nodes = memory_nodes([leaf_hash(item.body) for item in many])
    assert logged[-1].leaf_root == tree_root(len(many), nodes)
    return seconds


def timed(action: Callable[[int], object], count: int) -> float:
    """Seconds for each of `count` calls."""
    start = time.perf_counter()
    for number in range(count):
        action(number)
    return (time.perf_counter() - start) / count


@contextlib.contextmanager
def server() -> Iterator[PostgresServer | None]:
    """A PostgreSQL of our own, None where there is none."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        yield None
        return
    running = PostgresServer()
    try:
        yield running.start()
    finally:
        running.stop()


def pymerkle(folder: Path, many: Sequence[NewEntry]) -> dict[str, object] | None:
    """Run pymerkle in an environment of its own; None when it cannot be installed."""
    home = folder / "pymerkle"
    venv.create(home, with_pip=True)
    install = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "pymerkle==7.0.0"]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        return None
    lines = "\n".join(item.body.hex() for item in many)
    command = [str(home / "bin" / "python"), str(HERE / "peers" / "pymerkle_tree.py"), str(folder)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="govern-bench-") as name, server() as postgres:
        folder = Path(name)
        chain, rows = measure_appends(folder, postgres)
        many = entries(MANY)
        peer = pymerkle(folder, many)
        show_appends(chain, rows, peer)
        show_many(folder, many, chain, peer)


def measure_appends(folder: Path, postgres: PostgresServer | None) -> tuple[float, dict[str, dict[int, list[float]]]]:
    """Measure every store at every batch, interleaved, so that a slow moment of the machine hits all of them."""
    chain: list[float] = []
    names = ["SQLite, the log alone", "SQLite, with payloads and published head"]
    names += ["PostgreSQL, the log alone"] if postgres is not None else []
    rows: dict[str, dict[int, list[float]]] = {name: {batch: [] for batch in BATCHES} for name in names}
    for run in range(RUNS):
        for batch, count in BATCHES.items():
            many = entries(count, seed=run)
            chain.append(chained(folder, many[:CHAINED]))
            with LedgerBox(folder / f"alone-{run}-{batch}").create() as ledger:
                rows[names[0]][batch].append(appended(alone(ledger), many, batch))
            some = many[: max(batch * 2, 2_000)]
            with LedgerBox(folder / f"whole-{run}-{batch}").create() as ledger:
                rows[names[1]][batch].append(appended(ledger, some, batch))
            if postgres is not None:
                with PostgresBox(folder / f"postgres-{run}-{batch}", postgres).create() as ledger:
                    rows[names[2]][batch].append(appended(alone(ledger), many, batch))
                postgres.recycle()
    return statistics.median(chain), rows


def show_appends(chain: float, rows: dict[str, dict[int, list[float]]], peer: dict[str, object] | None) -> None:
    batches = "".join(f"{batch:>10}" for batch in BATCHES)
    print(f"append, entries a second against hash-chained JSON lines with an fsync each = 1.0 ({chain * 1e6:.0f} us)")
    print(f"{'batch':46}{batches}")
    middle = {name: {batch: statistics.median(times) for batch, times in found.items()} for name, found in rows.items()}
    for name, found in middle.items():
        print(f"{name:46}" + "".join(f"{chain / found[batch]:>10.2f}" for batch in BATCHES))
    print(f"{'  aim for the log alone':46}" + "".join(f"{aim:>10}" for aim in (0.7, 5, 15, 15)))
    names = list(middle)
    if len(names) > 2:
        ratios = (middle[names[0]][batch] / middle[names[2]][batch] for batch in BATCHES)
        print(f"{'PostgreSQL / SQLite':46}" + "".join(f"{ratio:>10.2f}" for ratio in ratios))
        print(f"{'  aim':46}" + "".join(f"{aim:>10}" for aim in (0.2, 0.3, 0.3, 0.5)))
    else:
        print("PostgreSQL: not measured, no server under /usr/lib/postgresql")
    if peer is None:
        print("pymerkle: not measured, it could not be installed")
        return
    single, bulk = float(str(peer["single"])), float(str(peer["bulk"]))
    print(f"{'pymerkle SqliteTree, single / bulk (no proof)':46}{chain / single:>10.2f}{chain / bulk:>30.1f}")
    print(f"SQLite batch 1 / pymerkle single: {single / middle[names[0]][1]:.1f} (aim 8)")


def show_many(folder: Path, many: Sequence[NewEntry], chain: float, peer: dict[str, object] | None) -> None:
    box = LedgerBox(folder / "many")
    with box.create() as ledger:
        alone(ledger)
        for at in range(0, MANY, 1000):
            ledger.append(many[at : at + 1000])
        leaves = [leaf_hash(item.body) for item in many]
        root = ledger.head().root
        assert root == tree_root(MANY, memory_nodes(leaves))
        if peer is not None:
            assert peer["root"] == root.hex(), "pymerkle builds another tree"
        source = random.Random(3)
        picked = [source.randrange(MANY) for _ in range(500)]
        prove = timed(lambda number: ledger.prove(picked[number]), len(picked))
        proofs = [ledger.prove(index) for index in picked]
        assert all(len(item.proof.hashes) <= 17 for item in proofs)

        def check(number: int) -> None:
            item = proofs[number]
            assert verify_inclusion(picked[number], MANY, leaves[picked[number]], item.proof.hashes, root)

        verify = timed(check, len(picked))
        consistent = timed(lambda number: ledger.consistency(picked[number], MANY), len(picked))
        for index in picked[:20]:
            old = tree_root(index, memory_nodes(leaves[:index]))
            assert verify_consistency(index, MANY, old, root, ledger.consistency(index, MANY))
    (folder / "many" / "published-checkpoint").write_text(proofs[0].proof.checkpoint)
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        report = verify_ledger(box.paths, payloads=False)
        times.append(time.perf_counter() - start)
        assert (report.exit_code, report.root) == (0, root), report.findings[:3]
    rehash = statistics.median(times)
    start = time.perf_counter()
    for item in many:
        hashlib.sha256(item.body).digest()
    bare = time.perf_counter() - start
    size = box.paths.database.stat().st_size / MANY
    print(f"\n{MANY} entries, batches of 1000")
    if peer is None:
        print(f"inclusion: prove {prove * 1e6:.0f} us (pymerkle could not be installed)")
    else:
        print(f"inclusion: prove {prove * 1e6:.0f} us, {float(str(peer['prove'])) / prove:.0f} x pymerkle (aim 50)")
    print(f"inclusion: verify {verify * 1e6:.0f} us; consistency: prove {consistent * 1e6:.0f} us")
    print(f"rehash all: {rehash:.2f} s (aim 1), {rehash / bare:.0f} x one bare sha256 an entry")
    print(f"one proof costs {prove / chain:.2f} of a chained JSON line")
    print(f"bytes an entry: {size:.0f} (aim 700)")


if __name__ == "__main__":
    main()
