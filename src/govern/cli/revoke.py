"""`govern revoke`: what no longer counts, and the list of it."""

from __future__ import annotations

import re
from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.signing_options import OpenDesk, signing_options
from govern.cli.streams import out

REASONS = ("key_compromise", "superseded", "evidence_wrong", "policy_withdrawn", "model_withdrawn", "other")


@click.command(
    epilog="\b\nExamples:\n"
    '  govern revoke C.certificate.sigstore.json --reason evidence_wrong --statement "Labels leaked" --key r.pem\n'
    "  govern revoke --list --next 7d --key revoker.pem"
)
@click.argument("statement", required=False, type=click.Path(path_type=Path))
@click.option("--reason", type=click.Choice(REASONS), help="Why it no longer counts.")
@click.option("--statement", "text", help="The same in a sentence.")
@click.option("--effective", metavar="INSTANT", help="From when. Default: now; may lie before now.")
@click.option("--replaced-by", metavar="DIGEST", help="sha256 of the payload that takes its place.")
@click.option("--list", "as_list", is_flag=True, help="Sign the list of everything revoked so far, for offline use.")
@click.option(
    "--next", "next_in", default="7d", show_default=True, help="With --list: when the next is to be expected."
)
@signing_options
def revoke(
    statement: Path | None,
    reason: str | None,
    text: str | None,
    effective: str | None,
    replaced_by: str | None,
    as_list: bool,
    next_in: str,
    desk: OpenDesk,
) -> Answer:
    """Sign that STATEMENT (a certificate, waiver, approval, ...) no longer counts; or sign the list of all that do not.

    An auditor who is offline sees a revocation in a status list: publish a new one after each.
    """
    from govern.gate.revoke import RevokeRequest, list_revoked
    from govern.gate.revoke import revoke as sign

    opened = desk()
    if as_list:
        out(list_revoked(opened, next_in=next_in).text)
        return Answer(0)
    if statement is None or reason is None or not text:
        raise click.UsageError("a revocation needs STATEMENT, --reason and --statement; a list needs --list")
    digest = None if replaced_by is None else replaced_by.removeprefix("sha256:")
    if digest is not None and re.fullmatch(r"[0-9a-f]{64}", digest) is None:
        raise click.BadParameter("expected 64 lower-case hex digits", param_hint="--replaced-by")
    request = RevokeRequest(statement=statement, reason=reason, text=text, effective=effective, replaced_by=digest)
    out(sign(request, opened).text)
    return Answer(0)
