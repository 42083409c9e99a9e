"""`govern policy test`: run the tests of policies."""

from __future__ import annotations

from pathlib import Path

import click

from govern.cli.answer import Answer
from govern.cli.options import clock_of, workspace_of, workspace_option
from govern.cli.streams import err, out


@click.command(
    epilog="\b\nExamples:\n  govern policy test policies\n  govern policy test policies/credit.test.yaml --mutate\n"
    "  govern policy test policies -o junit=report.xml -o json=report.json"
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--mutate", is_flag=True, help="Break policies and evidence on purpose; a test must notice each time.")
@click.option("--all-rules", is_flag=True, help="Cover and mutate rules that only warn or record as well.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="text (default), json or junit; once per output. Without PATH: standard output.",
)
@workspace_option
def test(
    paths: tuple[Path, ...], mutate: bool, all_rules: bool, outputs: tuple[str, ...], directory: Path | None
) -> Answer:
    """Run the *.test.yaml files in PATHS and say which outcomes of which rules no case shows.

    Exit codes: 0 all good, 1 a test failed, an outcome is not covered or a mutant survived, 2 a fault in the files.
    """
    from govern.gate.outputs import parse_outputs, write_outputs
    from govern.gate.packs.signed import pack_places
    from govern.gate.policy_tests import TestRequest, test_policies
    from govern.policy.render import render
    from govern.report.policy_tests import FORMATS, renderers

    asked = parse_outputs(outputs, formats=FORMATS, bundle=None)
    workspace = workspace_of(directory)
    places = pack_places(workspace, at=clock_of(None))
    where = paths or workspace.paths("policies")
    report = test_policies(TestRequest(paths=where, mutate=mutate, every_rule=all_rules, places=places))
    for fault in report.faults:
        err(render(fault, report.sources))
    unwritten = write_outputs(asked, renderers(report), out)
    for fault in unwritten:
        err(str(fault))
    return Answer(2 if unwritten else report.exit_code)
