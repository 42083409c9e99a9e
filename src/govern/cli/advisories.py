"""`govern advisories`: build and inspect snapshots. `update` is the only command of the gate that uses the network."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import err, out

_COMMANDS: dict[str, tuple[str, str]] = {
    "sign": ("govern.cli.advisories_sign:sign", "Sign an advisory snapshot: its digest, date and sources."),
}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern advisories update --from all.zip\n  govern advisories info",
)
def advisories() -> None:
    """Advisory snapshots: what dependencies are matched with, dated and digested."""


@advisories.command(
    epilog="\b\nExamples:\n  govern advisories update\n  govern advisories update --from all.zip --name osv-pypi"
)
@click.option(
    "--from",
    "source",
    metavar="FILE_OR_URL",
    help="OSV export zip, folder of OSV JSON, or JSON lines; a URL is fetched. Default: OSV's export for PyPI.",
)
@click.option("--name", "database", default="osv-pypi", show_default=True, help="Name of the database.")
@click.option("--store", type=click.Path(path_type=Path), help="Folder of snapshots. Default: the workspace's.")
@at_option
@workspace_option
def update(source: str | None, database: str, store: Path | None, at: str | None, directory: Path | None) -> Answer:
    """Build a new snapshot, print what changed, and point the store at it last.

    Exit codes: 0 built, 3 the source could not be read or fetched (the old snapshot stays in force).
    """
    from govern.gate.advisories import update_store

    workspace = workspace_of(directory, advisories=store)
    text, warnings = update_store(workspace, source=source, database=database, clock=clock_of(at))
    for item in warnings:
        err(item)
    out(text)
    return Answer(0)


@advisories.command(epilog="\b\nExample:\n  govern advisories info examples/mortgage/advisories")
@click.argument("snapshot", required=False, type=click.Path(path_type=Path))
@at_option
@workspace_option
def info(snapshot: Path | None, at: str | None, directory: Path | None) -> Answer:
    """Print digest, sources, counts and ages of SNAPSHOT (default: the workspace's)."""
    from govern.gate.advisories import describe_store

    out(describe_store(workspace_of(directory, advisories=snapshot), clock=clock_of(at)))
    return Answer(0)


@advisories.command(epilog="\b\nExample:\n  govern advisories live examples/mortgage/v1")
@click.argument("bundle", type=click.Path(path_type=Path))
def live(bundle: Path) -> Answer:
    """Ask OSV about BUNDLE's dependencies now, through pip-audit: a second opinion, which no decision rests on.

    Exit codes: 0 nothing matches, 1 something does, 3 a package could not be asked about or was not answered.
    """
    from govern.cli.options import existing_folder
    from govern.cli.places import local_folder
    from govern.gate.live import live_opinion
    from govern.security.advisories.providers.pip_audit import query_live

    with local_folder(bundle) as folder:
        text, code = live_opinion(existing_folder(folder), query_live)
    out(text)
    return Answer(code)
