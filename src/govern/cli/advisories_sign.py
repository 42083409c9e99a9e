"""`govern advisories sign`: sign an advisory snapshot."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.signing_options import OpenDesk, signing_options
from govern.cli.streams import out


@click.command(epilog="\b\nExample:\n  govern advisories sign .govern/advisories --key advisory.pem")
@click.argument("folder", type=click.Path(path_type=Path))
@signing_options
def sign(folder: Path, desk: OpenDesk) -> Answer:
    """Verify the snapshot in FOLDER from its bytes and sign its digest, date and sources."""
    from govern.gate.advisory_signing import sign_snapshot

    out(sign_snapshot(folder, desk()).text)
    return Answer(0)
