"""Great Expectations: each sample as its README states it, and one test for each trap of the format."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from govern.diagnostics import InputError
from govern.evidence.tools.great_expectations import READERS, recognise
from govern.evidence.tools.quality import DataQuality, QualityItem
from support.bundles import expectation, validation
from support.tool_samples import document, read, reader_of, sample, sample_value

ONE, OLD = "great_expectations/1.24", "great_expectations/0.18"
STORED = f"{ONE}/project/gx/uncommitted/validations/train/__none__/20261123T064058.470885Z/pandas-loans.json"


def body(content: bytes | object) -> DataQuality:
    found = read(content).body(DataQuality)
    assert found is not None
    return found


def only(item: dict[str, Any]) -> QualityItem:
    return body(validation(item)).items[0]


def refused(content: object) -> str:
    with pytest.raises(InputError) as fault:
        read(content)
    (found,) = fault.value.diagnostics
    assert found.span is not None
    assert found.span.file == "evidence/result.json"
    return f"{found.code} {found.message}"


@pytest.mark.parametrize(
    ("path", "evaluated", "passed", "verdicts"),
    [
        (f"{ONE}/validation_result.json", 4, 1, ["fail", "fail", "pass", "fail"]),
        (f"{ONE}/validation_result_empty_suite.json", 0, 0, []),
        (f"{ONE}/validation_result_exception.json", 0, 0, ["error"]),
        (f"{ONE}/checkpoint_describe.json", 4, 1, ["fail", "fail", "pass", "fail"]),
        (STORED, 2, 1, ["pass", "fail"]),
        (f"{OLD}/validation_result.json", 3, 1, ["fail", "fail", "pass"]),
        (f"{OLD}/validation_result_empty_suite.json", 0, 0, []),
        (f"{OLD}/validation_result_exception.json", 0, 0, ["error"]),
        (f"{OLD}/checkpoint_result.json", 3, 1, ["fail", "fail", "pass"]),
    ],
)
def test_each_sample_has_the_verdicts_of_its_readme(path, evaluated, passed, verdicts):
    found = body(sample(path))
    assert [item.verdict for item in found.items] == verdicts
    assert (found.evaluated, found.passed, found.failed) == (evaluated, passed, evaluated - passed)
    assert len(found.suites) == 1


@pytest.mark.parametrize("name", ["expectations/train.json", "checkpoints/cp.json", "validation_definitions/v.json"])
def test_other_files_of_a_project_are_no_results(name):
    assert reader_of(document(sample(f"{ONE}/project/gx/{name}"))) is None


@pytest.mark.parametrize(
    ("path", "version", "time", "suite"),
    [
        (f"{ONE}/validation_result.json", "1.24.1", "2026-11-23T06:40:57Z", "train"),
        (STORED, "1.24.1", "2026-11-23T06:40:58Z", "train"),
        (f"{ONE}/checkpoint_describe.json", None, None, None),
        (f"{OLD}/validation_result.json", "0.18.22", "2026-11-23T07:28:06Z", "train"),
        (f"{OLD}/checkpoint_result.json", "0.18.22", "2026-11-23T07:28:06Z", "train"),
    ],
)
def test_version_time_and_suite_are_read_where_the_shape_has_them(path, version, time, suite):
    found = read(sample(path))
    assert (found.tool.version, found.produced_at, found.zone_known) == (version, time, True)
    assert body(sample(path)).suite == suite
    if version is not None:
        assert found.hints["data"] == "pandas/loans"
        assert found.hints["fingerprint"] == "0e2f2b9aebbabaa648d9081e4a98d074"


def test_the_compact_time_of_0_18_stands_in_for_the_run_time():
    value = sample_value(f"{OLD}/validation_result.json")
    del value["meta"]["run_id"]
    assert read(value).produced_at == "2026-11-23T07:28:06Z"


def test_an_item_has_column_counts_and_its_place():
    first, second, third, fourth = body(sample(f"{ONE}/validation_result.json")).items
    assert (first.type, first.column, first.severity) == ("expect_column_values_to_not_be_null", "age", "critical")
    assert (first.unexpected, first.of, first.share, first.observed) == (1, 4, Fraction(1, 4), "1 of 4 values")
    assert (second.expected, second.steps) == ("min_value: 0.0", ("results", 1))
    assert (third.observed, third.column) == ("4", None)
    assert document(sample(f"{ONE}/validation_result.json")).span(*fourth.steps).line == 106


def test_trap_a_an_empty_suite_that_succeeds_evaluated_nothing():
    value = sample_value(f"{ONE}/validation_result_empty_suite.json")
    assert value["success"] is True
    assert body(value).evaluated == 0


def test_trap_b_an_exception_one_level_down_is_an_error_and_not_a_fail():
    for folder in (ONE, OLD):
        value = sample_value(f"{folder}/validation_result_exception.json")
        assert "raised_exception" not in value["results"][0]["exception_info"]
        (item,) = body(value).items
        assert item.verdict == "error"
        assert item.why == 'Error: The column "nope" in BatchData does not exist.'


def test_trap_b_an_exception_beside_a_success_is_an_error():
    info = {"some-metric": {"raised_exception": True, "exception_message": "boom"}}
    assert only(expectation(exception_info=info)).verdict == "error"
    flat = {"raised_exception": True, "exception_message": None, "exception_traceback": "..."}
    assert (found := only(expectation(exception_info=flat))).verdict == "error"
    assert found.why == "without a message"


def test_trap_c_severity_is_read_and_0_18_has_none():
    assert [item.severity for item in body(sample(STORED)).items] == ["critical", "warning"]
    assert {item.severity for item in body(sample(f"{OLD}/validation_result.json")).items} == {None}


def test_trap_c_a_flag_that_passes_over_a_failed_warning_is_no_contradiction():
    assert body(validation(expectation(), expectation(wrong=4, severity="warning"), success=True)).failed == 1


def test_trap_d_what_mostly_let_through_is_kept():
    first, _second = body(sample(STORED)).items
    assert (first.verdict, first.mostly, first.share) == ("pass", Fraction(1, 2), Fraction(1, 4))


def test_trap_e_a_column_that_is_not_there_has_an_empty_result_and_fails():
    absent = body(sample(f"{ONE}/validation_result.json")).items[3]
    assert (absent.verdict, absent.column, absent.observed, absent.share) == ("fail", "ssn", None, None)


@pytest.mark.parametrize("name", ["evaluated", "successful", "unsuccessful"])
def test_trap_g_totals_that_disagree_with_the_items_are_an_error(name):
    for path in (f"{ONE}/validation_result.json", f"{OLD}/validation_result.json"):
        value = sample_value(path)
        value["statistics"][f"{name}_expectations"] += 1
        assert refused(value).startswith(f"E160 {name}_expectations is ")
    described = sample_value(f"{ONE}/checkpoint_describe.json")
    described["statistics"][f"{name}_validations"] += 1
    assert refused(described).startswith("E160")


def test_trap_g_an_item_that_was_cut_out_or_turned_is_an_error():
    value = sample_value(f"{ONE}/validation_result.json")
    turned = json.loads(json.dumps(value))
    del value["results"][0]
    assert refused(value).startswith("E160 evaluated_expectations is 4, and the file holds 3 of them")
    turned["results"][0]["success"] = True
    assert refused(turned).startswith("E160 successful_expectations is 1, and the file holds 2 of them")


def test_trap_g_a_percentage_that_does_not_fit_is_an_error():
    value = sample_value(f"{ONE}/validation_result.json")
    value["statistics"]["success_percent"] = 100
    assert refused(value).startswith("E160 success_percent is 100, and 1 of 4 succeeded (at /statistics")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            validation(expectation(wrong=4), success=True),
            "success is true, and expect_column_values_to_not_be_null(age)",
        ),
        (validation(success=False), "success is false, and every expectation succeeded"),
    ],
)
def test_trap_g_a_flag_that_contradicts_the_items_is_an_error(content, words):
    assert words in refused(content)


@pytest.mark.parametrize("said", [True, False])
def test_trap_g_a_checkpoint_that_contradicts_its_validations_is_an_error(said):
    part = validation() if not said else validation(expectation(wrong=1))
    assert refused({"success": said, "run_results": {"ValidationResultIdentifier::a": part}}).startswith("E160")


def test_a_checkpoint_of_1_x_holds_its_results_directly():
    runs = {f"ValidationResultIdentifier::{name}": validation(suite_name=name) for name in ("a", "b")}
    found = body({"success": True, "run_results": runs})
    assert (found.suite, found.evaluated) == ("a, b", 4)


def test_a_checkpoint_that_ran_nothing_has_no_suite():
    made = document({"success": True, "run_results": {}, "checkpoint_config": {}})
    assert recognise(made.root)
    assert READERS[0].read(made).bodies == (DataQuality(()),)


@pytest.mark.parametrize(
    "result",
    [
        {"element_count": 0, "unexpected_count": 0, "unexpected_percent": None},
        {"element_count": 9, "missing_count": 9, "unexpected_count": 0},
        {"observed_value": None},
    ],
)
def test_a_success_on_no_values_is_not_evaluated(result):
    found = only(expectation(result=result))
    assert (found.verdict, found.why) == (
        "not_evaluated",
        "it looked at no value: all of them are missing, or there is no row",
    )


def test_missing_values_are_not_among_those_that_were_looked_at():
    result = {"element_count": 100, "missing_count": 90, "unexpected_count": 4, "unexpected_percent": 40.0}
    assert (found := only(expectation(result=result, mostly=0.5))).share == Fraction(2, 5)
    assert (found.unexpected, found.of) == (4, 10)


def test_the_worst_of_several_figures_counts():
    result = {"element_count": 100, "unexpected_count": 1, "unexpected_percent": 30}
    assert only(expectation(result=result, mostly=0.5)).share == Fraction(3, 10)


def test_a_tolerance_without_figures_is_told():
    assert only(expectation(result={}, mostly=0.5)).counted is False
    assert only(expectation(result={})).counted is True


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"success": "true"}, "E103 expected true or false, found text (at /results/0/success)"),
        ({"result": {"element_count": 4, "unexpected_count": 5}}, "E103 5 unexpected of 4 values cannot be"),
        ({"result": {"element_count": -1}}, "E103 element_count of -1 cannot be"),
        ({"result": {"element_count": 2**53}}, "E103 element_count of 9007199254740992 cannot be"),
        ({"result": {"unexpected_count": 1.5}}, "E103 expected a number"),
        ({"result": {"unexpected_percent": 101}}, "E103 unexpected_percent of 101 cannot be"),
        ({"result": {"unexpected_percent": "25"}}, "E103 expected"),
        ({"mostly": 1.01}, "E103 mostly of 1.01 cannot be: it is a share"),
        ({"mostly": "0.9"}, "E103"),
        ({"exception_info": None}, "E103 expected an object, found null"),
        ({"expectation_config": {"kwargs": {}}}, "E102 /results/0/expectation_config/type is missing"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(changes, words):
    item = expectation(**{key: value for key, value in changes.items() if key != "success"})
    content = validation(item)
    if "success" in changes:
        content["results"][0]["success"] = changes["success"]
    assert refused(content).startswith(words)


def test_no_value_of_a_row_is_kept():
    result = {"element_count": 4, "unexpected_count": 1, "partial_unexpected_list": ["Ada Lovelace"]}
    largest = expectation("expect_column_max_to_be_between", "name", result={"observed_value": "Ada Lovelace"})
    several = expectation(
        "expect_column_distinct_values_to_be_in_set", "n", result={"observed_value": ["Ada Lovelace"]}
    )
    found = body(validation(expectation(wrong=1, result=result), largest, several))
    assert "Lovelace" not in repr(found)
    assert found.items[2].observed == "1 values"


def test_pairs_and_lists_of_columns_are_named():
    pair = expectation()
    pair["expectation_config"]["kwargs"] = {"column_A": "from", "column_B": "until", "or_equal": True}
    several = expectation()
    several["expectation_config"]["kwargs"] = {"column_list": ["a", "b"], "value_set": list(range(50))}
    first, second = body(validation(pair, several)).items
    assert (first.column, first.expected) == ("from, until", "or_equal: true")
    assert (second.column, second.expected) == ("a, b", "value_set: 50 values")


def test_a_count_that_is_null_is_not_a_count_of_none_unexpected():
    item = only(expectation() | {"result": {"element_count": None, "unexpected_count": 0, "unexpected_percent": 0}})
    assert item.verdict == "not_evaluated"
