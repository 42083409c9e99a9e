"""`govern policy test` as a process, and the page about it, executed."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from govern.inputs.nodes import Node
from govern.inputs.yaml import parse_yaml
from govern.policy.testing.cases import data_of
from govern.policy.testing.schema import policy_test_schema
from support.in_process import govern_here
from support.policy_tests import Desk, cases, rules
from support.process import ROOT, govern

PAGE = (ROOT / "docs" / "policy-tests.md").read_text(encoding="utf-8")
POLICY = rules("- {id: r, check: expression, with: {assert: metrics.auc >= 0.8}}\n")
WHOLE = """\
evidence: {metrics: {auc: 0.8}}
cases:
  - {name: limit, expect: {decision: allowed, outcomes: {r: pass}}}
  - {name: low, patch: [{op: replace, path: /metrics/auc, value: 0.7}], expect: {decision: denied, outcomes: {r: fail}}}
  - {name: none, remove: [/metrics/auc], expect: {decision: undecided, outcomes: {r: missing_evidence}}}
"""


@pytest.fixture
def page_files(tmp_path):
    """The files of the page, by the name in their first line."""
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        name = re.match(r"# (\S+)\n", block)
        assert name is not None, block
        (tmp_path / name[1]).write_text(block, encoding="utf-8")
    return tmp_path


def test_the_page_is_what_the_command_does(page_files):
    ended = govern("policy", "test", "credit.test.yaml", "--mutate", cwd=page_files)
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert (ended.code, ended.err, ended.out) == (0, "", shown)


def test_the_snippets_of_the_page_are_keys_of_a_test_file(page_files):
    """Each is read as part of the file of the page: none is refused for its form."""
    text = (page_files / "credit.test.yaml").read_text(encoding="utf-8")
    snippets = [line.strip() for line in re.findall(r"^    (?:excused|accepted): .*$", PAGE, re.MULTILINE)]
    assert len(snippets) == 2
    for snippet in snippets:
        (page_files / "credit.test.yaml").write_text(f"{text}{snippet}\n", encoding="utf-8")
        ended = govern_here("policy", "test", "--mutate", "credit.test.yaml", cwd=page_files)
        assert ended.code == 2, "the page's own tests cover and notice all of it"
        assert "P705" in ended.err
        assert "P20" not in ended.err


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (WHOLE, [], 0),
        (WHOLE, ["--mutate"], 0),
        (WHOLE.replace("low, patch", "low, digests: keep, patch").replace("value: 0.7", "value: 0.5"), ["--mutate"], 1),
        (WHOLE.replace("pass}", "fail}"), [], 1),
        (WHOLE.replace("missing_evidence", "fail"), [], 1),
        ("\n".join(WHOLE.splitlines()[:-1]) + "\n", [], 1),
        (WHOLE.replace("/metrics/auc]", "/metrics/acu]"), [], 2),
        (WHOLE.replace("decision: allowed", "decison: allowed"), [], 2),
    ],
)
def test_exit_codes(tmp_path, text, options, code):
    Desk(tmp_path, POLICY, cases(text))
    ended = govern_here("policy", "test", ".", *options, cwd=tmp_path)
    assert ended.code == code, ended.out + ended.err
    assert bool(ended.err) is (code == 2)
    assert "Traceback" not in ended.err


def test_without_tests_and_without_paths_it_says_so(tmp_path):
    ended = govern_here("policy", "test", ".", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "NAME.test.yaml" in ended.err
    ended = govern_here("policy", "test", cwd=tmp_path)
    assert ended.code == 2


def test_every_output_is_written(tmp_path):
    Desk(tmp_path, POLICY, cases(WHOLE))
    ended = govern_here("policy", "test", ".", "-o", "json=out.json", "-o", "junit=out.xml", cwd=tmp_path)
    assert ended.code == 0
    assert "3 cases, 0 failed" in ended.out
    document = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [item["passed"] for item in document["cases"]] == [True, True, True]
    assert (tmp_path / "out.xml").read_text(encoding="utf-8").startswith('<?xml version="1.0" encoding="UTF-8"?>')
    ended = govern_here("policy", "test", ".", "-o", "json", cwd=tmp_path)
    assert json.loads(ended.out)["schema"] == "urn:govern:policy-test-report:v1"
    assert govern_here("policy", "test", ".", "-o", "html", cwd=tmp_path).code == 2
    assert govern_here("policy", "test", ".", "-o", "json=credit.yaml/x", cwd=tmp_path).code == 2


def test_the_same_tests_give_the_same_bytes(tmp_path):
    Desk(tmp_path, POLICY, cases(WHOLE))
    first, second = (
        govern("policy", "test", ".", "--mutate", "-o", "json", cwd=tmp_path, environment={"PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    )
    assert first == second


# --- the schema for editors


def seen(node):
    """The document as a reader sees it that types scalars by YAML 1.2: what an editor validates."""
    value = data_of(node) if isinstance(node, Node) else node
    if isinstance(value, dict):
        return {key: seen(item) for key, item in value.items()}
    if isinstance(value, list):
        return [seen(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value


def read(text: str):
    return seen(parse_yaml(text.encode(), file="x.test.yaml", strictness="policy"))


@pytest.fixture(scope="module")
def validator():
    schema = policy_test_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_takes_what_the_reader_takes(validator, page_files):
    for text in ((page_files / "credit.test.yaml").read_text(encoding="utf-8"), cases(WHOLE)):
        assert [item.message for item in validator.iter_errors(read(text))] == []


@pytest.mark.parametrize(
    "change",
    [
        ("cases:", "casess:"),
        ("decision: allowed", "decision: alowed"),
        ("decision: allowed", "decison: allowed"),
        ("r: pass", "r: passs"),
        ("op: replace", "op: replce"),
        ("metrics: {auc", "metric: {auc"),
        ("name: limit, ", ""),
        ("name: limit, ", "name: limit, clock: today, "),
        ("name: limit, ", "name: limit, stage: never, "),
        ("name: limit, ", "name: limit, waivers: [{}], "),
        ("name: limit, ", "name: limit, advisories: {asof: x}, "),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, change):
    text = cases(WHOLE).replace(*change)
    assert text != cases(WHOLE)
    assert list(validator.iter_errors(read(text)))


def test_the_schema_is_printed(tmp_path):
    ended = govern_here("policy", "schema", "--tests", cwd=tmp_path)
    assert json.loads(ended.out) == policy_test_schema()


def test_the_help_says_what_the_exit_codes_are():
    ended = govern("policy", "test", "--help", cwd=Path())
    assert "Exit codes: 0" in " ".join(ended.out.split())
    assert "--mutate" in ended.out
