"""Options of every command with which a person signs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import warn

if TYPE_CHECKING:
    from govern.gate.desk import Desk

__all__ = ["OpenDesk", "signing_options"]

OpenDesk = Callable[[], "Desk"]
"""Loads the key and the trust root that were asked for."""


def signing_options(command: Callable[..., Answer]) -> Callable[..., Answer]:
    """Add --key, --role, --no-log, -o, --at and --workspace to a command, which gets them as one argument `desk`."""

    @wraps(command)
    def inner(
        *,
        key: str,
        role: str | None,
        no_log: bool,
        output: Path | None,
        at: str | None,
        directory: Path | None,
        **own: Any,  # whatever the command's own options are
    ) -> Answer:
        def desk() -> Desk:
            from govern.gate.desk import Signature, desk_of

            signature = Signature(key=key, at=clock_of(at), log=not no_log, output=output, role=role)
            return desk_of(workspace_of(directory), signature, entropy=os.urandom, environment=os.environ, notify=warn)

        return command(desk=desk, **own)

    made: Callable[..., Answer] = inner
    for option in reversed(
        (
            click.option("--key", required=True, help="Your key: a PEM file, env:NAME, hsm:..., or a KMS address."),
            click.option("--role", help="Role to sign in, when your key plays several, e.g. approver/model-risk."),
            click.option("--no-log", is_flag=True, help="Sign only; the log's keeper adds it: govern ledger add."),
            click.option(
                "-o",
                "--output",
                type=click.Path(path_type=Path),
                help="File or folder to write. Default: the statements folder of the workspace.",
            ),
            at_option,
            workspace_option,
        )
    ):
        made = option(made)
    return made
