"""`govern stamp`: add a time-stamp to a file that was issued without one."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import workspace_of, workspace_option
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n  govern stamp C.certificate.sigstore.json\n"
    "  govern stamp C.certificate.sigstore.json --request C.tsq\n"
    "  govern stamp C.certificate.sigstore.json --response C.tsr --trust trust.json"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--request", type=click.Path(path_type=Path), help="Only write the question (RFC 3161) to this file.")
@click.option("--response", type=click.Path(path_type=Path), help="Add the answer in this file; nobody is asked.")
@click.option("--tsa", metavar="URL", help="Authority to ask. Default: [signing] tsa.")
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root that lists the authority.")
@workspace_option
def stamp(
    file: Path,
    request: Path | None,
    response: Path | None,
    tsa: str | None,
    trust: Path | None,
    directory: Path | None,
) -> Answer:
    """Add a time-stamp token to FILE, a sigstore bundle. What is signed and logged stays as it is.

    Without --request and --response the authority is asked over the network. With them, the question can be carried to
    an authority and the answer back, across an air gap.

    Exit codes: 0 added, 2 usage or an authority that the trust root does not list, 3 no answer, or one that tells
    another time than FILE claims, 4 FILE or token unsound.
    """
    from govern.gate.files import read_file
    from govern.gate.stamping import add_response, stamp_file, write_request
    from govern.gate.trust.file import read_trust

    if sum(item is not None for item in (request, response, tsa)) > 1:
        raise click.UsageError("give only one of --request, --response and --tsa")
    if request is not None:
        out(write_request(file, request))
        return Answer(0)
    workspace = workspace_of(directory, trust=trust, tsa=tsa)
    root = read_trust(Path(workspace.need("trust")))
    if response is not None:
        out(add_response(file, read_file(response), tsas=root.tsas))
    else:
        out(stamp_file(file, address=workspace.need("tsa"), trust=root, entropy=os.urandom))
    return Answer(0)
