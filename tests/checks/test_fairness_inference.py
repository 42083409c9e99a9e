"""`fairness.disparity` with strata, a permutation test and the one-person test: findings, facts, replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.fairness.changes import disparity_changes
from govern.checks.fairness.disparity import CHECKS, DisparityParams
from govern.checks.replay import NotReplayable, StoredOutcome, rejudge
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

(DISPARITY,) = CHECKS
PARITY = {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8", "attributes": ["sex"], "min_n": 30}
BERKELEY = {
    "A": {"F": (89, 108), "M": (512, 825)},
    "B": {"F": (17, 25), "M": (353, 560)},
    "C": {"F": (202, 593), "M": (120, 325)},
    "D": {"F": (131, 375), "M": (138, 417)},
    "E": {"F": (94, 393), "M": (53, 191)},
    "F": {"F": (24, 341), "M": (22, 373)},
}


def params(**changes: Any) -> DisparityParams:
    return DisparityParams.model_validate({**PARITY, **changes})


def run(tmp_path: Path, strata: dict[str, dict[str, tuple[int, int]]], **changes: Any) -> CheckResult:
    rows = [
        f"{sex},{name},1,{int(i < k)}\n"
        for name, groups in strata.items()
        for sex, (k, n) in groups.items()
        for i in range(n)
    ]
    builder = BundleBuilder(tmp_path).file("predictions.csv", "sex,job,y_true,y_pred\n" + "".join(rows))
    builder = builder.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST)
    builder = builder.record(evidence={"predictions": {"path": "predictions.csv"}})
    result = DISPARITY.evaluate(params(**changes), CheckContext(bundle=builder.open(), stage="pre-registration"))
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    return result


def codes(result: CheckResult) -> set[str]:
    return {finding.code for finding in result.findings}


def facts(result: CheckResult) -> Any:
    return result.facts


class TestStrata:
    def test_simpsons_paradox_shows_both(self, tmp_path: Path) -> None:
        result = run(tmp_path, BERKELEY, decide="evidence_of_harm", stratum="job")
        assert result.outcome is Outcome.INCONCLUSIVE
        assert codes(result) == {"F102", "F132", "F133"}
        (both,) = [finding for finding in result.findings if finding.code == "F132"]
        assert "ratio 0.6818 over all, 1.0583 within 6 strata of job" in both.detail
        (differ,) = [finding for finding in result.findings if finding.code == "F133"]
        assert "runs the other way than the one over all" in differ.detail
        worst = facts(result)["tables"][0]["worst"]
        assert facts(result)["stratum"] == "job"
        assert worst["within"]["strata"] == 6
        assert float(worst["within"]["ratio"]) > 1
        assert float(worst["within"]["breslow_day_p"]) < 0.01

    def test_harm_within(self, tmp_path: Path) -> None:
        strata = {"x": {"F": (60, 300), "M": (120, 300)}, "y": {"F": (30, 300), "M": (60, 300)}}
        result = run(tmp_path, strata, decide="evidence_of_harm", stratum="job")
        assert result.outcome is Outcome.FAIL
        assert codes(result) == {"F101", "F132"}

    def test_a_missing_column_is_missing_evidence(self, tmp_path: Path) -> None:
        result = run(tmp_path, BERKELEY, stratum="branch")
        assert result.outcome is Outcome.MISSING_EVIDENCE

    def test_the_column_is_read_and_bound(self) -> None:
        (need,) = DISPARITY.spec.needs(params(stratum="job"))
        assert need.reads == ("columns:sex", "columns:job")

    def test_a_stored_result_is_judged_alike_or_not_at_all(self, tmp_path: Path) -> None:
        """Tables without strata cannot be judged again; a whole tensor can, and comes to the same."""
        result = run(tmp_path, BERKELEY, stratum="job")
        stored = StoredOutcome(result.outcome, result.observed, result.facts)
        again = rejudge("fairness.disparity", params(stratum="job"), params(stratum="job", min_n=25), stored)
        assert isinstance(again, NotReplayable) or again is result.outcome
        assert not isinstance(next(disparity_changes(params(stratum="job"), result)), int)

    @pytest.mark.parametrize("changes", [{"stratum": "sex"}, {"stratum": "job", "test": "permutation"}])
    def test_what_makes_no_sense(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            params(**changes)


class TestPermutation:
    def test_draws_and_seed_are_kept(self, tmp_path: Path) -> None:
        groups = {"A": (20, 100), "B": (40, 100), "C": (42, 100)}
        result = run(tmp_path, {"x": groups}, decide="evidence_of_harm", test="permutation")
        assert result.outcome is Outcome.FAIL
        made = facts(result)
        assert made["test"] == "permutation"
        assert made["comparisons"] == 1
        assert made["tables"][0]["worst"]["permutation"]["draws"] == 9_999
        assert run(tmp_path / "again", {"x": groups}, decide="evidence_of_harm", test="permutation").facts == made

    def test_the_usual_test_adds_nothing(self, tmp_path: Path) -> None:
        made = facts(run(tmp_path, {"x": {"A": (30, 100), "B": (30, 100)}}, decide="point"))
        assert "test" not in made
        assert "permutation" not in made["tables"][0]["worst"]


class TestWords:
    def test_one_person(self, tmp_path: Path) -> None:
        result = run(tmp_path, {"x": {"A": (4, 30), "B": (6, 40)}}, decide="point", at_least="0.95")
        assert result.outcome is Outcome.FAIL
        (told,) = [finding for finding in result.findings if finding.code == "F131"]
        assert "too small for enforcement" in told.detail

    def test_how_many_people_would_decide(self, tmp_path: Path) -> None:
        result = run(tmp_path, {"x": {"A": (28, 100), "B": (30, 100)}}, decide="demonstrated")
        assert result.outcome is Outcome.INCONCLUSIVE
        (finding,) = result.findings
        assert finding.code == "F111"
        assert finding.remediation is not None
        needed = facts(result)["tables"][0]["needed_people"]
        assert f"about {needed:,} in each group" in finding.remediation

    def test_what_unknown_records_leave_open(self, tmp_path: Path) -> None:
        result = run(tmp_path, {"x": {"A": (50, 100), "B": (50, 100), "": (30, 60)}}, decide="point")
        assert result.outcome is Outcome.INCONCLUSIVE
        table = facts(result)["tables"][0]
        assert table["as_observed"] == "1"
        assert float(table["unknown_low"]) < 0.8 < float(table["unknown_high"])
