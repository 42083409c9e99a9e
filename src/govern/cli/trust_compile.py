"""`govern trust compile`: the trust root for other people's tools."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.streams import out


@click.command(name="compile", epilog="\b\nExamples:\n  govern trust compile trust.json -o trust-exports")
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@click.option("-o", "--output", "folder", required=True, type=click.Path(path_type=Path), help="Folder to write into.")
def compile_(file: Path, folder: Path) -> Answer:
    """Write FILE in the forms that other tools read.

    \b
    trusted_root.json   logs and time-stamping authorities, for sigstore clients (cosign, sigstore-go, npm)
    public-keys.json    attesting keys by hint with their windows, for sigstore in Node
    tlog-policy         logs, witnesses and quorum (C2SP)
    allowed_signers     people and their keys, for ssh-keygen and git
    *.pub, tsa-*.pem    every key and certificate chain as PEM, for openssl
    SHA256SUMS          for sha256sum -c

    These tools know no roles, and most of them no windows and no revocations: what they accept, `govern verify` may
    still refuse. Files of an earlier run that belong to no key any more are taken out of the folder.

    Exit codes: 0 written, 4 FILE does not hold.
    """
    from govern.gate.trust.compile import compile_trust

    out("\n".join(compile_trust(file, folder)))
    return Answer(0)
