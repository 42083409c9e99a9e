"""One process that appends, for tests that break the ground under it. Says on each line of its output what came of it.

fault_child.py append ROOT FIRST COUNT      one batch of entries FIRST.., then end: `acked SIZE ROOT` or `refused CODE EXIT`
fault_child.py fill ROOT LIMIT              batches until one is refused; LIMIT > 0 caps the size of a file
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from govern.diagnostics import GovernError
from support.ledgers import LedgerBox, entry


def say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201


def append(root: Path, first: int, count: int) -> None:
    try:
        with LedgerBox(root).open() as ledger:
            logged = ledger.append([entry(first + offset) for offset in range(count)])
            say("acked", logged[-1].size, logged[-1].leaf_root.hex())
    except GovernError as fault:
        say("refused", fault.diagnostics[0].code, fault.exit_code)


def fill(root: Path, limit: int) -> None:
    if limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    first = 1000
    try:
        with LedgerBox(root).open() as ledger:
            while first < 100_000:
                logged = ledger.append([entry(first + offset) for offset in range(20)])
                say("acked", logged[-1].size, logged[-1].leaf_root.hex())
                first += 20
    except GovernError as fault:
        say("refused", fault.diagnostics[0].code, fault.exit_code)


if __name__ == "__main__":
    mode, root, first, *rest = sys.argv[1:]
    if mode == "append":
        append(Path(root), int(first), int(rest[0]))
    else:
        fill(Path(root), int(first))
