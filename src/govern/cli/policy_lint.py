"""`govern policy lint`: every fault of policies, for people, code scanning and annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import commands, err, out

if TYPE_CHECKING:
    from datetime import datetime

    from govern.diagnostics import Diagnostic
    from govern.gate.packs.places import PackPlaces

FORMATS = ("text", "json", "sarif", "github")


@click.command(
    epilog="\b\nExamples:\n  govern policy lint policies\n  govern policy lint policies/credit.yaml --fix\n"
    "  govern policy lint policies -o sarif=lint.sarif -o github"
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"One of {', '.join(FORMATS)}.")
@click.option("--fix", is_flag=True, help="Apply the fixes that leave no doubt, then lint what came out.")
@at_option
@workspace_option
def lint(
    paths: tuple[Path, ...], outputs: tuple[str, ...], fix: bool, at: str | None, directory: Path | None
) -> Answer:
    """Compile every rule of every stage of PATHS and print all faults with file, line, column and a suggestion.

    --fix writes files only when everything that was valid before still means the same.

    Exit codes: 0 no error (warnings and notes may be printed), 2 errors.
    """
    from govern.diagnostics import Severity
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.packs.signed import pack_places
    from govern.gate.policies import lint_paths

    asked = parse_outputs(outputs, formats=FORMATS, bundle=None)
    workspace, clock = workspace_of(directory), clock_of(at)
    where, places = paths or workspace.paths("policies"), pack_places(workspace, at=clock)
    if fix:
        _fix(where, places, clock)
    diagnostics, files = lint_paths(where, places=places, at=clock)
    to_stdout = next(item.format for item in asked if item.path is None)
    faults = write_outputs(asked, _renderers(diagnostics, files), commands if to_stdout == "github" else out)
    for fault in faults:
        err(str(fault))
    return Answer(2 if faults or any(item.severity is Severity.ERROR for item in diagnostics) else 0)


def _fix(paths: Sequence[Path], places: PackPlaces, clock: datetime) -> None:
    from govern.gate.policy_fix import fix_paths

    mended, changed = fix_paths(paths, places=places, at=clock)
    for item in mended:
        err(f"{item.span}: fixed {item.code} {item.slug}")
    err(f"{len(mended)} fixed in {len(changed)} file{'' if len(changed) == 1 else 's'}")


def _renderers(
    diagnostics: Sequence[Diagnostic], files: Mapping[str, bytes]
) -> Mapping[str, Callable[[], str | bytes]]:
    from govern import __version__
    from govern.report import lint as report

    return {
        "text": lambda: report.render_text(diagnostics, files),
        "json": lambda: report.render_json(diagnostics, files),
        "sarif": lambda: report.render_sarif(diagnostics, version=__version__),
        "github": lambda: report.render_github(diagnostics),
    }
