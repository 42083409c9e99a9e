"""Evidently's files: what the README of the samples says of each, every trap by name, and files that were edited."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.evidence.tools.drift import DIRECTIONS, Drift, beyond, direction_of
from govern.evidence.tools.interface import Document, Readout
from govern.evidence.tools.registry import reader_named
from govern.inputs.json import parse_json
from support.mangled_values import ODD, places, replaced, without

SAMPLES = Path(__file__).parents[1] / "samples" / "evidently"
READER = reader_named("evidently")
REPORT, SUITE = "0.4-report.json", "0.4-testsuite.json"
WITH_TESTS, VALUES = "0.7-drift-with-tests.json", "0.7-drift-without-tests.json"
ALL = sorted(path.name for path in SAMPLES.glob("*.json"))


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def read(data: bytes | Any) -> Readout:
    """Read as a bundle's file is read; a document that is not recognised is of another format."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    document = Document("drift.json", raw, parse_json(raw, file="drift.json"))
    assert READER is not None
    if not READER.recognise(document.root):
        return Readout(bodies=(), tool=None)  # type: ignore[arg-type]
    return READER.read(document)


def body(data: bytes | Any) -> Drift:
    found = read(data).body(Drift)
    assert found is not None
    return found


def codes(data: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(data)
    for item in caught.value.diagnostics:
        lookup(item.code)
        assert item.span is not None
    return [item.code for item in caught.value.diagnostics]


def verdicts(drift: Drift) -> dict[str, str]:
    return {column.name: column.verdict_of_tool for column in drift.columns}


class TestSamples:
    """One test a row of the README of the samples."""

    @pytest.mark.parametrize("name", ALL)
    def test_one_of_three_columns_drifted(self, name):
        drift = body((SAMPLES / name).read_bytes())
        assert (drift.drifted, drift.of) == (1, 3)
        assert [column.name for column in drift.columns if column.beyond(Decimal("0.05"))] == ["age"]

    def test_the_report_says_no_drift_and_the_suite_fails_on_the_same_data(self):
        """The tool contradicts itself: it has 0.5 for the one and 0.3 for the other, so the threshold is ours."""
        report, suite = body(sample(REPORT)), body(sample(SUITE))
        assert (report.verdict_of_tool, report.limit_of_tool) == ("pass", Decimal("0.5"))
        assert suite.verdict_of_tool == "fail"

    @pytest.mark.parametrize(("new", "old"), [("0.7-legacy-report.json", REPORT), ("0.7-legacy-testsuite.json", SUITE)])
    def test_legacy_of_0_7_is_the_same_as_0_4(self, new, old):
        assert body(sample(new)) == body(sample(old))
        assert (read(sample(new)).tool.version, read(sample(old)).tool.version) == ("0.7.23", "0.4.40")

    def test_0_7_with_tests_has_verdicts(self):
        drift = body(sample(WITH_TESTS))
        assert verdicts(drift) == {"age": "fail", "income": "pass", "region": "pass"}
        assert drift.verdict_of_tool == "pass"

    def test_0_7_without_tests_has_values_only(self):
        drift = body(sample(VALUES))
        assert set(verdicts(drift).values()) == {"not_evaluated"}
        assert drift.verdict_of_tool == "not_evaluated"

    def test_0_7_has_no_version_and_no_date(self):
        found = read(sample(VALUES))
        assert (found.tool.name, found.tool.version, found.produced_at) == ("evidently", None, None)

    def test_a_time_without_zone_is_the_oldest_instant(self):
        found = read(sample(REPORT))
        assert (found.produced_at, found.zone_known) == ("2026-11-22T16:44:57Z", False)

    def test_numbers_come_from_the_bytes(self):
        assert body(sample(REPORT)).columns[0].score == Decimal("5.539698032084739e-124")

    def test_counts_of_categories_say_how_many_rows_there_were(self):
        drift = body(sample(REPORT))
        assert (drift.rows_reference, drift.rows_current) == (300, 300)


class TestDirections:
    @pytest.mark.parametrize(
        ("method", "below", "at", "above"),
        [
            ("K-S p_value", True, True, False),
            ("Cramer-von Mises", True, True, False),
            *((name, True, False, False) for name, side in DIRECTIONS.items() if side == "<"),
            ("Wasserstein distance (normed)", False, True, True),
            ("Jensen-Shannon distance", False, True, True),
            ("PSI", False, True, True),
            ("Hellinger distance", False, True, True),
            ("Kullback-Leibler divergence", False, True, True),
            ("Energy-distance", False, False, True),
            ("Absolute text content drift", False, False, True),
        ],
    )
    def test_the_side_of_the_limit_and_the_limit_itself(self, method, below, at, above):
        side = direction_of(method)
        assert side is not None
        found = [beyond(side, Decimal(score), Decimal("0.1")) for score in ("0.09", "0.1", "0.11")]
        assert found == [below, at, above]

    def test_every_method_of_the_page_is_there(self):
        assert len(DIRECTIONS) == 19
        assert sum(side == "<" for side in DIRECTIONS.values()) == 10

    @pytest.mark.parametrize("method", ["Total-Variation-Distance", "empirical_mmd"])
    def test_p_values_that_are_named_like_distances(self, method):
        """A score of 0.9 is no drift for them, and 0.001 is."""
        document = sample(REPORT)
        for item, score, detected in (("income", 0.9, False), ("age", 0.001, True)):
            column = document["metrics"][1]["result"]["drift_by_columns"][item]
            column |= {"stattest_name": method, "drift_score": score, "drift_detected": detected}
        found = {column.name: column.beyond(Decimal("0.05")) for column in body(document).columns}
        assert (found["income"], found["age"]) == (False, True)

    @pytest.mark.parametrize(
        "method", ["custom function 'mine'", "Percentile text content drift", "PSI ", "psi2", "Some new test", ""]
    )
    def test_an_undecidable_method_is_not_evaluated(self, method):
        document = sample(VALUES)
        document["metrics"][2]["config"]["method"] = method
        column = body(document).columns[1]
        assert (column.direction, column.beyond(Decimal("0.05")), column.verdict_of_tool) == (
            None,
            None,
            "not_evaluated",
        )

    def test_a_custom_function_keeps_the_verdict_that_the_file_carries(self):
        document = sample(REPORT)
        document["metrics"][1]["result"]["drift_by_columns"]["income"]["stattest_name"] = "custom function 'mine'"
        column = body(document).columns[1]
        assert (column.verdict_of_tool, column.beyond(Decimal("0.05"))) == ("pass", None)

    def test_the_config_is_read_and_not_the_printed_name(self):
        document = sample(VALUES)
        document["metrics"][1]["metric_name"] = "ValueDrift(column=income,method=PSI,threshold=9)"
        column = body(document).columns[0]
        assert (column.name, column.method, column.threshold_of_tool) == ("age", "K-S p_value", Decimal("0.05"))

    def test_a_method_that_the_config_leaves_open_is_not_guessed(self):
        document = sample(VALUES)
        document["metrics"][2]["config"]["method"] = None
        assert body(document).columns[1].direction is None


class TestStatuses:
    def suite(self, status: str, parameters: Any = "keep") -> Any:
        document = sample(SUITE)
        test = document["tests"][1]
        test["status"] = status
        if parameters != "keep":
            test["parameters"] = parameters
        counts = {"FAIL": 2, "SUCCESS": 1}
        counts[status] = counts.get(status, 0) + 1
        document["summary"] |= {"by_status": counts, "failed_tests": counts["FAIL"]}
        return document

    def test_an_empty_suite_has_evaluated_nothing(self):
        summary = {"all_passed": True, "total_tests": 0, "success_tests": 0, "failed_tests": 0, "by_status": {}}
        drift = body({"version": "0.4.40", "tests": [], "summary": summary, "timestamp": "2026-11-23 06:44:57"})
        assert (drift.columns, drift.verdict_of_tool) == ((), "not_evaluated")

    def test_an_empty_report_of_0_7_has_evaluated_nothing(self):
        drift = body({"metrics": [], "tests": []})
        assert (drift.columns, drift.verdict_of_tool) == ((), "not_evaluated")

    def test_a_warning_is_a_pass_with_a_note(self):
        found = read(self.suite("WARNING"))
        assert [note.code for note in found.notes] == ["E178"]
        assert verdicts(found.body(Drift))["region"] == "pass"

    @pytest.mark.parametrize(("status", "verdict"), [("ERROR", "error"), ("SKIPPED", "not_evaluated")])
    def test_a_test_without_a_result_is_kept_as_such(self, status, verdict):
        drift = body(self.suite(status, parameters={}))
        assert [(test.verdict, test.about) for test in drift.tests if test.about == "nothing"] == [(verdict, "nothing")]

    def test_a_status_that_nobody_knows(self):
        assert codes(self.suite("PASSED")) == ["E103"]

    @pytest.mark.parametrize(
        ("status", "verdict"), [("ERROR", "error"), ("SKIPPED", "not_evaluated"), ("WARNING", "pass")]
    )
    def test_statuses_of_0_7(self, status, verdict):
        document = sample(WITH_TESTS)
        document["tests"][2]["status"] = status
        assert verdicts(body(document))["income"] == verdict

    def test_a_drift_test_that_is_about_no_column_says_nothing(self):
        document = self.suite("SUCCESS")
        document["summary"] |= {"by_status": {"FAIL": 2, "SUCCESS": 2}, "failed_tests": 2}
        document["tests"][1] |= {"name": "Embeddings Drift", "parameters": {"condition": {"lt": 0.5}}}
        assert [test.verdict for test in body(document).tests if test.about == "nothing"] == ["not_evaluated"]

    def test_a_suite_about_other_things_gives_no_drift(self):
        document = sample(SUITE)
        for test in document["tests"]:
            test["group"] = "data_quality"
        assert read(document).body(Drift) is None

    def test_scores_of_suites_are_rounded(self):
        column = next(item for item in body(sample(SUITE)).columns if item.name == "income")
        assert column.beyond(Decimal("0.5852")) is None
        assert column.beyond(Decimal("0.584")) is False


class TestEdited:
    """A file that contradicts itself is an error with a place, never the first or the better of two readings."""

    def edited(self, name: str, change: Any) -> Any:
        document = sample(name)
        change(document)
        return document

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"].pop("age")),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"].pop("income")),
            (REPORT, lambda d: d["metrics"][0]["result"].update(number_of_drifted_columns=0)),
            (REPORT, lambda d: d["metrics"][1]["result"].update(number_of_columns=30)),
            (REPORT, lambda d: d["metrics"][0]["result"].update(share_of_drifted_columns=0.1)),
            (REPORT, lambda d: d["metrics"][0]["result"].update(drift_share=0.2)),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].update(drift_detected=False)),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].update(drift_score=0.4)),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].update(column_name="income")),
            (SUITE, lambda d: d["tests"].pop(3)),
            (SUITE, lambda d: d["tests"][3].update(status="SUCCESS")),
            (SUITE, lambda d: d["summary"].update(failed_tests=0)),
            (SUITE, lambda d: d["summary"].update(total_tests=3)),
            (SUITE, lambda d: d["summary"].update(all_passed=True)),
            (SUITE, lambda d: d["tests"][0]["parameters"]["features"].pop("age")),
            (SUITE, lambda d: d["tests"][0]["parameters"]["condition"].update(lt=0.9)),
            (SUITE, lambda d: d["tests"][3]["parameters"].update(score=0.6, detected=False)),
            (WITH_TESTS, lambda d: d["metrics"].pop(1)),
            (WITH_TESTS, lambda d: d["metrics"][1].update(value=0.4)),
            (WITH_TESTS, lambda d: d["tests"][1].update(status="SUCCESS")),
            (WITH_TESTS, lambda d: d["tests"][1]["metric_config"].update(metric_id="0")),
            (VALUES, lambda d: d["metrics"].pop(1)),
            (VALUES, lambda d: d["metrics"].pop(2)),
            (VALUES, lambda d: d["metrics"][1].update(value=0.4)),
            (VALUES, lambda d: d["metrics"][0]["value"].update(count=0)),
            (VALUES, lambda d: d["metrics"][0]["value"].update(share=0.1)),
            (VALUES, lambda d: d["metrics"].append(d["metrics"][1])),
        ],
    )
    def test_a_result_taken_out_or_changed(self, name, change):
        assert codes(self.edited(name, change)) == ["E171"]

    @pytest.mark.parametrize(
        ("name", "change", "code"),
        [
            (REPORT, lambda d: d["metrics"][0]["result"].pop("number_of_drifted_columns"), "E102"),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].pop("drift_score"), "E102"),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].update(drift_score="0"), "E103"),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].update(drift_detected=1), "E103"),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["income"].update(drift_score=1.5), "E103"),
            (REPORT, lambda d: d["metrics"][1]["result"]["drift_by_columns"]["age"].update(drift_score=-0.5), "E103"),
            (REPORT, lambda d: d["metrics"][1]["result"].update(number_of_columns=2**53), "E103"),
            (REPORT, lambda d: d.update(timestamp="yesterday"), "E103"),
            (REPORT, lambda d: d.update(version=4), "E103"),
            (REPORT, lambda d: d["metrics"].append(7), "E103"),
            (REPORT, lambda d: d["metrics"][0]["result"].update(number_of_columns=2.5), "E103"),
            (SUITE, lambda d: d["tests"][2].pop("parameters"), "E102"),
            (SUITE, lambda d: d["tests"][2].pop("group"), "E102"),
            (VALUES, lambda d: d["metrics"][1].pop("value"), "E102"),
            (VALUES, lambda d: d["metrics"][1].update(value=None), "E103"),
            (VALUES, lambda d: d["metrics"][1].update(value=True), "E103"),
            (VALUES, lambda d: d["metrics"][1]["config"].pop("type"), "E102"),
        ],
    )
    def test_a_key_that_carries_meaning(self, name, change, code):
        assert codes(self.edited(name, change)) == [code]

    def test_nan_is_no_number(self):
        data = (SAMPLES / VALUES).read_bytes().replace(b'"value": 0.584980918983971', b'"value": NaN')
        with pytest.raises(InputError):
            read(data)

    def test_what_dumps_writes_is_refused_in_words(self):
        assert codes({"report": {"items": []}, "metric_results": {}, "timestamp": "2026-11-23T06:44:57"}) == ["E170"]

    def test_a_metric_that_crashed_is_an_error(self):
        document = sample(REPORT)
        document["metrics"][0] = {"metric": "DatasetDriftMetric", "error": "boom"}
        assert [test.verdict for test in body(document).tests] == ["error"]
        assert body(document).verdict_of_tool == "error"


class TestRecognition:
    @pytest.mark.parametrize("root", [None, [], {}, "evidently:", {"metrics": 3}, {"metrics": [1]}, {"tests": []}])
    def test_others_are_left_alone(self, root):
        assert READER is not None
        assert not READER.recognise(root)

    @pytest.mark.parametrize("name", ALL)
    def test_markers_are_in_every_file(self, name):
        data = (SAMPLES / name).read_bytes()
        assert READER is not None
        assert any(marker in data for marker in READER.markers)


def outcome(data: Any, limit: Decimal) -> str:
    """What a naive rule would make of a file: `pass` when columns are there and none of them drifted."""
    try:
        found = read(data).body(Drift)
    except InputError:
        return "error"
    if found is None or not found.columns or any(test.about == "nothing" for test in found.tests):
        return "nothing"
    sides = [column.beyond(limit) for column in found.columns]
    return "drift" if True in sides else "undecided" if None in sides else "pass"


@pytest.mark.parametrize("name", ALL)
def test_taking_anything_out_never_makes_drift_vanish(name):
    """Every key and every item, one at a time: each of the samples has a column that drifted."""
    document = sample(name)
    limit = Decimal("0.05")
    assert outcome(document, limit) == "drift"
    tried = places(document)
    assert len(tried) > 30
    assert [path for path in tried if outcome(without(document, path), limit) == "pass"] == []


@pytest.mark.parametrize("name", ALL)
def test_another_type_anywhere_gives_diagnostics_only(name):
    document = sample(name)
    found = {outcome(replaced(document, path, value), Decimal("0.05")) for path in places(document) for value in ODD}
    assert found <= {"error", "nothing", "drift", "undecided", "pass"}


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_unknown_keys_and_another_order_of_keys_change_nothing(name, data):
    document = sample(name)
    turn = data.draw(st.booleans())

    def respelled(value: Any, path: tuple[Any, ...] = ()) -> Any:
        if isinstance(value, list):
            return [respelled(item, (*path, place)) for place, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        keys = sorted(value, reverse=turn)
        made = {key: respelled(value[key], (*path, key)) for key in keys}
        open_to_others = path and path[-1] not in ("drift_by_columns", "features", "by_status", "condition")
        return made | ({"later_version": data.draw(st.sampled_from([1, None, "x", [], {}]))} if open_to_others else {})

    wanted, found = body(document), body(respelled(document))
    assert {column.name: column for column in wanted.columns} == {column.name: column for column in found.columns}
    assert (wanted.drifted, wanted.of, wanted.verdict_of_tool) == (found.drifted, found.of, found.verdict_of_tool)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ALL), data=st.data())
def test_mutated_bytes_give_diagnostics_only(name, data):
    raw = bytearray((SAMPLES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "double"]))
        if how == "flip":
            raw[place] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del raw[place : place + data.draw(st.integers(1, 60))]
        else:
            raw[place:place] = raw[place : place + data.draw(st.integers(1, 60))]
        if not raw:
            return
    assert outcome(bytes(raw), Decimal("0.05")) in ("error", "nothing", "drift", "undecided", "pass")
