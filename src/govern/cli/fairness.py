"""`govern fairness`: a table of the commands, each with a module of its own."""

from __future__ import annotations

import click

from govern.cli.lazy import LazyGroup

_COMMANDS: dict[str, tuple[str, str]] = {
    "summarize": ("govern.cli.fairness_summarize:summarize", "Reduce predictions to counts, so that rows stay home."),
    "audit": ("govern.cli.fairness_audit:audit", "Make or check the tables of a bias audit."),
    "power": ("govern.cli.fairness_power:power", "How many people a rule needs, and how often it would be wrong."),
}
"""Subcommands: name -> (module:attribute, line of help)."""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog="\b\nExamples:\n  govern fairness power --rate 0.3 --limit 0.8\n"
    "  govern fairness summarize predictions.yaml -o fairness-counts.json\n"
    "  govern fairness audit published.csv",
)
def fairness() -> None:
    """Groups of people: plan the data, make the counts, make or check an audit."""
