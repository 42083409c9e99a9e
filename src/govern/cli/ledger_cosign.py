"""`govern ledger cosign`: collect the cosignatures of witnesses."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import err, out


@click.command(
    epilog="\b\nExamples:\n  govern ledger cosign\n  govern ledger cosign --request w1 -o w1.request\n"
    "  govern ledger cosign --accept w1.request w1.answer"
)
@click.option("--request", "witness", metavar="NAME", help="Write the request for one witness as a file, ask nobody.")
@click.option("--old", type=click.IntRange(min=0), help="With --request: entries that the witness has seen.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="With --request: where to write it.")
@click.option(
    "--accept",
    nargs=2,
    type=click.Path(path_type=Path),
    metavar="REQUEST ANSWER",
    help="Take in what a witness answered to a request file.",
)
@workspace_option
def cosign(
    witness: str | None, old: int | None, output: Path | None, accept: tuple[Path, Path] | None, directory: Path | None
) -> Answer:
    """Have the witnesses of [ledger] witnesses cosign the ledger's head, and keep what they sign.

    Proofs made from then on (govern ledger prove) and exports carry the cosignatures. A witness that is not on the
    network gets its request as a file, and gives its answer with `govern ledger witness --once`.

    Exit codes: 0 the trust root's quorum is met, 3 it is not, 4 a witness has seen another history of this log.
    """
    workspace = workspace_of(directory)
    if witness is None and (old is not None or output is not None):
        raise click.UsageError("--old and -o go with --request")
    if witness is not None and (accept is not None or output is None):
        raise click.UsageError("--request goes with -o, and not with --accept")
    if witness is not None and output is not None:
        from govern.gate.cosign_files import write_request
        from govern.gate.outputs import write_atomic, writing

        data = write_request(workspace, witness, old=old)
        with writing(output):
            write_atomic(output, data)
        err(f"wrote {output}")
        return Answer(0)
    if accept is not None:
        from govern.gate.cosign_files import accept_answer
        from govern.gate.files import read_file

        text, code = accept_answer(workspace, read_file(accept[0]), read_file(accept[1]))
    else:
        from govern.gate.cosign import collect

        text, code = collect(workspace, notify=lambda diagnostic: err(str(diagnostic)))
    out(text)
    return Answer(code)
