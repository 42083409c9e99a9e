"""`explainability.global_importance`: exactly the model's inputs, by an accepted method, and not nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.explainability.importance import CHECKS, ImportanceParams
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import IMPORTANCE, BundleBuilder

(CHECK,) = CHECKS
MLMODEL = (Path(__file__).parents[1] / "evidence" / "samples" / "mlflow" / "model_saved" / "MLmodel").read_text()
GOOD = "feature,importance\nage,0.25\nincome,0.125\n"


def bundle(tmp_path: Path, content: str | bytes = GOOD, *, kind: str = "shap", mlmodel: str | None = MLMODEL):
    builder = BundleBuilder(tmp_path).file(IMPORTANCE, content)
    if mlmodel is not None:
        builder.file("model/MLmodel", mlmodel)
    return builder.record(evidence={"importance": {"path": IMPORTANCE, "type": kind}})


def run(builder: BundleBuilder, **given_: Any) -> CheckResult:
    params = ImportanceParams.model_validate(given_)
    result = CHECK.evaluate(params, CheckContext(bundle=builder.open(), stage="pre-registration"))
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(CHECK.spec.message_fields)
    assert result.outcome in CHECK.spec.comes_to
    return result


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def test_the_signatures_inputs_and_no_others(tmp_path):
    result = run(bundle(tmp_path))
    assert result.outcome is Outcome.PASS
    assert {item.file for item in result.evidence} == {IMPORTANCE, "model/MLmodel"}
    (table,) = result.facts["tables"]
    assert table["features"] == [{"name": "age", "value": "0.25"}, {"name": "income", "value": "0.125"}]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("feature,importance\nage,0.25\n", ["`income` are not explained"]),
        (GOOD + "zip,0.1\n", ["`zip` are explained and are no inputs"]),
        ("feature,importance\nage,0.25\nIncome,0.1\n", ["`income` are not", "`Income` are explained"]),
    ],
)
def test_a_difference_fails_and_is_named(tmp_path, content, words):
    result = run(bundle(tmp_path, content))
    assert (result.outcome, set(codes(result))) == (Outcome.FAIL, {"E180"})
    said = " ".join(finding.detail for finding in result.findings)
    assert all(word in said for word in words)
    assert result.findings[0].location.file == IMPORTANCE


@pytest.mark.parametrize("content", ["feature,importance\nage,0\nincome,0.0\n", "feature,importance\n", "{}"])
def test_all_zeros_or_nothing_is_not_evaluated(tmp_path, content):
    result = run(bundle(tmp_path, content))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E182"])


@pytest.mark.parametrize("content", ["feature,importance\nage,nan\nincome,1\n", '{"age": NaN, "income": 1}'])
def test_nan_is_an_error_naming_the_place(tmp_path, content):
    with pytest.raises(InputError) as caught:
        run(bundle(tmp_path, content))
    assert caught.value.diagnostics[0].span.file == IMPORTANCE


def test_a_file_nobody_named_is_none(tmp_path):
    builder = bundle(tmp_path).record(evidence={})
    assert codes(run(builder)) == ["E120"]


def test_methods(tmp_path):
    builder = bundle(tmp_path, kind="permutation-importance")
    assert run(builder).outcome is Outcome.PASS
    result = run(builder, methods=["shap"])
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E184"])
    assert codes(run(builder, methods=[])) == ["E184"]
    with pytest.raises(ValidationError):
        ImportanceParams.model_validate({"methods": ["lime"]})


def test_min_features_counts_weights_other_than_zero(tmp_path):
    builder = bundle(tmp_path, "feature,importance\nage,0.25\nincome,0\n")
    assert run(builder).outcome is Outcome.PASS
    result = run(builder, min_features=2)
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E181"])
    assert run(bundle(tmp_path), min_features=2).outcome is Outcome.PASS


def test_without_a_signature_the_rule_or_the_record_names_the_inputs(tmp_path):
    builder = bundle(tmp_path, mlmodel=None)
    result = run(builder)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E183"])
    assert run(builder, columns=["age", "income"]).outcome is Outcome.PASS
    assert run(builder, columns=["age"]).outcome is Outcome.FAIL
    builder.record(necessary_columns=["income", "age"])
    assert run(builder).outcome is Outcome.PASS


def test_the_signature_wins_over_what_the_rule_lists(tmp_path):
    assert run(bundle(tmp_path), columns=["age"]).outcome is Outcome.PASS


def test_unnamed_tensors_are_no_signature(tmp_path):
    head, _mark, tail = MLMODEL.partition("  inputs: ")
    tensor = '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]'
    text = f"{head}  inputs: '{tensor}'\n  outputs: {tail.partition('  outputs: ')[2]}"
    assert codes(run(bundle(tmp_path, mlmodel=text))) == ["E183"]


def test_two_models_with_other_inputs_are_ambiguous(tmp_path):
    builder = bundle(tmp_path).file("other/MLmodel", MLMODEL.replace('"name": "age"', '"name": "years"'))
    with pytest.raises(InputError) as caught:
        run(builder)
    assert caught.value.diagnostics[0].code == "E121"
    assert run(builder.file("other/MLmodel", MLMODEL)).outcome is Outcome.PASS


def test_a_pickle_that_is_called_mlmodel_is_an_error(tmp_path):
    builder = bundle(tmp_path).file("model/MLmodel", b"\x80\x04\x8c\x05posix\x8c\x06system\x93.")
    with pytest.raises(InputError):
        run(builder)


def clarify(**labels: dict[str, float]) -> str:
    return json.dumps({"explanations": {"kernel_shap": {k: {"global_shap_values": v} for k, v in labels.items()}}})


def test_clarify_is_found_by_its_content_and_every_output_counts(tmp_path):
    builder = bundle(tmp_path).record(evidence={}).remove(IMPORTANCE)
    builder.file("analysis.json", clarify(a={"age": 0.1, "income": 0.2}, b={"age": 0.1, "income": 0.2}))
    result = run(builder, methods=["clarify"])
    assert result.outcome is Outcome.PASS
    builder.file("analysis.json", clarify(a={"age": 0.1, "income": 0.2}, b={"age": 0.1}))
    result = run(builder)
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E180"])
    assert "output b" in result.findings[0].detail
    assert result.findings[0].location.pointer == "/explanations/kernel_shap/b/global_shap_values"
    builder.file("analysis.json", clarify(a={"age": 0.1, "income": 0.2}, b={"age": 0, "income": 0}))
    assert codes(run(builder)) == ["E182"]
    assert codes(run(builder.file("analysis.json", clarify()))) == ["E182"]


def test_a_bad_explanation_is_not_left_out_by_naming_a_good_one(tmp_path):
    builder = bundle(tmp_path).file("analysis.json", clarify(a={"age": 0.1}))
    assert run(builder).outcome is Outcome.FAIL
    assert run(builder, **{"from": {"name": "importance"}}).outcome is Outcome.PASS


def test_weights_of_any_size_are_shown(tmp_path):
    result = run(bundle(tmp_path, "feature,importance\nage,1e300\nincome,1e-300\n"))
    assert result.outcome is Outcome.PASS
    shown = [Decimal(item["value"]) for item in result.facts["tables"][0]["features"]]
    assert shown == [Decimal("1e300"), Decimal("1e-300")]


def test_hostile_names_are_made_plain(tmp_path):
    name = "x\u001b[31m::error::<script>"
    result = run(bundle(tmp_path, json.dumps({"age": 1, "income": 2, name: 3})))
    assert result.outcome is Outcome.FAIL
    assert "\u001b" not in result.findings[0].detail
    assert "\u001b" not in result.summary


def test_unbound_where_binding_is_asked(tmp_path):
    assert codes(run(bundle(tmp_path), bound=True)) == ["E108"]


WEIGHTS = st.dictionaries(
    st.sampled_from(["age", "income", "zip"]), st.decimals(0, 1, places=3, allow_nan=False), max_size=3
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weights=WEIGHTS)
def test_it_passes_for_exactly_the_inputs_with_some_weight(tmp_path, weights):
    lines = ["feature,importance", *(f"{name},{value}" for name, value in weights.items())]
    result = run(bundle(tmp_path, "\n".join(lines) + "\n"))
    sound = set(weights) == {"age", "income"} and any(weights.values())
    assert (result.outcome is Outcome.PASS) == sound
    if sound:
        shown = {item["name"]: Decimal(item["value"]) for item in result.facts["tables"][0]["features"]}
        assert shown == weights
