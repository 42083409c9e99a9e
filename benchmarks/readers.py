"""Print what reading other tools' files costs, against a plain parse of the same bytes. See README.md beside this file.

Every registered reader is measured. A reader joins by being registered and having a sample in tests/evidence/samples; a
line in `ENLARGED` makes its sample as large as real files are.
"""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import Row, heading, paired, show, spent

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from govern.diagnostics import GovernError  # noqa: E402
from govern.evidence.tools.finding import root_of  # noqa: E402
from govern.evidence.tools.interface import Reader  # noqa: E402
from govern.evidence.tools.registry import readers  # noqa: E402
from support.fuzzing import reading, seeds, targets  # noqa: E402  # the path is set above

SEED = 20261201
ITEMS = 2000
AIMS = {"json": 3.0, "yaml": 1.5}
RUNS = 7
READING = {reader.id: reading(reader) for reader in readers()}


def main() -> None:
    heading(f"reading, against a plain parse of the same bytes (seed {SEED})")
    for reader in readers():
        data = sample(reader)
        if data is None:
            print(f"{reader.id}: no sample that it reads")
            continue
        times = max(1, 500_000 // len(data))
        name = f"{reader.id}: {len(data):,} bytes of {reader.syntax}"
        show(against_plain(name, reader, data, times, read, AIMS.get(reader.syntax)))
        show(against_plain("  of which parsing strictly, with no reader", reader, data, times, strictly, None))


def against_plain(
    what: str, reader: Reader, data: bytes, times: int, ours: Callable[[Reader, bytes], object], aim: float | None
) -> Row:
    return paired(
        what,
        lambda: spent(lambda: ours(reader, data), times),
        lambda: spent(lambda: plain(reader, data), times),
        runs=RUNS,
        aim=aim,
    )


def strictly(reader: Reader, data: bytes) -> object:
    return root_of(reader, data, "evidence/file")


def read(reader: Reader, data: bytes) -> object:
    """Parse strictly, recognise and read, as a run does."""
    readout = READING[reader.id](data)
    return readout if readout is not None else sys.exit(f"{reader.id} does not recognise its own sample")


def plain(reader: Reader, data: bytes) -> object:
    """What a script would do."""
    if reader.syntax == "json":
        return json.loads(data)
    if reader.syntax == "yaml":
        import yaml

        return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return data.decode("utf-8", "replace").splitlines()


def sample(reader: Reader) -> bytes | None:
    """Give the largest sample that a reader reads, enlarged where there is a way; both must be read alike."""
    sound = [data for data in seeds(targets()[reader.id]) if reads(reader, data)]
    if not sound:
        return None
    enlarge = ENLARGED.get(reader.id)
    if enlarge is None:
        return max(sound, key=len)
    data = next(data for data in sound if b"raised_exception" not in data or b"Traceback" not in data)
    made = json.dumps(enlarge(json.loads(data), random.Random(SEED))).encode()
    if not reads(reader, made):
        sys.exit(f"{reader.id}: the enlarged sample is not read")
    return made


def reads(reader: Reader, data: bytes) -> bool:
    try:
        return READING[reader.id](data) is not None
    except GovernError:
        return False


# --- as large as real files


def many(items: list[Any], chance: random.Random, name: Callable[[Any, int], None]) -> list[Any]:
    made = []
    for number in range(ITEMS):
        item = copy.deepcopy(chance.choice(items))
        name(item, number)
        made.append(item)
    return made


def expectations(value: Any, chance: random.Random) -> Any:
    """A suite of two thousand expectations on as many columns, with totals that fit."""
    result = value
    while "results" not in result:  # a checkpoint: its first validation
        inner = result.get("run_results") or {"": result["validation_result"]}
        result = next(iter(inner.values()))

    def column(item: Any, number: int) -> None:
        item["expectation_config"]["kwargs"]["column"] = f"column_{number:04}"

    results = many([item for item in result["results"] if item["result"]] or result["results"], chance, column)
    good = sum(item["success"] for item in results)
    counted = {"evaluated": len(results), "successful": good, "unsuccessful": len(results) - good}
    totals = {f"{name}_expectations": count for name, count in counted.items()}
    return {
        **result,
        "success": good == len(results),
        "results": results,
        "statistics": {**totals, "success_percent": 100 * good / len(results)},
    }


def checks(value: Any, chance: random.Random) -> Any:
    def named(item: Any, number: int) -> None:
        item["check"]["name"] = f"Check {number}"

    return {**value, "results": many(value["results"], chance, named)}


def detectors(value: Any, chance: random.Random) -> Any:
    parts = list(value.values())
    return {f"Detector {number}": copy.deepcopy(chance.choice(parts)) for number in range(ITEMS)}


ENLARGED: dict[str, Callable[[Any, random.Random], Any]] = {
    "great-expectations": expectations,
    "deepchecks": checks,
    "giskard": detectors,
    "giskard-suite": detectors,
}
"""How a reader's sample is made large."""


if __name__ == "__main__":
    main()
