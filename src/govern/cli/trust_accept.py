"""`govern trust accept`: put a draft in force that came signed."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.streams import out


@click.command(epilog="\b\nExamples:\n  govern trust accept\n  govern trust accept from-carol.json --trust trust.json")
@click.argument("draft", default="trust.next.json", type=click.Path(path_type=Path))
@click.option(
    "--trust", "trust_file", type=click.Path(path_type=Path), help="The version it follows. Default: by DRAFT's name."
)
def accept(draft: Path, trust_file: Path | None) -> Answer:
    """Put DRAFT in force, if the root thresholds of the version before it and of its own are met.

    The old version is kept beside the new one as trust.<version>.json. Nothing is written otherwise.

    Exit codes: 0 in force, 4 signatures are missing or do not hold, or it does not follow the version in force.
    """
    from govern.gate.trust.sign import accept_draft

    out(accept_draft(draft, trust=trust_file))
    return Answer(0)
