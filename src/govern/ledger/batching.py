"""One append for all who wait: a front to a ledger for many threads of one process.

An append costs a commit however many entries it has. Whoever finds the ledger free commits for everybody who waits;
those who come meanwhile wait for the next turn. There is no thread, no timer and no delay: a lone caller pays nothing.

What one caller hands over must not harm another. Entries are looked at before they join a batch, so one that is
malformed fails its own caller at once. If the batch fails all the same, the fault decides: one of the log (locked,
full, cut, unreachable) is everybody's, and each caller gets it; any other may come from one caller's entries, so
each caller's are then appended alone, in their order, and each gets an own answer.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from govern.diagnostics import GovernError
from govern.ledger.core import identity_of
from govern.ledger.store import LedgerStore, Logged, NewEntry

__all__ = ["BatchingLedger"]

_OF_ENTRIES = frozenset({"G214", "G223"})
"""Faults that speak of single entries: a stored payload that is damaged, an entry that does not fit its payload."""


@dataclass(eq=False, slots=True)
class _Request:
    """One caller's entries, and what came of them."""

    entries: Sequence[NewEntry]
    logged: tuple[Logged, ...] | None = None
    fault: Exception | None = None
    alone: bool = False
    """Whether it must be in no batch with others."""

    @property
    def settled(self) -> bool:
        return self.logged is not None or self.fault is not None

    def answer(self) -> tuple[Logged, ...]:
        if self.fault is not None:
            raise self.fault
        assert self.logged is not None  # a request leaves the queue settled
        return self.logged


class BatchingLedger:
    """Appends for many threads over one open ledger. All other methods of the ledger stay one thread at a time."""

    def __init__(self, ledger: LedgerStore, *, most: int = 1000) -> None:
        """Take a ledger that was opened with its key.

        Args:
            ledger: used by one thread at a time, not always the one that opened it.
            most: entries after which a batch takes no further callers; one caller's are never split.
        """
        self._ledger = ledger
        self._most = most
        self._queue = threading.Lock()
        self._waiting: list[_Request] = []
        self._turn = threading.Lock()

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        """Append a caller's entries, all or none, and give each with its proof.

        May be called from any thread. Raises as `LedgerStore.append` does, for this caller's entries alone.
        """
        for entry in entries:
            identity_of(entry)
        request = _Request(tuple(entries))
        with self._queue:
            self._waiting.append(request)
        try:
            while not request.settled:
                with self._turn:
                    if not request.settled:
                        self._lead()
        finally:
            if not request.settled:  # interrupted: nobody waits for it any more
                with self._queue:
                    self._waiting.remove(request)
        return request.answer()

    def _lead(self) -> None:
        """Commit for those who wait longest."""
        batch = self._next_batch()
        try:
            self._settle(batch)
        finally:
            # Interrupted, or a fault that nobody foresaw: whoever comes next takes the rest, each alone, so that
            # such a fault meets only its own caller. What was committed meanwhile is not appended twice.
            left = [item for item in batch if not item.settled]
            for item in left:
                item.alone = True
            with self._queue:
                self._waiting[:0] = left

    def _next_batch(self) -> list[_Request]:
        with self._queue:
            count = taken = 0
            for request in self._waiting:
                if taken and (request.alone or self._waiting[0].alone or count + len(request.entries) > self._most):
                    break
                count, taken = count + len(request.entries), taken + 1
            batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return batch

    def _settle(self, batch: Sequence[_Request]) -> None:
        try:
            logged = self._ledger.append([entry for request in batch for entry in request.entries])
        except GovernError as fault:
            if len(batch) > 1 and fault.diagnostics[0].code in _OF_ENTRIES:
                self._settle_each(batch)
                return
            for request in batch:
                # An exception of its own for every thread: a traceback belongs to one.
                request.fault = type(fault)(fault.diagnostics)
                request.fault.__cause__ = fault
            return
        start = 0
        for request in batch:
            end = start + len(request.entries)
            request.logged = logged[start:end]
            start = end

    def _settle_each(self, batch: Sequence[_Request]) -> None:
        for request in batch:
            self._settle([request])
