"""AIF360, fairlearn, Clarify, AI Verify and SHAP: counts beat sentences, and what was not computed is no figure."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import GovernError, InputError
from govern.evidence.tools.figures import Explanation, GroupCounts, GroupMetrics, Metrics
from govern.evidence.tools.interface import Document
from govern.evidence.tools.registry import reader_named, readers, type_names
from govern.inputs.json import parse_json

SAMPLES = Path(__file__).parent / "samples"
AIF360 = json.loads((SAMPLES / "aif360" / "metric_json_explainer.json").read_text())
FAIRLEARN = json.loads((SAMPLES / "fairlearn" / "metricframe.json").read_text())

CLARIFY: dict[str, Any] = {
    "version": "1.0",
    "explanations": {
        "kernel_shap": {
            "label0": {"global_shap_values": {"age": 0.2, "income": 0.05}, "expected_value": 0.4},
            "label1": {"global_shap_values": {"age": 0.1, "income": 0.01}},
        }
    },
    "pre_training_bias_metrics": {
        "label": "y",
        "facets": {
            "sex": [
                {
                    "value_or_threshold": "F",
                    "metrics": [
                        {"name": "CI", "description": "Class Imbalance (CI)", "value": 0.036},
                        {"name": "KL", "description": "not computed", "value": None, "error": "no positives"},
                    ],
                }
            ]
        },
    },
}
AIVERIFY: dict[str, Any] = {
    "gid": "aiverify.stock.fairness",
    "cid": "classification",
    "version": "0.9.0",
    "startTime": "2026-11-23T06:40:57.100Z",
    "timeTaken": 3.2,
    "testArguments": {"testDataset": "loans.csv", "groundTruth": "y", "mode": "upload"},
    "output": {"results": [{"group": ["F"], "fdr": 0.25, "for": "n/a"}], "ok": True},
}


def read(document: Any, kind: str):
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    reader = reader_named(kind)
    if reader.syntax == "text":
        return reader.read(Document("x", data, None, syntax="text"))
    root = parse_json(data, file="x")
    assert reader.recognise(root)
    return reader.read(Document("x", data, root))


def code_of(document: Any, kind: str) -> str:
    with pytest.raises(InputError) as caught:
        read(document, kind)
    assert caught.value.diagnostics[0].span.file == "x"
    return caught.value.diagnostics[0].code


# --- AIF360


def test_the_aif360_sample_is_computed_again_from_counts():
    """README: (68/241)/(125/259) = 0.584631; the two metrics use different key names for the same counts."""
    impact, parity = read(AIF360, "aif360").body(GroupMetrics).items
    assert impact.counts == {"unprivileged": GroupCounts(68, 241), "privileged": GroupCounts(125, 259)}
    assert impact.counts == parity.counts
    less, more = impact.counts["unprivileged"], impact.counts["privileged"]
    assert round(float(Fraction(less.k, less.n) / Fraction(more.k, more.n)), 6) == 0.584631
    assert (impact.name, parity.name) == ("disparate_impact", "statistical_parity_difference")
    assert read(AIF360, "aif360").notes == ()


def test_one_metric_alone_is_read():
    (item,) = read(AIF360["disparate_impact"], "aif360").body(GroupMetrics).items
    assert item.counts["privileged"] == GroupCounts(125, 259)


@pytest.mark.parametrize("name", sorted(AIF360))
def test_a_sentence_that_the_counts_contradict_is_told(name):
    edited = json.loads(json.dumps(AIF360))
    edited[name]["message"] = edited[name]["message"].rpartition(": ")[0] + ": 0.95"
    (note,) = read(edited, "aif360").notes
    assert note.code == "E186"
    assert "0.95" in note.message


@pytest.mark.parametrize("key", ["numPositivePredictionsUnprivileged", "numUnprivileged", "numPrivileged"])
def test_counts_that_are_half_there_are_an_error(key):
    edited = json.loads(json.dumps(AIF360))
    del edited["disparate_impact"][key]
    assert code_of(edited, "aif360") == "E102"


@pytest.mark.parametrize(
    ("value", "code"), [(68.5, "E103"), (-1, "E103"), ("68", "E103"), (999, "E186"), (True, "E103")]
)
def test_what_is_no_count_of_people(value, code):
    edited = json.loads(json.dumps(AIF360))
    edited["disparate_impact"]["numPositivePredictionsUnprivileged"] = value
    assert code_of(edited, "aif360") == code


def test_a_metric_without_counts_has_no_figure():
    item = {"metric": "Theil Index", "message": "Theil index: 0.1", "description": "d", "ideal": "0"}
    (found,) = read(item, "aif360").body(GroupMetrics).items
    assert not found.counts
    assert not found.values


# --- fairlearn


def test_the_fairlearn_sample():
    """README: selection rates F 68/241, M 125/259; ratio 0.584631; a ratio of counts is meaningless."""
    body = read(FAIRLEARN, "fairlearn").body(GroupMetrics)
    by_name = {item.name: item for item in body.items}
    assert by_name["selection_rate"].counts == {"F": GroupCounts(68, 241), "M": GroupCounts(125, 259)}
    assert "count" not in by_name
    assert by_name["tpr"].counts == {}
    assert set(by_name["tpr"].values) == {"F", "M"}
    overall = {item.name: item.value for item in read(FAIRLEARN, "fairlearn").body(Metrics).items}
    assert overall["accuracy"] == Decimal("0.49")
    assert "count" not in overall
    assert read(FAIRLEARN, "fairlearn").notes == ()


def test_aif360_and_fairlearn_agree_on_the_same_rows():
    (impact, _parity) = read(AIF360, "aif360").body(GroupMetrics).items
    rates = {item.name: item for item in read(FAIRLEARN, "fairlearn").body(GroupMetrics).items}["selection_rate"]
    assert impact.counts["unprivileged"] == rates.counts["F"]
    assert impact.counts["privileged"] == rates.counts["M"]


def test_a_rate_that_is_no_share_of_the_group():
    edited = json.loads(json.dumps(FAIRLEARN))
    edited["by_group"]["F"]["selection_rate"] = 0.5
    assert code_of(edited, "fairlearn") == "E186"


def test_a_ratio_that_the_groups_contradict_is_told():
    edited = json.loads(json.dumps(FAIRLEARN))
    edited["ratio"]["selection_rate"] = 0.95
    assert [note.code for note in read(edited, "fairlearn").notes] == ["E186"]


def test_groups_without_sizes_keep_their_rates_and_have_no_counts():
    edited = json.loads(json.dumps(FAIRLEARN))
    for group in edited["by_group"].values():
        del group["count"]
    by_name = {item.name: item for item in read(edited, "fairlearn").body(GroupMetrics).items}
    assert by_name["selection_rate"].counts == {}
    assert set(by_name["selection_rate"].values) == {"F", "M"}


def test_a_metric_that_one_group_lacks_is_an_error():
    edited = json.loads(json.dumps(FAIRLEARN))
    del edited["by_group"]["M"]["tpr"]
    assert code_of(edited, "fairlearn") == "E102"


# --- Clarify, AI Verify


def test_clarify_has_importances_by_label_and_bias_by_facet():
    readout = read(CLARIFY, "sagemaker-clarify")
    assert [(table.label, dict(table.features)) for table in readout.body(Explanation).tables] == [
        ("label0", {"age": Decimal("0.2"), "income": Decimal("0.05")}),
        ("label1", {"age": Decimal("0.1"), "income": Decimal("0.01")}),
    ]
    (item,) = readout.body(Metrics).items
    assert (item.name, item.slice, item.value) == ("CI", "sex=F", Decimal("0.036"))


def test_a_bias_metric_that_was_not_computed_is_no_figure():
    assert "KL" not in {item.name for item in read(CLARIFY, "clarify").body(Metrics).items}


def test_clarify_without_its_values_is_an_error():
    edited = json.loads(json.dumps(CLARIFY))
    del edited["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    assert code_of(edited, "clarify") == "E102"


def test_ai_verify_gives_values_and_no_verdict():
    readout = read(AIVERIFY, "aiverify")
    assert [(item.name, item.value) for item in readout.body(Metrics).items] == [("results.0.fdr", Decimal("0.25"))]
    assert readout.produced_at == "2026-11-23T06:40:57Z"
    assert readout.hints == {"algorithm": "aiverify.stock.fairness/classification", "data": "loans.csv"}


# --- importance of features


@pytest.mark.parametrize(
    "document",
    [
        b"feature,importance\nage,0.2\nincome,0.05\n",
        b"\xef\xbb\xbffeature,importance\r\nage,0.2\r\nincome,0.05\r\n",
        b'{"age": 0.2, "income": 0.05}',
        b'{"features": {"age": 0.2, "income": 0.05}}',
        b'[{"feature": "age", "importance": 0.2}, {"feature": "income", "importance": 0.05}]',
    ],
)
def test_two_columns_as_csv_or_json(document):
    body = read(document, "shap").body(Explanation)
    assert body.method == "shap"
    assert dict(body.tables[0].features) == {"age": Decimal("0.2"), "income": Decimal("0.05")}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"feature,importance\nage,nan\n", "E130"),
        (b"feature,importance\nage,inf\n", "E130"),
        (b"feature,importance\nage,\n", "E130"),
        (b"feature,importance\nage,1e999\n", "E130"),
        (b"feature,importance\nage,0.1\nage,0.2\n", "E141"),
        (b"feature,importance\nage,-0.1\n", "E103"),
        (b"age,0.2\nincome,0.05\n", "I203"),
        (b"feature;importance\nage;0,2\n", "I203"),
        (b"feature,importance\nage,0.2,1\n", "I203"),
        (b'feature,importance\n"age,0.2\n', "I203"),
        (b'{"age": NaN}', "I113"),
        (b'{"age": 0.1, "age": 0.2}', "I104"),
        (b'{"age": "0.2"}', "E103"),
        (b'[{"feature": "age"}]', "E102"),
        (b'[{"feature": "age", "importance": 1}, {"feature": "age", "importance": 2}]', "E141"),
        (b"\xff\xfe\x00", "I101"),
    ],
)
def test_damaged_importances(document, code):
    assert code_of(document, "shap") == code


def test_permutation_may_be_below_nothing():
    body = read(b"feature,importance\nage,-0.001\nincome,0.2\n", "permutation-importance").body(Explanation)
    assert body.method == "permutation"


def test_nothing_in_such_a_file_says_what_it_is():
    assert not any(
        reader.recognise({"age": 0.2}) for reader in readers() if reader.id in ("shap", "permutation-importance")
    )


def test_every_type_has_one_reader():
    assert {"mlflow-run", "mlflow-store-run", "mlmodel", "aif360", "fairlearn", "shap", "aiverify"} <= set(type_names())
    assert reader_named("clarify") is reader_named("sagemaker-clarify")


# --- what no change may do


def spread(value, before=()):
    yield before
    for key, held in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from spread(held, (*before, key))


def without(value, path):
    copied = json.loads(json.dumps(value))
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return copied


DOCUMENTS = {"aif360": AIF360, "fairlearn": FAIRLEARN, "sagemaker-clarify": CLARIFY, "aiverify": AIVERIFY}


def figures(readout) -> set[object]:
    """Everything that a reader has measured."""
    found: set[object] = set()
    for body in readout.bodies:
        if isinstance(body, Metrics):
            found |= {(item.key, item.value) for item in body.items}
        elif isinstance(body, GroupMetrics):
            found |= {(item.name, group, two.k, two.n) for item in body.items for group, two in item.counts.items()}
        elif isinstance(body, Explanation):
            found |= {(table.label, *two) for table in body.tables for two in table.features.items()}
    return found


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_a_key_taken_away_adds_no_figure(kind):
    document, reader = DOCUMENTS[kind], reader_named(kind)
    before = figures(read(document, kind))
    for path in spread(document):
        if not path:
            continue
        edited = without(document, path)
        if isinstance(path[-1], int):
            continue  # an item taken away: the others move up
        data = json.dumps(edited).encode()
        root = parse_json(data, file="x")
        if not reader.recognise(root):
            continue
        try:
            after = figures(reader.read(Document("x", data, root)))
        except InputError:
            continue
        assert after <= before, path


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_unknown_keys_and_another_order_change_nothing(kind):
    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(item) for item in value] if isinstance(value, list) else value

    document = DOCUMENTS[kind]
    assert figures(read(turned(document), kind)) == figures(read(document, kind))
    assert figures(read({**document, "zzz": "new"}, kind)) == figures(read(document, kind))


@pytest.mark.parametrize("kind", [*sorted(DOCUMENTS), "shap"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_mutated_bytes_are_diagnostics(kind, data):
    original = json.dumps(DOCUMENTS.get(kind, {"age": 0.25, "income": 0.5})).encode()
    start = data.draw(st.integers(0, len(original) - 1))
    changed = original[:start] + data.draw(st.binary(max_size=6)) + original[start + data.draw(st.integers(0, 8)) :]
    reader = reader_named(kind)
    said: list[object] = [changed]
    try:
        root = None if reader.syntax == "text" else parse_json(changed, file="x")
        if reader.syntax == "text" or reader.recognise(root):
            reader.read(Document("x", changed, root, syntax=reader.syntax))
    except GovernError as fault:
        said = list(fault.diagnostics)
    assert said
