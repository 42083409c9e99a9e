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
