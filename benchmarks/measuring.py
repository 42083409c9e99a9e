"""Measuring that holds on a shared machine: pairs of runs in turn, processor time, ratios pair by pair."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PEERS = Path(__file__).resolve().parent / "peers"


@dataclass(frozen=True)
class Row:
    """One line of the table: ours against a peer's, pair by pair."""

    what: str
    ratios: Sequence[float]
    aim: float | None = None
    unit: float | None = None
    """What ours took, in seconds: the median, where a reader needs the scale."""

    def line(self) -> str:
        """Write the line."""
        middle = statistics.median(self.ratios)
        spread = f"{number(min(self.ratios))}..{number(max(self.ratios))}"
        aim = "" if self.aim is None else f"{number(self.aim)}{'' if middle <= self.aim else ' missed'}"
        scale = "" if self.unit is None else scaled(self.unit)
        return f"{self.what:72} {number(middle):>8} {spread:>17} {aim:>13} {scale:>9}"


def number(value: float) -> str:
    """Write a ratio with three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def scaled(seconds: float) -> str:
    """Write a time in the unit that fits."""
    for factor, unit in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def heading(text: str) -> None:
    """Print the head of a part of the table."""
    print(f"\n{text:72} {'ratio':>8} {'min..max':>17} {'aim, at most':>13} {'ours':>9}", flush=True)


def show(row: Row) -> None:
    """Print a line as soon as it is measured."""
    print(row.line(), flush=True)


def spent(action: Callable[[], object], times: int = 1) -> float:
    """Give the processor seconds of one call, measured over `times`. Garbage of earlier work is not on its bill."""
    gc.collect()
    start = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - start) / times


def paired(
    what: str,
    ours: Callable[[], float],
    peer: Callable[[], float],
    *,
    runs: int = 7,
    aim: float | None = None,
) -> Row:
    """Measure both in turn, so that a slow moment of the machine hits both; one turn before is not counted."""
    ours(), peer()
    pairs = [(ours(), peer()) for _ in range(runs)]
    return Row(what, [mine / other for mine, other in pairs], aim, statistics.median(mine for mine, _other in pairs))


# --- whole processes


@dataclass(frozen=True)
class Whole:
    """A finished process."""

    code: int
    output: str
    wall: float
    cpu: float


def whole(command: Sequence[str], environment: Mapping[str, str]) -> Whole:
    """Run a command; its wall seconds, and the processor seconds that the kernel counted for it."""
    start = time.perf_counter()
    with subprocess.Popen(
        list(command), env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    return Whole(process.returncode, output, wall, usage.ru_utime + usage.ru_stime)


# --- peers that live in an environment of their own


def environment(folder: Path, name: str, requirement: str) -> Path | None:
    """Make a virtual environment with one peer; its `bin`, or None when it cannot be installed."""
    home = folder / name
    if not (home / "installed").exists():
        venv.create(home, with_pip=True, clear=True)
        install = [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", requirement]
        if subprocess.run(install, capture_output=True, check=False).returncode:
            return None
        (home / "installed").touch()
    return home / "bin"


@dataclass
class Peer:
    """A script under `peers/` that answers lines of JSON with lines of JSON, so that turns can be taken with it."""

    python: Path
    script: str
    flags: tuple[str, ...] = ()
    _process: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Peer:
        command = [str(self.python / "python"), str(PEERS / self.script), *self.flags]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def ask(self, **request: object) -> Any:
        """Send a request and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit(f"{self.script} ended early")
        return json.loads(answer)

    def seconds(self, **request: object) -> float:
        """Ask for a measurement; its processor seconds for one call."""
        return float(self.ask(**request)["seconds"])
