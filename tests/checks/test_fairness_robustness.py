"""`fairness.robustness` from a bundle's table to outcome, findings and facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.group_tables import bare, codes, declared, params_of, run, table_of

KIND = "fairness.robustness"
ASKED = {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8", "attributes": ["sex"]}


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {**ASKED, **changes})


class TestOutcomes:
    def test_pass(self, tmp_path: Path) -> None:
        result = of(BundleBuilder(tmp_path), flips=5)
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert result.required == ">= 0.8 under any 5 changed decisions"

    def test_the_number_that_turns_it_and_exactly_at_the_limit(self, tmp_path: Path) -> None:
        """50 and 50 of 100: with 40 against 50 the ratio is 0.8, with 40 against 51 it is 0.784."""
        builder = bare(tmp_path, table_of(F=(50, 100), M=(50, 100)))
        result = of(builder, flips=10)
        assert (result.outcome, result.fields["holds_for"]) == (Outcome.PASS, "10")
        assert "holds for up to 10 changed decisions" in result.summary
        turned = of(builder, flips=11)
        assert (turned.outcome, codes(turned)) == (Outcome.FAIL, ["F146"])
        assert "11 changed decisions would turn it" in turned.findings[0].detail

    def test_a_verdict_that_hangs_on_one_person(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(48, 100), M=(60, 100))))
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F146"])
        assert result.findings[0].observed == "holds for up to 0"
        assert "1 changed decision would turn it" in result.findings[0].detail

    def test_a_missed_threshold_fails(self, tmp_path: Path) -> None:
        result = of(bare(tmp_path, table_of(F=(30, 100), M=(60, 100))))
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F101"])
        assert result.fields["holds_for"] == "not assessable"

    def test_a_difference(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100), M=(55, 100)))
        asked: dict[str, Any] = {"compare": "difference", "at_least": None, "at_most": "0.1"}
        assert of(builder, **asked, flips=5).outcome is Outcome.PASS
        assert of(builder, **asked, flips=6).outcome is Outcome.FAIL

    def test_a_limit_on_both_sides_of_a_reference(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(60, 100), M=(50, 100)))
        asked: dict[str, Any] = {"at_least": None, "at_most": "1.25", "reference": "M"}
        assert of(builder, **asked, flips=2).outcome is Outcome.PASS
        assert of(builder, **asked, flips=3).outcome is Outcome.FAIL

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
        weak = bare(tmp_path, table_of(F=(48, 100), M=(60, 100)) + "F,1,\n")
        assert of(weak).outcome is Outcome.INCONCLUSIVE

    def test_small_groups(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100), M=(50, 100), X=(0, 15)))
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F104"])
        assert of(builder, small_groups="exclude").outcome is Outcome.PASS

    def test_nobody_selected(self, tmp_path: Path) -> None:
        assert of(bare(tmp_path, table_of(F=(0, 100), M=(0, 100)))).outcome is Outcome.INCONCLUSIVE

    def test_records_of_unknown_group_make_it_hold_for_less(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table_of(F=(50, 100), M=(50, 100), unknown=(4, 8)))
        assert of(builder, flips=9).outcome is Outcome.FAIL
        assert of(builder, flips=9, missing_bounds="none").outcome is Outcome.PASS
        assert of(builder, flips=3).outcome is Outcome.PASS


def test_a_limit_of_nothing_still_needs_somebody_selected(tmp_path: Path) -> None:
    builder = bare(tmp_path, table_of(F=(2, 100), M=(2, 100)))
    assert of(builder, at_least="0", flips=3).outcome is Outcome.PASS
    assert of(builder, at_least="0", flips=4).outcome is Outcome.FAIL


def test_no_number_of_a_small_group_is_public(tmp_path: Path) -> None:
    result = of(bare(tmp_path, table_of(F=(5, 10), M=(50, 100))), min_n=5, flips=2)
    assert (result.outcome, result.fields["holds_for"]) == (Outcome.FAIL, "not shown")
    facts: Any = result.facts
    assert facts["turns"] == [{"attributes": ["sex"], "turned_by": None}]
    said = " ".join([result.summary, *result.fields.values(), *(item.detail for item in result.findings)])
    assert "5 of 10" not in said


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    table = "sex,y_true,y_pred\n" + '"<script>\x1b[31m",1,1\n' * 50 + "M,1,1\n" * 50
    result = of(bare(tmp_path, table))
    assert result.outcome is Outcome.PASS
    assert "<script>" in result.fields["worst.group"]


@pytest.mark.parametrize(
    "changes",
    [
        {"flips": 0},
        {"at_most": "0.1"},
        {"at_least": None},
        {"at_least": "1.5"},
        {"compare": "difference"},
        {"metric": "precision"},
        {"metric": "prevalence"},
        {"min_n": 0},
    ],
)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {**ASKED, **changes})
