"""One rule on one bundle: what the gate comes to, and words that hold for every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from govern.diagnostics import InputError, UsageError
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.explain_bundle import explain_on_bundle
from govern.gate.packs.places import PackPlaces
from govern.policy.outcomes import Outcome, Stage
from govern.report.explanation import explanation_text
from support.bundles import BundleBuilder
from support.process import ROOT

CLOCK = datetime(2026, 5, 1, tzinfo=UTC)
MORTGAGE = ROOT / "examples" / "mortgage"
POLICIES = [MORTGAGE / "policies"]
PLACES = PackPlaces(lock=MORTGAGE / "govern.lock")
"""The example's own rules, and those of the pack that it imports."""
STAGE = Stage.PRE_REGISTRATION


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return BundleBuilder(tmp_path_factory.mktemp("bundle")).build()


def test_a_rule_alone_comes_to_what_it_comes_to_among_all(bundle: Path):
    """Every shipped rule, whatever its outcome here; and each explanation names the outcome and what was compared."""
    whole = check(CheckRequest(bundle=bundle, stage=STAGE, policies=POLICIES, places=PLACES, clock=CLOCK))
    assert isinstance(whole, Checked)
    seen = set()
    for settled in whole.decision.settled:
        found = explain_on_bundle(settled.rule.rule, bundle, policies=POLICIES, places=PLACES, stage=STAGE, clock=CLOCK)
        assert found.settled == settled
        assert found.exit_code == (3 if settled.outcome in (Outcome.MISSING_EVIDENCE, Outcome.ERROR) else 0)
        text = explanation_text(found.settled, found.change, model=found.model, stage=STAGE.value)
        assert settled.outcome.value.replace("_", " ") in text.splitlines()[0]
        assert ("Smallest change that passes:" in text) == (settled.blocks or bool(found.change.changes))
        if settled.outcome is Outcome.PASS:
            assert found.change.changes == ()
        seen.add(settled.outcome)
    assert {Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE} <= seen


def test_without_a_stage_it_is_the_first_at_which_the_rule_is_asked(tmp_path: Path, bundle: Path):
    text = (
        "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: '1'}\nspec:\n  rules:\n"
        "    - {id: r, check: lineage.present, stages: [post-deployment, pre-deployment]}\n"
    )
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    policies = [tmp_path / "p.yaml"]
    found = explain_on_bundle("p/r", bundle, policies=policies, stage=None, clock=CLOCK)
    assert found.stage is Stage.PRE_DEPLOYMENT
    with pytest.raises(UsageError) as caught:
        explain_on_bundle("p/r", bundle, policies=policies, stage=STAGE, clock=CLOCK)
    assert caught.value.diagnostics[0].hint == "it is asked at pre-deployment, post-deployment"


def test_what_ended_is_no_figure_that_a_change_could_move(tmp_path: Path, bundle: Path):
    text = (
        "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: '1', applies_from: 2027-01-01}\n"
        "spec:\n  rules:\n    - {id: r, check: performance.threshold, with: {metric: accuracy, at_least: 0.99}}\n"
    )
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    found = explain_on_bundle("p/r", bundle, policies=[tmp_path / "p.yaml"], stage=None, clock=CLOCK)
    assert found.settled.outcome is Outcome.NOT_APPLICABLE
    assert found.change.changes == ()
    assert "not in force" in explanation_text(found.settled, found.change, model="m", stage="s")


def test_a_bundle_that_cannot_be_opened(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    rule = "baseline.lineage/present"
    with pytest.raises(InputError):
        explain_on_bundle(rule, tmp_path / "empty", policies=POLICIES, places=PLACES, stage=None, clock=CLOCK)


def test_a_decision_on_a_part_of_a_plan_is_never_signed(bundle: Path):
    from govern.gate.issue import issue

    rule = frozenset(["baseline.lineage/present"])
    made = check(CheckRequest(bundle=bundle, stage=STAGE, policies=POLICIES, places=PLACES, clock=CLOCK, only=rule))
    assert isinstance(made, Checked)
    assert [item.rule.rule for item in made.decision.settled] == list(rule)
    with pytest.raises(ValueError, match="never signed"):
        issue(made, signing=None, entropy=bytes)  # type: ignore[arg-type]  # refused before anything is signed
