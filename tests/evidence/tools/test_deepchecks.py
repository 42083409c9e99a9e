"""Deepchecks: the sample as its README states it, and one test for each trap of the format."""

from __future__ import annotations

from typing import Any

import pytest

from govern.diagnostics import InputError
from govern.evidence.tools.quality import DataQuality, QualityItem
from support.tool_samples import document, read, reader_of, sample, sample_value

SAMPLE = "deepchecks/train_test_validation.json"


def items(content: bytes | object) -> tuple[QualityItem, ...]:
    found = read(content).body(DataQuality)
    assert found is not None
    return found.items


def check(status: str = "PASS", told: str = "Passed for 2 relevant columns", **changes: Any) -> dict[str, Any]:
    condition = {"Status": status, "Condition": "score < 0.2", "More Info": told}
    return {
        "type": "CheckResult",
        "check": {"name": "Feature Drift", "params": {}},
        "header": "Feature Drift",
        "value": "{}",
        "conditions_results": [condition],
        **changes,
    }


def suite(*results: Any) -> dict[str, Any]:
    return {"type": "SuiteResult", "name": "S", "results": list(results)}


def test_the_sample_has_the_verdicts_of_its_readme():
    found = items(sample(SAMPLE))
    failed = [item.type for item in found if item.verdict == "fail"]
    not_run = [item.type for item in found if (item.why or "").startswith("not run: ")]
    assert failed == ["Feature Drift", "Multivariate Drift"]
    assert not_run == [
        "Date Train Test Leakage Duplicates",
        "Date Train Test Leakage Overlap",
        "Index Train Test Leakage",
    ]
    assert sum(item.verdict == "pass" for item in found) == 6
    readout = read(sample(SAMPLE))
    assert (str(readout.tool), readout.produced_at) == ("deepchecks", None)
    assert readout.bodies[0].suite == "Train Test Validation Suite"


def test_a_check_that_was_not_run_is_not_evaluated():
    (found,) = items(
        suite({"type": "CheckFailure", "check": {"name": "Index"}, "exception": "no index", "value": "null"})
    )
    assert (found.verdict, found.optional, found.why) == ("not_evaluated", True, "not run: no index")


def test_a_pass_with_nothing_to_look_at_is_not_evaluated():
    vacuous = {item.type: item for item in items(sample(SAMPLE)) if "relevant" in (item.why or "") and item.optional}
    assert set(vacuous) == {"New Category Train Test", "String Mismatch Comparison"}
    assert {item.verdict for item in vacuous.values()} == {"not_evaluated"}


def test_a_check_without_a_condition_has_no_verdict():
    (found,) = items(suite(check(conditions_results=[])))
    assert (found.verdict, found.optional) == ("not_evaluated", True)


@pytest.mark.parametrize(
    ("status", "verdict", "severity"),
    [
        ("PASS", "pass", "critical"),
        ("FAIL", "fail", "critical"),
        ("WARN", "fail", "warning"),
        ("ERROR", "error", "critical"),
    ],
)
def test_each_status_has_its_verdict(status, verdict, severity):
    (found,) = items(suite(check(status)))
    assert (found.verdict, found.severity) == (verdict, severity)


def test_numbers_are_taken_out_of_their_wrapping():
    value = {"age": {"Drift score": {"dtype": "float64", "value": 0.54}, "Method": "KS"}}
    assert items(suite(check(value=value)))[0].observed == "age Drift score 0.54"
    assert items(suite(check(value={"dtype": "float64", "value": 0.5})))[0].observed == "0.5"


def test_a_list_that_is_a_text_is_read():
    assert sample_value(SAMPLE)["results"][4]["value"] == "[]"
    (found,) = items(suite(check(value="[]")))
    assert (found.verdict, found.observed) == ("pass", "Passed for 2 relevant columns")


@pytest.mark.parametrize("value", ['{"score": NaN}', "[Infinity]", "1e999"])
def test_a_pass_on_figures_that_are_not_finite_is_not_evaluated(value):
    (found,) = items(suite(check(value=value)))
    assert (found.verdict, found.optional, found.why) == ("not_evaluated", False, "its figures are not finite")


@pytest.mark.parametrize("value", [None, 3, "not json", "", {"a": 1}, "[[[[1]]]]"])
def test_any_other_value_is_passed_over(value):
    assert items(suite(check(value=value)))[0].verdict == "pass"


def test_values_in_a_sentence_are_left_out():
    (found,) = items(suite(check(told="Found 1 new label: ['Ada Lovelace'] {'x': 1}")))
    assert found.why == "Found 1 new label: [...] [...]"


@pytest.mark.parametrize("key", ["type", "check", "conditions_results"])
def test_a_key_that_carries_meaning_is_needed(key):
    broken = check("FAIL")
    del broken[key]
    with pytest.raises(InputError, match=f"/results/0/{key}"):
        read(suite(broken))


@pytest.mark.parametrize("key", ["Status", "More Info", "Condition"])
def test_a_condition_without_a_part_is_refused(key):
    broken = check("FAIL")
    del broken["conditions_results"][0][key]
    with pytest.raises(InputError, match="E102"):
        read(suite(broken))


def test_an_unknown_status_or_type_is_refused():
    with pytest.raises(InputError, match="the status FINE is none of"):
        read(suite(check("FINE")))
    with pytest.raises(InputError, match="unknown type Odd"):
        read(suite({"type": "Odd"}))


def test_a_check_by_itself_and_a_suite_of_suites_are_read():
    assert [item.steps for item in items(check())] == [("conditions_results", 0)]
    assert [item.verdict for item in items(suite(suite(check("FAIL"))))] == ["fail"]


def test_other_documents_with_results_are_none_of_its():
    assert reader_of(document({"type": "SuiteResult", "x": "CheckResult"})) is None
    assert reader_of(document({"type": "Report", "results": [], "x": '"CheckResult"'})) is None
