"""`govern keys`: make signing keys."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.streams import out


@click.group(
    epilog="\b\nExamples:\n  govern keys new certifier\n  govern keys new log --kind log --origin ledger.example"
)
def keys() -> None:
    """Signing keys in PEM files (PKCS #8). GOVERN_KEY_PASSWORD, when set, encrypts them."""


@keys.command(
    epilog="\b\nExamples:\n  govern keys new certifier\n  govern keys new log --kind log --origin ledger.example"
)
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(("certifier", "root", "log")), default="certifier", help="What the key is for."
)
@click.option("--origin", help="Host name of the log; for --kind log.")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=".govern/keys", show_default=True, help="Where to."
)
def new(name: str, kind: str, origin: str | None, folder: Path) -> Answer:
    """Make the private key NAME.pem, readable by you alone, and its public half. A key is never overwritten."""
    from govern.gate.signing import PASSWORD_VARIABLE
    from govern.gate.trust import new_key

    if "/" in name or name.startswith("."):
        raise click.UsageError(f"{name} cannot name a file")
    password = os.environ.get(PASSWORD_VARIABLE)
    made = new_key(folder, name, kind=kind, origin=origin, password=password.encode() if password else None)
    out(f"{made}\n{folder / name}.pem")
    return Answer(0)
