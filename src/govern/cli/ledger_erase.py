"""`govern ledger erase`: delete a statement's text and keep its proof."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out

__all__ = ["erase"]


@click.command(
    epilog="\b\nExample:\n  govern ledger erase "
    "sha256:88e08f76e5d65ca4156e1447d2018697ef0b425424bc117e77c6a927f10085ea --reason 'request 2026-17' --yes"
)
@click.argument("digest")
@click.option("--reason", required=True, help="Why; kept in the ledger for good, so name no person in it.")
@click.option("--yes", is_flag=True, help="Do it. It cannot be undone, and nothing is asked.")
@at_option
@workspace_option
def erase(digest: str, reason: str, yes: bool, at: str | None, directory: Path | None) -> Answer:
    """Erase the statement whose payload has this sha256 from the ledger's store (GDPR Art. 17).

    The log keeps hashes, so every proof stays valid. Copies elsewhere are not reached; the command lists what it knows.
    """
    from govern.gate.erase import erase_payload

    out(erase_payload(workspace_of(directory), digest, reason=reason, at=clock_of(at), confirmed=yes))
    return Answer(0)
