"""`govern ledger create`: start the ledger that the workspace names, for instance in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out

__all__ = ["create"]


@click.command(
    epilog="\b\nExamples:\n  govern ledger create\n"
    "  GOVERN_LEDGER=postgresql://owner@db.example/govern govern ledger create --role gate"
)
@click.option("--role", help="PostgreSQL role that shall append: may add entries, and change or delete none.")
@at_option
@workspace_option
def create(role: str | None, at: str | None, directory: Path | None) -> Answer:
    """Start an empty ledger where the workspace says, under the workspace's log key.

    In PostgreSQL the user of the address owns the tables and could change them. Create the ledger as one user, name
    another with --role, and let the gate use that one.
    """
    import os

    from govern.gate.ledgers import start_ledger

    out(start_ledger(workspace_of(directory), os.environ, at=clock_of(at), role=role))
    return Answer(0)
