"""`govern init`: make a workspace, or an empty model card."""

from __future__ import annotations

import os
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n  govern init gate\n  govern init gate --origin ledger.your-organisation.test\n"
    "  govern init gate --certifier-key 'hsm:2?label=govern' --log-key hv:ledger\n"
    "  govern init --card credit/MODEL_CARD.md"
)
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--origin", default="ledger.example", show_default=True, help="Host name under which the log signs.")
@click.option("--owner", default="person:me", show_default=True, help="Who holds the root key.")
@click.option("--certifier-key", metavar="URI", help="Key that signs certificates, in a device or service.")
@click.option("--log-key", metavar="URI", help="Key that signs the log: a file, env:, hsm: or hv:.")
@click.option("--root-key", metavar="URI", help="Key that signs the trust root. Keys that are not named are made.")
@click.option("--example/--no-example", default=True, help="With an example bundle and a CI job.")
@click.option("--card", is_flag=True, help="Write an empty model card into FOLDER, or to a FILE, and nothing else.")
@at_option
def init(
    folder: Path,
    origin: str,
    owner: str,
    certifier_key: str | None,
    log_key: str | None,
    root_key: str | None,
    example: bool,
    card: bool,
    at: str | None,
) -> Answer:
    """Make a workspace in FOLDER: settings, policies, keys, a signed trust root, an empty ledger, a CI job, an example.

    The example passes the policies: `cd FOLDER && govern check example -s pre-registration`.
    With --card no workspace is made.
    """
    if card:
        return _card(folder)
    from govern.gate.init import InitRequest, make_workspace
    from govern.ledger.note import is_origin

    if not is_origin(origin):
        raise click.UsageError(f"--origin {origin}: expected a bare lower-case host name")
    named = {"certifier": certifier_key, "log": log_key, "root": root_key}
    request = InitRequest(
        folder=folder,
        origin=origin,
        owner=owner,
        at=clock_of(at),
        example=example,
        keys={kind: uri for kind, uri in named.items() if uri is not None},
        environment=os.environ,
    )
    made = make_workspace(request, entropy=os.urandom)
    lines = [f"made a workspace in {folder}:", *(f"  {name}" for name in made), ""]
    if example:
        lines.append(f"next: cd {folder} && govern check example -s pre-registration")
    if root_key is None:
        lines.append("keep .govern/keys/root.pem off this machine: it signs the trust root, nothing else")
    out("\n".join(lines))
    return Answer(0)


def _card(target: Path) -> Answer:
    from govern.gate.card import write_card

    made = write_card(target)
    out(f"wrote {made}: fill it in, then `govern card {made}` shows what is missing")
    return Answer(0)
