"""`govern trust publish`: log a trust root."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out, warn


@click.command(epilog="\b\nExample:\n  govern trust publish trust.json -o published -w gate")
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), default=".", help="Folder for the files with proofs.")
@at_option
@workspace_option
def publish(file: Path, output: Path, at: str | None, directory: Path | None) -> Answer:
    """Log every owner's signature on FILE, so that no version of the trust root can be shown to one person alone."""
    from govern.gate.log_adding import publish_trust

    workspace = workspace_of(directory)
    for line in publish_trust(workspace, file, output, environment=os.environ, at=clock_of(at), notify=warn):
        out(line)
    return Answer(0)
