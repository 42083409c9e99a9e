"""The border of the command line: every fault has exactly one documented exit code, and none is a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from govern.cli.main import run
from support.process import ROOT, clean_environment, govern


@pytest.mark.parametrize(
    "arguments", [(), ("nonsense",), ("check",), ("check", "x"), ("--nope",), ("check", "-s", "x")]
)
def test_usage_errors_are_two(arguments: tuple[str, ...]) -> None:
    """Click's own exit 2 for usage, formatted by us."""
    ended = govern(*arguments)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert ended.err


def test_help_and_version_are_zero() -> None:
    """They print to stdout and nothing to stderr."""
    for option in ("--help", "--version"):
        ended = govern(option)
        assert (ended.code, ended.err) == (0, "")
        assert "govern" in ended.out


def test_a_hostile_argument_is_printed_escaped() -> None:
    """Click would print the escape sequence of a bad argument as it is."""
    ended = govern("check", "x", "--\x1b[31mred")
    assert ended.code == 2
    assert "\x1b" not in ended.err
    assert "x1b" in ended.err or "u{1b}" in ended.err


def test_an_absent_bundle_is_two() -> None:
    """Nothing to judge is the caller's fault, never a denial."""
    ended = govern("check", "no/such/bundle", "-s", "pre-registration", "--no-issue", "-p", "policies")
    assert ended.code == 2
    assert "U103" in ended.err


def test_a_closed_pipe_keeps_the_code() -> None:
    """`govern explain … | head -c 1` must not turn into click's 1."""
    command = f"{sys.executable} -m govern explain I104 | head -c 1 >/dev/null; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=clean_environment(), capture_output=True, check=False)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_a_full_disk_is_seventy() -> None:
    """An answer that could not be written must not read as an answer."""
    command = f"{sys.executable} -m govern explain I104 > /dev/full"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=clean_environment(), capture_output=True, check=False)
    assert done.returncode == 70
    assert b"X101" in done.stderr


_PROBE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the suite in the background ignores it
from govern.cli import main
import govern.cli.root
def dispatch(argv):
    {action}
main._dispatch = dispatch
sys.exit(main.run([]))
"""


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("raise RuntimeError('boom')", 70),
        ("raise MemoryError", 70),
        ("raise RecursionError", 70),
        ("raise KeyboardInterrupt", 130),
        ("raise SystemExit(0)", 70),
        ("raise OSError(28, 'No space left')", 70),
        ("os.kill(os.getpid(), signal.SIGTERM); signal.pause()", 130),
        ("os.kill(os.getpid(), signal.SIGINT); signal.pause()", 130),
    ],
)
def test_no_exception_or_signal_reads_as_a_verdict(action: str, code: int) -> None:
    """Neither 0 nor 1 can come out of a crash, and a traceback is never shown."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(action=action)], env=clean_environment(), capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


def test_debug_shows_the_traceback() -> None:
    """Only when asked for."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE.format(action="raise RuntimeError('boom')")],
        env=clean_environment({"GOVERN_DEBUG": "1"}),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 70
    assert b"Traceback" in done.stderr


def test_a_command_without_an_answer_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Click drops a returned integer and ends with 0; an answer object cannot be forgotten."""
    import click

    from govern.cli import root as module

    @click.command()
    def broken() -> int:
        return 3

    monkeypatch.setattr(module.LazyGroup, "get_command", lambda _self, _context, _name: broken)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run(["check"]) == 70
    finally:
        signal.signal(signal.SIGTERM, before)
