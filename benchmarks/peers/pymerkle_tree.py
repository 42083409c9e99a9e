"""pymerkle's SQLite tree over entries read from standard input, one a line in hex; prints times and roots as JSON.

Run by ledger.py with the interpreter of a virtual environment of its own: pymerkle is under the GPL and no
dependency of this project.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from pymerkle import SqliteTree

SINGLE, PROOFS = 300, 20

entries = [bytes.fromhex(line) for line in sys.stdin.read().split()]
with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
    single = SqliteTree(str(Path(folder) / "single.db"), algorithm="sha256")
    start = time.perf_counter()
    for entry in entries[:SINGLE]:
        single.append_entry(entry)
    one = (time.perf_counter() - start) / SINGLE
    tree = SqliteTree(str(Path(folder) / "bulk.db"), algorithm="sha256")
    start = time.perf_counter()
    tree.append_entries(entries)
    bulk = (time.perf_counter() - start) / len(entries)
    start = time.perf_counter()
    for number in range(PROOFS):
        tree.prove_inclusion(1 + number * (len(entries) // PROOFS))
    prove = (time.perf_counter() - start) / PROOFS
    print(
        json.dumps(
            {
                "single": one,
                "bulk": bulk,
                "prove": prove,
                "root": tree.get_root().hex(),
                "single_root": single.get_root().hex(),
            }
        )
    )
