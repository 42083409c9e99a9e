"""`govern report`: render a stored result again."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.rendering import FORMATS, rendering_options, write_result


@click.command(epilog="\b\nExamples:\n  govern report result.json\n  govern report result.json -o html=report.html")
@click.argument("result", type=click.Path(path_type=Path))
@rendering_options
def report(result: Path, outputs: tuple[str, ...], color: str, quiet: bool, verbose: bool) -> Answer:
    """Render RESULT, a JSON file that `govern check -o json=` wrote. No check is re-run; nothing is signed."""
    from govern.gate.outputs import parse_outputs
    from govern.gate.stored import load_result

    asked = parse_outputs(outputs, formats=FORMATS, bundle=None)
    document = load_result(result)
    return Answer(0 if write_result(asked, document, color=color, quiet=quiet, verbose=verbose) else 2)
