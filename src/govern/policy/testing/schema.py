"""JSON Schema of policy tests, made from the models, for editors. What a case means stays with `govern policy test`."""

from __future__ import annotations

from typing import Any

from govern.canonical import Json
from govern.policy.documents import API_VERSION
from govern.policy.testing.documents import (
    KIND,
    AdvisoryDocument,
    CaseDocument,
    CaseFileDocument,
    EvidenceDocument,
    WaiverDocument,
)

__all__ = ["policy_test_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT_OR_NUMBER = {"anyOf": [{"type": "string"}, {"type": "number"}]}
"""Versions such as 1.10 are text to us and a number to a reader that types every scalar itself."""


def policy_test_schema() -> dict[str, Json]:
    """Give the JSON Schema (2020-12) of the kind PolicyTest."""
    definitions: dict[str, Any] = {}
    whole = _definition(CaseFileDocument, definitions)
    for model in (CaseDocument, WaiverDocument, AdvisoryDocument, EvidenceDocument):
        definitions[model.__name__] = _definition(model, definitions)
    case, evidence = definitions["CaseDocument"], definitions["EvidenceDocument"]
    for holder in (whole, case):
        _described(holder, "waivers", _waivers())
        _described(holder, "advisories", _advisories())
    whole["properties"] |= {"apiVersion": {"const": API_VERSION}, "kind": {"const": KIND}}
    whole["properties"]["cases"] = {"type": "array", "minItems": 1, "items": _ref("CaseDocument")}
    texts = {"anyOf": [{"type": ["string", "null"]}, {"type": "object"}, {"type": "array"}]}
    _described(evidence, "files", {"type": ["object", "null"], "additionalProperties": texts})
    for name in ("introduced", "fixed"):
        _described(definitions["AdvisoryDocument"], name, _TEXT_OR_NUMBER)
    return {
        "$schema": _DIALECT,
        "$id": "urn:govern:schema:policy-test:v1",
        "title": "govern policy tests",
        **whole,
        "$defs": definitions,
    }


def _definition(model: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    for name, inner in made.pop("$defs", {}).items():
        definitions.setdefault(name, inner)
    made.pop("title", None)
    return made


def _described(holder: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    """Put a schema in the place of one that says nothing, with what was said about it."""
    description = holder["properties"][name].get("description")
    holder["properties"][name] = {**schema, "description": description}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _waivers() -> dict[str, Any]:
    return {"type": ["array", "null"], "items": {"anyOf": [{"type": "string"}, _ref("WaiverDocument")]}}


def _advisories() -> dict[str, Any]:
    osv = {"type": "object", "required": ["id", "affected"]}
    records = {"type": "array", "items": {"anyOf": [_ref("AdvisoryDocument"), osv]}}
    dated = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"as_of": {"type": "string"}, "records": records},
    }
    return {"anyOf": [{"type": ["string", "null"]}, records, dated]}
