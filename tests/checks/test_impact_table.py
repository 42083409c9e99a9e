"""`fairness.impact_table` from predictions and a published table to outcome, findings and facts."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.fairness.impact import CHECKS, ImpactParams
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import IMPACT, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.impact_tables import PEOPLE, Cells, published

(IMPACT_TABLE,) = CHECKS
GOLDENS = Path(__file__).parent.parent / "goldens" / "fairness" / "fairness.json"


def run(builder: BundleBuilder, **changes: Any) -> CheckResult:
    given = {"method": "selection"} | changes
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    result = IMPACT_TABLE.evaluate(ImpactParams.model_validate(given), context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(IMPACT_TABLE.spec.message_fields)
    return result


def rows_of(cells: Cells, race: str = "race_ethnicity") -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sex", race, "y_pred"])
    for (sex, group), (n, k) in cells.items():
        for number in range(n):
            writer.writerow([sex or "", group or "", int(number < k)])
    return text.getvalue()


def bundle(tmp_path: Path, lines: list[str] | str | None = None, cells: Cells = PEOPLE, **more: str) -> BundleBuilder:
    """A bare table of these people, and what is published of them."""
    text = published(cells) if lines is None else lines
    builder = BundleBuilder(tmp_path).file("predictions.csv", rows_of(cells, **more))
    builder = builder.file(IMPACT, text if isinstance(text, str) else "\n".join([*text, ""]))
    builder.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST)
    return builder.record(evidence={"predictions": {"path": "predictions.csv"}})


def changed(find: str, put: str) -> list[str]:
    return [put if line.startswith(find) else line for line in published()]


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def test_a_table_that_says_what_the_predictions_give(tmp_path: Path) -> None:
    result = run(bundle(tmp_path))
    assert result.outcome is Outcome.PASS, result.findings
    assert codes(result) == []
    assert "No ratio is asked for" in result.summary
    assert result.fields["lowest.group"] == "sex=Female, race_ethnicity=Black"
    facts: Any = result.facts
    women = facts["tables"][0]["groups"][0]
    assert women == {
        "group": {"sex": "Female"},
        "label": "sex=Female",
        "n": 582,
        "selected": 281,
        "rate": "0.482818",
        "ratio": "0.945726",
        "excluded": False,
        "undefined": None,
        "shown": True,
    }
    assert [table["unknown"] for table in facts["tables"]] == [7, 12, 19]


def test_a_ratio_of_a_tenth_passes_where_it_is_published_rightly(tmp_path: Path) -> None:
    """No pass mark: the law has none."""
    cells = {("F", "A"): (100, 5), ("M", "A"): (100, 50), ("F", "B"): (100, 5), ("M", "B"): (100, 50)}
    result = run(bundle(tmp_path, cells=cells))
    assert result.outcome is Outcome.PASS
    assert result.fields["lowest.ratio"] == "0.1"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (changed("sex,Female", "sex,Female,,583,281,0.4820,0.9441,,"), ["F166", "F150"]),
        (changed("sex,Female", "sex,Female,,582,282,0.4845,0.9491,,"), ["F166", "F150"]),
        (changed("sex,Female", "sex,Female,,582,281,0.4828,0.9600,,"), ["F151"]),
        (changed("race_ethnicity,,Asian", "race_ethnicity,,Asian,237,121,0.5105,0.9892,yes,"), ["F158", "F159"]),
        ([line for line in published() if not line.startswith("sex x")], ["F155"]),
        ([line for line in published() if "unknown" not in line], ["F154"]),
        ([line for line in published() if not line.startswith("sex x race_ethnicity,Male,Black")], ["F156", "F160"]),
        (changed("sex,unknown", "sex,unknown,,8,,,,,"), ["F166"]),
        ([*published(), "sex,Nonbinary,,3,1,0.3333,0.6529,,"], ["F166"]),
        ([published()[0]], ["F155", "F155", "F155"]),
    ],
)
def test_what_is_not_what_the_predictions_give_fails(tmp_path: Path, lines: list[str], found: list[str]) -> None:
    result = run(bundle(tmp_path, lines))
    assert result.outcome is Outcome.FAIL
    assert codes(result)[: len(found)] == found, [(item.code, item.detail) for item in result.findings]
    assert set(codes(result)) == set(found)
    assert all(item.location is not None and item.location.file == IMPACT for item in result.findings)


@pytest.mark.parametrize(
    ("printed", "outcome"),
    [("0.9457", Outcome.PASS), ("0.95", Outcome.PASS), ("0.9462", Outcome.PASS), ("0.9463", Outcome.FAIL)],
)
def test_the_tolerance_to_the_last_digit(tmp_path: Path, printed: str, outcome: Outcome) -> None:
    """The ratio is 0.945726 and the tolerance 0.0005: 0.9462 is within it, 0.9463 is not."""
    lines = changed("sex,Female", f"sex,Female,,582,281,0.4828,{printed},,")
    assert run(bundle(tmp_path, lines)).outcome is outcome
    assert run(bundle(tmp_path, lines), tolerance=0).outcome is (Outcome.FAIL if printed == "0.9462" else outcome)


@pytest.mark.parametrize(("small", "outcome"), [(19, Outcome.PASS), (20, Outcome.FAIL)])
def test_a_category_of_two_in_a_hundred_may_not_be_left_out(tmp_path: Path, small: int, outcome: Outcome) -> None:
    """Less than 2% is asked: 19 of 999 is less, 20 of 1,000 is not."""
    cells = {("F", "A"): (490, 245), ("M", "C"): (490, 245), ("F", "B"): (small, small)}
    ratio = published(cells)
    lines = [ratio[0], f"sex,F,,{490 + small},{245 + small},{(245 + small) / (490 + small):.4f},1.0000,,"]
    lines.append(f"sex,M,,490,245,0.5000,{245 / 490 / ((245 + small) / (490 + small)):.4f},,")
    lines += ["race_ethnicity,,A,490,245,0.5000,1.0000,,", "race_ethnicity,,C,490,245,0.5000,1.0000,,"]
    lines += [f"race_ethnicity,,B,{small},{small},1.0000,,yes,too few"]
    lines += ["sex,unknown,,0,,,,,", "race_ethnicity,,unknown,0,,,,,"]
    result = run(bundle(tmp_path, lines, cells), tables=["sex", "race_ethnicity"])
    assert result.outcome is outcome, result.findings
    assert codes(result) == ([] if outcome is Outcome.PASS else ["F159"])


def test_nothing_published_is_missing_evidence(tmp_path: Path) -> None:
    result = run(bundle(tmp_path).remove(IMPACT))
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert codes(result) == ["E120"]


def test_no_predictions_and_no_column_are_missing_evidence(tmp_path: Path) -> None:
    assert run(bundle(tmp_path).remove("predictions.csv").record(evidence={})).outcome is Outcome.MISSING_EVIDENCE
    result = run(bundle(tmp_path), tables=["sex", "age"])
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E122"])
    result = run(bundle(tmp_path).file("predictions.csv", "sex,race_ethnicity,y_pred\n"))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])
    result = run(bundle(tmp_path), bound=True)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E108"])


def test_a_column_of_another_usual_name_stands_for_it(tmp_path: Path) -> None:
    assert run(bundle(tmp_path, race="ethnicity")).outcome is Outcome.PASS


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "{", "\x00", '{"tables": {}}'])
def test_a_malformed_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        run(bundle(tmp_path, text))


def test_rows_without_a_decision_leave_it_open(tmp_path: Path) -> None:
    builder = bundle(tmp_path).file("predictions.csv", rows_of(PEOPLE) + "Female,Asian,\n")
    result = run(builder)
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F168"])


def test_nobody_selected_and_one_category_leave_it_open(tmp_path: Path) -> None:
    cells = {("F", "A"): (10, 0), ("M", "A"): (10, 0)}
    result = run(bundle(tmp_path, cells=cells), tables=["sex"])
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F106"])
    result = run(bundle(tmp_path, cells={("F", "A"): (10, 5)}), tables=["sex"])
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F105"])


def test_hostile_labels_come_out_as_they_are_and_break_nothing(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\u202e{0}%s"
    cells = {(evil, "A"): (50, 25), ("M", "A"): (50, 25)}
    assert run(bundle(tmp_path, cells=cells), tables=["sex"]).outcome is Outcome.PASS
    lines = [line.replace("0.5000,1.0000", "0.5000,0.7000") for line in published(cells)]
    result = run(bundle(tmp_path, lines, cells), tables=["sex"])
    assert result.outcome is Outcome.FAIL
    assert len(result.findings) >= 2


def test_scores_above_the_median_of_everybody(tmp_path: Path) -> None:
    """The median of 0.1 to 0.8 is 0.45; with the unknown person's 0.95 it is 0.5, and whoever has that is not above."""
    people = [("F", 1), ("F", 2), ("F", 6), ("F", 7), ("M", 3), ("M", 4), ("M", 5), ("M", 8), ("", 95)]
    table = "sex,y_pred,score\n" + "".join(f"{sex},0,0.{score}\n" for sex, score in people)
    lines = ["sex,applicants,scored above median,scoring rate,impact ratio", "F,4,2,50%,1.00", "M,4,1,25%,0.50"]
    builder = bundle(tmp_path, [*lines, "unknown,1,,,"]).file("predictions.csv", table)
    result = run(builder, method="scoring", tables=["sex"])
    assert result.outcome is Outcome.PASS, result.findings
    wrong = [*lines[:2], "M,4,2,50%,1.00", "unknown,1,,,"]
    builder = bundle(tmp_path, wrong).file("predictions.csv", table)
    assert run(builder, method="scoring", tables=["sex"]).outcome is Outcome.FAIL
    builder = bundle(tmp_path, [*lines, "unknown,1,,,"]).file("predictions.csv", table.replace("0.95", ""))
    assert "F168" in codes(run(builder, method="scoring", tables=["sex"]))
    builder = bundle(tmp_path, [*lines, "unknown,1,,,"]).file("predictions.csv", table.replace("0.95", "high"))
    with pytest.raises(InputError) as caught:
        run(builder, method="scoring", tables=["sex"])
    assert caught.value.diagnostics[0].code == "E130"
    assert "high" not in str(caught.value)


def test_the_rules_own_scoring_example_from_rows(tmp_path: Path) -> None:
    """6 RCNY 5-301: every published figure of the example, from people whose scores lie as it says."""
    sets = {item["name"]: item for item in json.loads(GOLDENS.read_text("utf-8"))["sets"]}
    for name, attribute in (("ll144_rule_scoring_example_sex", "sex"), ("ll144_rule_scoring_example_race", "race")):
        groups = sets[name]["input"]["groups"]
        rows = [f"{attribute},y_pred,score"]
        above = sum(two["selected"] for two in groups.values())
        below = sum(two["n"] for two in groups.values()) - above
        for group, two in groups.items():
            rows += [f"{group},0,0.9"] * two["selected"] + [f"{group},0,0.1"] * (two["n"] - two["selected"])
        rows += [",0,0.9"] * max(0, below - above) + [",0,0.1"] * max(0, above - below)  # the median lies between
        figures = sets[name]["figures"]
        rates = {
            item["group"]: item["value"]
            for item in figures
            if item["metric"] == "selection_rate" and "over" not in item
        }
        ratios = {item["group"]: item["value"] for item in figures if "over" in item}
        lines = [f"{attribute},# of applicants,scoring rate,impact ratio"]
        lines += [f"{group},{two['n']},{rates[group]}%,{ratios[group]}" for group, two in groups.items()]
        builder = bundle(tmp_path, [*lines, f"unknown,{abs(above - below)},,"])
        builder = builder.file("predictions.csv", "\n".join([*rows, ""]))
        result = run(builder, method="scoring", tables=[attribute])
        assert result.outcome is Outcome.PASS, result.findings
        assert codes(result) == (["F165"] if attribute == "race" else [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "ranking"},
        {"tables": []},
        {"tables": [[]]},
        {"tables": ["sex", "sex"]},
        {"tables": [["sex", "race"], ["race", "sex"]]},
        {"tolerance": "0.5"},
        {"tolerance": "-1"},
        {"max_excluded_share": "1.5"},
        {"published": "predictions"},
        {"at_least": "0.8"},
    ],
)
def test_parameters_that_make_no_sense(wrong: dict[str, Any]) -> None:
    """There is no parameter for a ratio at which it would fail."""
    with pytest.raises(ValidationError):
        ImpactParams.model_validate({"method": "selection", **wrong})
