"""`govern ledger`: what the log holds, that it is whole, and proofs from it."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import err, out

_COMMANDS: dict[str, tuple[str, str]] = {
    "add": ("govern.cli.ledger_add:add", "Log signed statements that were made without the log's key."),
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


@ledger.command(epilog="\b\nExamples:\n  govern ledger prove 0\n  govern ledger prove 0 -o entry.tlog-proof")
@click.argument("entry")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the .tlog-proof file here.")
@workspace_option
def prove(entry: str, output: Path | None, directory: Path | None) -> Answer:
    """Give the inclusion proof of ENTRY: an index, or the sha256 of a payload."""
    from govern.gate.ledger import prove_entry

    data = prove_entry(workspace_of(directory), entry)
    if output is None:
        out(data.decode("utf-8"))
    else:
        from govern.gate.outputs import write_atomic, writing

        with writing(output):
            write_atomic(output, data)
        err(f"wrote {output}")
    return Answer(0)
