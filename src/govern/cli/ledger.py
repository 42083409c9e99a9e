"""`govern ledger`: what the log holds, that it is whole, and proofs from it."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.ledger_consistency import deliver
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import err, out

_COMMANDS: dict[str, tuple[str, str]] = {
    "add": ("govern.cli.ledger_add:add", "Log signed statements that were made without the log's key."),
    "create": ("govern.cli.ledger_create:create", "Start the ledger that the workspace names."),
    "erase": ("govern.cli.ledger_erase:erase", "Delete a statement's text and keep its proof."),
    "consistency": ("govern.cli.ledger_consistency:consistency", "Prove that the log only grew between two sizes."),
    "export": ("govern.cli.ledger_export:export", "Write the log as static files, or check such files."),
    "cosign": ("govern.cli.ledger_cosign:cosign", "Have witnesses cosign the ledger's head."),
    "witness": ("govern.cli.ledger_witness:witness", "Be a witness: cosign the ledgers of others."),
}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern ledger log\n  govern ledger verify\n  govern ledger prove 0 -o 0.tlog-proof",
)
def ledger() -> None:
    """List, verify and prove entries of the ledger named by the workspace."""


@ledger.command(epilog="\b\nExample:\n  govern ledger log -w gate")
@click.option("-o", "--output", type=click.Choice(("text", "json")), default="text", help="Form of the list.")
@workspace_option
def log(output: str, directory: Path | None) -> Answer:
    """List every entry: index, kind, subject, time, digest of its payload."""
    from govern.gate.ledger import list_entries

    out(list_entries(workspace_of(directory), as_json=output == "json"))
    return Answer(0)


@ledger.command(epilog="\b\nExample:\n  govern ledger verify -w gate --trust trust.json")
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root that names the log's key.")
@workspace_option
def verify(trust: Path | None, directory: Path | None) -> Answer:
    """Recompute every leaf, node, checkpoint and signature from the bytes; compare with the published checkpoint.

    Exit codes: 0 sound, 4 damaged or behind, 3 when only the published checkpoint is missing.
    """
    from govern.gate.ledger import recheck

    text, findings, code = recheck(workspace_of(directory, trust=trust))
    for item in findings:
        err(str(item))
    out(text)
    return Answer(code)


@ledger.command(
    epilog="\b\nExamples:\n  govern ledger prove 0\n  govern ledger prove 0 -o entry.tlog-proof\n"
    "  govern ledger prove --consistency 0 1"
)
@click.argument("entry", required=False)
@click.option(
    "--consistency", nargs=2, type=int, metavar="OLD NEW", help="Prove instead that the log only grew between sizes."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the proof into this file.")
@workspace_option
def prove(
    entry: str | None, consistency: tuple[int, int] | None, output: Path | None, directory: Path | None
) -> Answer:
    """Give the inclusion proof of ENTRY, an index or the sha256 of a payload, as a .tlog-proof file.

    It leads to the best-witnessed checkpoint that covers the entry (see govern ledger cosign).
    """
    from govern.gate.ledger import prove_consistency, prove_entry

    if (entry is None) == (consistency is None):
        raise click.UsageError("give an ENTRY, or --consistency OLD NEW")
    workspace = workspace_of(directory)
    data = prove_entry(workspace, entry) if entry is not None else prove_consistency(workspace, *consistency or (0, 0))
    deliver(data, output)
    return Answer(0)
