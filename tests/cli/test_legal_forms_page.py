"""docs/fairness.md, "Legal forms": tables, rules and commands that it shows are read as it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from govern.cli.root import root
from govern.evidence.published_table import read_published
from govern.gate.policies import lint_paths
from support.process import ROOT

PAGE = (ROOT / "docs" / "fairness.md").read_text("utf-8")
SECTION = PAGE.partition("## Legal forms")[2].partition("\n## ")[0]
TABLES = re.findall(r"```\n([^`]+)```", SECTION)
RULES = re.findall(r"```yaml\n([^`]+)```", SECTION)
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n([^`]+)```", SECTION)
    for line in block.replace("\\\n", " ").splitlines()
]


@pytest.mark.parametrize("text", TABLES)
def test_a_layout_that_is_shown_is_read(text: str) -> None:
    found = {table.attributes: table for table in read_published(text.encode(), file="t.csv").tables}
    assert set(found) == {("sex",), ("race_ethnicity",), ("sex", "race_ethnicity")}
    assert found["sex", "race_ethnicity"].rows[0].category == ("Female", "Asian")
    assert found["sex",].unknown == ("7",)


@pytest.mark.parametrize("text", RULES)
def test_a_rule_that_is_shown_lints(text: str, tmp_path: Path) -> None:
    policy = tmp_path / "p.yaml"
    rules = text.replace("\n", "\n    ").rstrip()
    head = "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: 1.0.0}\nspec:\n  rules:\n    "
    policy.write_text(f"{head}{rules}\n", encoding="utf-8")
    diagnostics, _files = lint_paths([policy])
    assert [str(item) for item in diagnostics if item.severity == "error"] == []


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_that_is_shown_takes_its_options(line: str) -> None:
    _govern, *words = shlex.split(line)
    command: click.Command = root
    context = click.Context(root, info_name="govern", **root.context_settings)  # click keeps the first help option
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command = found
    command.make_context(command.name, words, parent=context)


def test_the_section_shows_something() -> None:
    assert (len(TABLES), len(RULES), len(COMMANDS)) == (2, 2, 6)
