"""`performance.threshold` and the root `metrics`: exact figures, and no way around evidence that cannot be used."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.performance.threshold import CHECKS, ThresholdParams, metrics_root
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.fairness import Tally, Undefined, from_cells, from_scores
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

(THRESHOLD,) = CHECKS


def context_of(builder: BundleBuilder) -> CheckContext:
    return CheckContext(bundle=builder.open(), stage="pre-registration")


def run(builder: BundleBuilder, **given_: Any) -> CheckResult:
    params = ThresholdParams.model_validate({"metric": "accuracy", "at_least": "0.9", **given_})
    result = THRESHOLD.evaluate(params, context_of(builder))
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(THRESHOLD.spec.message_fields)
    return result


def without_predictions(tmp_path: Path, metrics: str | None = '{"accuracy": 0.84, "auc": 0.81}') -> BundleBuilder:
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).record(evidence={})
    return builder.file("metrics.json", metrics) if metrics is not None else builder.remove("metrics.json")


def table(builder: BundleBuilder, text: str) -> BundleBuilder:
    return (
        builder.remove(PREDICTIONS)
        .remove(PREDICTIONS_MANIFEST)
        .file("predictions.csv", text)
        .record(evidence={"predictions": {"path": "predictions.csv"}})
    )


class TestRecomputed:
    def test_exactly_at_the_limit(self, tmp_path: Path) -> None:
        result = run(BundleBuilder(tmp_path))
        assert (result.outcome, result.observed, result.required) == (Outcome.PASS, "0.9", ">= 0.9")
        assert result.fields == {"metric": "accuracy", "value": "0.9", "n": "400"}

    def test_fail(self, tmp_path: Path) -> None:
        result = run(BundleBuilder(tmp_path), at_least="0.91")
        assert result.outcome is Outcome.FAIL
        assert [finding.code for finding in result.findings] == ["E140"]

    def test_predictions_beat_the_file(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).file("metrics.json", '{"accuracy": 0.99}')
        assert run(builder, at_least="0.95").outcome is Outcome.FAIL
        assert run(builder, at_least="0.95", recompute="never").outcome is Outcome.PASS

    def test_another_model_is_no_reason_to_take_the_file(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path)
        manifest = builder.content(PREDICTIONS_MANIFEST).decode().replace("version: 3.1.0", "version: 3.0.0")
        result = run(builder.file(PREDICTIONS_MANIFEST, manifest))
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E107")

    def test_unreadable_is_no_reason_either(self, tmp_path: Path) -> None:
        with pytest.raises(InputError):
            run(BundleBuilder(tmp_path).file(PREDICTIONS_MANIFEST, "kind: FairnessRows\n"))

    def test_split_and_dataset(self, tmp_path: Path) -> None:
        assert run(BundleBuilder(tmp_path), split="test", dataset="acme/loans holdout").outcome is Outcome.PASS
        result = run(BundleBuilder(tmp_path), split="train")
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E136")

    def test_undefined(self, tmp_path: Path) -> None:
        builder = table(BundleBuilder(tmp_path), "y_true,y_pred\n1,0\n0,0\n")
        result = run(builder, metric="precision", at_least="0")
        assert (result.outcome, result.observed) == (Outcome.INCONCLUSIVE, "undefined (nobody selected)")

    def test_no_rows(self, tmp_path: Path) -> None:
        result = run(table(BundleBuilder(tmp_path), "y_true,y_pred\n"), at_least="0")
        assert result.outcome is Outcome.INCONCLUSIVE

    def test_missing_rows(self, tmp_path: Path) -> None:
        result = run(table(BundleBuilder(tmp_path), "y_true,y_pred\n1,1\n0,\n"), at_least="0")
        assert (result.outcome, result.findings[0].code) == (Outcome.INCONCLUSIVE, "F109")

    def test_too_few(self, tmp_path: Path) -> None:
        result = run(BundleBuilder(tmp_path), min_n=401)
        assert (result.outcome, result.findings[0].code) == (Outcome.INCONCLUSIVE, "E139")

    def test_required_without_predictions(self, tmp_path: Path) -> None:
        result = run(without_predictions(tmp_path), recompute="required")
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E135")

    def test_required_without_scores(self, tmp_path: Path) -> None:
        builder = table(BundleBuilder(tmp_path), "y_true,y_pred\n1,1\n").file("metrics.json", '{"auc": 0.99}')
        result = run(builder, metric="auc", at_least="0.5", recompute="required")
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E135")

    def test_brier_of_no_probability(self, tmp_path: Path) -> None:
        builder = table(BundleBuilder(tmp_path), "y_true,y_pred,score\n1,1,700\n0,0,300\n")
        with pytest.raises(InputError) as caught:
            run(builder, metric="brier", at_least=None, at_most="0.2")
        assert caught.value.diagnostics[0].code == "E131"
        assert run(builder, metric="auc", at_least="1").outcome is Outcome.PASS


class TestFromFile:
    def test_pass_and_fail(self, tmp_path: Path) -> None:
        assert run(without_predictions(tmp_path), at_least="0.8").outcome is Outcome.PASS
        result = run(without_predictions(tmp_path), at_least="0.85")
        assert (result.outcome, result.observed) == (Outcome.FAIL, "0.84")
        assert json.loads(canonical_bytes(result.facts))["source"] == "metrics file"

    def test_nothing_there(self, tmp_path: Path) -> None:
        result = run(without_predictions(tmp_path, None))
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E120")

    def test_metric_not_there(self, tmp_path: Path) -> None:
        result = run(without_predictions(tmp_path, '{"auc": 0.8, "accuracy": null}'))
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E137")

    @pytest.mark.parametrize(
        "text",
        [
            '{"accuracy": NaN}',
            '{"accuracy": Infinity}',
            '{"accuracy": 1e999}',
            "[" * 100_000 + "]" * 100_000,
            '{"accuracy": 0.1, "accuracy": 0.99}',
            "",
            "[0.9]",
            '{"accuracy": "0.99"}',
            '{"accuracy": true}',
            '{"accuracy": 91.2}',
            '{"accuracy": -1}',
        ],
    )
    def test_unreadable(self, tmp_path: Path, text: str) -> None:
        for limit in ({"at_least": "0"}, {"at_least": "0.8"}):
            with pytest.raises(InputError):
                run(without_predictions(tmp_path, text), **limit)

    def test_lower_is_better(self, tmp_path: Path) -> None:
        builder = without_predictions(tmp_path, '{"demographic_parity_difference": 0.1, "rmse": 12.5}')
        assert (
            run(builder, metric="demographic_parity_difference", at_least=None, at_most="0.10").outcome is Outcome.PASS
        )
        assert run(builder, metric="rmse", at_least=None, at_most="12").outcome is Outcome.FAIL

    def test_what_a_flat_file_cannot_say(self, tmp_path: Path) -> None:
        builder = without_predictions(tmp_path)
        for changes, code in [({"bound": True}, "E108"), ({"split": "test"}, "E136"), ({"max_age": "30d"}, "E110")]:
            result = run(builder, at_least="0.5", **changes)
            assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, code)
        assert run(builder, at_least="0.5", min_n=10).outcome is Outcome.INCONCLUSIVE


class TestParameters:
    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({"metric": "acuracy"}, "literal_error"),
            ({"at_most": "1"}, "exclusive_parameters"),
            ({"at_least": None}, "exclusive_parameters"),
            ({"at_least": None, "at_most": "1"}, "exclusive_parameters"),
            ({"metric": "brier"}, "exclusive_parameters"),
            ({"min_n": 0}, "bad_value"),
            ({"metric": "r2", "recompute": "required"}, "bad_value"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], kind: str) -> None:
        with pytest.raises(ValidationError) as caught:
            ThresholdParams.model_validate({"metric": "accuracy", "at_least": "0.9", **changes})
        assert {error["type"] for error in caught.value.errors()} == {kind}


class TestRoot:
    def test_computed_and_stated(self, tmp_path: Path) -> None:
        root = metrics_root(context_of(BundleBuilder(tmp_path).file("metrics.json", '{"accuracy": 0.9, "lift": 2}')))
        assert root is not None
        assert root.value["accuracy"] == Decimal("0.9")
        assert root.value["lift"] == 2
        assert {"auc", "brier", "f1", "recall"} <= set(root.value)
        assert {item.name for item in root.evidence} == {"metrics", "predictions"}

    def test_none(self, tmp_path: Path) -> None:
        assert metrics_root(context_of(without_predictions(tmp_path, None))) is None

    def test_ambiguous(self, tmp_path: Path) -> None:
        with pytest.raises(InputError) as caught:
            metrics_root(context_of(BundleBuilder(tmp_path).file("metrics.json", '{"accuracy": 0.93}')))
        assert caught.value.diagnostics[0].code == "E132"

    def test_written_digits_are_enough(self, tmp_path: Path) -> None:
        builder = table(BundleBuilder(tmp_path), "y_true,y_pred\n1,1\n1,1\n0,1\n")
        builder.file("metrics.json", '{"accuracy": 0.667}').record(
            evidence={"predictions": {"path": "predictions.csv"}, "metrics": {"path": "metrics.json"}}
        )
        root = metrics_root(context_of(builder))
        assert root is not None
        assert Fraction(root.value["accuracy"]) == pytest.approx(2 / 3)

    def test_other_model(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path)
        manifest = builder.content(PREDICTIONS_MANIFEST).decode().replace("version: 3.1.0", "version: 3.0.0")
        with pytest.raises(InputError):
            metrics_root(context_of(builder.file(PREDICTIONS_MANIFEST, manifest)))


SCORES = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60)


@given(SCORES)
@settings(max_examples=100, deadline=None)
def test_scores_are_sklearns(rows: list[tuple[int, bool]]) -> None:
    from sklearn.metrics import brier_score_loss, roc_auc_score

    by_score: dict[Decimal, tuple[int, int]] = {}
    for twentieths, positive in rows:
        score = Decimal(twentieths) / 20
        lost, won = by_score.get(score, (0, 0))
        by_score[score] = (lost + (not positive), won + positive)
    truth, scores = [positive for _score, positive in rows], [twentieths / 20 for twentieths, _ in rows]
    brier = from_scores("brier", by_score).value
    assert isinstance(brier, Fraction)
    assert float(brier) == pytest.approx(brier_score_loss(truth, scores, pos_label=True), abs=1e-12)
    auc = from_scores("auc", by_score).value
    if len(set(truth)) == 2:
        assert isinstance(auc, Fraction)
        assert float(auc) == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    else:
        assert auc == Undefined("one class only")


@given(*[st.integers(0, 30)] * 4)
@settings(max_examples=100, deadline=None)
def test_cells_are_sklearns(tn: int, fp: int, fn: int, tp: int) -> None:
    from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score, recall_score

    truth = [0] * (tn + fp) + [1] * (fn + tp)
    decided = [0] * tn + [1] * fp + [0] * fn + [1] * tp
    tally = Tally(tn, fp, fn, tp)
    oracles = {
        "accuracy": (tally.n, accuracy_score),
        "precision": (tp + fp, precision_score),
        "recall": (tp + fn, recall_score),
        "f1": (tp + fp + fn, f1_score),
        "balanced_accuracy": ((tn + fp) * (tp + fn), balanced_accuracy_score),
    }
    for metric, (denominator, oracle) in oracles.items():
        value = from_cells(metric, tally).value  # type: ignore[arg-type]
        if denominator:
            assert isinstance(value, Fraction)
            assert float(value) == pytest.approx(oracle(truth, decided), abs=1e-12)
        else:
            assert isinstance(value, Undefined)
