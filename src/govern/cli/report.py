"""`govern report`: render a stored result again."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.streams import colour_wanted, err, in_github, out, terminal_width

FORMATS = ("text", "json", "html")


@click.command(epilog="\b\nExamples:\n  govern report result.json\n  govern report result.json -o html=report.html")
@click.argument("result", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"Output: {', '.join(FORMATS)}."
)
@click.option("--color", type=click.Choice(("auto", "always", "never")), default="auto", help="Colour on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="Only the verdict line.")
@click.option("-v", "--verbose", is_flag=True, help="Passed rules too.")
def report(result: Path, outputs: tuple[str, ...], color: str, quiet: bool, verbose: bool) -> Answer:
    """Render RESULT, a JSON file that `govern check -o json=` wrote. No check is re-run; nothing is signed."""
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.stored import load_result
    from govern.report.render import renderers

    asked = parse_outputs(outputs, formats=FORMATS, bundle=None)
    document = load_result(result)
    made = renderers(
        document,
        width=terminal_width(),
        color=colour_wanted(color),
        quiet=quiet,
        verbose=verbose,
        github=in_github(),
    )
    faults = write_outputs(asked, made, out)
    for fault in faults:
        err(str(fault))
    return Answer(2 if faults else 0)
