"""`govern keys`: make, list and rotate signing keys."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.lazy import LazyGroup
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import out
from govern.gate.keys.making import KINDS, new_key, next_step

_folder_option = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=".govern/keys",
    show_default=True,
    help="Where keys lie.",
)


_COMMANDS: dict[str, tuple[str, str]] = {
    "show": ("govern.cli.keys_show:show", "Print key id, hint and PEM of a key in a file, device or service."),
}
"""Subcommands with a module of their own: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern keys new certifier\n  govern keys new log --kind log --origin ledger.example\n"
    "  govern keys list\n  govern keys rotate certifier\n  govern keys show 'hsm:2?label=govern'",
)
def keys() -> None:
    """Signing keys: in PEM files (PKCS #8), which GOVERN_KEY_PASSWORD encrypts, or in devices and services."""


@keys.command(
    epilog="\b\nExamples:\n  govern keys new certifier\n  govern keys new erin --kind approver\n"
    "  govern keys new log --kind log --origin ledger.example\n"
    "  govern keys new w1 --kind witness --origin witness.example/w1"
)
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(tuple(KINDS)), default="certifier", show_default=True, help="What the key is for."
)
@click.option("--origin", help="Host name of the log, or name of the witness; for --kind log and witness.")
@_folder_option
def new(name: str, kind: str, origin: str | None, folder: Path) -> Answer:
    """Make the private key NAME.pem, readable by you alone, and its public half. A key is never overwritten.

    Log and witness keys are Ed25519 with a public half NAME.vkey; all others are ECDSA P-256 with NAME.pub. A key
    counts for nothing until the trust root lists it: hand the public half to its owners (`govern trust edit`).
    """
    made = new_key(folder, name, kind=kind, origin=origin, password=_password())
    out(f"{made}\n{folder / name}.pem\n{next_step(folder, name, kind)}")
    return Answer(0)


@keys.command(name="list", epilog="\b\nExamples:\n  govern keys list\n  govern keys list --dir keys --trust trust.json")
@_folder_option
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root. Default: the workspace's.")
@at_option
@workspace_option
def list_(folder: Path, trust: Path | None, at: str | None, directory: Path | None) -> Answer:
    """Say of every key what it is, and which roles, windows and revocations the trust root has for it."""
    from govern.gate.keys.listing import list_keys

    settled = workspace_of(directory, trust=trust).path("trust")
    out(list_keys(folder, trust=settled, at=clock_of(at)))
    return Answer(0)


@keys.command(
    epilog="\b\nExamples:\n  govern keys rotate certifier\n"
    "  govern keys rotate certifier --overlap 0d --sign-with root.pem"
)
@click.argument("name")
@_folder_option
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root. Default: the workspace's.")
@click.option(
    "--overlap",
    default="7d",
    show_default=True,
    metavar="DURATION",
    help="How long both keys may sign; a root key: 0d.",
)
@click.option("--sign-with", "signers", multiple=True, help="Sign the draft at once with this root key.")
@at_option
@workspace_option
def rotate(
    name: str,
    folder: Path,
    trust: Path | None,
    overlap: str,
    signers: tuple[str, ...],
    at: str | None,
    directory: Path | None,
) -> Answer:
    """Make a new key for NAME, and draft the version of the trust root in which it takes over NAME's roles.

    What the old key signed in its window stays valid. Point govern.toml at the new key once the draft is in force.
    The key of a log is its identity and cannot be rotated. If the old key was stolen, revoke it instead:
    `govern trust edit --revoke-key`.
    """
    from govern.gate.keys.rotation import RotateRequest, rotate_key

    settled = Path(workspace_of(directory, trust=trust).need("trust"))
    request = RotateRequest(folder=folder, name=name, trust=settled, at=clock_of(at), overlap=overlap, keys=signers)
    out(rotate_key(request, password=_password(), environment=os.environ, entropy=os.urandom))
    return Answer(0)


def _password() -> bytes | None:
    from govern.gate.signing import PASSWORD_VARIABLE

    text = os.environ.get(PASSWORD_VARIABLE)
    return text.encode() if text else None
