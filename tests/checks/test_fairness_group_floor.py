"""`fairness.group_floor` from a bundle's table to outcome, findings and facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.group_tables import bare, codes, declared, params_of, run, table_of

KIND = "fairness.group_floor"
ASKED = {"metric": "selection_rate", "at_least": "0.4", "attributes": ["sex"], "decide": "point"}


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {**ASKED, **changes})


class TestOutcomes:
    def test_pass_exactly_at_the_limit(self, tmp_path: Path) -> None:
        result = of(BundleBuilder(tmp_path))
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert (result.observed, result.required) == ("0.4", ">= 0.4")

    def test_just_below_is_never_printed_as_the_limit(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(7999, 20000), M=(500, 1000))))
        assert (result.outcome, result.observed) == (Outcome.FAIL, "0.39995")

    def test_fail_says_who_and_what_would_change_it(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(30, 100), M=(35, 100), X=(60, 100))))
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F140", "F140"])
        assert "sex=F is 30 of 100: 0.3" in result.findings[0].detail
        assert result.findings[0].remediation == (
            "With 10 more of the group counted, all else equal, it meets the limit."
        )
        assert result.fields["worst.group"] == "sex=F"
        assert result.fields["worst.rate"] == "0.3"
        assert result.fields["worst.p"] == "not computed"

    def test_alike_and_both_bad(self, tmp_path: Path) -> None:
        """What a comparison of groups does not see."""
        builder = bare(tmp_path, table_of(F=(30, 100), M=(30, 100)))
        parity = {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8", "attributes": ["sex"]}
        assert run("fairness.disparity", builder, {**parity, "decide": "point"}).outcome is Outcome.PASS
        assert of(builder).outcome is Outcome.FAIL

    def test_at_most(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(80, 20, 0, 100), M=(90, 10, 0, 100)))
        asked: dict[str, Any] = {"metric": "false_positive_rate", "at_least": None}
        assert of(builder, **asked, at_most="0.2").outcome is Outcome.PASS
        result = of(builder, **asked, at_most="0.15")
        assert (result.outcome, result.required) == (Outcome.FAIL, "<= 0.15")
        assert result.findings[0].remediation.startswith("With 5 fewer")

    def test_missing(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, "").remove("predictions.csv").record(evidence={})
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])

    def test_empty(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of()))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])

    def test_labels_needed(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, "sex,y_pred\nF,1\nM,1\n"), metric="accuracy")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F112"])

    def test_unbound(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(50, 100), M=(50, 100))), bound=True)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E108"])

    def test_declared_group_without_rows(self, tmp_path: Path) -> None:
        result = of(declared(tmp_path, table_of(F=(50, 100), M=(50, 100)), "F", "M", "X"))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F108"])

    def test_missing_rows(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100), M=(50, 100)) + "F,1,\n")
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F109"])
        assert of(builder, max_missing="0.01").outcome is Outcome.PASS

    def test_small_groups(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100), M=(50, 100), X=(0, 15)))
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F104"])
        left_out = of(builder, small_groups="exclude")
        assert (left_out.outcome, codes(left_out)) == (Outcome.PASS, ["F104"])
        nobody = of(bare(tmp_path, table_of(X=(9, 15))), small_groups="exclude")
        assert (nobody.outcome, codes(nobody)) == (Outcome.INCONCLUSIVE, ["F104", "F105"])

    def test_a_rate_that_a_group_does_not_have(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(40, 10, 0, 0), M=(20, 5, 5, 90))), metric="true_positive_rate")
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F104"])


class TestModes:
    """Exact binomial tests, corrected over both groups. P(X >= 50 of 100 at 0.4) is 0.027099."""

    def test_demonstrated(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(50, 100), M=(90, 100))), decide="demonstrated")
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F141"])
        assert result.fields["worst.p"] == "0.054199"
        alone = of(bare(tmp_path, table_of(F=(50, 100))), decide="demonstrated")
        assert (alone.outcome, alone.fields["worst.p"]) == (Outcome.PASS, "0.0271")
        many = of(bare(tmp_path, table_of(F=(500, 1000), M=(900, 1000))), decide="demonstrated")
        assert many.outcome is Outcome.PASS

    def test_exactly_at_alpha(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100)))
        assert of(builder, decide="demonstrated", alpha="0.0271").outcome is Outcome.PASS
        assert of(builder, decide="demonstrated", alpha="0.027099").outcome is Outcome.INCONCLUSIVE

    def test_demonstrated_fails_what_is_shown_to_miss(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(20, 100), M=(90, 100))), decide="demonstrated")
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F140"])

    def test_evidence_of_harm(self, tmp_path: Path) -> None:
        few = of(bare(tmp_path, table_of(F=(35, 100), M=(90, 100))), decide="evidence_of_harm")
        assert (few.outcome, codes(few)) == (Outcome.INCONCLUSIVE, ["F141"])
        many = of(bare(tmp_path, table_of(F=(350, 1000), M=(90, 100))), decide="evidence_of_harm")
        assert (many.outcome, codes(many)) == (Outcome.FAIL, ["F140"])
        met = of(bare(tmp_path, table_of(F=(40, 100), M=(90, 100))), decide="evidence_of_harm")
        assert met.outcome is Outcome.PASS


class TestUnknownGroups:
    def test_they_may_decide(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(45, 100), M=(90, 100), unknown=(0, 20)))
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F107"])
        assert of(builder, missing_bounds="none").outcome is Outcome.PASS
        few = bare(tmp_path, table_of(F=(45, 100), M=(90, 100), unknown=(0, 12)))
        assert of(few).outcome is Outcome.PASS

    def test_they_do_not_excuse(self, tmp_path: Path) -> None:
        assert of(bare(tmp_path, table_of(F=(20, 100), M=(90, 100), unknown=(5, 5)))).outcome is Outcome.FAIL


def test_no_number_of_a_small_group_is_public(tmp_path: Path) -> None:
    result = of(bare(tmp_path, table_of(F=(50, 100), M=(50, 100), X=(1, 7))), min_n=5, decide="evidence_of_harm")
    assert result.outcome is Outcome.INCONCLUSIVE
    facts: Any = result.facts
    hidden = [row for table in facts["tables"] for row in table["groups"] if not row["shown"]]
    assert "sex=X" in [row["label"] for row in hidden]
    assert {row["numerator"] for row in hidden} == {None}
    said = " ".join([result.summary, *result.fields.values(), *(item.detail for item in result.findings)])
    assert "1 of 7" not in said
    assert "sex=X" not in said


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    table = "sex,y_true,y_pred\n" + '"<script>\x1b[31m",1,0\n' * 50 + "M,1,1\n" * 50
    result = of(bare(tmp_path, table))
    assert result.outcome is Outcome.FAIL
    assert "<script>" in result.fields["worst.group"]


@pytest.mark.parametrize(
    "changes",
    [
        {"at_most": "0.5"},
        {"at_least": None},
        {"at_least": "1.01"},
        {"alpha": "0.5"},
        {"metric": "equalized_odds"},
        {"min_n": 0},
        {"max_missing": "2"},
    ],
)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {**ASKED, **changes})
