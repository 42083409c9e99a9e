"""`data.validation`: each sample's verdict, each parameter, whose data it is, and what a person is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.decision.run import evaluate_safely
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import VALIDATION, BundleBuilder, expectation, sha256, validation
from support.policies import parameters
from support.tool_samples import sample

CHECK = builtin_checks()["data.validation"]
ENVELOPE = f"{VALIDATION}.evidence.json"
ANY_DATA = {"same_data": False}
NOT_NULL = "expect_column_values_to_not_be_null"


def judge(builder: BundleBuilder, **params: Any) -> CheckResult:
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    return evaluate_safely("data.validation", CHECK, parameters(CHECK.spec, params), context)


def on(tmp_path: Path, content: object, **params: Any) -> CheckResult:
    """Judge a bundle with this result, bound to the training data."""
    text = content if isinstance(content, bytes) else json.dumps(content)
    return judge(BundleBuilder(tmp_path).file(VALIDATION, text), **params)


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def test_the_sound_bundle_passes_and_rests_on_result_and_lineage(tmp_path):
    result = judge(BundleBuilder(tmp_path))
    assert (result.outcome, result.findings) == (Outcome.PASS, ())
    assert result.summary == "All 2 expectations that count are met (train)."
    assert {item.file: item.bound for item in result.evidence} == {VALIDATION: True, "lineage.yaml": True}


# --- the samples


GX, OLD = "great_expectations/1.24", "great_expectations/0.18"
STORED = f"{GX}/project/gx/uncommitted/validations/train/__none__/20261123T064058.470885Z/pandas-loans.json"


@pytest.mark.parametrize(
    ("path", "outcome", "found"),
    [
        (f"{GX}/validation_result.json", "fail", ["E161", "E161", "E161"]),
        (f"{GX}/validation_result_empty_suite.json", "missing_evidence", ["E104"]),
        (f"{GX}/validation_result_exception.json", "error", ["E105", "E162"]),
        (f"{GX}/checkpoint_describe.json", "fail", ["E161", "E161", "E161"]),
        (STORED, "fail", ["E164", "E168"]),
        (f"{OLD}/validation_result.json", "fail", ["E161", "E161"]),
        (f"{OLD}/validation_result_empty_suite.json", "missing_evidence", ["E104"]),
        (f"{OLD}/validation_result_exception.json", "error", ["E105", "E162"]),
        (f"{OLD}/checkpoint_result.json", "fail", ["E161", "E161"]),
    ],
)
def test_each_sample_of_great_expectations_comes_to_its_verdict(tmp_path, path, outcome, found):
    result = on(tmp_path, sample(path))
    assert (result.outcome.value, codes(result)) == (outcome, found)
    assert result.findings[0].location is not None
    assert result.findings[0].location.file == VALIDATION
    assert result.findings[0].location.line is not None


def test_the_sample_of_deepchecks_comes_to_its_verdict(tmp_path):
    builder = (
        BundleBuilder(tmp_path).remove(VALIDATION).file("dc.json", sample("deepchecks/train_test_validation.json"))
    )
    result = judge(builder, **ANY_DATA)
    assert result.outcome is Outcome.FAIL
    assert codes(result) == ["E161", "E161", *["E167"] * 5]
    assert result.findings[0].detail.startswith(
        "Feature Drift (categorical drift score < 0.2 and numerical drift score < 0.2) failed: found"
    )
    passing = ["Datasets Size Comparison", "Label Drift"]
    assert codes(judge(builder, must_include=passing, **ANY_DATA))[:2] == ["E161", "E161"]


# --- what a person is told


def test_a_finding_says_which_column_how_many_values_and_where(tmp_path):
    result = on(tmp_path, sample(f"{GX}/validation_result.json"))
    first, second, third = result.findings
    assert first.detail == f"{NOT_NULL} of column `age` failed: 1 of 4 values (25 %) are not as expected"
    assert first.location is not None
    assert (first.location.line, first.location.column, first.location.pointer) == (4, 3, "/results/0")
    assert (second.observed, second.required) == ("1 of 4 values", "min_value: 0.0")
    assert third.detail == "expect_column_to_exist of column `ssn` failed"
    assert result.summary.startswith(f"3 of 4 expectations that count are not met: {NOT_NULL} of column `age` failed")
    assert result.fields["first"] == first.detail


def test_what_passed_by_tolerance_is_told_with_the_tolerance(tmp_path):
    result = on(tmp_path, sample(STORED))
    told, note = result.findings
    assert told.detail == (
        f"{NOT_NULL} of column `age` passed with mostly 0.5, and 1 of 4 values (25 %) are not as expected"
    )
    assert told.required == "mostly 0.5"
    assert note.detail.startswith(
        "expect_column_values_to_be_between (min_value: 0.0) of column `income` failed: 1 of 4 values"
    )


def test_an_exception_is_told_in_the_words_of_the_tool(tmp_path):
    result = on(tmp_path, sample(f"{GX}/validation_result_exception.json"))
    assert (
        '(min_value: 0.0) of column `nope` crashed: Error: The column "nope" in BatchData does not exist.'
        in result.summary
    )


@pytest.mark.parametrize("info", [{}, {"('metric', ())": {"exception_message": "x"}}, {"('metric', ())": None}])
def test_a_failure_that_does_not_say_whether_it_ran_counts_as_a_crash(tmp_path, info):
    silent = expectation(column="income", severity="warning", success=False, result={}, exception_info=info)
    ran = expectation(column="income", severity="warning", success=False, result={})
    assert on(tmp_path, validation(expectation(), silent)).outcome is Outcome.ERROR
    assert on(tmp_path, validation(expectation(), ran)).outcome is Outcome.PASS, "a warning that failed is no block"


def test_hostile_names_are_made_harmless(tmp_path):
    item = expectation("\x1b[31mred", "a\nb::error::<script>", wrong=3)
    result = on(tmp_path, validation(item))
    for text in (result.summary, *(finding.detail for finding in result.findings)):
        assert "\x1b" not in text
        assert "\n" not in text


def test_the_table_for_reports_has_every_item(tmp_path):
    facts: Any = on(tmp_path, sample(STORED)).facts
    assert facts["kind"] == "data-validation"
    (table,) = facts["results"]
    assert (table["file"], table["tool"], table["suite"]) == (VALIDATION, "great_expectations 1.24.1", "train")
    assert (table["evaluated"], table["passed"], table["failed"], table["bound"]) == (2, 1, 1, True)
    assert [(item["column"], item["verdict"], item["counts"], item["mostly"]) for item in table["items"]] == [
        ("income", "fail", False, None),
        ("age", "pass", True, "0.5"),
    ]


def test_many_failures_are_told_once_each_up_to_a_limit(tmp_path):
    result = on(tmp_path, validation(*(expectation(column=f"c{number}", wrong=1) for number in range(150))))
    assert result.summary.endswith("149 more.")
    assert len(result.findings) == 100
    assert result.findings[99].location.pointer == "/results/99"


# --- severities


def test_a_failed_warning_is_noted_and_judged_when_asked(tmp_path):
    content = validation(expectation(), expectation(column="income", wrong=4, severity="warning"))
    result = on(tmp_path, content)
    assert (result.outcome, codes(result)) == (Outcome.PASS, ["E168"])
    assert on(tmp_path, content, severities=["critical", "warning"]).outcome is Outcome.FAIL


@pytest.mark.parametrize("severity", [None, "fatal", 3])
def test_an_item_without_a_known_severity_is_critical(tmp_path, severity):
    content = validation(expectation(wrong=1, severity=severity), meta={"great_expectations_version": "0.18.22"})
    assert on(tmp_path, content).outcome is Outcome.FAIL


@pytest.mark.parametrize("severity", [None, 3])
def test_a_version_that_writes_severities_must_have_written_them(tmp_path, severity):
    """Taken out of a warning, it would make the warning a critical expectation that was evaluated."""
    result = on(tmp_path, validation(expectation(severity=severity)))
    assert (result.outcome, codes(result)) == (Outcome.ERROR, ["E103"])


def test_a_suite_of_warnings_alone_shows_nothing(tmp_path):
    result = on(tmp_path, validation(expectation(severity="warning")))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E162"])


def test_a_crash_of_a_warning_is_an_error_too(tmp_path):
    crashed = expectation(severity="info", exception_info={"m": {"raised_exception": True}})
    assert on(tmp_path, validation(expectation(), crashed)).outcome is Outcome.ERROR


# --- what must be there


def test_fewer_than_asked_are_not_enough(tmp_path):
    assert on(tmp_path, validation(), min_evaluated=2).outcome is Outcome.PASS
    result = on(tmp_path, validation(), min_evaluated=3)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E162"])
    assert (result.findings[0].observed, result.findings[0].required) == ("2", ">= 3")


def test_trap_f_success_of_everything_is_no_pass_when_a_named_expectation_is_absent(tmp_path):
    named = [NOT_NULL, "expect_column_values_to_be_unique"]
    result = on(tmp_path, validation(), must_include=named)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E163"])
    assert result.findings[0].detail == "expect_column_values_to_be_unique was not evaluated"


def test_a_named_expectation_is_judged_whatever_its_severity(tmp_path):
    content = validation(expectation(column="id"), expectation("expect_unique", wrong=2, severity="info"))
    assert on(tmp_path, content).outcome is Outcome.PASS
    assert on(tmp_path, content, must_include=["expect_unique"]).outcome is Outcome.FAIL


def test_a_named_check_that_looked_at_nothing_is_missing(tmp_path):
    builder = (
        BundleBuilder(tmp_path).remove(VALIDATION).file("dc.json", sample("deepchecks/train_test_validation.json"))
    )
    text = builder.content("dc.json").replace(b'"FAIL"', b'"PASS"')
    builder.file("dc.json", text)
    assert judge(builder, **ANY_DATA).outcome is Outcome.PASS
    for name in ("Index Train Test Leakage", "String Mismatch Comparison"):
        result = judge(builder, must_include=[name], **ANY_DATA)
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E167"), name


def test_a_scan_of_which_no_detector_ran_shows_nothing(tmp_path):
    builder = BundleBuilder(tmp_path).remove(VALIDATION).file("scan.json", "{}")
    builder.record(evidence={"scan": {"path": "scan.json", "type": "giskard"}})
    result = judge(builder, **ANY_DATA)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])


def test_a_success_on_no_values_shows_nothing(tmp_path):
    nothing = expectation(result={"element_count": 0, "unexpected_count": 0, "unexpected_percent": None})
    result = on(tmp_path, validation(expectation(column="id"), nothing))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E167"])


def test_one_empty_suite_of_a_checkpoint_is_enough(tmp_path):
    runs = {
        "ValidationResultIdentifier::a": validation(),
        "ValidationResultIdentifier::b": {
            **validation(),
            "results": [],
            "statistics": dict.fromkeys(
                ("evaluated_expectations", "successful_expectations", "unsuccessful_expectations"), 0
            ),
        },
    }
    result = on(tmp_path, {"success": True, "run_results": runs})
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])


# --- tolerance


@pytest.mark.parametrize(
    ("wrong", "mostly", "least", "outcome"),
    [
        (0, 0.5, 1, "pass"),
        (40, 0.9, 1, "fail"),
        (40, 0.9, 0.91, "fail"),
        (40, 0.9, 0.9, "pass"),
        (40, 0.5, 0.9, "pass"),  # its own share is within the rule's tolerance
        (41, 0.5, 0.9, "fail"),
        (40, 0.95, 0.5, "fail"),  # it says success against its own tolerance
    ],
)
def test_the_share_of_wrong_values_is_held_against_the_stricter_tolerance(tmp_path, wrong, mostly, least, outcome):
    item = expectation(wrong=wrong, mostly=mostly, success=True)
    assert on(tmp_path, validation(item), min_mostly=least).outcome.value == outcome


def test_a_tolerance_whose_use_is_not_known_shows_nothing(tmp_path):
    item = expectation(mostly=0.5, result={})
    result = on(tmp_path, validation(item))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E167"])
    assert "it tolerates 50 % and does not say how much of that was used" in result.findings[0].detail
    assert on(tmp_path, validation(item), min_mostly=0.5).outcome is Outcome.PASS


def test_a_success_that_its_own_counts_deny_is_no_pass(tmp_path):
    """Nobody wrote `mostly`, and values are wrong all the same: counts beat the word."""
    item = expectation(wrong=4, success=True)
    assert on(tmp_path, validation(item), min_mostly=0.5).outcome is Outcome.FAIL


# --- whose data


def with_data(tmp_path: Path, *data: str) -> BundleBuilder:
    builder = BundleBuilder(tmp_path)
    text = json.loads(builder.content(ENVELOPE))
    text["data"] = [{"name": "d", "role": "train", "digest": {"sha256": digest}} for digest in data]
    return builder.file(ENVELOPE, json.dumps(text))


def test_a_result_without_an_envelope_is_told_the_command_that_binds_it(tmp_path):
    result = judge(BundleBuilder(tmp_path).remove(ENVELOPE))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E165"])
    assert result.findings[0].remediation == (
        "Name the data: govern evidence add DIR/evidence/gx.json --bundle DIR --type great-expectations "
        "--tool great_expectations=1.24.1 --data NAME=TABLE --by WHO"
    )
    assert judge(BundleBuilder(tmp_path).remove(ENVELOPE), **ANY_DATA).outcome is Outcome.PASS


def test_a_failure_is_a_failure_whatever_the_data(tmp_path):
    builder = BundleBuilder(tmp_path).file(VALIDATION, json.dumps(validation(expectation(wrong=1)))).remove(ENVELOPE)
    result = judge(builder)
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E161", "E165"])


@pytest.mark.parametrize("name", [b"train", b"test", b"loans"])
def test_data_that_the_lineage_trained_or_evaluated_on_are_the_models(tmp_path, name):
    assert judge(with_data(tmp_path, sha256(name))).outcome is Outcome.PASS


def test_a_file_of_the_bundle_is_the_models_data_with_or_without_a_lineage(tmp_path):
    builder = BundleBuilder(tmp_path).file("data/train.csv", "age\n1\n")
    text = json.loads(builder.content(ENVELOPE))
    text["data"][0]["digest"]["sha256"] = sha256(b"age\n1\n")
    builder.file(ENVELOPE, json.dumps(text))
    assert judge(builder).outcome is Outcome.PASS
    assert judge(builder.remove("lineage.yaml")).outcome is Outcome.PASS


@pytest.mark.parametrize("digest", [sha256(b"elsewhere"), "", "x" * 64, "\x1b[2J"])
def test_other_data_are_not(tmp_path, digest):
    result = judge(with_data(tmp_path, digest))
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert codes(result) in (["E150"], ["E166"])
    assert result.findings[0].location.file == ENVELOPE
    assert "\x1b" not in repr(result)


def test_every_named_data_set_must_be_known(tmp_path):
    result = judge(with_data(tmp_path, sha256(b"train"), sha256(b"elsewhere")))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E150"])


def test_an_envelope_that_names_no_data_binds_nothing(tmp_path):
    assert codes(judge(with_data(tmp_path))) == ["E165"]


def test_neither_the_model_nor_the_papers_about_it_are_data(tmp_path):
    builder = BundleBuilder(tmp_path)
    for path in (VALIDATION, "model/model.safetensors", "README.md", "lineage.yaml", "govern.yaml"):
        assert codes(judge(with_data(tmp_path, sha256(builder.content(path))))) == ["E166"]


@pytest.mark.parametrize("lineage", ["removed", "damaged", "of another model"])
def test_a_lineage_that_says_nothing_of_this_model_names_no_data(tmp_path, lineage):
    builder = BundleBuilder(tmp_path)
    text = builder.content("lineage.yaml")
    if lineage == "removed":
        builder.remove("lineage.yaml").record(lineage=None)
    elif lineage == "damaged":
        builder.file("lineage.yaml", text + b"\nodd: [\n")
    else:
        builder.file("lineage.yaml", text.replace(b"name: credit-risk", b"name: other"))
    result = judge(builder)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E166"])
    words = {"removed": "has no lineage", "damaged": "cannot be read", "of another model": "of another model"}
    assert words[lineage] in result.findings[0].detail


def test_bound_evidence_may_be_bound_through_the_lineage(tmp_path):
    assert judge(BundleBuilder(tmp_path), bound=True).outcome is Outcome.PASS
    result = judge(with_data(tmp_path, sha256(b"elsewhere")), bound=True)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E150"])
    result = judge(with_data(tmp_path), bound=True)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E108"])


def test_evidence_of_another_model_is_missing(tmp_path):
    builder = BundleBuilder(tmp_path)
    text = json.loads(builder.content(ENVELOPE))
    text["model"]["version"] = "9.9.9"
    result = judge(builder.file(ENVELOPE, json.dumps(text)))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E107"])


# --- which evidence


def test_without_any_result_it_says_which_would_do(tmp_path):
    result = judge(BundleBuilder(tmp_path).remove(VALIDATION).remove(ENVELOPE))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])
    assert result.findings[0].required == "a result of Great Expectations, Deepchecks or Giskard"


def test_all_results_must_pass_and_from_selects(tmp_path):
    bad = json.dumps(validation(expectation(wrong=1)))
    builder = BundleBuilder(tmp_path).file("old/gx.json", bad)
    assert judge(builder).outcome is Outcome.FAIL
    assert judge(builder, **{"from": {"path": "evidence/*"}}).outcome is Outcome.PASS
    assert judge(builder, **{"from": {"producer": "Great_Expectations"}}).outcome is Outcome.FAIL
    assert codes(judge(builder, **{"from": {"producer": "deepchecks"}})) == ["E120"]


def test_a_result_has_an_age(tmp_path):
    result = judge(BundleBuilder(tmp_path), max_age="30d")
    assert [item.until for item in result.holds if item.until] == ["2026-05-02T08:10:00Z"]


# --- parameters


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"severities": ["warning"]}, "critical is always judged"),
        ({"severities": ["critical", "hard"]}, "unknown severity 'hard'"),
        ({"must_include": [" "]}, "is not empty"),
        ({"min_evaluated": 0}, "greater than or equal to 1"),
        ({"min_mostly": 1.1}, "less than or equal to 1"),
        ({"from": {}}, "at least one of producer, name and path"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(params, words):
    with pytest.raises(AssertionError, match=words):
        parameters(CHECK.spec, params)
