"""Hold govern's compiler against the plans in this folder: `python conformance/plans/check.py`, with any Python.

Each folder has `policies/` (where they import packs, also `packs/` and `govern.lock`), the bytes of the plan they come
to in `plan.json`, and in `expected.json` the stage, the plan's digest and that of each rule. `--write` writes the
answers again: only for a change that is meant.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from govern import compile_policies
from govern.policy.outcomes import Stage

HERE = Path(__file__).resolve().parent


def sets() -> list[Path]:
    """Give the folders."""
    return sorted(path.parent for path in HERE.glob("*/expected.json"))


def answer(folder: Path) -> tuple[dict[str, object], bytes]:
    """Compile the policies of a folder: what `expected.json` should say, and the plan's bytes."""
    asked = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    lock = folder / "govern.lock"
    given = lock if lock.is_file() else None
    plan = compile_policies([folder / "policies"], stage=Stage(asked["stage"]), lock=given)
    data = plan.data()
    found = {
        "title": asked["title"],
        "stage": asked["stage"],
        "digest": hashlib.sha256(data).hexdigest(),
        "rules": {rule.id: rule.digest for rule in plan.rules},
    }
    return found, data


def complaints(folder: Path) -> Iterator[str]:
    """Yield what differs in one folder."""
    found, data = answer(folder)
    if found != json.loads((folder / "expected.json").read_text(encoding="utf-8")):
        yield f"{folder.name}: expected.json says something else"
    if data != (folder / "plan.json").read_bytes():
        yield f"{folder.name}: plan.json has other bytes"


def write() -> None:
    """Write every answer again."""
    for folder in sets():
        found, data = answer(folder)
        (folder / "expected.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (folder / "plan.json").write_bytes(data)


def main() -> int:
    """Check or write; the exit code."""
    if sys.argv[1:] == ["--write"]:
        write()
        return 0
    found = [text for folder in sets() for text in complaints(folder)]
    for text in found:
        sys.stdout.write(f"{text}\n")
    sys.stdout.write(f"{len(sets())} sets, {len(found)} differences, Python {platform.python_version()}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
