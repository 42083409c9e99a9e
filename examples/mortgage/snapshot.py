"""Make the example's advisory snapshot from `advisories/records/`.

    uv run python examples/mortgage/snapshot.py [--out DIR]

The same records give the same digest, so running it again changes nothing.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from govern.security.advisories.build import build_snapshot
from govern.security.advisories.sources import read_database

HERE = Path(__file__).parent / "advisories"
AS_OF = "2026-11-18T06:00:00Z"


def main() -> None:
    """Build the snapshot, remove the one it replaces and point `current` to it."""
    parser = argparse.ArgumentParser(description="Make the example's advisory snapshot.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder that gets <digest>/")
    out: Path = parser.parse_args().out
    records = read_database(
        HERE / "records",
        name="example-selection",
        as_of=AS_OF,
        location="examples/mortgage/advisories/records",
        licence="CC-BY-4.0",
        attribution="Facts from the Python Packaging Advisory Database (PyPA) and the GitHub Advisory Database",
    )
    built = build_snapshot([records], out, as_of=AS_OF)
    for old in out.iterdir():
        if len(old.name) == 64 and old.name != built.digest:
            shutil.rmtree(old)
    (out / "current").write_text(f"{built.digest}\n", encoding="utf-8")
    print(f"{built.digest}: {built.records} records, {built.unreadable} unreadable")


if __name__ == "__main__":
    main()
