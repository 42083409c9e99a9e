"""The checked-in schemas are those of the code, and jsonschema agrees with our reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from govern.inputs.yaml import parse_yaml
from govern.lineage.record_model import LineageRecord
from govern.lineage.registry_model import RegistryModel
from govern.lineage.schema import lineage_schema, registry_schema
from govern.lineage.shape import shaped
from support.bundles import BundleBuilder
from support.lineages import APPROVED, source

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"


@pytest.mark.parametrize(
    ("name", "made"), [("lineage.schema.json", lineage_schema()), ("source-registry.schema.json", registry_schema())]
)
def test_checked_in_schema_is_current(name: str, made: dict[str, Any]) -> None:
    text = json.dumps(made, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert (SCHEMAS / name).read_text(encoding="utf-8") == text
    jsonschema.Draft202012Validator.check_schema(made)


HEAD = {"apiVersion": "govern/v1", "kind": "Lineage", "model": {"name": "m", "version": "1"}}
RECORDS: list[dict[str, Any]] = [
    HEAD,
    HEAD | {"runs": [{"id": "a", "job": "b", "used": ["x", {"dataset": "y", "columns": ["z"]}]}]},
    HEAD | {"runs": [{"id": "a", "job": "b", "status": "done"}]},
    HEAD | {"runs": [{"id": "a", "job": "b", "used": [{"dataset": "y", "colums": []}]}]},
    HEAD | {"runs": [{"id": "a"}]},
    HEAD | {"run": []},
    HEAD | {"kind": "Model"},
    HEAD | {"datasets": [{"id": "a", "uri": "x", "digest": {}}]},
    HEAD | {"datasets": [{"id": "bad id", "uri": "x"}]},
    {"apiVersion": "govern/v1", "kind": "Lineage"},
]


@pytest.mark.parametrize("document", RECORDS)
def test_lineage_schema_agrees_with_the_reader(document: dict[str, Any]) -> None:
    _agree(LineageRecord, lineage_schema(), document)


def test_builders_record_is_valid(tmp_path: Path) -> None:
    document = yaml.safe_load(BundleBuilder(tmp_path).content("lineage.yaml"))
    jsonschema.validate(document, lineage_schema())


REGISTRY = {
    "apiVersion": "govern/v1",
    "kind": "SourceRegistry",
    "metadata": {"name": "s", "version": "1", "owner": "x"},
    "sources": [source()],
}


@pytest.mark.parametrize(
    "document",
    [
        REGISTRY,
        REGISTRY | {"sources": [source(roles=["training"])]},
        REGISTRY | {"sources": [source(events=[APPROVED | {"effective": "tomorrow"}])]},
        REGISTRY | {"sourcs": []},
        REGISTRY | {"metadata": {}},
    ],
)
def test_registry_schema_agrees_with_the_reader(document: dict[str, Any]) -> None:
    _agree(RegistryModel, registry_schema(), document)


def _agree(model: Any, schema: dict[str, Any], document: dict[str, Any]) -> None:
    node = parse_yaml(yaml.safe_dump(document).encode(), file="x.yaml", strictness="evidence")
    made, _ = shaped(model, node)
    assert (made is not None) == jsonschema.Draft202012Validator(schema).is_valid(document)
