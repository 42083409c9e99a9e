"""The list of files with their readers: complete, the same every time, and in no signed byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govern.report.result import Result
from govern.report.schema import result_schema
from support.bundles import MODEL_FILE, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.gate import dangers, faces, judge, write_policy

CARD = {"model_card.present": {}}


def document(tmp_path: Path, rules: dict[str, Any], builder: BundleBuilder | None = None) -> dict[str, Any]:
    bundle = (builder or BundleBuilder(tmp_path / "made")).build()
    made = judge(bundle, write_policy(tmp_path / "policies", rules))
    assert made.document is not None
    return made.document


def readers(found: dict[str, Any]) -> dict[str, list[str]]:
    return {item["path"]: item["read_by"] for item in found["files"]}


def test_every_file_is_listed_once_with_its_size(tmp_path):
    found = document(tmp_path, CARD)
    paths = [item["path"] for item in found["files"]]
    assert paths == sorted(paths, key=str.encode)
    assert len(paths) == found["manifest"]["files"]
    assert sum(item["bytes"] for item in found["files"]) == found["manifest"]["bytes"]


def test_what_no_rule_read_says_so(tmp_path):
    found = readers(document(tmp_path, CARD))
    assert found["govern.yaml"] == ["model_record"]
    assert found["README.md"] == ["model_card"]
    assert found["lineage.yaml"] == ["lineage"]
    for path in (MODEL_FILE, PREDICTIONS, "metrics.json", "requirements.txt"):
        assert found[path] == [], "hashed, and judged by nobody"


def test_each_reader_is_named(tmp_path):
    rules = {
        **CARD,
        "artefacts.present": {},
        "dependencies.pinned": {},
        "performance.threshold": {"metric": "accuracy", "at_least": 0.8},
    }
    builder = BundleBuilder(tmp_path / "made").file("MLmodel", "flavors: {ours: {data: model/model.safetensors}}\n")
    found = readers(document(tmp_path, rules, builder))
    assert "artefacts" in found[MODEL_FILE]
    assert "artefact_scan" in found[MODEL_FILE]
    assert "mlflow_layout" in found["MLmodel"]
    assert "requirements" in found["requirements.txt"]
    assert any(name.startswith("predictions") for name in found[PREDICTIONS])
    assert any(name.startswith("predictions") for name in found[PREDICTIONS_MANIFEST] + found[PREDICTIONS])
    assert all(found.values()), "the scan reads every file"


def test_the_list_is_the_same_again_and_in_no_signed_byte(tmp_path):
    one, two = document(tmp_path / "a", CARD), document(tmp_path / "b", CARD)
    assert one["files"] == two["files"]
    assert one["evaluation"] == two["evaluation"]
    assert one["decision_record"] == two["decision_record"]


def test_verbose_text_and_page_show_every_file(tmp_path):
    found = document(tmp_path, CARD)
    shown = faces(found)
    for item in found["files"]:
        assert item["path"] in shown["text"]
        assert item["path"] in shown["html"]
    assert f"{MODEL_FILE}  {len(BundleBuilder(tmp_path).content(MODEL_FILE))} bytes  not read" in shown["text"]
    assert "README.md" in shown["text"]
    assert "model card" in shown["text"]
    assert '<section id="files">' in shown["html"]
    assert 'href="#files"' in shown["html"]


def test_odd_names_act_on_nobody(tmp_path):
    builder = BundleBuilder(tmp_path / "made").file("::error::x", "1").file("a\u202egpj.<b>", "2").file("##[x]y", "3")
    assert list(dangers(faces(document(tmp_path, CARD, builder)))) == []


def test_a_long_list_is_cut_on_the_page_and_nowhere_else(tmp_path):
    found = document(tmp_path, CARD)
    found["files"] = [{"path": f"f{number:05}", "bytes": 1, "read_by": []} for number in range(2_005)]
    shown = faces(found)
    assert "f02004" in shown["text"]
    assert "f02004" not in shown["html"]
    assert "And 5 more" in shown["html"]


def test_results_of_before_are_shown_without_a_list(tmp_path):
    found = document(tmp_path, CARD)
    del found["files"]
    assert Result.from_document(found).files == ()
    shown = faces(found)
    assert "Files of the bundle" not in shown["text"]
    assert 'id="files"' not in shown["html"]


@pytest.mark.parametrize("change", [{"path": "x"}, {"path": "x", "bytes": -1, "read_by": []}, {"read_by": "me"}])
def test_the_schema_knows_what_an_entry_is(tmp_path, change):
    import jsonschema

    found = document(tmp_path, CARD)
    jsonschema.validate(found, result_schema())
    found["files"] = [change]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, result_schema())
