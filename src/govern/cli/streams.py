"""Writing to stdout and stderr without letting the stream decide the exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from govern.diagnostics import Diagnostic

__all__ = [
    "colour_wanted",
    "commands",
    "err",
    "in_github",
    "out",
    "settle_encoding",
    "silence",
    "terminal_width",
    "warn",
]


def settle_encoding() -> None:
    """Write UTF-8 whatever the locale says: an answer must not fail for a tick that ASCII or Latin-1 does not have.

    JSON is UTF-8 by its own rules, and the same answer is the same bytes on every machine.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _write(stream: TextIO, text: str) -> None:
    if in_github():
        text = _unheard(text)
    try:
        stream.write(text if text.endswith("\n") else text + "\n")
        stream.flush()
    except BrokenPipeError:
        silence(stream)  # `govern … | head`: stop writing, keep the computed exit code


def _unheard(text: str) -> str:
    """Break up what a workflow runner would obey. It reads both streams, whatever format is written there."""
    from govern.report.json_output import guarded_json
    from govern.report.text import guard_line

    if text.startswith("{"):
        text = guarded_json(text)  # the same document; a word joiner would be another one
    return "\n".join(map(guard_line, text.split("\n")))


def silence(stream: TextIO) -> None:
    """Point a broken stream at nowhere, so that Python's own flush at exit cannot fail again."""
    with contextlib.suppress(OSError, ValueError), open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())


def out(text: str) -> None:
    """Write a result to stdout. A closed pipe is not an error; a full disk raises OSError."""
    _write(sys.stdout, text)


def commands(text: str) -> None:
    """Write lines that a workflow runner is meant to obey; their writer has made harmless what came from files."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)


def err(text: str) -> None:
    """Write progress, warnings and diagnostics to stderr; failing to do so changes nothing."""
    with contextlib.suppress(OSError):
        _write(sys.stderr, text)


def warn(note: Diagnostic) -> None:
    """Write a diagnostic to stderr."""
    err(str(note))


def colour_wanted(choice: str) -> bool:
    """Whether stdout gets colour: `always`, `never`, or `auto` by NO_COLOR, FORCE_COLOR, TERM and the TTY."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """Columns to fill: COLUMNS, else the terminal's, else 120 so that CI logs do not depend on the runner."""
    text = os.environ.get("COLUMNS", "")
    if text.isdigit() and 40 <= int(text) <= 400:
        return int(text)
    if sys.stdout.isatty():
        with contextlib.suppress(OSError):
            return max(40, os.get_terminal_size(sys.stdout.fileno()).columns)
    return 120


def in_github() -> bool:
    """Whether a workflow runner reads our lines and would act on `::commands`."""
    return os.environ.get("GITHUB_ACTIONS") == "true"
