"""Giskard: scans and suites, in the shapes that its source writes."""

from __future__ import annotations

import pytest

from govern.diagnostics import InputError
from govern.evidence.tools.giskard import READERS
from govern.evidence.tools.quality import DataQuality
from support.tool_samples import document, read, reader_of

SCAN, SUITE = READERS
FOUND = {"Performance": {"major": ["recall is low for `age` < 30"], "minor": ["a", "b"]}, "Robustness": {}}


def body(content: object) -> DataQuality:
    found = read(content).body(DataQuality)
    assert found is not None
    return found


def test_a_scan_gives_each_issue_by_its_level():
    found = body(FOUND)
    assert [(item.type, item.verdict, item.severity) for item in found.items] == [
        ("Performance", "fail", "critical"),
        ("Performance", "fail", "info"),
        ("Performance", "fail", "info"),
        ("Robustness", "pass", "critical"),
    ]
    assert found.items[0].why == "recall is low for `age` < 30"
    assert found.items[2].steps == ("Performance", "minor", 1)


def test_a_detector_without_major_issues_found_nothing_critical():
    found = body({"Performance": {"medium": ["x"], "major": []}})
    assert [(item.verdict, item.severity) for item in found.items] == [("fail", "warning"), ("pass", "critical")]


def test_an_empty_detector_is_clean_and_an_empty_scan_ran_nothing():
    assert SCAN.read(document({"Performance": {}})).bodies[0].evaluated == 1
    assert SCAN.recognise({})
    assert SCAN.read(document({})).bodies[0].items == ()


def test_an_empty_object_is_not_recognised_by_its_content():
    assert reader_of(document({})) is None
    assert reader_of(document({"Performance": {}})) is None


def test_a_suite_gives_a_verdict_a_test():
    value = {
        "recall": {"result": "Passed", "metric_value": 0.9},
        "f1": {"result": "Failed", "metric_value": 0.1},
        "drift": {"result": "Error", "metric_value": None},
    }
    found = body(value)
    assert [(item.type, item.verdict, item.observed) for item in found.items] == [
        ("recall", "pass", "0.9"),
        ("f1", "fail", "0.1"),
        ("drift", "error", None),
    ]


def test_a_pass_that_measured_nothing_is_not_evaluated():
    assert body({"recall": {"result": "Passed", "metric_value": None}}).items[0].verdict == "not_evaluated"
    assert body({"recall": {"result": "Passed", "metric_value": "n/a"}}).items[0].verdict == "not_evaluated"


@pytest.mark.parametrize("value", [True, [], {}])
def test_a_value_that_is_no_number_is_another_shape(value):
    with pytest.raises(InputError, match="expected a number"):
        read({"recall": {"result": "Passed", "metric_value": value}})


@pytest.mark.parametrize("said", ["passed", "OK", "Skipped"])
def test_another_word_than_its_own_is_refused(said):
    with pytest.raises(InputError, match="neither Passed nor Failed"):
        read({"recall": {"result": said, "metric_value": 1}})


def test_a_test_without_result_is_refused():
    with pytest.raises(InputError, match="/recall/result is missing"):
        read({"recall": {"metric_value": 1}})


def test_issues_that_are_no_text_are_refused():
    with pytest.raises(InputError, match="expected text, found a number"):
        read({"Performance": {"major": [3]}})


@pytest.mark.parametrize("value", [[], {"a": {"major": "x"}}, {"a": {"major": [], "worst": []}}, {"major": ["x"]}])
def test_other_objects_are_no_scan(value):
    assert reader_of(document(value)) is None
