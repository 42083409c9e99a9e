"""`govern lineage`: the graph of what a model was made from."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.streams import err, out


@click.group(
    epilog="\b\nExamples:\n  govern lineage show examples/mortgage/v2\n"
    "  govern lineage export examples/mortgage/v2 --format graphml -o v2.graphml"
)
def lineage() -> None:
    """Show or export a bundle's lineage graph. What rules think of it is in the report."""


@lineage.command(epilog="\b\nExample:\n  govern lineage show examples/mortgage/v2")
@click.argument("bundle", type=click.Path(path_type=Path))
def show(bundle: Path) -> Answer:
    """List the nodes and edges of BUNDLE's lineage."""
    from govern.cli.options import existing_folder
    from govern.cli.places import local_folder
    from govern.gate.lineage import show_lineage

    with local_folder(bundle) as folder:
        out(show_lineage(existing_folder(folder)))
    return Answer(0)


@lineage.command(
    epilog="\b\nExamples:\n  govern lineage export examples/mortgage/v2 --format mermaid\n"
    "  govern lineage export examples/mortgage/v2 --format json -o v2.json"
)
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("-f", "--format", "form", type=click.Choice(("json", "graphml", "mermaid")), default="json")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead of stdout.")
def export(bundle: Path, form: str, output: Path | None) -> Answer:
    """Write BUNDLE's lineage graph as JSON, GraphML or Mermaid."""
    from govern.cli.options import existing_folder
    from govern.cli.places import local_folder
    from govern.gate.lineage import export_lineage
    from govern.gate.outputs import parse_outputs, write_atomic, writing

    if output is not None:
        parse_outputs((f"{form}={output}",), formats=(form,), bundle=bundle)
    with local_folder(bundle) as folder:
        text = export_lineage(existing_folder(folder), form)
    if output is None:
        out(text)
    else:
        with writing(output):
            write_atomic(output, text.encode())
        err(f"wrote {output}")
    return Answer(0)
