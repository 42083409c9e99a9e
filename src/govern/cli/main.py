"""From arguments to an exit code: the border at which every fault gets exactly one of the documented codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from govern.cli.streams import settle_encoding
from govern.diagnostics import Diagnostic, GovernError, plain

__all__ = ["run"]


def run(argv: Sequence[str]) -> int:
    """Run one command and give its exit code. Raises nothing.

    Click is run with `standalone_mode=False`: on its own it would end with 1 ("denied") for a crash, a closed pipe
    or Ctrl-C, and drop an integer that a command returns.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        settle_encoding()
        code = _dispatch(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _quiet_exit()
        return 70
    except BaseException as fault:
        return _internal(fault)
    return code


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _dispatch(argv: Sequence[str]) -> int:
    import click

    from govern.cli.answer import Answer
    from govern.cli.root import root
    from govern.cli.streams import err

    try:
        answer = root.main(args=list(argv), prog_name="govern", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as fault:
        err(fault.ctx.get_help())
        return 2
    except click.Abort:
        return 130
    except click.ClickException as fault:
        # Formatted here: click would print a hostile argument as it is.
        context = getattr(fault, "ctx", None)
        where = f"see `{context.command_path} --help`" if context is not None else "see `govern --help`"
        err(str(Diagnostic(code="U101", message=fault.format_message(), hint=where)))
        return 2
    except GovernError as fault:
        for text in _rendered(fault):
            err(text)
        return fault.exit_code
    if isinstance(answer, Answer):
        return answer.code
    if answer == 0 and isinstance(answer, int):
        return 0  # --help and --version
    raise TypeError("a command ended without an answer")


def _rendered(fault: GovernError) -> list[str]:
    """A diagnostic a line or two; faults of policies with the source line and a caret."""
    files = getattr(fault, "files", None)
    if files is None:
        return [str(diagnostic) for diagnostic in fault.diagnostics]
    from govern.policy.render import render

    return [render(diagnostic, files) for diagnostic in fault.diagnostics]


def _quiet_exit() -> None:
    from govern.cli.streams import silence

    silence(sys.stdout)


def _internal(fault: BaseException) -> int:
    if os.environ.get("GOVERN_DEBUG") == "1":
        import traceback

        traceback.print_exception(fault)
    message = f"{type(fault).__name__}: {plain(str(fault))}"
    hint = "run again with GOVERN_DEBUG=1 for the traceback; nothing was decided"
    try:
        sys.stderr.write(f"{Diagnostic(code='X101', message=message, hint=hint)}\n")
    except OSError:
        _quiet_exit()
    return 70
