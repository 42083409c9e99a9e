"""The group-commit front: one commit for all who wait, and nobody pays for another's entries."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from govern.canonical import sha256_hex
from govern.diagnostics import GovernError, IntegrityError, UsageError
from govern.ledger.batching import BatchingLedger
from govern.ledger.fsck import verify_ledger
from govern.ledger.leaf import leaf_body
from govern.ledger.merkle import leaf_hash, verify_inclusion
from govern.ledger.sqlite import SqliteLedger
from govern.ledger.store import Logged, NewEntry
from support.ledgers import LedgerBox, entry


class Held:
    """A real ledger whose first append waits until a test lets it go, so that others gather behind it."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.ledger = ledger
        self.entered, self.go = threading.Event(), threading.Event()
        self.batches: list[int] = []
        self.before: Callable[[Sequence[NewEntry]], None] = lambda entries: None

    def __getattr__(self, name: str) -> object:
        return getattr(self.ledger, name)

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        self.batches.append(len(entries))
        if len(self.batches) == 1:
            self.entered.set()
            assert self.go.wait(60)
        self.before(entries)
        return self.ledger.append(entries)


class Announced(list[object]):
    """A queue that says when somebody has joined it."""

    def __init__(self) -> None:
        super().__init__()
        self.joined = threading.Semaphore(0)

    def append(self, item: object) -> None:
        super().append(item)
        self.joined.release()


@pytest.fixture
def box(tmp_path: Path) -> LedgerBox:
    return LedgerBox(tmp_path).filled(0)


def gather(front: BatchingLedger, held: Held, calls: Sequence[Sequence[NewEntry]]) -> list[Future[tuple[Logged, ...]]]:
    """Let a first caller hold the ledger while all others queue up behind it in order."""
    pool = ThreadPoolExecutor(len(calls) + 1)
    first = pool.submit(front.append, [entry("first")])
    assert held.entered.wait(60)
    queue = front._waiting = Announced()  # type: ignore[assignment]
    futures = []
    for call in calls:
        futures.append(pool.submit(front.append, call))
        assert queue.joined.acquire(timeout=60)
    held.go.set()
    pool.shutdown(wait=True)
    first.result()
    return futures


def test_whoever_waits_is_committed_in_one_batch_and_gets_its_own_proofs(box: LedgerBox) -> None:
    with box.open() as ledger:
        held = Held(ledger)
        front = BatchingLedger(held)
        calls = [[entry(f"{caller}-{number}") for number in range(caller % 3 + 1)] for caller in range(20)]
        futures = gather(front, held, calls)
        assert held.batches == [1, sum(map(len, calls))]
        seen = 1
        for call, future in zip(calls, futures, strict=True):
            for item, logged in zip(call, future.result(), strict=True):
                assert (logged.body, logged.proof.index) == (item.body, seen)
                assert verify_inclusion(seen, logged.size, leaf_hash(item.body), logged.proof.hashes, logged.leaf_root)
                seen += 1
        assert ledger.head().size == seen
    report = verify_ledger(box.paths)
    assert (report.exit_code, report.checkpoints) == (0, 3)


def test_a_full_batch_leaves_the_rest_for_the_next_and_splits_no_caller(box: LedgerBox) -> None:
    with box.open() as ledger:
        held = Held(ledger)
        front = BatchingLedger(held, most=5)
        calls = [[entry(f"{caller}-{number}") for number in range(size)] for caller, size in enumerate((2, 3, 1, 9, 1))]
        futures = gather(front, held, calls)
        assert held.batches == [1, 5, 1, 9, 1]
        assert [len(future.result()) for future in futures] == [2, 3, 1, 9, 1]


def test_an_entry_that_is_malformed_meets_only_its_own_caller(box: LedgerBox) -> None:
    with box.open() as ledger:
        front = BatchingLedger(ledger)
        unfit = NewEntry(payload=b"one", body=leaf_body(b"two", b"signature", b"key"))
        with pytest.raises(UsageError) as caught:
            front.append([entry(0), unfit])
        assert caught.value.diagnostics[0].code == "G223"
        assert front.append([entry(1)])[0].proof.index == 0


def test_a_damaged_payload_fails_its_callers_and_nobody_else(box: LedgerBox) -> None:
    with box.open() as ledger:
        ledger.append([entry("bad")])
        ledger._objects.path(sha256_hex(entry("bad").payload)).write_bytes(b"other")
        held = Held(ledger)
        front = BatchingLedger(held)
        calls = [[entry("a")], [entry("b"), entry("bad")], [entry("c")], [entry("bad")], [entry("d")]]
        futures = gather(front, held, calls)
        faults = [future.exception() for future in futures]
        assert [fault is None for fault in faults] == [True, False, True, False, True]
        for fault in (faults[1], faults[3]):
            assert isinstance(fault, IntegrityError)
            assert fault.diagnostics[0].code == "G214"
        assert [futures[at].result()[0].proof.index for at in (0, 2, 4)] == [2, 3, 4]
        assert ledger.find(sha256_hex(entry("b").payload)) is None


def test_a_fault_of_the_log_is_given_to_everybody_once(box: LedgerBox) -> None:
    with box.open() as ledger:
        held = Held(ledger)
        front = BatchingLedger(held)

        def cut(_entries: Sequence[NewEntry]) -> None:
            if len(held.batches) == 2:
                box.paths.published.unlink()

        held.before = cut
        futures = gather(front, held, [[entry("a")], [entry("b")], [entry("c")]])
        faults = [future.exception() for future in futures]
        assert held.batches == [1, 3]
        assert len({id(fault) for fault in faults}) == 3
        for fault in faults:
            assert isinstance(fault, GovernError)
            assert fault.diagnostics[0].code == "G205"


def test_a_fault_that_nobody_foresaw_meets_its_caller_and_leaves_the_queue_whole(box: LedgerBox) -> None:
    with box.open() as ledger:
        held = Held(ledger)
        front = BatchingLedger(held)

        def crash(entries: Sequence[NewEntry]) -> None:
            if len(entries) == 3:
                raise KeyboardInterrupt

        held.before = crash
        futures = gather(front, held, [[entry("a")], [entry("b")], [entry("c")]])
        faults = [future.exception() for future in futures]
        assert [type(fault) for fault in faults if fault is not None] == [KeyboardInterrupt]
        assert held.batches == [1, 3, 1, 1]
        assert front._waiting == []
        assert ledger.head().size == 3


def test_many_threads_make_one_dense_log(box: LedgerBox) -> None:
    with box.open() as ledger:
        front = BatchingLedger(ledger)
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda number: front.append([entry(number % 50)])[0], range(200)))
        assert {item.proof.index for item in made} == set(range(50))
        for number, item in enumerate(made):
            assert item.body == entry(number % 50).body
    assert verify_ledger(box.paths).size == 50
