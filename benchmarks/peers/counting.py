"""Counts the predictions of a bundle (the argument) by three attributes, and prints the most megabytes it had."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from govern.bundle import open_bundle
from govern.checks.predictions import counts_of
from govern.diagnostics import Diagnostic
from govern.evidence.predictions import find_predictions, read_predictions


def count(home: Path) -> int:
    """Give the rows that were counted."""
    bundle = open_bundle(home, name="bench", version="1")
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    predictions = read_predictions(bundle, source, ("age", "race", "sex"))
    assert not isinstance(predictions, Diagnostic)
    return counts_of(predictions).rows


def most_memory() -> float:
    """Megabytes. The kernel's `ru_maxrss` begins with the parent's; Linux has a mark of this process alone."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    assert count(Path(sys.argv[1])) > 0
    print(most_memory())
