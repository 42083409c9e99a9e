"""`fairness.change`: two models' tables of the same cases, to outcome, findings and facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.diagnostics import InputError
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder, sha256
from support.group_tables import codes, params_of, run, table_of
from support.two_models import enveloped

KIND = "fairness.change"
ASKED = {
    "metric": "selection_rate",
    "compare": "ratio",
    "attributes": ["sex"],
    "baseline": "champion",
    "max_worsening": "0.05",
}


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {**ASKED, **changes})


def with_ids(table: str) -> str:
    head, *rows = table.splitlines()
    return "\n".join([f"{head},row_id", *(f"{row},c{number}" for number, row in enumerate(rows))]) + "\n"


def two(
    folder: Path, own: dict[str, tuple[int, ...]], other: dict[str, tuple[int, ...]], *, ids: bool = True
) -> BundleBuilder:
    """A bundle with both tables. With ids the rows of a group are numbered in one order, so that the cases agree."""
    builder = BundleBuilder(folder).without_tools().remove("predictions/test.csv").remove("predictions/test.yaml")
    for name, groups in (("own", own), ("champion", other)):
        text = table_of(**groups)
        builder.file(f"{name}.csv", with_ids(text) if ids else text)
    return builder.record(evidence={"predictions": {"path": "own.csv"}, "champion": {"path": "champion.csv"}})


class TestOutcomes:
    def test_pass(self, tmp_path: Path) -> None:
        result = of(two(tmp_path, {"F": (48, 100), "M": (50, 100)}, {"F": (40, 100), "M": (50, 100)}))
        assert (result.outcome, codes(result)) == (Outcome.PASS, [])
        assert (result.observed, result.required) == ("-0.16", "ratio lower by <= 0.05")
        assert "the same 200 cases by row id" in result.summary
        assert [ref.name for ref in result.evidence] == ["predictions", "champion"]

    def test_exactly_at_the_limit(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (40, 100), "M": (50, 100)}, {"F": (50, 100), "M": (50, 100)})
        assert of(builder, max_worsening="0.2").outcome is Outcome.PASS
        result = of(builder, max_worsening="0.19999")
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F147"])
        assert (result.findings[0].observed, result.fields["value"], result.fields["before"]) == ("0.2", "0.8", "1")

    def test_a_difference(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (40, 100), "M": (50, 100)}, {"F": (48, 100), "M": (50, 100)})
        assert of(builder, compare="difference", max_worsening="0.08").outcome is Outcome.PASS
        result = of(builder, compare="difference", max_worsening="0.07")
        assert (result.outcome, result.required) == (Outcome.FAIL, "difference larger by <= 0.07")

    def test_a_gain_may_be_asked(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (45, 100), "M": (50, 100)}, {"F": (40, 100), "M": (50, 100)})
        assert of(builder, max_worsening="-0.1").outcome is Outcome.PASS
        assert of(builder, max_worsening="-0.11").outcome is Outcome.FAIL

    def test_errors_as_well(self, tmp_path: Path) -> None:
        own, other = {"F": (30, 20, 25, 25), "M": (45, 5, 5, 45)}, {"F": (45, 5, 5, 45), "M": (45, 5, 5, 45)}
        result = of(two(tmp_path, own, other), metric="equalized_odds")
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["F147", "F147"])

    def test_missing(self, tmp_path: Path) -> None:
        groups: dict[str, tuple[int, ...]] = {"F": (50, 100), "M": (50, 100)}
        builder = (
            two(tmp_path, groups, groups).remove("own.csv").record(evidence={"champion": {"path": "champion.csv"}})
        )
        assert of(builder).outcome is Outcome.MISSING_EVIDENCE

    @pytest.mark.parametrize("name", ["challenger", "previous_certified"])
    def test_no_baseline(self, tmp_path: Path, name: str) -> None:
        groups: dict[str, tuple[int, ...]] = {"F": (50, 100), "M": (50, 100)}
        result = of(two(tmp_path, groups, groups), baseline=name)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E145"])

    def test_the_last_certified_version_is_not_known_and_it_is_said(self, tmp_path: Path) -> None:
        groups: dict[str, tuple[int, ...]] = {"F": (50, 100), "M": (50, 100)}
        result = of(two(tmp_path, groups, groups), baseline="previous_certified")
        assert "the ledger is not read" in result.findings[0].detail

    def test_itself(self, tmp_path: Path) -> None:
        groups: dict[str, tuple[int, ...]] = {"F": (50, 100), "M": (50, 100)}
        result = of(two(tmp_path, groups, groups))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E149"])

    def test_empty(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {})
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])

    def test_a_column_that_the_baseline_lacks(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {})
        result = of(builder.file("champion.csv", "y_true,y_pred,row_id\n1,1,c0\n"))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E122"])

    def test_labels_needed_of_both(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {})
        result = of(builder.file("champion.csv", "sex,y_pred,row_id\nF,1,c0\n"), metric="accuracy")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F112"])

    def test_unbound(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (40, 100), "M": (50, 100)})
        result = of(builder, bound=True)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E108"])

    def test_missing_rows_of_either(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (40, 100), "M": (50, 100)})
        text = builder.content("champion.csv").decode().replace("F,1,0,", "F,1,,", 1)
        result = of(builder.file("champion.csv", text))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F109"])
        assert result.findings[0].location is not None
        assert result.findings[0].location.file == "champion.csv"
        assert of(builder, max_missing="0.01").outcome is Outcome.PASS

    def test_small_groups(self, tmp_path: Path) -> None:
        own, other = {"F": (50, 100), "M": (50, 100), "X": (0, 15)}, {"F": (40, 100), "M": (50, 100), "X": (15, 15)}
        builder = two(tmp_path, own, other)
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F104"])
        assert of(builder, small_groups="exclude").outcome is Outcome.PASS

    def test_nobody_selected(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (0, 100), "M": (0, 100)}, {"F": (40, 100), "M": (50, 100)})
        assert (of(builder).outcome, codes(of(builder))) == (Outcome.INCONCLUSIVE, ["F106"])


class TestSameCases:
    def test_other_ids(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (40, 101), "M": (50, 100)})
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])

    def test_other_groups_under_the_same_ids(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"M": (40, 100), "F": (50, 100)})
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])
        assert "200 cases differs" in result.findings[0].detail

    def test_other_outcomes_under_the_same_ids(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (0, 10, 50, 40), "M": (50, 100)})
        assert codes(of(builder)) == ["E146"]

    def test_nothing_shows_it(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (48, 100), "M": (50, 100)}, ids=False)
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])
        unproven = of(builder, same_data=False)
        assert unproven.outcome is Outcome.PASS
        assert "not known to be the same" in unproven.summary

    def test_envelopes_that_cite_one_digest(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (48, 100), "M": (50, 100)}, ids=False)
        enveloped(enveloped(builder, "own.csv"), "champion.csv", version="3.0.0")
        result = of(builder)
        assert result.outcome is Outcome.PASS
        assert "the same data by digest" in result.summary
        other = enveloped(builder, "champion.csv", version="3.0.0", data=sha256(b"train"))
        assert of(other).outcome is Outcome.MISSING_EVIDENCE

    def test_one_digest_and_groups_of_other_sizes(self, tmp_path: Path) -> None:
        """A cited digest is somebody's word; the counts are held against it."""
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, {"F": (48, 99), "M": (50, 101)}, ids=False)
        enveloped(enveloped(builder, "own.csv"), "champion.csv", version="3.0.0")
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])

    def test_other_groups(self, tmp_path: Path) -> None:
        builder = two(tmp_path, {"F": (50, 100), "M": (50, 100), "X": (50, 100)}, {"F": (48, 100), "M": (50, 100)})
        result = of(builder, same_data=False)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F148"])


class TestUnknownGroups:
    def test_they_may_decide(self, tmp_path: Path) -> None:
        own, other = (
            {"F": (48, 100), "M": (50, 100), "unknown": (10, 20)},
            {"F": (48, 100), "M": (50, 100), "unknown": (9, 20)},
        )
        builder = two(tmp_path, own, other)
        result = of(builder)
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F107"])
        assert of(builder, missing_bounds="none").outcome is Outcome.PASS

    def test_they_do_not_excuse(self, tmp_path: Path) -> None:
        own, other = (
            {"F": (20, 100), "M": (50, 100), "unknown": (1, 2)},
            {"F": (48, 100), "M": (50, 100), "unknown": (1, 2)},
        )
        assert of(two(tmp_path, own, other)).outcome is Outcome.FAIL


def test_no_number_of_a_small_group_is_public(tmp_path: Path) -> None:
    result = of(two(tmp_path, {"F": (2, 7), "M": (50, 100)}, {"F": (3, 7), "M": (50, 100)}), min_n=5)
    assert (result.outcome, result.observed) == (Outcome.FAIL, "not shown")
    facts: Any = result.facts
    assert {row["numerator"] for row in facts["tables"][0]["groups"]} == {None}
    assert {row["numerator"] for row in facts["tables"][0]["baseline_groups"]} == {None}
    assert (facts["tables"][0]["value"], facts["tables"][0]["worsening"]) == (None, None)


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    builder = two(tmp_path, {"F": (20, 100), "M": (50, 100)}, {"F": (48, 100), "M": (50, 100)})
    for path in ("own.csv", "champion.csv"):
        text = builder.content(path).decode().replace("F,", '"<script>\x1b[31m",')
        builder.file(path, text)
    result = of(builder)
    assert result.outcome is Outcome.FAIL
    facts: Any = result.facts
    assert "<script>" in str(facts["tables"][0]["groups"])


@pytest.mark.parametrize(
    "changes",
    [
        {"baseline": "predictions"},
        {"max_worsening": "1.1"},
        {"compare": "quotient"},
        {"metric": "auc"},
        {"max_worsening": None},
        {"attributes": ["sex", "race"], "reference": "M"},
    ],
)
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {**ASKED, **changes})


def test_too_many_groups_of_the_other_model(tmp_path: Path) -> None:
    groups: dict[str, tuple[int, ...]] = {f"g{number}": (1, 1) for number in range(300)}
    builder = two(tmp_path, {"F": (50, 100), "M": (50, 100)}, groups)
    with pytest.raises(InputError) as caught:
        of(builder, same_data=False)
    assert caught.value.diagnostics[0].code == "F113"
