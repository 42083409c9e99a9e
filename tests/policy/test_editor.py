"""Policies in an editor: the language server of VS Code, told of our schema by one line of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oracles.editor_oracle import Editor

ROOT = Path(__file__).parents[2]
SCHEMA = (ROOT / "schemas" / "policy.schema.json").as_uri()
LINE = f"# yaml-language-server: $schema={SCHEMA}\n"
POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: p, version: 1.0.0}
spec:
  rules:
    - id: parity
      check: fairness.disparity
      with:
        metric: selection_rate
        compare: ratio
        at_least: 0.8
        attributes: [sex]
"""

pytestmark = pytest.mark.tools


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    with Editor() as made:
        yield made


def written(folder: Path, text: str, name: str = "p.yaml") -> Path:
    path = folder / name
    path.write_text(LINE + text, "utf-8")
    return path


def test_a_good_policy_has_nothing_underlined(editor, tmp_path):
    assert editor.faults(written(tmp_path, POLICY)) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("at_least", "at_leest", 12),
        ("fairness.disparity", "fairnes.disparity", 8),
        ("compare: ratio", "compare: rato", 11),
        ("kind: Policy", "kind: Polcy", 3),
        ("id: parity", "id: Parity", 7),
        ("spec:", "sepc:", 5),
    ],
)
def test_a_typo_is_underlined_in_its_line(editor, tmp_path, old, new, line):
    found = editor.faults(written(tmp_path, POLICY.replace(old, new)))
    assert line in [at for at, _message in found], found


def test_parameters_of_the_check_kind_are_offered(editor, tmp_path):
    path = written(tmp_path, POLICY + "        \n", "open.yaml")
    offered = editor.completions(path, 14, 9)
    assert {"min_n", "decide", "bound", "max_missing"} <= offered
    assert "registry" not in offered


def test_check_kinds_and_severities_are_offered(editor, tmp_path):
    text = POLICY.replace("check: fairness.disparity", "check: ")
    offered = editor.completions(written(tmp_path, text, "kinds.yaml"), 8, 14)
    assert {"fairness.disparity", "lineage.bound", "expression"} <= offered
    text = POLICY.replace("id: parity", "id: parity\n      severity: ")
    offered = editor.completions(written(tmp_path, text, "severity.yaml"), 8, 17)
    assert {"low", "medium", "high", "critical"} <= offered


def test_imports_and_packs_are_known_too(editor, tmp_path):
    imports = 'spec:\n  imports:\n    - {pack: baseline, version: "1", rules: {baseline.card/complete: {severity: critical}}}\n'
    assert editor.faults(written(tmp_path, POLICY.replace("spec:\n", imports), "imports.yaml")) == []
    wrong = imports.replace("severity", "severty")
    assert editor.faults(written(tmp_path, POLICY.replace("spec:\n", wrong), "wrong.yaml")) != []
    pack = "apiVersion: govern/v1\nkind: Pack\nmetadata: {name: org, version: 1.0.0}\n"
    assert editor.faults(written(tmp_path, pack, "pack.yaml")) == []
    assert editor.faults(written(tmp_path, pack.replace("name:", "nmae:"), "nopack.yaml")) != []
