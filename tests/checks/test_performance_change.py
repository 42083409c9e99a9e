"""`performance.change` and `performance.benchmark`: champion against challenger on the same cases."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.performance.benchmark import CHECKS as BENCHMARK
from govern.checks.performance.benchmark import BenchmarkParams
from govern.checks.performance.change import CHECKS as CHANGE
from govern.checks.performance.change import ChangeParams
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder, sha256
from support.two_models import cases, enveloped, two_models

# The candidate is right on 90 of 100 and the baseline on 80; they differ on 14.
ROWS = cases({(1, 1, 1): 38, (1, 1, 0): 12, (1, 0, 1): 2, (1, 0, 0): 3, (0, 0, 0): 40, (0, 1, 1): 5})


def looked_at(check, result: CheckResult) -> CheckResult:
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(check.spec.message_fields)
    assert result.outcome in check.spec.comes_to
    return result


def change(builder: BundleBuilder, **given_: Any) -> CheckResult:
    asked = {"metric": "accuracy", "baseline": "champion", "min_absolute_change": "0.05", **given_}
    params = ChangeParams.model_validate({key: value for key, value in asked.items() if value is not None})
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    return looked_at(CHANGE[0], CHANGE[0].evaluate(params, context))


def benchmark(builder: BundleBuilder, **given_: Any) -> CheckResult:
    params = BenchmarkParams.model_validate({"metric": "accuracy", **given_})
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    return looked_at(BENCHMARK[0], BENCHMARK[0].evaluate(params, context))


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def one(result: CheckResult) -> dict[str, Any]:
    (found,) = result.facts["comparisons"]
    return found


# --- on the same cases


def test_case_by_case_whatever_the_order_of_the_rows(tmp_path):
    result = change(two_models(tmp_path, ROWS), min_absolute_change="0.1")
    assert result.outcome is Outcome.PASS
    found = one(result)
    assert (found["candidate_value"], found["baseline_value"], found["better_by"]) == ("0.9", "0.8", "0.1")
    assert (found["paired"], found["n"], found["method"]) == (True, 100, "Tango, case by case")
    assert found["same_data"] == "the same 100 cases by row id"
    assert {item.name for item in result.evidence} == {"predictions", "champion"}


def test_just_over_the_gain_fails(tmp_path):
    result = change(two_models(tmp_path, ROWS), min_absolute_change="0.100001")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E147"])
    assert result.findings[0].location.file == "champion.csv"


def test_a_gain_that_may_be_chance_is_not_demonstrated(tmp_path):
    builder = two_models(tmp_path, ROWS)
    result = change(builder, min_absolute_change="0.05", decide="demonstrated")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E144"])
    low = Decimal(one(result)["low"])
    assert Decimal(0) < low < Decimal("0.05")
    assert change(builder, min_absolute_change="0", decide="demonstrated").outcome is Outcome.PASS
    assert change(builder, min_absolute_change=str(low), decide="demonstrated").outcome is Outcome.PASS
    failed = change(builder, min_absolute_change="0.5", decide="demonstrated")
    assert (failed.outcome, codes(failed)) == (Outcome.FAIL, ["E147"])


def test_a_small_loss_may_be_accepted(tmp_path):
    swapped = [(label, b, c) for label, c, b in ROWS]
    builder = two_models(tmp_path, swapped)
    assert change(builder, min_absolute_change="0").outcome is Outcome.FAIL
    assert change(builder, min_absolute_change="-0.1").outcome is Outcome.PASS


@pytest.mark.parametrize(
    "metric", ["accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "auc", "brier"]
)
def test_every_metric_that_predictions_give(tmp_path, metric):
    result = change(two_models(tmp_path, ROWS), metric=metric, min_absolute_change="-1")
    assert result.outcome is Outcome.PASS
    found = one(result)
    assert found["paired"]
    if metric != "specificity":
        assert found["low"] is not None
        assert Decimal(found["low"]) <= Decimal(found["better_by"]) <= Decimal(found["high"])


def test_lower_is_better_turns_the_sign(tmp_path):
    builder = two_models(tmp_path, ROWS)
    found = one(change(builder, metric="brier", min_absolute_change="0"))
    assert Decimal(found["candidate_value"]) < Decimal(found["baseline_value"])
    assert Decimal(found["better_by"]) > 0
    assert Decimal(found["low"]) <= Decimal(found["better_by"]) <= Decimal(found["high"])


def test_other_cases_are_not_the_same_data(tmp_path):
    builder = two_models(tmp_path, ROWS)
    text = builder.content("champion.csv").decode()
    result = change(builder.file("champion.csv", text.replace(",c7\n", ",d7\n")))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])
    assert "2 row ids" in result.findings[0].detail
    assert change(builder, same_data=False).outcome is Outcome.PASS


def test_other_labels_are_not_the_same_data(tmp_path):
    builder = two_models(tmp_path, ROWS)
    lines = builder.content("champion.csv").decode().splitlines()
    lines[1] = ("0" if lines[1][0] == "1" else "1") + lines[1][1:]
    result = change(builder.file("champion.csv", "\n".join(lines) + "\n"))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])


def test_a_repeated_or_blank_id_is_an_error(tmp_path):
    for old, new in ((",c7\n", ",c8\n"), (",c7\n", ",\n")):
        builder = two_models(tmp_path, ROWS)
        text = builder.content("champion.csv").decode()
        with pytest.raises(InputError) as caught:
            change(builder.file("champion.csv", text.replace(old, new)))
        assert caught.value.diagnostics[0].code == "E128"


def test_without_ids_only_a_common_digest_shows_the_same_data(tmp_path):
    builder = two_models(tmp_path, ROWS, ids=False)
    assert codes(change(builder)) == ["E146"]
    enveloped(builder, "own.csv")
    assert codes(change(builder)) == ["E146"]
    enveloped(builder, "champion.csv", version="3.0.0", data=sha256(b"loans"))
    assert codes(change(builder)) == ["E146"]
    enveloped(builder, "champion.csv", version="3.0.0")
    result = change(builder)
    assert (result.outcome, one(result)["same_data"]) == (Outcome.PASS, "the same data by digest")
    assert not one(result)["paired"]


def test_cases_that_are_not_paired_are_less_sure(tmp_path):
    together = one(change(two_models(tmp_path, ROWS)))
    apart = one(change(two_models(tmp_path, ROWS, ids=False), same_data=False))
    assert together["better_by"] == apart["better_by"]
    assert Decimal(apart["low"]) < Decimal(together["low"])


def test_a_row_that_one_model_did_not_predict(tmp_path):
    builder = two_models(tmp_path, ROWS)
    lines = builder.content("champion.csv").decode().splitlines()
    label, _decision, score, name = lines[1].split(",")
    builder.file("champion.csv", "\n".join([lines[0], f"{label},,{score},{name}", *lines[2:]]) + "\n")
    result = change(builder, min_absolute_change="0")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F109"])


def test_an_undefined_figure_decides_nothing(tmp_path):
    rows = cases({(1, 0, 1): 10, (0, 0, 0): 10})
    result = change(two_models(tmp_path, rows), metric="precision", min_absolute_change="-1")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E138"])


def test_answers_that_never_differ_demonstrate_nothing(tmp_path):
    rows = cases({(1, 1, 1): 10, (0, 0, 0): 10, (0, 1, 1): 3})
    builder = two_models(tmp_path, rows)
    text = builder.content("champion.csv").decode()
    builder.file("champion.csv", text.replace("0.5", "0.50"))
    result = change(builder, metric="precision", min_absolute_change="0", decide="demonstrated")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E143"])


# --- what is no baseline


def test_the_candidates_own_bytes_are_no_baseline(tmp_path):
    builder = two_models(tmp_path, ROWS)
    result = change(builder.file("champion.csv", builder.content("own.csv")), min_absolute_change="0")
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E149"])


def test_a_table_that_names_this_very_model_is_no_baseline(tmp_path):
    builder = two_models(tmp_path, ROWS)
    enveloped(builder, "champion.csv")
    builder.record(
        evidence={
            "predictions": {"path": "own.csv"},
            "champion": {"path": "champion.csv", "envelope": "champion.csv.evidence.json"},
        }
    )
    assert codes(change(builder, min_absolute_change="0")) == ["E149"]


def test_nothing_there(tmp_path):
    builder = two_models(tmp_path, ROWS)
    assert codes(change(builder, baseline="challenger_b")) == ["E145"]
    builder.record(evidence={"predictions": {"path": "own.csv"}, "champion": {"path": "gone.csv"}})
    result = change(builder)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E145"])


def test_the_ledger_is_not_read_and_says_so(tmp_path):
    builder = two_models(tmp_path, ROWS, name="previous_certified")
    result = change(builder, baseline="previous_certified")
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E145"])
    assert "ledger" in result.findings[0].detail


def test_without_own_predictions(tmp_path):
    result = change(two_models(tmp_path, ROWS).record(evidence={"champion": {"path": "champion.csv"}}))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])


def test_bound_asks_both_to_name_what_they_speak_of(tmp_path):
    builder = two_models(tmp_path, ROWS)
    assert codes(change(builder, bound=True)) == ["E108", "E108"]


def test_a_damaged_table_is_an_error(tmp_path):
    with pytest.raises(InputError):
        change(two_models(tmp_path, ROWS).file("champion.csv", b"\xff\xfe\x00"))


# --- MLflow's meaning


def figures(tmp_path, own: str, other: str, metric: str = "accuracy") -> BundleBuilder:
    builder = two_models(tmp_path, ROWS).remove("own.csv").remove("champion.csv")
    builder.file("metrics.json", json.dumps({metric: 0}).replace("0}", f"{own}}}"))
    builder.file("champion.json", json.dumps({"n": None, metric: 0}).replace("0}", f"{other}}}"))
    return builder.record(evidence={"metrics": {"path": "metrics.json"}, "champion": {"path": "champion.json"}})


MLFLOW = [
    # metric, candidate, baseline, absolute, relative, passes (mlflow 3.17.2, models/evaluation/validation.py)
    ("accuracy", "0.85", "0.8", "0.05", None, True),
    ("accuracy", "0.8499", "0.8", "0.05", None, False),
    ("accuracy", "0.88", "0.8", None, "0.1", True),
    ("accuracy", "0.8799", "0.8", None, "0.1", False),
    ("mcc", "-0.4", "-0.5", None, "0.2", True),
    ("mcc", "-0.41", "-0.5", None, "0.2", False),
    ("r2", "-0.5", "-0.5", None, "0", True),
    ("accuracy", "0.0000000001", "0", None, "0.1", True),
    ("accuracy", "0.00000000009", "0", None, "0.1", False),
    ("accuracy", "0", "0", None, "0", False),
    ("rmse", "9", "10", "1", None, True),
    ("rmse", "9.01", "10", "1", None, False),
    ("rmse", "9", "10", None, "0.1", True),
    ("rmse", "11", "10", None, "0.1", False),
    ("log_loss", "0", "0", None, "0.1", False),
    ("accuracy", "0.9", "0.8", "0.05", "0.2", False),
    ("accuracy", "0.96", "0.8", "0.05", "0.2", True),
]


@pytest.mark.parametrize(("metric", "own", "other", "absolute", "relative", "passes"), MLFLOW)
def test_the_limits_mean_what_they_mean_to_mlflow(tmp_path, metric, own, other, absolute, relative, passes):
    builder = figures(tmp_path, own, other, metric)
    result = change(builder, metric=metric, min_absolute_change=absolute, min_relative_change=relative, same_data=False)
    assert result.outcome is (Outcome.PASS if passes else Outcome.FAIL)


def test_a_missing_metric_is_missing_evidence_here(tmp_path):
    builder = figures(tmp_path, "0.9", "0.8")
    assert change(builder, metric="f1", same_data=False).outcome is Outcome.MISSING_EVIDENCE
    builder.file("champion.json", '{"f1": 0.5}')
    assert codes(change(builder, same_data=False)) == ["E145"]


def test_stated_figures_need_envelopes_that_cite_the_same_data(tmp_path):
    builder = figures(tmp_path, "0.9", "0.8")
    assert codes(change(builder)) == ["E146"]
    enveloped(enveloped(builder, "metrics.json"), "champion.json", version="3.0.0")
    assert (change(builder).outcome, one(change(builder))["n"]) == (Outcome.PASS, None)
    enveloped(builder, "champion.json", version="3.0.0", data=sha256(b"loans"))
    assert codes(change(builder)) == ["E146"]


def test_a_stated_figure_demonstrates_nothing(tmp_path):
    result = change(figures(tmp_path, "0.9", "0.8"), same_data=False, decide="demonstrated")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E143"])


def test_the_same_file_twice_is_no_comparison(tmp_path):
    builder = figures(tmp_path, "0.9", "0.9")
    builder.file("champion.json", builder.content("metrics.json"))
    assert codes(change(builder, same_data=False, min_absolute_change="0")) == ["E149"]


@pytest.mark.parametrize("text", ["[]", '{"accuracy": "0.8"}', '{"accuracy": NaN}', "{", ""])
def test_a_damaged_baseline_file_is_an_error(tmp_path, text):
    with pytest.raises(InputError):
        change(figures(tmp_path, "0.9", "0.8").file("champion.json", text), same_data=False)


@pytest.mark.parametrize("value", ["1e40", "-1e307"])
def test_a_baseline_beyond_all_measure_is_refused(tmp_path, value):
    with pytest.raises(InputError) as caught:
        change(figures(tmp_path, "9", value, "rmse"), metric="rmse", same_data=False)
    assert caught.value.diagnostics[0].code == "E130"


def test_mlflow_runs_of_two_models(tmp_path):
    def run(auc: float, status: str = "FINISHED") -> str:
        info = {"run_id": "a", "status": status, "lifecycle_stage": "active"}
        return json.dumps({"info": info, "data": {"metrics": {"roc_auc": auc}}})

    builder = two_models(tmp_path, ROWS).remove("own.csv").remove("champion.csv")
    builder.file("run.json", run(0.9)).file("champion.json", run(0.8))
    builder.record(evidence={"champion": {"path": "champion.json"}})
    asked = {"metric": "auc", "same_data": False}
    assert change(builder, **asked).outcome is Outcome.PASS
    assert codes(change(builder.file("champion.json", run(0.8, "FAILED")), **asked)) == ["E142"]


# --- benchmark


def challengers(tmp_path, *others: dict[tuple[int, int, int], int]) -> BundleBuilder:
    builder = two_models(tmp_path, ROWS, name="challenger")
    evidence = {"predictions": {"path": "own.csv"}, "challenger": {"path": "challenger.csv"}}
    for number, counts in enumerate(others):
        source = two_models(tmp_path / f"x{number}", cases(counts), name="challenger")
        builder.file(f"challenger_{number}.csv", source.content("challenger.csv"))
        evidence[f"challenger_{number}"] = {"path": f"challenger_{number}.csv"}
    return builder.record(evidence=evidence)


# The same labels in the same order as ROWS; here the challenger is right on 95.
BETTER = {(1, 1, 1): 38 + 12 + 2, (1, 0, 0): 3, (0, 0, 0): 43, (0, 1, 1): 2}


def test_no_challenger_is_better(tmp_path):
    result = benchmark(challengers(tmp_path))
    assert (result.outcome, result.fields["challengers"]) == (Outcome.PASS, "1")


def test_the_best_challenger_decides(tmp_path):
    builder = challengers(tmp_path, BETTER)
    result = benchmark(builder, min_challengers=2)
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E148"])
    assert result.fields["challenger"] == "challenger_0"
    assert benchmark(builder, max_deficit="0.05").outcome is Outcome.PASS
    assert benchmark(builder, max_deficit="0.049").outcome is Outcome.FAIL


def test_too_few_challengers(tmp_path):
    builder = challengers(tmp_path)
    assert codes(benchmark(builder, min_challengers=2)) == ["E145"]
    builder.record(evidence={"predictions": {"path": "own.csv"}})
    result = benchmark(builder)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E145"])


def test_one_challenger_under_two_names_is_one(tmp_path):
    builder = challengers(tmp_path)
    path = {"path": "challenger.csv"}
    builder.record(evidence={"predictions": {"path": "own.csv"}, "challenger": path, "challenger_b": path})
    assert codes(benchmark(builder, min_challengers=2)) == ["E145"]


def test_a_challenger_that_cannot_be_compared_is_not_left_out(tmp_path):
    builder = challengers(tmp_path, {(1, 1, 1): 3})
    result = benchmark(builder)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E146"])


def test_a_deficit_may_have_to_be_shown(tmp_path):
    result = benchmark(challengers(tmp_path), decide="demonstrated")
    assert result.outcome is Outcome.PASS
    close = cases({(1, 1, 0): 5, (1, 0, 1): 4, (1, 1, 1): 41, (0, 0, 0): 50})
    builder = two_models(tmp_path, close, name="challenger")
    unsure = benchmark(builder, decide="demonstrated")
    assert (unsure.outcome, codes(unsure)) == (Outcome.INCONCLUSIVE, ["E144"])
    assert benchmark(builder, decide="demonstrated", max_deficit="0.1").outcome is Outcome.PASS


# --- parameters and laws


@pytest.mark.parametrize(
    "changes",
    [
        {"min_absolute_change": None},
        {"metric": "acuracy"},
        {"baseline": "predictions"},
        {"confidence": "1"},
        {"confidence": "0.3"},
        {"decide": "demonstrated", "min_relative_change": "0.1"},
    ],
)
def test_parameters_that_are_refused(changes):
    asked = {"metric": "accuracy", "baseline": "champion", "min_absolute_change": "0.05", **changes}
    with pytest.raises(ValidationError):
        ChangeParams.model_validate({key: value for key, value in asked.items() if value is not None})


def test_a_benchmark_without_challengers_is_refused():
    with pytest.raises(ValidationError):
        BenchmarkParams.model_validate({"metric": "auc", "min_challengers": 0})


COUNTS = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)), st.integers(1, 8), min_size=1
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=COUNTS, metric=st.sampled_from(["accuracy", "recall", "f1", "auc", "brier"]), sure=st.booleans())
def test_what_is_demonstrated_is_so_at_the_point(tmp_path, counts, metric, sure):
    """`demonstrated` passes only where `point` passes, and more confidence only where less does."""
    builder = two_models(tmp_path, cases(counts))
    asked = {"metric": metric, "min_absolute_change": "0"}
    point = change(builder, **asked)
    shown = change(builder, **asked, decide="demonstrated", confidence="0.8")
    surer = change(builder, **asked, decide="demonstrated", confidence="0.99" if sure else "0.9")
    if surer.outcome is Outcome.PASS:
        assert shown.outcome is Outcome.PASS
    if shown.outcome is Outcome.PASS:
        assert point.outcome is Outcome.PASS
