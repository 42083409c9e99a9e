"""`policy lint`, `policy diff` and `explain` from outside: streams, exit codes, and what the pages show."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from support.bundles import BundleBuilder
from support.in_process import govern_here
from support.process import ROOT, Ended, govern

HEAD = "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: 1.0.0}\nspec:\n  rules:\n"
AUC = """\
    - id: accuracy
      remediation: Improve the model.
      check: performance.threshold
      with: {metric: accuracy, at_least: 0.8, bound: true}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "old.yaml").write_text(HEAD + AUC, encoding="utf-8")
    (tmp_path / "new.yaml").write_text((HEAD + AUC).replace("0.8", "0.7").replace("1.0.0", "1.0.1"), encoding="utf-8")
    (tmp_path / "bad.yaml").write_text((HEAD + AUC).replace("check:", "chekc:").replace("0.8", "80%"), encoding="utf-8")
    return tmp_path


def run(desk: Path, *arguments: str | Path) -> Ended:
    return govern_here(*arguments, cwd=desk)


# --- lint


def test_lint_prints_places_and_ends_with_2(desk: Path):
    ended = run(desk, "policy", "lint", "bad.yaml")
    assert ended.code == 2
    assert "bad.yaml:8:7: error P201 unknown-key" in ended.out
    assert "      chekc: performance.threshold" in ended.out
    assert run(desk, "policy", "lint", "old.yaml") == Ended(0, "1 file, 0 errors, 0 warnings, 0 notes\n", "")


def test_lint_writes_every_format(desk: Path):
    asked = [item for name in ("json=j", "sarif=s", "github=g") for item in ("-o", name)]
    ended = run(desk, "policy", "lint", "bad.yaml", *asked)
    assert ended.code == 2
    assert "P201" in ended.out, "text goes to stdout unless another format is sent there"
    found = [item["code"] for item in json.loads((desk / "j").read_text())["diagnostics"]]
    assert found == ["P202", "P201"]
    assert [item["ruleId"] for item in json.loads((desk / "s").read_text())["runs"][0]["results"]] == found
    assert "\n::error file=bad.yaml,line=8,col=7," in (desk / "g").read_text()


def test_a_workflow_runner_hears_our_commands_and_nobody_elses(desk: Path):
    (desk / "bad.yaml").write_text(
        HEAD + '    - {id: a, check: "::error::x\\n::set-env name=y::z"}\n', encoding="utf-8"
    )
    ended = govern("policy", "lint", "bad.yaml", "-o", "github", cwd=desk, environment={"GITHUB_ACTIONS": "true"})
    lines = ended.out.splitlines()
    assert ended.code == 2
    assert [line.split(" ")[0] for line in lines] == ["::error"]
    assert "P209" in lines[0]
    text = govern("policy", "lint", "bad.yaml", cwd=desk, environment={"GITHUB_ACTIONS": "true"})
    assert not any(line.lstrip().startswith("::") for line in (text.out + text.err).splitlines())


def test_fix_mends_and_says_what(desk: Path):
    ended = run(desk, "policy", "lint", "bad.yaml", "--fix")
    assert ended.code == 0, ended.out
    assert ended.err.splitlines() == [
        "bad.yaml:8:7: fixed P201 unknown-key",
        "bad.yaml:9:42: fixed P203 wrong-type",
        "2 fixed in 1 file",
    ]
    assert (desk / "bad.yaml").read_text(encoding="utf-8") == HEAD + AUC


def test_the_age_of_a_source_is_judged_at_the_clock(desk: Path):
    text = (HEAD + AUC).replace("version: 1.0.0", "version: 1.0.0, source_checked_on: 2026-01-01")
    (desk / "law.yaml").write_text(text, encoding="utf-8")
    assert "P805" not in run(desk, "policy", "lint", "law.yaml", "--at", "2026-03-01T00:00:00Z").out
    stale = run(desk, "policy", "lint", "law.yaml", "--at", "2026-12-01T00:00:00Z")
    assert "law.yaml:3:56: warning P805" in stale.out
    assert stale.code == 0, "advice is no error"


# --- diff


def test_diff_calls_a_lowered_threshold_loosened_and_ends_with_1(desk: Path):
    ended = run(desk, "policy", "diff", "old.yaml", "new.yaml")
    assert ended.code == 1
    assert "loosened     p/accuracy (block)" in ended.out
    assert "at_least: 0.8 -> 0.7  [looser]" in ended.out
    assert "new.yaml:3:30: warning P809" in ended.err
    assert "needs a new minor version" in ended.out


def test_diff_ends_with_0_when_nothing_is_looser(desk: Path):
    assert run(desk, "policy", "diff", "new.yaml", "old.yaml").code == 0
    assert run(desk, "policy", "diff", "old.yaml", "old.yaml") == Ended(0, "no difference\n", "")


def test_diff_as_json(desk: Path):
    ended = run(desk, "policy", "diff", "old.yaml", "new.yaml", "-o", "json")
    document = json.loads(ended.out)
    assert document["schema"] == "urn:govern:policy-diff:v1"
    assert document["loosened"] is True
    assert document["impact"] is None
    (policy,) = document["policies"]
    assert policy["rules"][0]["changes"] == [{"what": "at_least", "old": "0.8", "new": "0.7", "order": "looser"}]
    assert [item["code"] for item in document["diagnostics"]] == ["P809"]


def test_diff_with_stored_results_and_bundles(desk: Path):
    bundle = BundleBuilder(desk).build()
    (desk / "hard.yaml").write_text((HEAD + AUC).replace("0.8", "0.95"), encoding="utf-8")
    check = run(desk, *("check", bundle, "-s", "pre-registration", "-p", "old.yaml", "--no-issue", "-o", "json=r.json"))
    assert check.code == 0, check.err
    ended = run(desk, "policy", "diff", "old.yaml", "hard.yaml", "--results", "r.json")
    assert ended.code == 0, "tighter is not looser, whatever flips"
    assert "1 flip, 0 unchanged, 0 not replayable" in ended.out
    assert "flips: credit-risk 3.1.0 at pre-registration, Retail credit models: allowed -> denied" in ended.out
    more = run(desk, "policy", "diff", "old.yaml", "hard.yaml", "--bundles", bundle, "-s", "pre-registration")
    assert "p/accuracy: pass -> fail (block)" in more.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("policy", "diff", "old.yaml"),
        ("policy", "diff", "old.yaml", "absent.yaml"),
        ("policy", "diff", "old.yaml", "bad.yaml"),
        ("policy", "diff", "old.yaml", "new.yaml", "--bundles", "bundle"),
        ("policy", "diff", "old.yaml", "new.yaml", "-o", "sarif"),
        ("explain", "p/nothing", "bundle", "-p", "old.yaml"),
        ("explain", "p/accuracy", "bundle", "-p", "old.yaml", "-s", "pre-training"),
        ("explain", "p/accuracy", "absent", "-p", "old.yaml"),
        ("explain", "p/nothing", "--origin", "-p", "old.yaml"),
    ],
)
def test_faults_of_the_caller_end_with_2(desk: Path, arguments):
    BundleBuilder(desk).build()
    ended = run(desk, *arguments)
    assert ended.code == 2, ended.err
    assert "Traceback" not in ended.err


def test_a_file_that_is_no_result_ends_with_3(desk: Path):
    (desk / "r.json").write_text("{}", encoding="utf-8")
    ended = run(desk, "policy", "diff", "old.yaml", "new.yaml", "--results", "r.json")
    assert ended.code == 3
    assert "R101" in ended.err


# --- explain


def test_explain_a_failing_rule_on_a_bundle(desk: Path):
    bundle = BundleBuilder(desk).build()
    (desk / "hard.yaml").write_text((HEAD + AUC).replace("0.8", "0.95"), encoding="utf-8")
    ended = run(desk, "explain", "p/accuracy", bundle, "-p", "hard.yaml")
    assert ended.code == 0
    assert ended.out.startswith(
        "p/accuracy on credit-risk 3.1.0 at pre-registration: fail (block), which keeps the model from passing\n"
    )
    assert "accuracy is 0.9, >= 0.95 asked, from the predictions, on 400 cases" in ended.out
    assert "predictions/test.csv" in ended.out
    assert ended.out.endswith("Smallest change that passes:\n  accuracy 0.9 -> 0.95 (predictions/test.csv)\n")
    assert "Smallest change" not in run(desk, "explain", "p/accuracy", bundle, "-p", "old.yaml").out


def test_explain_ends_with_3_where_evidence_is_missing(desk: Path):
    bundle = BundleBuilder(desk).remove("predictions/test.csv").remove("predictions/test.yaml").build()
    rule = AUC.replace("accuracy", "brier").replace("at_least", "at_most")
    (desk / "brier.yaml").write_text(HEAD + rule.replace(", bound: true", ""), encoding="utf-8")
    ended = run(desk, "explain", "p/brier", bundle, "-p", "brier.yaml")
    assert ended.code == 3
    assert "missing evidence (block), which keeps the model from passing" in ended.out


def test_explain_a_bundle_that_cannot_be_opened(desk: Path):
    (desk / "empty").mkdir()
    assert run(desk, "explain", "p/accuracy", "empty", "-p", "old.yaml").code == 3


def test_explain_hostile_evidence_is_harmless(desk: Path):
    text = 'check: expression\n      with: {assert: model.purpose == "x"}\n'
    (desk / "h.yaml").write_text(HEAD + f"    - id: a\n      {text}", encoding="utf-8")
    bundle = BundleBuilder(desk).record(purpose="a\x1b[31mb\u202e::error::").build()
    ended = run(desk, "explain", "p/a", bundle, "-p", "h.yaml")
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out


def test_explain_where_values_come_from(desk: Path):
    ended = run(desk, "explain", "p/accuracy", "--origin", "-p", "old.yaml")
    assert ended.code == 0
    assert "  with.at_least: 0.8\n      old.yaml:9:42  written in the rule\n" in ended.out


def test_explain_takes_parameters_of_the_command_line(desk: Path):
    bundle = BundleBuilder(desk).build()
    text = (HEAD + AUC).replace("spec:\n", "spec:\n  params:\n    floor: {type: number, default: 0.5, tighten: up}\n")
    rule = "with:\n        metric: accuracy\n        at_least: ${params.floor}\n"
    text = text.replace("with: {metric: accuracy, at_least: 0.8, bound: true}\n", rule)
    (desk / "p.yaml").write_text(text, encoding="utf-8")
    origin = run(desk, "explain", "p/accuracy", "--origin", "-p", "p.yaml", "--param", "floor=0.95")
    assert "      --param floor=0.95  parameter floor, tightened\n" in origin.out
    ended = run(desk, "explain", "p/accuracy", bundle, "-p", "p.yaml", "--param", "floor=0.95")
    assert "accuracy 0.9 -> 0.95" in ended.out
    assert "pass (block)" in run(desk, "explain", "p/accuracy", bundle, "-p", "p.yaml").out


# --- the page for authors


def test_what_the_page_for_authors_shows_is_what_is_printed(tmp_path: Path):
    """Every block of `$ govern ...` on the page, run where the example policies lie."""
    page = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"<!-- file: (\S+) -->\n+((?:    .*\n|\n)+)", page):
        (tmp_path / name).write_text(
            re.sub(r"^    ", "", text, flags=re.MULTILINE).strip("\n") + "\n", encoding="utf-8"
        )
    BundleBuilder(tmp_path).build()
    shown = re.findall(r"    \$ (govern .*)\n((?:    .*\n|\n)*?)(?=\n\S|    \$ |\Z)", page)
    assert len(shown) >= 4
    for command, expected in shown:
        ended = run(tmp_path, *shlex.split(command)[1:])
        printed = [line.rstrip() for line in (ended.err + ended.out).splitlines()]
        lines = [line[4:].rstrip() for line in expected.rstrip("\n").splitlines()]
        missing = [line for line in lines if line not in ("", "...") and line not in printed]
        assert missing == [], (command, printed)
