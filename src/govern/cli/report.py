"""`govern report`: render a stored result again."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.rendering import FORMATS, rendering_options, write_result


@click.command(
    epilog="\b\nExamples:\n  govern report result.json\n  govern report result.json -o html=report.html\n"
    "  govern report v3.json --earlier v1.json --earlier v2.json -o html=report.html"
)
@click.argument("result", type=click.Path(path_type=Path))
@click.option(
    "--earlier",
    "earlier",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="RESULT",
    help="Result of an earlier version of the model; the HTML page shows how its figures moved. Repeatable.",
)
@rendering_options
def report(
    result: Path, earlier: tuple[Path, ...], outputs: tuple[str, ...], color: str, quiet: bool, verbose: bool
) -> Answer:
    """Render RESULT, a JSON file that `govern check -o json=` wrote. No check is re-run; nothing is signed."""
    from govern.gate.outputs import parse_outputs
    from govern.gate.stored import load_earlier, load_result

    asked = parse_outputs(outputs, formats=FORMATS, bundle=None)
    document = load_result(result)
    before = load_earlier(earlier, document)
    written = write_result(asked, document, color=color, quiet=quiet, verbose=verbose, earlier=before)
    return Answer(0 if written else 2)
