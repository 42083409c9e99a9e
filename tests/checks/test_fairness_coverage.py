"""`fairness.coverage` from a bundle's table to outcome, findings and facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.group_tables import bare, codes, declared, params_of, run, table_of

KIND = "fairness.coverage"


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {"attributes": ["sex"], **changes})


CROSSED = "sex,race,y_true,y_pred\n" + "F,A,1,1\n" * 20 + "M,A,0,0\n" * 20 + "M,B,1,0\n" * 20


class TestOutcomes:
    def test_pass_records_every_count(self, tmp_path: Path) -> None:
        result = of(BundleBuilder(tmp_path), metrics=["selection_rate", "equalized_odds"])
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        facts: Any = result.facts
        assert [table["metric"] for table in facts["tables"]] == [
            "selection_rate",
            "true_positive_rate",
            "false_positive_rate",
        ]
        assert sum(sum(cell[1:]) for cell in facts["restricted"]["cells"]) == facts["rows"] == 400
        assert result.observed == "2 groups"

    def test_missing(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, "").remove("predictions.csv").record(evidence={})
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])

    def test_an_attribute_that_the_table_lacks(self, tmp_path: Path) -> None:
        result = of(BundleBuilder(tmp_path), attributes=["sex", "age"])
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E122"])

    def test_what_the_model_declares_must_be_there(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).record(groups={"attributes": ["sex"], "intersections": [["sex", "age"]]})
        asked = ["model.groups.attributes", "model.groups.intersections"]
        assert of(builder, attributes=asked).outcome is Outcome.MISSING_EVIDENCE
        assert of(builder, attributes=asked[:1]).outcome is Outcome.PASS

    def test_labels_for_metrics_of_errors(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, "sex,y_pred\n" + "F,1\nM,0\n" * 20)
        assert of(builder).outcome is Outcome.PASS
        result = of(builder, metrics=["selection_rate", "true_positive_rate"])
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F112"])

    def test_empty(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of()))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])

    def test_unbound(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(5, 10), M=(5, 10))), bound=True)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E108"])

    def test_a_declared_group_without_rows(self, tmp_path: Path) -> None:
        result = of(declared(tmp_path, table_of(F=(50, 100), M=(50, 100)), "F", "M", "X"))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F108"])

    def test_one_group_covers_nobody_else(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(5, 10))))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F105"])

    def test_a_rate_that_a_group_does_not_have(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(40, 10, 0, 0), M=(20, 5, 5, 20))), metrics=["true_positive_rate"])
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F106"])
        assert "no positives" in result.findings[0].detail

    def test_missing_rows(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100), M=(50, 100)) + "F,1,\n")
        assert (of(builder).outcome, of(builder, max_missing="0.1").outcome) == (Outcome.INCONCLUSIVE, Outcome.PASS)


class TestThinGroups:
    def test_exactly_at_the_limit(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(10, 20), M=(50, 100)))
        assert of(builder, min_group=20).outcome is Outcome.PASS
        result = of(builder, min_group=21)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F144"])
        assert (result.findings[0].observed, result.findings[0].required) == ("n = 20", "n >= 21")

    def test_nobody_of_a_crossing(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, CROSSED), attributes=["sex", "race", ["sex", "race"]])
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F144"])
        assert "sex=F, race=B" in result.findings[0].detail
        allowed = of(bare(tmp_path, CROSSED), attributes=["sex", ["sex", "race"]], min_group=0)
        assert allowed.outcome is Outcome.PASS

    def test_a_small_group_is_not_numbered(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(50, 100), M=(50, 100), X=(3, 7))), min_group=30)
        assert result.outcome is Outcome.MISSING_EVIDENCE
        assert result.findings[0].observed == "not shown"
        assert "7" not in " ".join(item.detail for item in result.findings).replace("30", "")


class TestUnknownGroups:
    def test_exactly_at_the_limit(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(20, 40), M=(25, 50), unknown=(5, 10)))
        assert of(builder).outcome is Outcome.PASS
        assert of(builder, max_unknown_share="0.1").outcome is Outcome.PASS
        result = of(builder, max_unknown_share="0.099")
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F145"])
        assert (result.findings[0].observed, result.findings[0].required) == ("0.1", "<= 0.099")


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    table = "sex,y_true,y_pred\n" + '"<script>\x1b[31m",1,0\n' * 3 + "M,1,1\n" * 50
    result = of(bare(tmp_path, table), min_group=20, smallest_shown=1)
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert "<script>" in result.findings[0].detail


@pytest.mark.parametrize(
    "changes",
    [
        {"metrics": []},
        {"metrics": ["auc"]},
        {"min_group": -1},
        {"max_unknown_share": "1.1"},
        {"max_missing": "-0.1"},
        {"attributes": []},
    ],
)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {"attributes": ["sex"], **changes})
