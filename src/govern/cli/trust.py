"""`govern trust`: show and sign the trust root."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import at_option, clock_of
from govern.cli.streams import out

_COMMANDS: dict[str, tuple[str, str]] = {
    "publish": ("govern.cli.trust_publish:publish", "Log every owner's signature on a trust root."),
    "edit": ("govern.cli.trust_edit:edit", "Change it: write the next version as a draft."),
    "accept": ("govern.cli.trust_accept:accept", "Put a draft in force that enough people signed."),
    "compile": ("govern.cli.trust_compile:compile_", "Write it in the forms that other tools read."),
}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern trust show trust.json\n"
    "  govern trust edit trust.json --add approver=erin.pub,person:erin\n"
    "  govern trust sign trust.next.json --key root.pem\n"
    "  govern trust compile trust.json -o trust-exports",
)
def trust() -> None:
    """The trust root: which keys may sign what, and when.

    A version is never changed. `edit` writes the next one as a draft, its owners `sign` it, and the last signature
    puts it in force; what was signed under earlier versions stays as it was.
    """


@trust.command(
    epilog="\b\nExamples:\n  govern trust show trust.json\n  govern trust show trust.next.json\n"
    "  govern trust show trust.json --pems keys"
)
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@click.option("--pems", type=click.Path(path_type=Path), help="Write every public key as PEM into this folder.")
@at_option
def show(file: Path, pems: Path | None, at: str | None) -> Answer:
    """Verify FILE's own signatures and say who may sign what. Compare the fingerprint with its owner's word.

    Of a draft it says what would change, and whose signatures are missing.

    Exit codes: 0 in force, 3 expired, not yet in force or a draft, 4 it does not hold.
    """
    from govern.gate.files import read_file
    from govern.gate.trust.root import describe_trust, write_pems

    text, code = describe_trust(file, at=clock_of(at))
    out(text)
    if pems is not None:
        made = write_pems(read_file(file), file=str(file), folder=pems)
        out("\n".join(str(pems / name) for name in made))
    return Answer(code)


@trust.command(
    epilog="\b\nExamples:\n  govern trust sign trust.next.json --key root.pem\n"
    "  govern trust sign trust.json --key root.pem --renew 1y"
)
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@click.option("--key", "key_file", required=True, help="Root key: a PEM file, or env:NAME.")
@click.option("--renew", metavar="DURATION", help="First draft the next version, with the same keys, for this long.")
@click.option(
    "--trust", "trust_file", type=click.Path(path_type=Path), help="The version a draft follows. Default: by its name."
)
@at_option
def sign(file: Path, key_file: str, renew: str | None, trust_file: Path | None, at: str | None) -> Answer:
    """Sign FILE, a draft or a first version, with a root key. The last signature needed puts a draft in force.

    The old version is kept beside the new one as trust.<version>.json, because an auditor may hold only that.

    Exit codes: 0 signed, 2 the key has no say here, 4 the file, its signatures or its predecessor do not hold.
    """
    if renew is not None:
        from govern.gate.trust.edit import EditRequest, edit_trust

        request = EditRequest(file=file, asked={}, at=clock_of(at), renew=renew, keys=(key_file,))
        out(edit_trust(request, environment=os.environ, entropy=os.urandom))
        return Answer(0)
    from govern.gate.trust.sign import sign_trust_file

    out(sign_trust_file(file, key_file, trust=trust_file, environment=os.environ))
    return Answer(0)
