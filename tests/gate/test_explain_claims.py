"""The explanation of a claim shows the declared figure beside the measured one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from govern.gate.explain_bundle import explain_on_bundle
from govern.policy.outcomes import Stage
from govern.report.explanation import explanation_text
from support.bundles import CARD, BundleBuilder
from support.gate import write_policy


def test_both_figures_and_the_place(tmp_path: Path):
    bundle = BundleBuilder(tmp_path).file("README.md", CARD.replace("holdout | 0.9 |", "holdout | 0.95 |")).build()
    policies = [write_policy(tmp_path / "policies", {"model_card.claims": {}})]
    stage = Stage.PRE_REGISTRATION
    found = explain_on_bundle("p/r0", bundle, policies=policies, stage=stage, clock=datetime(2026, 5, 1, tzinfo=UTC))
    text = explanation_text(found.settled, found.change, model=found.model, stage=stage.value)
    assert "accuracy is 0.95 in the card (README.md:34), measured 0.9: disagrees" in text
    assert "Write the measured figure into the card, or evaluate again. (README.md:34)" in text
