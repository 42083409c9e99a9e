"""Options of every command that renders a result, and the rendering itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from govern.cli.streams import colour_wanted, err, in_github, out, terminal_width

if TYPE_CHECKING:
    from govern.canonical import JsonObject
    from govern.gate.outputs import Output

__all__ = ["FORMATS", "rendering_options", "write_result"]

FORMATS = ("text", "json", "html")

Command = TypeVar("Command", bound=Callable[..., Any])


def rendering_options(command: Command) -> Command:
    """Add -o, --color, --quiet and --verbose to a command."""
    for option in reversed(
        (
            click.option(
                "-o",
                "--output",
                "outputs",
                multiple=True,
                metavar="FORMAT[=PATH]",
                help=f"One of {', '.join(FORMATS)}.",
            ),
            click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="On stdout."),
            click.option("-q", "--quiet", is_flag=True, help="Only the verdict line."),
            click.option(
                "-v",
                "--verbose",
                is_flag=True,
                help="Passed rules too, who read which file, and the origin of settings.",
            ),
        )
    ):
        command = option(command)
    return command


def write_result(
    asked: Sequence[Output],
    document: JsonObject,
    *,
    color: str,
    quiet: bool,
    verbose: bool,
    earlier: Sequence[JsonObject] = (),
) -> bool:
    """Render a result in every asked format; say on stderr what could not be written. Gives whether all were."""
    from govern.gate.outputs import write_outputs
    from govern.report.render import renderers

    made = renderers(
        document,
        width=terminal_width(),
        color=colour_wanted(color),
        quiet=quiet,
        verbose=verbose,
        github=in_github(),
        earlier=earlier,
    )
    faults = write_outputs(asked, made, out)
    for fault in faults:
        err(str(fault))
    return not faults
