"""`govern policy release`: sign what a policy's bytes are."""

from __future__ import annotations

import re
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.signing_options import OpenDesk, signing_options
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n  govern policy release policies/credit.yaml --key policy.pem\n"
    "  govern policy release policies --key env:POLICY_KEY --no-log -o releases\n"
    "  govern policy release packs/org --key policy.pem\n"
    "  govern policy release builtin:baseline --key policy.pem"
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--previous", metavar="DIGEST", help="sha256 of the payload of the release before this one.")
@signing_options
def release(paths: tuple[Path, ...], previous: str | None, desk: OpenDesk) -> Answer:
    """Sign one release for each policy in PATHS: its version, the digest of its text, and its plans.

    A folder that holds pack.yaml is released as a pack, by the digest of the whole folder; so is `builtin:NAME`, a pack
    that comes with govern.

    A certificate names the release of each policy; an auditor then sees a text that was edited under one version.
    """
    from govern.gate.packs.places import PackPlaces
    from govern.gate.release import release as sign

    digest = None if previous is None else previous.removeprefix("sha256:")
    if digest is not None and re.fullmatch(r"[0-9a-f]{64}", digest) is None:
        raise click.BadParameter("expected 64 lower-case hex digits", param_hint="--previous")
    opened = desk()
    places = PackPlaces(lock=opened.workspace.lock)
    for item in sign(paths, opened, previous=digest, places=places):
        out(item.text)
    return Answer(0)
