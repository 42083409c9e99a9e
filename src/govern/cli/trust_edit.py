"""`govern trust edit`: the next version of the trust root as a draft."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of
from govern.cli.streams import out
from govern.gate.trust.flags import FLAGS


def _edit_options(command: Callable[..., Answer]) -> Callable[..., Answer]:
    for flag in reversed(FLAGS):
        add = click.option(
            f"--{flag.name}", flag.name.replace("-", "_"), multiple=True, metavar=flag.metavar, help=flag.help
        )
        command = add(command)
    return command


@click.command(
    epilog="\b\nExamples:\n"
    "  govern trust edit trust.json --add approver=erin.pub,person:erin --add approver=fay.pub,person:fay \\\n"
    "    --threshold approver=2\n"
    "  govern trust edit trust.json --retire SHA256:SFMVDOrh --add certifier=new.pub,service:gate\n"
    "  govern trust edit trust.json --witness w1=w1.vkey --witness w2=w2.vkey --group 'g 1 w1 w2' --quorum g\n"
    "  govern trust edit trust.json --revoke-key SHA256:SFMVDOrh,from=2026-03-01T00:00:00Z,from-index=4711\n"
    "  govern trust edit trust.json --tsa tsa-chain.pem --require-timestamps 1 --renew 1y --key root.pem"
)
@click.argument("file", default="trust.json", type=click.Path(path_type=Path))
@_edit_options
@click.option("--renew", metavar="DURATION", help="In force for this long from now on. Default: as long as it was.")
@click.option(
    "--key", "keys", multiple=True, help="Sign the draft at once with this root key: a PEM file, or env:NAME."
)
@click.option(
    "--draft", type=click.Path(path_type=Path), help="File of the draft. Default: trust.next.json beside FILE."
)
@click.option("--replace", is_flag=True, help="Write over a draft that is there.")
@at_option
def edit(
    file: Path,
    renew: str | None,
    keys: tuple[str, ...],
    draft: Path | None,
    replace: bool,
    at: str | None,
    **asked: tuple[str, ...],
) -> Answer:
    """Write the next version of FILE as a draft, and print what it changes. FILE itself is not touched.

    Every option may be repeated. KEYID is a fingerprint, the beginning of one, or a public key file; windows begin
    now unless from= says otherwise. The draft is put in force when owners of root keys have signed it, as many as
    the thresholds of both versions ask for: here with --key, or one after another with `govern trust sign`.

    Exit codes: 0 written, 2 the edit is not possible, 4 FILE does not hold.
    """
    from govern.gate.trust.edit import EditRequest, edit_trust

    request = EditRequest(
        file=file,
        asked={name.replace("_", "-"): values for name, values in asked.items()},
        at=clock_of(at),
        renew=renew,
        keys=keys,
        draft=draft,
        replace=replace,
    )
    out(edit_trust(request, environment=os.environ, entropy=os.urandom))
    return Answer(0)
