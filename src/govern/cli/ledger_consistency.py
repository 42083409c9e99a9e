"""`govern ledger consistency`: that the log only grew."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import err, out

__all__ = ["consistency", "deliver"]


def deliver(data: bytes, output: Path | None) -> None:
    """Write a proof to stdout, or into a file."""
    if output is None:
        if data:
            out(data.decode("utf-8"))
        return
    from govern.gate.outputs import write_atomic, writing

    with writing(output):
        write_atomic(output, data)
    err(f"wrote {output}")


@click.command(epilog="\b\nExamples:\n  govern ledger consistency 0 1\n  govern ledger consistency 2 9 -o 2-9.proof")
@click.argument("old", type=int)
@click.argument("new", type=int)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the proof into this file.")
@workspace_option
def consistency(old: int, new: int, output: Path | None, directory: Path | None) -> Answer:
    """Prove that the log at NEW entries extends the log at OLD: the hashes of RFC 6962, in base64, one a line.

    Nothing is printed when no hash is needed: for OLD 0, or equal to NEW. Also: govern ledger prove --consistency.
    """
    from govern.gate.ledger import prove_consistency

    deliver(prove_consistency(workspace_of(directory), old, new), output)
    return Answer(0)
