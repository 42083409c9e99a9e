"""`govern ledger export`: the log as static files, and the check of such files."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n  govern ledger export mirror\n  govern ledger export mirror --check --trust trust.json\n"
    "  govern ledger export mirror --check --vkey ledger.example+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing: check FOLDER. Needs no ledger, only a key.")
@click.option("--vkey", "vkeys", multiple=True, help="With --check: verifier key of the log.")
@click.option("--trust", type=click.Path(path_type=Path), help="With --check: trust root that names the log.")
@workspace_option
def export(folder: Path, check: bool, vkeys: tuple[str, ...], trust: Path | None, directory: Path | None) -> Answer:
    """Write the log into FOLDER as tiles that any web server can carry (c2sp.org/tlog-tiles); only what is new.

    With --check, hash every entry in FOLDER, compare every tile, and the root over all of them with the one that the
    log signed: nothing is missing and nothing was changed. A --vkey or --trust goes before the workspace's trust root.

    Exit codes: 0 written, or whole; 1 whole, but cosigned by too few witnesses; 4 damaged, or of another history.
    """
    from govern.gate.tiles import check_mirror, export_ledger

    if not check:
        if vkeys or trust is not None:
            raise click.UsageError("--vkey and --trust go with --check")
        out(export_ledger(workspace_of(directory), folder))
        return Answer(0)
    if not vkeys and trust is None:
        trust = workspace_of(directory).path("trust")
    text, code = check_mirror(folder, vkeys=vkeys, trust=trust)
    out(text)
    return Answer(code)
