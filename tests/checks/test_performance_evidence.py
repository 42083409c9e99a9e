"""`performance.threshold` on figures that tools state, on intervals and on slices."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.performance.threshold import CHECKS, ThresholdParams, metrics_root
from govern.diagnostics import InputError
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import NAME, PREDICTIONS, PREDICTIONS_MANIFEST, VERSION, BundleBuilder, sha256

(THRESHOLD,) = CHECKS
RUN = {
    "info": {"run_id": "abc", "status": "FINISHED", "lifecycle_stage": "active", "end_time": 1795416008093},
    "data": {"metrics": {"auc": 0.91, "training_accuracy_score": 0.99}},
}


def run_json(**metrics: Any) -> str:
    return json.dumps({**RUN, "data": {"metrics": metrics}})


def bare(tmp_path: Path, **files: str) -> BundleBuilder:
    """A bundle without predictions and metrics file, with these files."""
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).remove("metrics.json")
    builder.record(evidence={})
    for name, content in files.items():
        builder.file(name, content)
    return builder


def run(builder: BundleBuilder, **given: Any) -> CheckResult:
    params = ThresholdParams.model_validate({"metric": "auc", "at_least": "0.9", **given})
    result = THRESHOLD.evaluate(params, CheckContext(bundle=builder.open(), stage="pre-registration"))
    canonical_bytes(result.facts)
    return result


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


# --- evaluations


def test_an_exported_run_is_found_by_its_content(tmp_path):
    result = run(bare(tmp_path, **{"evaluation/run.json": json.dumps(RUN)}))
    assert (result.outcome, result.observed) == (Outcome.PASS, "0.91")
    assert [item.file for item in result.evidence] == ["evaluation/run.json"]
    assert not result.evidence[0].bound


def test_its_figure_that_misses_the_limit_fails_with_a_place(tmp_path):
    result = run(bare(tmp_path, **{"run.json": json.dumps(RUN, indent=1)}), at_least="0.95")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E140"])
    place = result.findings[0].location
    assert (place.file, place.pointer) == ("run.json", "/data/metrics/auc")
    assert place.line > 1


def test_two_files_with_two_values_are_ambiguous_never_first_or_last(tmp_path):
    for one, two in ((0.91, 0.87), (0.87, 0.91)):
        builder = bare(tmp_path, **{"a.json": run_json(auc=one), "b.json": run_json(auc=two)})
        with pytest.raises(InputError) as caught:
            run(builder, at_least="0.1")
        assert caught.value.diagnostics[0].code == "E141"


def test_the_metrics_file_and_a_run_that_differ_are_ambiguous(tmp_path):
    with pytest.raises(InputError) as caught:
        run(bare(tmp_path, **{"metrics.json": '{"auc": 0.95}', "run.json": run_json(auc=0.91)}), at_least="0.1")
    assert caught.value.diagnostics[0].code == "E141"
    same = run(bare(tmp_path, **{"metrics.json": '{"auc": 0.910}', "run.json": run_json(auc=0.91)}))
    assert same.outcome is Outcome.PASS


def test_two_names_of_one_metric_with_two_values_are_ambiguous(tmp_path):
    with pytest.raises(InputError) as caught:
        run(bare(tmp_path, **{"run.json": run_json(auc=0.95, roc_auc=0.91)}))
    assert caught.value.diagnostics[0].code == "E141"


def test_a_training_figure_is_no_evaluation(tmp_path):
    builder = bare(tmp_path, **{"run.json": json.dumps(RUN)})
    result = run(builder, metric="accuracy")
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E188"])
    assert run(builder, metric="accuracy", split="train").outcome is Outcome.PASS


def test_every_split_must_meet_the_limit(tmp_path):
    builder = bare(tmp_path, **{"run.json": run_json(val_auc=0.95, test_auc=0.85)})
    result = run(builder)
    assert (result.outcome, result.observed) == (Outcome.FAIL, "0.85")
    both = run(bare(tmp_path, **{"run.json": run_json(val_auc=0.7, test_auc=0.6, holdout_auc=0.8)}))
    assert (both.observed, codes(both)) == ("0.6", ["E140"] * 3)
    builder = bare(tmp_path, **{"run.json": run_json(val_auc=0.95, test_auc=0.85)})
    assert run(builder, split="validation").outcome is Outcome.PASS
    assert run(builder, split="test").outcome is Outcome.FAIL
    assert codes(run(builder, split="holdout")) == ["E136", "E136"]


def test_a_run_that_failed_is_missing_evidence(tmp_path):
    failed = {**RUN, "info": {**RUN["info"], "status": "FAILED"}}
    result = run(bare(tmp_path, **{"run.json": json.dumps(failed)}))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E142"])


def test_a_metric_nobody_states(tmp_path):
    result = run(bare(tmp_path, **{"run.json": json.dumps(RUN)}), metric="f1")
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])


def test_a_percentage_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        run(bare(tmp_path, **{"run.json": run_json(auc=91)}))
    assert caught.value.diagnostics[0].code == "E130"


@pytest.mark.parametrize("value", ["1e40", "1e307", "9" * 60])
def test_a_figure_beyond_all_measure_is_refused_and_not_printed(tmp_path, value):
    text = run_json(rmse=0).replace('"rmse": 0', f'"rmse": {value}')
    with pytest.raises(InputError) as caught:
        run(bare(tmp_path, **{"run.json": text}), metric="rmse", at_least=None, at_most="5")
    assert caught.value.diagnostics[0].code == "E130"


def test_a_figure_next_to_nothing_is_shown(tmp_path):
    text = run_json(rmse=0).replace('"rmse": 0', '"rmse": 1e-300')
    assert run(bare(tmp_path, **{"run.json": text}), metric="rmse", at_least=None, at_most="5").outcome is Outcome.PASS


def test_the_champions_run_is_not_the_models(tmp_path):
    builder = bare(tmp_path, **{"own.json": run_json(auc=0.92), "old.json": run_json(auc=0.8)})
    builder.record(evidence={"champion": {"path": "old.json"}})
    assert (run(builder).outcome, run(builder).observed) == (Outcome.PASS, "0.92")


@pytest.mark.parametrize("name", ["champion", "challenger_b", "Baseline-2", "champions", "baseline3"])
def test_names_of_other_models_evidence(tmp_path, name):
    builder = bare(tmp_path, **{"old.json": run_json(auc=0.99)}).record(evidence={name: {"path": "old.json"}})
    assert run(builder).outcome is Outcome.MISSING_EVIDENCE


@pytest.mark.parametrize("name", ["championship", "evaluation", "our_champion"])
def test_names_that_are_not_other_models(tmp_path, name):
    builder = bare(tmp_path, **{"old.json": run_json(auc=0.99)}).record(evidence={name: {"path": "old.json"}})
    assert run(builder).outcome is Outcome.PASS


def test_an_envelope_that_names_this_model_wins_over_the_name(tmp_path):
    builder = bare(tmp_path, **{"run.json": run_json(auc=0.5), "own.json": run_json(auc=0.5), "test.csv": "a\n1\n"})
    builder.record(evidence={"champion": {"path": "run.json"}})
    enveloped(builder, "run.json", "test.csv")
    assert run(builder).outcome is Outcome.FAIL


def paths_of(value: Any, before: tuple[Any, ...] = ()):
    for key, held in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*before, key)
        yield from paths_of(held, (*before, key))


LOGGED: dict[str, Any] = {
    **RUN,
    "data": {
        "metrics": [
            {"key": "auc", "value": 0.95, "step": 1, "timestamp": 5, "model_id": "a", "dataset_name": "d"},
            {"key": "auc", "value": 0.5, "step": 2, "timestamp": 4, "model_id": "a", "dataset_name": "d"},
            {"key": "auc", "value": 0.4, "step": 0, "timestamp": 1, "model_id": "b"},
        ]
    },
}


@pytest.mark.parametrize("path", [path for path in paths_of(LOGGED) if not isinstance(path[-1], int)], ids=str)
def test_a_key_taken_away_never_makes_it_pass(tmp_path, path):
    document = json.loads(json.dumps(LOGGED))
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    try:
        outcome = run(bare(tmp_path, **{"run.json": json.dumps(document)})).outcome
    except InputError:
        outcome = Outcome.ERROR
    assert outcome is not Outcome.PASS


def test_the_selector_says_which(tmp_path):
    builder = bare(tmp_path, **{"a/run.json": run_json(auc=0.92), "b/run.json": run_json(auc=0.8)})
    assert run(builder, **{"from": {"path": "a/*"}}).outcome is Outcome.PASS
    assert run(builder, **{"from": {"path": "b/*"}}).outcome is Outcome.FAIL
    assert run(builder, **{"from": {"path": "c/*"}}).outcome is Outcome.MISSING_EVIDENCE
    assert run(builder, **{"from": {"producer": "evidently"}}).outcome is Outcome.MISSING_EVIDENCE


def test_the_selector_passes_over_predictions(tmp_path):
    builder = BundleBuilder(tmp_path).file("run.json", run_json(accuracy=0.99))
    builder.record(evidence={"predictions": {"path": PREDICTIONS_MANIFEST}, "run": {"path": "run.json"}})
    assert run(builder, metric="accuracy", at_least="0.95").outcome is Outcome.FAIL
    chosen = run(builder, metric="accuracy", at_least="0.95", **{"from": {"name": "run"}})
    assert (chosen.outcome, chosen.observed) == (Outcome.PASS, "0.99")


def test_metrics_named_with_another_tools_type(tmp_path):
    builder = bare(tmp_path, **{"run.json": json.dumps(RUN)})
    builder.record(evidence={"metrics": {"path": "run.json", "type": "mlflow-run"}})
    assert run(builder).outcome is Outcome.PASS


def test_the_cards_own_metrics_are_no_evidence(tmp_path):
    builder = bare(tmp_path)
    card = builder.content("README.md").decode()
    index = "model-index: [{name: m, results: [{metrics: [{type: auc, value: 0.99}]}]}]\n"
    builder.file("README.md", card.replace("license:", f"{index}license:"))
    assert run(builder).outcome is Outcome.MISSING_EVIDENCE


def enveloped(builder: BundleBuilder, path: str, data: str, *, version: str = VERSION) -> BundleBuilder:
    """Add an envelope for a file that the builder has, citing the digest of another file of the bundle."""
    bundle = builder.open()
    document = {
        "apiVersion": "govern/v1",
        "kind": "EvidenceEnvelope",
        "type": "mlflow-run",
        "file": {"path": path, "sha256": bundle.files[path].sha256},
        "model": {"name": NAME, "version": version, "digest": {"sha256": bundle.model_digest}},
        "data": [{"name": "test", "role": "evaluate", "digest": {"sha256": bundle.files[data].sha256}, "rows": 4}],
        "tool": {"name": "mlflow", "version": "3.17.2"},
        "produced_at": "2026-05-01T00:00:00Z",
        "produced_by": "ci:1",
    }
    return builder.file(f"{path}.evidence.json", json.dumps(document))


def test_a_bound_run_is_bound_and_another_models_is_missing(tmp_path):
    builder = bare(tmp_path, **{"run.json": json.dumps(RUN), "test.csv": "a\n1\n"})
    assert codes(run(builder, bound=True)) == ["E108"]
    assert run(enveloped(builder, "run.json", "test.csv"), bound=True, min_grade="E1").outcome is Outcome.PASS
    other = enveloped(builder, "run.json", "test.csv", version="3.0.0")
    result = run(other)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E107"])


def test_an_envelope_for_other_bytes_is_an_error(tmp_path):
    builder = bare(tmp_path, **{"run.json": json.dumps(RUN), "test.csv": "a\n1\n"})
    enveloped(builder, "run.json", "test.csv").file("run.json", run_json(auc=0.99))
    with pytest.raises(InputError) as caught:
        run(builder)
    assert caught.value.diagnostics[0].code == "E109"


# --- intervals


def test_a_point_over_the_limit_is_not_demonstrated(tmp_path):
    builder = BundleBuilder(tmp_path)
    asked = {"metric": "accuracy", "at_least": "0.89"}
    assert run(builder, **asked).outcome is Outcome.PASS
    result = run(builder, **asked, decide="demonstrated")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E144"])
    low, high = result.facts["low"], result.facts["high"]
    assert Decimal(low) < Decimal("0.89") < Decimal("0.9") < Decimal(high)
    assert "95 percent" in result.summary


def test_demonstrated_passes_and_fails_with_the_whole_interval(tmp_path):
    builder = BundleBuilder(tmp_path)
    passed = run(builder, metric="accuracy", at_least="0.8", decide="demonstrated")
    assert passed.outcome is Outcome.PASS
    failed = run(builder, metric="accuracy", at_least="0.95", decide="demonstrated")
    assert (failed.outcome, codes(failed)) == (Outcome.FAIL, ["E140"])
    assert passed.facts["method"] == "Wilson"


def test_the_ends_of_the_interval_are_the_limits(tmp_path):
    """Exactly on the lower end passes; the next millionth does not."""
    builder = BundleBuilder(tmp_path)
    low = run(builder, metric="accuracy", at_least="0.8", decide="demonstrated").facts["low"]
    assert run(builder, metric="accuracy", at_least=low, decide="demonstrated").outcome is Outcome.PASS
    more = str(Decimal(low) + Decimal("0.000001"))
    assert run(builder, metric="accuracy", at_least=more, decide="demonstrated").outcome is Outcome.INCONCLUSIVE


def test_more_confidence_is_never_easier(tmp_path):
    builder = BundleBuilder(tmp_path)
    lows = [
        Decimal(run(builder, metric="accuracy", at_least="0.5", decide="demonstrated", confidence=sure).facts["low"])
        for sure in ("0.8", "0.95", "0.99", "0.9999")
    ]
    assert lows == sorted(lows, reverse=True)
    assert len(set(lows)) == len(lows)


def test_areas_and_squared_errors_have_intervals(tmp_path):
    builder = BundleBuilder(tmp_path)
    area = run(builder, metric="auc", at_least="0.5", decide="demonstrated")
    assert area.outcome is Outcome.PASS
    assert area.facts["method"].startswith("DeLong")
    error = run(builder, metric="brier", at_least=None, at_most="0.9", decide="demonstrated")
    assert error.outcome is Outcome.PASS
    tight = run(builder, metric="brier", at_least=None, at_most=error.observed, decide="demonstrated")
    assert (tight.outcome, codes(tight)) == (Outcome.INCONCLUSIVE, ["E144"])


def test_a_stated_figure_demonstrates_nothing(tmp_path):
    result = run(bare(tmp_path, **{"run.json": run_json(auc=0.999)}), decide="demonstrated")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E143"])


# --- slices


def test_a_slice_is_computed_from_its_rows(tmp_path):
    builder = BundleBuilder(tmp_path)
    whole = run(builder, metric="accuracy", at_least="0.5")
    women = run(builder, metric="accuracy", at_least="0.5", slice="sex=F")
    assert (whole.fields["n"], women.fields["n"]) == ("400", "200")
    assert women.facts["slice"] == "sex=F"
    assert run(builder, metric="auc", at_least="0.5", slice="sex=M").fields["n"] == "80"


def test_a_bad_slice_is_seen_behind_a_good_whole(tmp_path):
    lines = ["y_true,y_pred,region"] + ["1,1,south"] * 95 + ["1,0,north"] * 5
    builder = bare(tmp_path, **{"predictions.csv": "\n".join(lines) + "\n"})
    builder.record(evidence={"predictions": {"path": "predictions.csv"}})
    assert run(builder, metric="accuracy", at_least="0.9").outcome is Outcome.PASS
    assert run(builder, metric="accuracy", at_least="0.9", slice="region=north").outcome is Outcome.FAIL


@pytest.mark.parametrize(("part", "code"), [("sex=X", "E189"), ("sex=f", "E189"), ("region=north", "E122")])
def test_a_slice_that_is_not_there(tmp_path, part, code):
    result = run(BundleBuilder(tmp_path).remove("metrics.json"), metric="accuracy", at_least="0.5", slice=part)
    assert result.outcome is Outcome.MISSING_EVIDENCE
    if code == "E189":
        assert codes(result) == ["E189"]


def test_a_slice_with_people_of_unknown_group_is_in_doubt(tmp_path):
    lines = ["y_true,y_pred,score,region"] + ["1,1,0.9,north", "0,0,0.1,north"] * 20 + ["1,0,0.2,"]
    builder = bare(tmp_path, **{"predictions.csv": "\n".join(lines) + "\n"})
    builder.record(evidence={"predictions": {"path": "predictions.csv"}})
    for metric in ("accuracy", "auc"):
        result = run(builder, metric=metric, at_least="0.5", slice="region=north")
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F109"])


def test_a_stated_figure_of_a_slice_is_not_the_whole(tmp_path):
    clarify = {
        "explanations": {"kernel_shap": {"l": {"global_shap_values": {"age": 1}}}},
        "post_training_bias_metrics": {
            "facets": {"sex": [{"value_or_threshold": "F", "metrics": [{"name": "auc", "value": 0.95}]}]}
        },
    }
    builder = bare(tmp_path, **{"analysis.json": json.dumps(clarify)})
    assert codes(run(builder)) == ["E136"]
    assert run(builder, slice="sex=F").outcome is Outcome.PASS
    assert codes(run(builder, slice="sex=M")) == ["E136"]


# --- the root of expressions


def root_of(builder: BundleBuilder):
    return metrics_root(CheckContext(bundle=builder.open(), stage="pre-registration"))


def test_expressions_read_an_evaluation(tmp_path):
    root = root_of(bare(tmp_path, **{"run.json": json.dumps(RUN)}))
    assert dict(root.value) == {"auc": Decimal("0.91")}
    assert [item.file for item in root.evidence] == ["run.json"]


def test_the_metrics_file_keeps_its_meaning_in_expressions(tmp_path):
    root = root_of(bare(tmp_path, **{"metrics.json": '{"auc": 0.91, "lift": 2}', "run.json": run_json(f1=0.5)}))
    assert dict(root.value) == {"auc": Decimal("0.91"), "lift": 2, "f1": Decimal("0.5")}


def test_two_values_of_one_figure_are_an_error_in_expressions(tmp_path):
    for files in (
        {"a.json": run_json(auc=0.9), "b.json": run_json(auc=0.8)},
        {"metrics.json": '{"auc": 0.95}', "b.json": run_json(auc=0.8)},
    ):
        with pytest.raises(InputError) as caught:
            root_of(bare(tmp_path, **files))
        assert caught.value.diagnostics[0].code == "E141"


def test_a_name_for_several_splits_is_none_in_expressions(tmp_path):
    root = root_of(bare(tmp_path, **{"run.json": run_json(val_auc=0.9, test_auc=0.8, f1=0.5)}))
    assert dict(root.value) == {"f1": Decimal("0.5")}


def test_what_does_not_count_is_not_in_expressions(tmp_path):
    failed = {**RUN, "info": {**RUN["info"], "status": "FAILED"}}
    assert root_of(bare(tmp_path, **{"run.json": json.dumps(failed)})) is None
    builder = bare(tmp_path, **{"old.json": run_json(auc=0.99)})
    assert root_of(builder.record(evidence={"champion": {"path": "old.json"}})) is None


def test_an_evaluation_that_the_predictions_contradict_is_an_error(tmp_path):
    builder = BundleBuilder(tmp_path).file("run.json", run_json(accuracy=0.99)).remove("metrics.json")
    with pytest.raises(InputError) as caught:
        root_of(builder.record(evidence={"predictions": {"path": PREDICTIONS_MANIFEST}}))
    assert caught.value.diagnostics[0].code == "E132"


def test_the_same_bytes_twice_say_the_same(tmp_path):
    builder = bare(tmp_path, **{"a.json": run_json(auc=0.9), "b.json": run_json(auc=0.9)})
    result = run(builder)
    assert result.outcome is Outcome.PASS
    assert {item.digest for item in result.evidence} == {sha256(run_json(auc=0.9).encode())}
