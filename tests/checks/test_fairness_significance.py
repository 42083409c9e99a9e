"""`fairness.significance` from a bundle's table to outcome, findings and facts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.group_tables import bare, codes, declared, params_of, run, table_of

KIND = "fairness.significance"
ASKED = {"metric": "selection_rate", "attributes": ["sex"]}


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {**ASKED, **changes})


class TestOutcomes:
    def test_pass(self, tmp_path: Path) -> None:
        result = of(BundleBuilder(tmp_path))
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert (result.observed, result.required) == ("p 1", "no corrected p <= 0.05")
        assert "Fisher's exact test" in result.summary

    def test_fail_gives_the_pair_the_ratio_and_the_golden_p(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(2350, 5000), M=(3000, 6000))))
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F142"])
        assert (
            "sex=F is 2350 of 5000, of sex=M 3000 of 6000: ratio 0.94, corrected p 0.001794"
            in result.findings[0].detail
        )
        assert result.fields["worst.group"] == "sex=F"
        assert result.fields["worst.p"] == "0.001794"
        assert result.findings[0].remediation

    def test_a_significant_difference_of_no_practical_size_passes(self, tmp_path: Path) -> None:
        """2350/5000 against 3000/6000 is 0.94: four fifths holds, and significance counts below `practical` alone."""
        builder = bare(tmp_path, table_of(F=(2350, 5000), M=(3000, 6000)))
        assert of(builder, practical="0.8").outcome is Outcome.PASS
        assert of(builder, practical="0.95").outcome is Outcome.FAIL

    def test_exactly_at_the_practical_ratio(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(400, 1000), M=(500, 1000)))
        assert of(builder, practical="0.8").outcome is Outcome.PASS
        assert of(builder, practical="0.80001").outcome is Outcome.FAIL

    def test_exactly_at_alpha(self, tmp_path: Path) -> None:
        """Ricci's oral examination: Fisher 0.015928, rounded up, counts up to and on alpha."""
        builder = bare(tmp_path, table_of(F=(12, 40), M=(48, 80)))
        p = Decimal(of(builder).fields["worst.p"])
        assert of(builder, alpha=str(p)).outcome is Outcome.FAIL
        assert of(builder, alpha=str(p - Decimal("0.000001"))).outcome is Outcome.PASS

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
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F109"])
        assert of(builder, max_missing="0.01").outcome is Outcome.PASS


class TestTooFew:
    """A test of few people has a large p, and that is no pass."""

    def test_below_min_n(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(10, 20), M=(50, 100)))
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F104", "F105"])
        assert of(builder, min_n=20).outcome is Outcome.PASS

    def test_fewer_than_five_expected(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(0, 30), M=(10, 40))))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F143"])

    @pytest.mark.parametrize("selected", [0, 100])
    def test_nobody_and_everybody_selected(self, tmp_path: Path, selected: int) -> None:
        result = of(bare(tmp_path, table_of(F=(selected, 100), M=(selected, 100))))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F143"])

    def test_one_group(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(50, 100))))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F105"])

    def test_a_left_out_group_is_said(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(50, 100), M=(50, 100), X=(0, 15))), small_groups="exclude")
        assert (result.outcome, codes(result)) == (Outcome.PASS, ["F104"])
        assert result.fields["not_assessable"] == "sex=X"


class TestFamily:
    def test_all_pairs_are_corrected_together(self, tmp_path: Path) -> None:
        table = table_of(F=(40, 100), M=(54, 100), A=(47, 100), B=(47, 100))
        result = of(bare(tmp_path, table))
        assert result.outcome is Outcome.PASS
        assert result.facts["comparisons"] == 6  # type: ignore[index, call-overload]
        alone = of(bare(tmp_path, table_of(F=(40, 100), M=(54, 100))))
        assert Decimal(result.fields["worst.p"]) > 5 * Decimal(alone.fields["worst.p"])

    def test_a_reference_makes_fewer_comparisons(self, tmp_path: Path) -> None:
        table = table_of(F=(40, 100), M=(54, 100), A=(47, 100), B=(47, 100))
        result = of(bare(tmp_path, table), reference="M")
        assert result.facts["comparisons"] == 3  # type: ignore[index, call-overload]

    def test_the_z_test_is_the_courts_two_standard_deviations(self, tmp_path: Path) -> None:
        """12/40 against 48/80: z -3.098387, whose two-sided p is 0.001946."""
        result = of(bare(tmp_path, table_of(F=(12, 40), M=(48, 80))), test="z")
        assert result.fields["worst.p"] == "0.001946"
        assert "pooled z test" in result.summary


class TestPermutation:
    def test_one_test_a_table_for_all_groups(self, tmp_path: Path) -> None:
        table = table_of(F=(40, 100), M=(54, 100), A=(47, 100), B=(47, 100))
        result = of(bare(tmp_path, table), test="permutation")
        facts: Any = result.facts
        assert (result.outcome, facts["comparisons"], facts["tables"][0]["draws"]) == (Outcome.PASS, 1, 9_999)
        assert result.fields["worst.group"] == "sex=F"
        assert result.fields["worst.reference"] == "sex=M"

    def test_what_differs_fails_by_any_test(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(12, 40), M=(48, 80)))
        assert {of(builder, test=test).outcome for test in ("fisher", "z", "permutation")} == {Outcome.FAIL}
        again = of(builder, test="permutation")
        assert again == of(builder, test="permutation")

    def test_too_few_and_unknown(self, tmp_path: Path) -> None:
        few = of(bare(tmp_path, table_of(F=(0, 30), M=(10, 40))), test="permutation")
        assert (few.outcome, codes(few)) == (Outcome.INCONCLUSIVE, ["F143"])
        builder = bare(tmp_path, table_of(F=(45, 100), M=(50, 100), unknown=(1, 2)))
        unknown = of(builder, test="permutation")
        assert (unknown.outcome, codes(unknown)) == (Outcome.INCONCLUSIVE, ["F107"])


class TestUnknownGroups:
    def test_records_of_unknown_group_may_decide(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(45, 100), M=(50, 100), unknown=(20, 40)))
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F107"])
        assert of(builder, missing_bounds="none").outcome is Outcome.PASS

    def test_a_few_do_not_decide(self, tmp_path: Path) -> None:
        assert of(bare(tmp_path, table_of(F=(500, 1000), M=(500, 1000), unknown=(1, 2)))).outcome is Outcome.PASS
        assert of(bare(tmp_path, table_of(F=(300, 1000), M=(500, 1000), unknown=(1, 2)))).outcome is Outcome.FAIL

    def test_a_difference_that_they_could_undo_is_open(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(300, 1000), M=(500, 1000), unknown=(400, 400))))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F107"])


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    table = (
        "sex,y_true,y_pred\n"
        + '"<script>\x1b[31m",1,0\n' * 50
        + '"<script>\x1b[31m",1,1\n' * 50
        + table_of(M=(90, 100)).partition("\n")[2]
    )
    result = of(bare(tmp_path, table))
    assert result.outcome is Outcome.FAIL
    assert "<script>" in result.fields["worst.group"]


def test_no_number_of_a_small_group_is_public(tmp_path: Path) -> None:
    result = of(bare(tmp_path, table_of(F=(50, 100), M=(50, 100), X=(3, 7))), min_n=5)
    assert result.outcome is Outcome.INCONCLUSIVE
    facts: Any = result.facts
    hidden = [row for table in facts["tables"] for row in table["groups"] if not row["shown"]]
    assert "sex=X" in [row["label"] for row in hidden]
    assert {row["numerator"] for row in hidden} == {None}
    assert {pair["p"] for table in facts["tables"] for pair in table["pairs"]} <= {None}
    said = " ".join([result.summary, *result.fields.values(), *(item.detail for item in result.findings)])
    assert "3 of 7" not in said
    assert "X" not in result.fields["worst.group"]


@pytest.mark.parametrize(
    "changes",
    [
        {"alpha": "0"},
        {"alpha": "0.5"},
        {"practical": "0"},
        {"practical": "1.1"},
        {"test": "t"},
        {"test": "permutation", "reference": "M"},
        {"multiplicity": "none"},
        {"metric": "auc"},
        {"min_n": 0},
        {"attributes": ["sex", "race"], "reference": "M"},
        {"attributes": ["model.groups.attributes"], "reference": "M"},
    ],
)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {**ASKED, **changes})
