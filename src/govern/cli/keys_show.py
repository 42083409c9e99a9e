"""`govern keys show`: the public half of any signing key."""

from __future__ import annotations

import os

import click

from govern.cli.answer import Answer
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n  govern keys show .govern/keys/certifier.pem\n"
    "  govern keys show 'hsm:2?label=govern'\n  govern keys show hv:ledger --origin ledger.example"
)
@click.argument("uri")
@click.option("--origin", help="Host name of the log; for a log's key, whose verifier key is printed.")
def show(uri: str, origin: str | None) -> Answer:
    """Print key id, hint and PEM of the key at URI, as a trust root and other tools want them.

    URI is a PEM file, env:NAME, hsm:[ID][?label=TOKEN], awskms:KEY, gcpkms:NAME, azurekms://VAULT/keys/NAME/VERSION or
    hv:NAME[/VERSION]. The key is asked for one signature, to be sure that it can sign.

    Exit codes: 0 it can sign, 2 it is not named rightly or is of another type, 3 it does not answer, 4 what it signs
    does not verify.
    """
    from govern.gate.keys.shown import describe_key, describe_log_key

    if origin is None:
        out(describe_key(uri, environment=os.environ))
    else:
        out(describe_log_key(uri, origin=origin, environment=os.environ))
    return Answer(0)
