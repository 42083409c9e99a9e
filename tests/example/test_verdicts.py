"""What the gate says about v1 and v2, rule by rule, as the example's README tells it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from govern.canonical import parse_instant
from govern.gate.check import Checked, CheckRequest, check
from govern.policy.outcomes import Decision, Stage

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "mortgage"
NOW = parse_instant("2026-11-20T09:00:00Z")

PASSED, FAILED, UNDECIDED = "pass", "fail", "inconclusive"
EXPECTED = {
    "lending/approval-parity": (FAILED, PASSED),
    "lending/approval-parity-crossed": (FAILED, FAILED),
    "lending/approval-parity-shown": (FAILED, UNDECIDED),
    "lending/approved-sources": (FAILED, PASSED),
    "lending/auc-floor": (PASSED, PASSED),
    "lending/better-than-approving-everybody": (FAILED, PASSED),
    "lending/equal-opportunity": (FAILED, PASSED),
    "lending/false-approvals": (FAILED, FAILED),
    "lending/false-approvals-crossed": (UNDECIDED, UNDECIDED),
    "lending/no-protected-inputs": (FAILED, PASSED),
    "lending/person-decides": (FAILED, PASSED),
    "model-baseline/artefact-formats": (FAILED, PASSED),
    "model-baseline/card-complete": (FAILED, PASSED),
    "model-baseline/card-extended": (FAILED, PASSED),
    "model-baseline/card-no-placeholders": (FAILED, PASSED),
    "model-baseline/dependencies-no-known-vulnerability": (FAILED, PASSED),
    "model-baseline/dependencies-pinned": (FAILED, PASSED),
    "model-baseline/lineage-acyclic": (PASSED, PASSED),
    "model-baseline/lineage-bound": (PASSED, PASSED),
    "model-baseline/lineage-closed": (PASSED, PASSED),
    "model-baseline/lineage-present": (PASSED, PASSED),
    "model-baseline/no-pickle": (FAILED, PASSED),
    "model-baseline/owner-declared": (PASSED, PASSED),
}
"""Outcome of v1, outcome of v2."""


@cache
def judged(name: str, clock: datetime = NOW) -> Checked:
    request = CheckRequest(
        bundle=EXAMPLE / name,
        stage=Stage.PRE_REGISTRATION,
        policies=(ROOT / "policies", EXAMPLE / "policies"),
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
    assert any("flask" in text for text in found["model-baseline/dependencies-no-known-vulnerability"])
    assert any("numpy" in text for text in found["model-baseline/dependencies-pinned"])
    assert any("89 of 181" in text for text in found["lending/approval-parity"])


def test_the_gap_that_v2_leaves_is_said() -> None:
    [outcome] = [item for item in judged("v2").evaluation.outcomes if item.rule == "lending/approval-parity"]
    assert [finding.code for finding in outcome.result.findings] == ["F103"]
    assert "130 of 169" in outcome.result.findings[0].detail


@pytest.mark.parametrize("later", [timedelta(days=29), timedelta(days=365)])
def test_a_stale_snapshot_or_lapsed_approval_allows_nothing(later: timedelta) -> None:
    assert judged("v2", NOW + later).decision.decision is not Decision.ALLOWED
