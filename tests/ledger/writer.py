"""A process that appends numbered entries and says so, for tests with several writers and for tests that kill it.

Usage: writer.py ROOT PREFIX COUNT [BATCH]. Prints `size root-hex` after every acknowledged append.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.ledgers import LedgerBox, entry


def main() -> None:
    root, prefix, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    batch = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    with LedgerBox(root).open() as ledger:
        for number in range(0, count, batch):
            logged = ledger.append([entry(f"{prefix}-{number + offset}") for offset in range(batch)])
            print(logged[-1].size, logged[-1].leaf_root.hex(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
