"""`govern ledger add`: log what was signed elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import out, warn


@click.command(epilog="\b\nExample:\n  govern ledger add statements/waiver.sigstore.json -w gate")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@workspace_option
def add(files: tuple[Path, ...], directory: Path | None) -> Answer:
    """Log signed statements that were made with --no-log, and write each file again with its proof.

    Only what the trust root lets the signer sign is taken; certificates are logged by the gate alone.
    """
    from govern.gate.log_adding import add_statements

    for line in add_statements(workspace_of(directory), files, environment=os.environ, notify=warn):
        out(line)
    return Answer(0)
