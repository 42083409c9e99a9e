"""docs/fairness.md, "The kinds": the policy lints without a word and passes a sound bundle, and the search is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from govern.checks.registry import builtin_specs
from govern.gate.explain_bundle import explain_on_bundle
from govern.gate.policies import lint_paths
from govern.report.explanation import explanation_text
from support.bundles import ALTERNATIVES, BundleBuilder, champion, predictions
from support.gate import CLOCK, judge
from support.process import ROOT

PAGE = (ROOT / "docs" / "fairness.md").read_text("utf-8")
SECTION = PAGE[PAGE.index("## The kinds") :]
POLICY, SEARCH = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[:2]


def with_ids(table: bytes) -> str:
    head, *rows = table.decode().splitlines()
    return "\n".join([f"{head},row_id", *(f"{row},c{number}" for number, row in enumerate(rows))]) + "\n"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The sound bundle with row ids, and the page's record of a search."""
    builder = BundleBuilder(tmp_path).remove("predictions/test.csv").remove("predictions/test.yaml")
    builder.remove(ALTERNATIVES).file("alternatives.yaml", SEARCH)
    builder.file("own.csv", with_ids(predictions())).file("champion.csv", with_ids(champion()))
    evidence = {
        "predictions": {"path": "own.csv"},
        "champion": {"path": "champion.csv"},
        "alternatives": {"path": "alternatives.yaml", "type": "fairness-alternatives"},
    }
    return builder.record(evidence=evidence).build()


def test_the_policy_of_the_page_is_met_by_a_sound_bundle(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "groups.yaml").write_text(POLICY, "utf-8")
    made = judge(bundle, tmp_path / "groups.yaml")
    assert set(made.outcomes().values()) == {"pass"}, made.words()
    assert len(made.outcomes()) == 7


def test_the_policy_of_the_page_has_no_fault(tmp_path: Path) -> None:
    (tmp_path / "groups.yaml").write_text(POLICY, "utf-8")
    found, _files = lint_paths([tmp_path / "groups.yaml"])
    assert [str(item) for item in found if item.severity.value == "error"] == []


def test_the_table_names_kinds_that_there_are() -> None:
    named = set(re.findall(r"^\| `(fairness\.[a-z_]+)` \|", SECTION, re.MULTILINE))
    assert named <= set(builtin_specs())
    assert {f"fairness.{name}" for name in ("group_floor", "significance", "robustness", "coverage")} <= named
    assert {"fairness.change", "fairness.alternatives"} <= named


def test_each_rule_is_explained_with_the_rates_it_judged(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "groups.yaml").write_text(POLICY, "utf-8")
    for rule in ("everybody-is-there", "chance", "good-enough-for-all", "no-step-back"):
        found = explain_on_bundle(
            f"groups/{rule}", bundle, policies=[tmp_path / "groups.yaml"], stage=None, clock=CLOCK
        )
        text = explanation_text(found.settled, found.change, model=found.model, stage="pre-registration")
        assert "sex=F: " in text, text
        assert (" of 200 (0.4)" in text) == (rule != "good-enough-for-all"), text
    found = explain_on_bundle("groups/searched", bundle, policies=[tmp_path / "groups.yaml"], stage=None, clock=CLOCK)
    text = explanation_text(found.settled, found.change, model=found.model, stage="pre-registration")
    assert "gradient boosting (chosen): accuracy 0.9" in text
    assert "linear (no less discriminatory alternative): accuracy 0.85" in text
