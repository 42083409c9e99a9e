"""Go's golang.org/x/mod and x/crypto, as Debian packages them, asked line by line. Needs no module proxy."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from govern.canonical import base64_text

SOURCE = Path(__file__).with_name("go")


class GoRefusesError(Exception):
    """What Go says to something that does not hold."""


def build(folder: Path) -> Path:
    """Compile the program into a folder and give its path."""
    binary = folder / "go-oracle"
    settings = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    done = subprocess.run(
        ["go", "build", "-o", binary, "."],
        cwd=SOURCE,
        env={**os.environ, "GOCACHE": str(folder / "cache"), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return binary


class GoOracle:
    """The running program."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, op: str, **request: Any) -> Any:
        """Ask; bytes are handed on in base64. Raises GoRefusesError."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"op": op, **_plain(request)}) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        if not answer["ok"]:
            raise GoRefusesError(answer["error"])
        return answer.get("result")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64_text(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


@contextmanager
def running(folder: Path) -> Iterator[GoOracle]:
    """Compile and run the program until the block ends."""
    with subprocess.Popen([build(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield GoOracle(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
