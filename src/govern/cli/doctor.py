"""`govern doctor`: one line per thing that the gate depends on."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out


@click.command(epilog="\b\nExamples:\n  govern doctor\n  govern doctor -w gate")
@at_option
@workspace_option
def doctor(at: str | None, directory: Path | None) -> Answer:
    """Look at versions, policies, keys, trust root, ledger, advisories and byte-code; print one line each.

    Exit codes: 0 nothing FAILs, 3 something does.
    """
    from govern.gate.doctor import examine

    lines = examine(workspace_of(directory), clock=clock_of(at), environment=os.environ)
    out("\n".join(f"{line.state:5} {line.name:11} {line.text}" for line in lines))
    return Answer(3 if any(line.state == "FAIL" for line in lines) else 0)
