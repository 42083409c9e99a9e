"""Run the real command in a real process: exit code, streams, no terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without anything that govern or its terminal reads."""
    dropped = ("GOVERN_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "GITHUB_", "PYTHONHASHSEED")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return kept | dict(extra or {})


def govern(*arguments: str | Path, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> Ended:
    """Run `govern` and give what it ended with."""
    done = subprocess.run(
        [sys.executable, "-m", "govern", *map(str, arguments)],
        cwd=cwd,
        env=clean_environment(environment),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def quiet(log: Path, *arguments: str | Path) -> None:
    """Run `govern` under strace, into a file: it ends with 0, makes no network call and starts no program but Python."""
    done = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", str(log), "-e", "trace=network,execve"),
            *(sys.executable, "-m", "govern", *map(str, arguments)),
        ],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in log.read_text().splitlines() if "exited with" not in line]
    assert len(lines) == 1, lines
    assert "execve" in lines[0]
