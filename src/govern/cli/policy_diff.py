"""`govern policy diff`: what changed between two versions of policies."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import STAGES, at_option, clock_of
from govern.cli.streams import err, out

FORMATS = ("text", "json")


@click.command(
    epilog="\b\nExamples:\n  govern policy diff old/policies policies\n"
    "  govern policy diff old.yaml new.yaml --results results\n"
    "  govern policy diff old.yaml new.yaml --bundles bundle -s pre-registration -o json=diff.json"
)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--results", multiple=True, type=click.Path(path_type=Path), help="Stored results (-o json), or folders of them."
)
@click.option("--bundles", multiple=True, type=click.Path(path_type=Path), help="Bundles to judge under both versions.")
@click.option("-s", "--stage", type=click.Choice(STAGES), help="Gate at which --bundles are judged.")
@click.option("--advisories", type=click.Path(path_type=Path), help="Advisory snapshot for --bundles.")
@at_option
@click.option("-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"One of {', '.join(FORMATS)}.")
def diff(
    old: Path,
    new: Path,
    results: tuple[Path, ...],
    bundles: tuple[Path, ...],
    stage: str | None,
    advisories: Path | None,
    at: str | None,
    outputs: tuple[str, ...],
) -> Answer:
    """Say for each rule whether NEW is tighter than OLD, looser, neither, or differs in text only.

    With results or bundles: which models would be decided otherwise. A result that keeps too little to tell is listed
    with the reason, and never guessed.

    Exit codes: 0 nothing is looser, 1 something is or may be (removed, looser, in no order), 2 usage or
    policy error, 3 a stored result that is none.
    """
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.policy_diff import Question, compare_policies
    from govern.policy.outcomes import Stage
    from govern.policy.render import render
    from govern.report.policy_diff import diff_json, diff_text

    asked = parse_outputs(outputs, formats=FORMATS, bundle=None)
    question = Question(
        old=old,
        new=new,
        results=results,
        bundles=bundles,
        stage=None if stage is None else Stage(stage),
        clock=clock_of(at),
        advisories=advisories,
    )
    found = compare_policies(question)
    impact = None if found.impact is None else found.impact.document()
    for item in found.difference.diagnostics:
        err(render(item, found.files))
    faults = write_outputs(
        asked,
        {"text": lambda: diff_text(found.difference, impact), "json": lambda: diff_json(found.difference, impact)},
        out,
    )
    for fault in faults:
        err(str(fault))
    return Answer(2 if faults else found.exit_code)
