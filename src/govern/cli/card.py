"""`govern card`: a model card as the gate sees it."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import at_option, clock_of, workspace_of, workspace_option
from govern.cli.streams import err, out


@click.command(
    epilog="\b\nExamples:\n  govern card credit/MODEL_CARD.md\n  govern card credit\n"
    "  govern card credit -p policies\n  govern card MODEL_CARD.md --alias limitations=Beperkingen -o json=card.json"
)
@click.argument("path", metavar="FILE|BUNDLE", type=click.Path(path_type=Path))
@click.option(
    "-p", "--policy", "policies", multiple=True, type=click.Path(path_type=Path), help="Ask what these policies ask."
)
@click.option("--alias", "aliases", multiple=True, metavar="SECTION=HEADING", help="One more heading of a section.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help="One of text, json.")
@at_option
@workspace_option
def card(
    path: Path,
    policies: tuple[Path, ...],
    aliases: tuple[str, ...],
    outputs: tuple[str, ...],
    at: str | None,
    directory: Path | None,
) -> Answer:
    """Show a model card as the gate sees it: which file is the card and why, and a line for each section.

    FILE is read as a card whatever its name; in BUNDLE the cards are found as `govern check` finds them. Without -p
    the sections are judged by default sizes and facts.

    Exit codes: 0 the card was read, 2 usage or policy error, 3 no card, or one that cannot be read.
    """
    from govern.gate.card import asked_by, asked_by_default, view_card, with_aliases
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.report.card import card_text
    from govern.report.card_document import card_json

    asked_outputs = parse_outputs(outputs, formats=("text", "json"), bundle=path if path.is_dir() else None)
    if policies:
        from govern.gate.packs.signed import pack_places

        places = pack_places(workspace_of(directory, policies=policies), at=clock_of(at))
        asked = asked_by(policies, places=places)
    else:
        asked = asked_by_default()
    view = view_card(path, with_aliases(asked, aliases_of(aliases)))
    made = {"text": lambda: card_text(view), "json": lambda: card_json(view)}
    faults = write_outputs(asked_outputs, made, out)
    for fault in faults:
        err(str(fault))
    if faults:
        return Answer(2)
    return Answer(0 if view.cards.card is not None and view.cards.card.recognised else 3)


def aliases_of(given: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Give the values of `--alias` by section. Raises BadParameter for one without `=`."""
    made: dict[str, tuple[str, ...]] = {}
    for item in given:
        section, sign, heading = item.partition("=")
        if not sign or not section or not heading.strip():
            raise click.BadParameter(f"{item} is not SECTION=HEADING")
        made[section] = (*made.get(section, ()), heading)
    return made
