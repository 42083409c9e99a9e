"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from govern.canonical import parse_instant
from govern.diagnostics import Diagnostic, UsageError

if TYPE_CHECKING:
    from govern.gate.workspace import Workspace

__all__ = [
    "at_option",
    "clock_of",
    "existing_folder",
    "param_option",
    "params_of",
    "stage_option",
    "workspace_of",
    "workspace_option",
]

Command = TypeVar("Command", bound=Callable[..., Any])

STAGES = ("pre-training", "pre-registration", "pre-deployment", "post-deployment")

stage_option = click.option("-s", "--stage", type=click.Choice(STAGES), required=True, help="Which gate to stand at.")

workspace_option = click.option(
    "-w",
    "--workspace",
    "directory",
    type=click.Path(path_type=Path),
    help="Folder of govern.toml. Default: the nearest one at or above the current folder.",
)

at_option = click.option(
    "--at",
    metavar="INSTANT",
    help="Judge at this instant (RFC 3339, UTC, e.g. 2026-03-01T00:00:00Z) instead of now.",
)


param_option = click.option(
    "--param",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value for a parameter of the policies, NAME or POLICY/NAME; it may only tighten. Members of a set: A,B.",
)


def params_of(given: tuple[str, ...]) -> dict[str, str]:
    """Give the values of `--param` by name. Raises BadParameter for one without `=`, or a name given twice."""
    made: dict[str, str] = {}
    for item in given:
        name, sign, value = item.partition("=")
        if not sign or not name:
            raise click.BadParameter(f"{item} is not NAME=VALUE")
        if name in made:
            raise click.BadParameter(f"{name} is given twice")
        made[name] = value
    return made


def workspace_of(directory: Path | None, **flags: str | Path | tuple[str | Path, ...] | None) -> Workspace:
    """Settle the workspace from flags, GOVERN_… variables and govern.toml, in that order of precedence."""
    from govern.gate.workspace import find_workspace

    given = {
        key: tuple(str(item) for item in value) if isinstance(value, tuple) else (str(value),)
        for key, value in flags.items()
        if value is not None and value != ()
    }
    return find_workspace(start=Path.cwd(), environment=os.environ, directory=directory, flags=given)


def clock_of(at: str | None) -> datetime:
    """Give the instant to judge at: the one asked for, else now in whole seconds. Raises UsageError U106."""
    if at is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        return parse_instant(at)
    except ValueError as fault:
        raise UsageError(Diagnostic(code="U106", message=f"--at {at}: {fault}")) from fault


def existing_folder(path: Path) -> Path:
    """Give the path of a folder that exists. Raises UsageError U103."""
    if not path.is_dir():
        raise UsageError(Diagnostic(code="U103", message=f"there is no folder {path}"))
    return path
