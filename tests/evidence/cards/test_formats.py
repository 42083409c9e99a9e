"""Every field of every format arrives in the normalised card, at the pointer where it was written.

`fixtures/<name>.arrives.json` lists what arrives and where; after a change of a reader it is written again by
`python tests/evidence/cards/test_formats.py`, and read by whoever changed it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govern.evidence.cards import State
from support.cards import PROSE, arrivals, as_json, read, read_file, state

FIXTURES = Path(__file__).parent / "fixtures"
FORMATS = {
    "toolkit-0.0.1.json": "toolkit",
    "toolkit-0.0.2.json": "toolkit",
    "verifyml.json": "toolkit",
    "model.cdx.json": "cyclonedx",
    "sagemaker-content.json": "sagemaker",
    "sagemaker-described.json": "sagemaker",
    "sagemaker-cloudformation.json": "sagemaker",
    "model.spdx.json": "spdx",
    "MLmodel": "mlmodel",
    "hub.md": "huggingface",
}
STRUCTURE = {
    "toolkit-0.0.1.json": {"/schema_version", "/model_parameters/data/eval/sensitive"},
    "toolkit-0.0.2.json": {"/schema_version"},
    "verifyml.json": {
        "/explainability_analysis/explainability_reports/0/type",
        "/explainability_analysis/explainability_reports/0/tests/0/name",
    },
    "model.cdx.json": {
        *("/bomFormat", "/specVersion", "/version", "/declarations/attestations/0/assessor"),
        *("/metadata/component/type", "/metadata/component/name"),
        *("/components/0/type", "/components/0/name", "/components/0/version"),
        *("/components/1/type", "/components/1/bom-ref", "/components/1/hashes/0/alg"),
        *("/components/1/data/0/type", "/components/1/data/0/name"),
        *("/components/2/type", "/components/2/bom-ref"),
        "/components/2/modelCard/modelParameters/datasets/0/type",
        "/components/2/modelCard/modelParameters/datasets/1/ref",
    },
}
"""Leaves that say how a document is built, or that stand for `no`; every other leaf must arrive somewhere."""


@pytest.mark.parametrize("name", FORMATS)
def test_every_mapped_field_arrives_with_its_place(name: str) -> None:
    card = read_file(FIXTURES / name)
    assert card.recognised
    assert card.sources[0].format == FORMATS[name]
    expected = json.loads((FIXTURES / f"{name}.arrives.json").read_text("utf-8"))
    assert json.loads(json.dumps(arrivals(card))) == expected


@pytest.mark.parametrize("name", STRUCTURE)
def test_no_field_of_a_format_is_lost(name: str) -> None:
    path = FIXTURES / name
    arrived = {pointer for leaves in arrivals(read_file(path)).values() for _text, pointer in leaves}
    arrived |= {f"{pointer}/{side}" for pointer in arrived if pointer for side in ("lower_bound", "upper_bound")}
    arrived |= {f"{pointer}/{side}" for pointer in arrived if pointer for side in ("lowerBound", "upperBound")}
    names = {pointer.rpartition("/")[0] for pointer in arrived if pointer}
    lost = [
        pointer
        for pointer in _pointers(json.loads(path.read_text("utf-8")), "")
        if pointer not in arrived
        and not (pointer.endswith(("/type", "/name", "/key", "/slice")) and _near(pointer, names))
    ]
    assert set(lost) <= STRUCTURE[name]


def _near(pointer: str, arrived: set[str]) -> bool:
    """The name of a metric or column stands in the record made of its value, which has the value's own pointer."""
    return pointer.rpartition("/")[0] in arrived


def _pointers(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pointers(item, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _pointers(item, f"{pointer}/{index}")
    else:
        yield pointer


def test_a_card_in_a_text_reads_like_the_card_itself() -> None:
    plain = read_file(FIXTURES / "sagemaker-content.json")
    wrapped = read_file(FIXTURES / "sagemaker-described.json")
    template = read_file(FIXTURES / "sagemaker-cloudformation.json")
    assert [item.name for item in wrapped.approvals] == ["model_card_status"]
    assert [item.value for item in template.approvals] == ["PendingReview"]
    for other in (wrapped, template):
        assert {name: [p.text for p in item.passages] for name, item in other.sections.items()} == {
            name: [p.text for p in item.passages] for name, item in plain.sections.items()
        }
        assert [item.raw for item in other.metrics] == [item.raw for item in plain.metrics]


def test_a_tools_own_verdict_is_kept_and_settles_nothing() -> None:
    card = read_file(FIXTURES / "verifyml.json")
    tests = [item for item in card.metrics if item.verdict is not None]
    assert [
        (item.name, item.verdict.value, item.threshold.value) for item in tests if item.verdict and item.threshold
    ] == [
        ("minimum auc", "true", "0.7"),
        ("parity difference", "true", "0.1"),
        ("top feature share", "false", "0.5"),
    ]
    assert not any(item in tests for section in card.sections.values() for item in section.metrics)


def test_numbers_of_the_second_toolkit_schema_are_texts_and_read_as_declared_numbers() -> None:
    card = read_file(FIXTURES / "toolkit-0.0.2.json")
    assert [(item.name, item.value is None, item.raw) for item in card.metrics] == [
        ("auc", False, "0.81"),
        ("accuracy", True, "91,2"),
    ]
    interval = card.metrics[0].ci
    assert interval is not None
    assert (str(interval.low), str(interval.high)) == ("0.79", "0.83")
    assert [(item.code, "/performance_metrics/1/value" in item.message) for item in card.diagnostics] == [
        ("E224", True)
    ]


def test_averages_are_taken_out_of_a_metrics_name() -> None:
    card = read_file(FIXTURES / "hub.md")
    assert [(item.name, item.average, item.unit) for item in card.metrics] == [
        ("f1", "macro", "ratio"),
        ("f1", "macro", "percent"),
    ]
    assert card.metrics[0].verified_by is not None
    assert card.metrics[0].verified_by.value == "Evaluation board"
    assert card.metrics[1].verified_by is None
    assert card.risk_rating is not None
    assert card.risk_rating.locator.line == 32


def test_a_bill_with_two_models_takes_none_unless_one_is_its_subject() -> None:
    model = {"type": "machine-learning-model", "name": "a", "modelCard": {"considerations": {"useCases": [PROSE]}}}
    two = {"bomFormat": "CycloneDX", "components": [model, {**model, "name": "b"}]}
    card = read(as_json(two), "bom.json")
    assert not card.recognised
    assert [item.code for item in card.diagnostics] == ["E222"]
    card = read(as_json({**two, "metadata": {"component": {**model, "name": "c"}}}), "bom.json")
    assert card.identity.name is not None
    assert card.identity.name.value == "c"
    nested = {"bomFormat": "CycloneDX", "components": [{"type": "application", "name": "x", "components": [model]}]}
    assert state(read(as_json(nested), "bom.json"), "intended_use") is State.COMPLETE


@pytest.mark.parametrize("path", ["cards/fixtures/model.cdx.json", "samples/cyclonedx/mlbom-1.6.json"])
def test_the_bills_that_we_read_are_valid(path: str) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = (Path(__file__).parents[1] / path).read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_a_bill_without_a_model_is_no_card() -> None:
    card = read(as_json({"bomFormat": "CycloneDX", "components": [{"type": "library", "name": "numpy"}]}), "bom.json")
    assert not card.recognised


def test_two_ai_packages_in_one_document_are_not_guessed_at() -> None:
    package = {"type": "ai_AIPackage", "spdxId": "urn:a", "name": "a"}
    graph = [package, {**package, "spdxId": "urn:b"}]
    card = read(as_json({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}), "x.spdx.json")
    assert not card.recognised
    assert [item.code for item in card.diagnostics] == ["E222"]


def test_content_that_is_no_json_is_an_error_and_not_an_empty_card() -> None:
    with pytest.raises(Exception, match="not JSON") as caught:
        read(as_json({"Content": "{broken", "ModelCardStatus": "Draft"}), "model_card.json")
    assert type(caught.value).__name__ == "InputError"


@pytest.mark.parametrize("name", ["card", "MODEL_CARD.md", "model_card.json"])
def test_a_card_is_told_by_its_content(name: str) -> None:
    card = read((FIXTURES / "toolkit-0.0.2.json").read_bytes(), name)
    assert card.sources[0].format == "toolkit"


def test_a_mapping_reads_what_nobody_knows_and_wins_over_what_is_known() -> None:
    from govern.evidence.cards.aliases import Matcher
    from govern.evidence.cards.jsoncard import read_json_card

    root = {"uso": {"pretendido": PROSE}, "donos": ["Equipe de risco"], "vazio": None, "medidas": {"auc": "0.81"}}
    mapping = {
        "intended_use": "/uso/pretendido",
        "owner": "/donos",
        "limitations": "/vazio",
        "evaluation": "/medidas",
        "users": "/not/there",
    }
    card = read_json_card(root, file="card.json", digest="0" * 64, matcher=Matcher([]), mapping=mapping)
    assert card.sources[0].format == "mapped"
    assert state(card, "intended_use") is State.COMPLETE
    assert card.sections["intended_use"].passages[0].locator.pointer == "/uso/pretendido"
    assert [(item.value, item.locator.pointer) for item in card.owners] == [("Equipe de risco", "/donos/0")]
    assert [(item.name, item.raw) for item in card.metrics] == [("auc", "0.81")]
    assert state(card, "limitations") is State.STUB
    assert "users" not in card.sections


if __name__ == "__main__":
    for fixture in FORMATS:
        found = json.dumps(arrivals(read_file(FIXTURES / fixture)), indent=1, ensure_ascii=False)
        (FIXTURES / f"{fixture}.arrives.json").write_text(found + "\n", encoding="utf-8")
