"""`govern trust`: show and sign the trust root."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import at_option, clock_of
from govern.cli.streams import out

_COMMANDS: dict[str, tuple[str, str]] = {}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern trust show trust.json\n  govern trust show trust.json --pems keys",
)
def trust() -> None:
    """The trust root: which keys may sign what, and when."""


@trust.command(epilog="\b\nExamples:\n  govern trust show trust.json\n  govern trust show trust.json --pems keys")
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@click.option("--pems", type=click.Path(path_type=Path), help="Write every public key as PEM into this folder.")
@at_option
def show(file: Path, pems: Path | None, at: str | None) -> Answer:
    """Verify FILE's own signatures and say who may sign what. Compare the fingerprint with its owner's word.

    Exit codes: 0 in force, 3 expired or not yet in force, 4 it does not hold.
    """
    from govern.gate.files import read_file
    from govern.gate.trust import describe_trust, write_pems

    data = read_file(file)
    text, code = describe_trust(data, file=str(file), at=clock_of(at))
    out(text)
    if pems is not None:
        out("\n".join(str(pems / name) for name in write_pems(data, file=str(file), folder=pems)))
    return Answer(code)


@trust.command(
    epilog="\b\nExamples:\n  govern trust sign trust.json --key root.pem --renew 1y\n"
    "  govern trust sign trust.json --key second-root.pem"
)
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@click.option("--key", "key_file", required=True, help="Root key: a PEM file, or env:NAME.")
@click.option("--renew", metavar="DURATION", help="First write the next version, with the same keys, for this long.")
@at_option
def sign(file: Path, key_file: str, renew: str | None, at: str | None) -> Answer:
    """Sign FILE with a root key. With --renew, make the next version, in force from now on.

    The old version is kept beside the new one as trust.<version>.json, because an auditor may hold only that.
    """
    from govern.gate.renew import add_root_signature, renew_trust

    if renew is None:
        text = add_root_signature(file, key_file, environment=os.environ)
    else:
        text = renew_trust(file, key_file, valid_for=renew, at=clock_of(at), environment=os.environ, entropy=os.urandom)
    out(text)
    return Answer(0)
