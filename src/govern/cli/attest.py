"""`govern attest`: what a person in an office states."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.signing_options import OpenDesk, signing_options
from govern.cli.streams import out


@click.command(
    epilog="\b\nExamples:\n"
    '  govern attest --bundle credit --type dpia --text "Reviewed" --for 1y --role attester/dpo --key dpo.pem\n'
    '  govern attest --model credit --versions 3.2.0 --type encryption --text "AES-256 at rest" --for 1y --key ciso.pem'
)
@click.option("--type", "type_", required=True, help="What is attested, as policies name it, e.g. dpia.")
@click.option("--text", required=True, help="The statement itself.")
@click.option("--for", "until", metavar="WHEN", required=True, help="How long: a duration such as 1y, or an instant.")
@click.option("--from", "start", metavar="WHEN", help="When it begins. Default: now.")
@click.option("--bundle", type=click.Path(path_type=Path), help="The bundle it is about, a folder or an archive.")
@click.option("--model", help="Or the model it is about, with --versions.")
@click.option("--versions", multiple=True, help="Versions of that model.")
@click.option("--covers", multiple=True, help="Items it covers, as policies name them.")
@click.option("--control", "controls", multiple=True, help="Clause it speaks to, e.g. gdpr/art-35.")
@click.option("--field", "fields", multiple=True, metavar="NAME=VALUE", help="A fact that policies ask for.")
@click.option("--evidence", multiple=True, type=click.Path(path_type=Path), help="Document it rests on; its digest.")
@signing_options
def attest(
    type_: str,
    text: str,
    until: str,
    start: str | None,
    bundle: Path | None,
    model: str | None,
    versions: tuple[str, ...],
    covers: tuple[str, ...],
    controls: tuple[str, ...],
    fields: tuple[str, ...],
    evidence: tuple[Path, ...],
    desk: OpenDesk,
) -> Answer:
    """Sign a statement about a bundle or about versions of a model. That it is true is never claimed by govern."""
    from govern.cli.places import local_folder
    from govern.gate.attest import AttestRequest
    from govern.gate.attest import attest as sign

    pairs = [item.partition("=") for item in fields]
    if any(not equals or not name for name, equals, _ in pairs):
        raise click.BadParameter("expected NAME=VALUE", param_hint="--field")
    with nullcontext() if bundle is None else local_folder(bundle) as folder:
        request = AttestRequest(
            type=type_,
            text=text,
            until=until,
            start=start,
            bundle=folder,
            model=model,
            versions=versions,
            covers=covers,
            controls=controls,
            fields={name: value for name, _, value in pairs},
            evidence=evidence,
        )
        out(sign(request, desk()).text)
    return Answer(0)
