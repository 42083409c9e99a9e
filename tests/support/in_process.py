"""Run a command in this process: for the many cases in which a start of Python would be most of the time."""

from __future__ import annotations

import contextlib
import io
import os
import signal
from pathlib import Path
from unittest import mock

from govern.cli.main import run
from support.process import Ended, clean_environment


def govern_here(*arguments: str | Path, cwd: Path) -> Ended:
    """What `support.process.govern` gives, without a process of its own."""
    out, err = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    try:
        with (
            contextlib.chdir(cwd),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch.dict(os.environ, clean_environment(), clear=True),
        ):
            code = run([str(item) for item in arguments])
    finally:
        signal.signal(signal.SIGTERM, before)
    return Ended(code, out.getvalue(), err.getvalue())
