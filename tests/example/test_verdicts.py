"""What the gate says about v1 and v2, rule by rule, as the example's README tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from govern.canonical import parse_instant
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.packs.places import PackPlaces
from govern.policy.outcomes import Decision, Enforcement, Stage
from support.mortgage import EXAMPLE, LOCK

NOW = parse_instant("2026-11-20T09:00:00Z")

PASSED, FAILED, UNDECIDED, MISSING = "pass", "fail", "inconclusive", "missing_evidence"
EXPECTED = {
    "baseline.artefacts/formats": (FAILED, PASSED),
    "baseline.artefacts/no-pickle": (FAILED, PASSED),
    "baseline.card/complete": (FAILED, PASSED),
    "baseline.card/extended": (FAILED, PASSED),
    "baseline.card/no-placeholders": (FAILED, PASSED),
    "baseline.card/owner-declared": (PASSED, PASSED),
    "baseline.dependencies/no-known-vulnerability": (FAILED, PASSED),
    "baseline.dependencies/pinned": (FAILED, PASSED),
    "baseline.fairness/groups-declared": (MISSING, PASSED),
    "baseline.fairness/opportunity": (MISSING, PASSED),
    "baseline.fairness/parity": (MISSING, PASSED),
    "baseline.fairness/parity-crossed": (MISSING, FAILED),
    "baseline.fairness/parity-shown": (MISSING, UNDECIDED),
    "baseline.lineage/acyclic": (PASSED, PASSED),
    "baseline.lineage/bound": (PASSED, PASSED),
    "baseline.lineage/closed": (PASSED, PASSED),
    "baseline.lineage/present": (PASSED, PASSED),
    "lending/approval-parity": (FAILED, PASSED),
    "lending/approval-parity-crossed": (FAILED, FAILED),
    "lending/approval-parity-shown": (FAILED, UNDECIDED),
    "lending/approved-sources": (FAILED, PASSED),
    "lending/auc-floor": (PASSED, PASSED),
    "lending/better-than-approving-everybody": (FAILED, PASSED),
    "lending/calibrated-alike": (PASSED, PASSED),
    "lending/equal-opportunity": (FAILED, PASSED),
    "lending/false-approvals": (FAILED, FAILED),
    "lending/false-approvals-crossed": (UNDECIDED, UNDECIDED),
    "lending/no-protected-inputs": (FAILED, PASSED),
    "lending/person-decides": (FAILED, PASSED),
    "lending/score-separates-alike": (PASSED, PASSED),
    "lending/scores-apart": (FAILED, FAILED),
}
"""Outcome of v1, outcome of v2."""


@cache
def judged(name: str, clock: datetime = NOW) -> Checked:
    request = CheckRequest(
        bundle=EXAMPLE / name,
        stage=Stage.PRE_REGISTRATION,
        policies=(EXAMPLE / "policies",),
        places=PackPlaces(lock=LOCK),
        clock=clock,
        advisories=EXAMPLE / "advisories",
    )
    made = check(request)
    assert isinstance(made, Checked)
    return made


@pytest.mark.parametrize(("name", "column"), [("v1", 0), ("v2", 1)])
def test_every_rule_comes_out_as_told(name: str, column: int) -> None:
    outcomes = {item.rule: str(item.result.outcome) for item in judged(name).evaluation.outcomes}
    assert outcomes == {rule: both[column] for rule, both in EXPECTED.items()}


def test_v1_is_denied_and_v2_allowed() -> None:
    assert judged("v1").decision.decision is Decision.DENIED
    assert judged("v2").decision.decision is Decision.ALLOWED


def test_clauses_that_no_rule_covers_are_named() -> None:
    assert {item.control for item in judged("v2").loaded.not_assessed} == {
        "ecoa-reg-b/1002.12-b",
        "ecoa-reg-b/1002.13-a",
        "ecoa-reg-b/1002.9-b-2",
        "lending-standard/underwriter-training",
    }


def test_v1_fails_for_the_reasons_in_the_story() -> None:
    found = {item.rule: [f.detail for f in item.result.findings] for item in judged("v1").evaluation.outcomes}
    assert any("hmda_export_final2.csv" in text for text in found["lending/approved-sources"])
    assert any("flask" in text for text in found["baseline.dependencies/no-known-vulnerability"])
    assert any("numpy" in text for text in found["baseline.dependencies/pinned"])
    assert any("89 of 181" in text for text in found["lending/approval-parity"])


def test_the_gap_that_v2_leaves_is_said() -> None:
    [outcome] = [item for item in judged("v2").evaluation.outcomes if item.rule == "lending/approval-parity"]
    assert [finding.code for finding in outcome.result.findings] == ["F103"]
    assert "130 of 169" in outcome.result.findings[0].detail


@pytest.mark.parametrize("later", [timedelta(days=29), timedelta(days=365)])
def test_a_stale_snapshot_or_lapsed_approval_allows_nothing(later: timedelta) -> None:
    assert judged("v2", NOW + later).decision.decision is not Decision.ALLOWED


def test_what_the_desk_tightened_is_in_the_plan() -> None:
    """The import in lending.yaml, on top of what the pack says."""
    plan = judged("v2").loaded.plan
    rules = {item.id: item for item in plan.rules}
    params: Any = plan.document["params"]
    assert params["baseline.dependencies/max_snapshot_age"]["value"] == "14d"
    assert params["baseline.fairness/required_attributes"]["value"] == ["black"]
    assert rules["baseline.card/extended"].enforcement is Enforcement.BLOCK
    assert not rules["baseline.artefacts/no-pickle"].waivable
    assert "lending-standard/approval-rates" in rules["baseline.fairness/parity"].controls
