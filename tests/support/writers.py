"""Writers that are killed at any moment: forked from one process that has imported everything, so that one costs little.

Run as a program it is that process: each line of its input names a box, a writer and where it notes what was
acknowledged, and is answered by the number of a new process that appends for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from govern.canonical import sha256_hex
from govern.diagnostics import InputError
from govern.ledger.store import LedgerStore
from support.ledgers import LedgerBox, entry, log_signer

SIZES = (1, 3, 20)
PATIENCE = 60.0
"""Seconds after which a writer that does nothing fails the test."""


@dataclass(frozen=True)
class Ack:
    """An append that returned."""

    size: int
    root: str
    indices: Sequence[int]
    payloads: Sequence[str]


def place_of(box: dict[str, Any]) -> Any:
    if box["kind"] == "sqlite":
        return LedgerBox(Path(box["root"])).paths
    from govern.ledger.postgres import PostgresPlace

    root = Path(box["root"])
    return PostgresPlace(url=box["url"], objects=root / ".govern" / "objects", published=root / "published-checkpoint")


def write_for_ever(order: dict[str, Any]) -> None:
    """Append batches of random sizes; note each after `append` returned. A server that is away is waited for."""
    source = random.Random(order["seed"])
    place, number, batch = place_of(order["box"]), 0, []
    acks = os.open(order["acks"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    ready = os.open(order["ready"], os.O_WRONLY)
    while True:
        # What was not acknowledged is appended again with the next connection: it may be in the log, and may not.
        with contextlib.suppress(InputError), place.open(signer=log_signer()) as ledger:
            while True:
                if not batch:
                    batch = [entry(f"{order['name']}-{number + at}") for at in range(source.choice(SIZES))]
                    number += len(batch)
                note(acks, ledger, batch)
                if ready >= 0:
                    os.write(ready, b".")
                    os.close(ready)
                    ready = -1
                batch = []


def note(acks: int, ledger: LedgerStore, batch: Sequence[Any]) -> None:
    logged = ledger.append(batch)
    line = {
        "size": logged[0].size,
        "root": logged[0].leaf_root.hex(),
        "indices": [item.proof.index for item in logged],
        "payloads": [sha256_hex(item.payload) for item in batch],
    }
    os.write(acks, json.dumps(line).encode() + b"\n")


def nursery() -> None:
    """Fork a writer for each line of the input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            write_for_ever(json.loads(line))
        print(pid, flush=True)  # noqa: T201


class Writer:
    """A running writer."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.handle = os.pidfd_open(pid)

    def kill(self) -> None:
        """End it at once and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        gone, _, _ = select.select([self.handle], [], [], PATIENCE)
        assert gone, "a killed process does not end"
        os.close(self.handle)


class Nursery:
    """Makes writers for one box. Use as a context manager: no writer outlives it."""

    def __init__(self, box: dict[str, Any], folder: Path) -> None:
        self.box = box
        self.folder = folder
        self.made = 0
        self.running: list[Writer] = []
        self.ready = folder / "ready"
        os.mkfifo(self.ready)
        self._ready = os.open(self.ready, os.O_RDWR)
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *fault: object) -> None:
        for writer in self.running:
            writer.kill()
        self._process.communicate()
        os.close(self._ready)

    def start(self, seed: int) -> Writer:
        """Start a writer and wait until it has appended something."""
        self.made += 1
        name = f"w{self.made}"
        order = {"box": self.box, "name": name, "seed": seed}
        order |= {"acks": str(self.folder / f"{name}.acks"), "ready": str(self.ready)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        writer = Writer(int(self._process.stdout.readline()))
        self.running.append(writer)
        self.progress()
        return writer

    def progress(self) -> None:
        """Wait until a writer that was started says that its first append returned."""
        there, _, _ = select.select([self._ready], [], [], PATIENCE)
        assert there, "a writer does not get to append"
        os.read(self._ready, 1)

    def kill(self, writer: Writer) -> None:
        writer.kill()
        self.running.remove(writer)

    def acks(self) -> list[Ack]:
        """Everything that was acknowledged so far; a line that a kill cut short was not."""
        found = []
        for path in sorted(self.folder.glob("*.acks")):
            for line in path.read_bytes().split(b"\n")[:-1]:
                found.append(Ack(**json.loads(line)))
        return found


if __name__ == "__main__":
    nursery()
