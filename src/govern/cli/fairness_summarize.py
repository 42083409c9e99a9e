"""`govern fairness summarize`: predictions become counts inside the data owner's walls."""

from __future__ import annotations

import click

from govern.cli.answer import Answer


@click.command()
def summarize() -> Answer:
    """Reduce predictions to counts, so that rows stay home."""
    raise click.UsageError("not there yet")
