"""JSON Schema of policy documents, made from the models and the check kinds, for editors and as a second opinion.

A schema cannot say everything: references between keys (a rule id given twice, a control that no catalogue lists),
parameters that exclude each other, and the fields of messages stay with the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govern.canonical import Json
from govern.policy.documents import API_VERSION, ControlCatalogue, Metadata, Parameter, PolicySpec, Rule
from govern.policy.interface import CheckSpec
from govern.policy.packs.documents import Import, PackMetadata, PackSpec, RuleOverlay

__all__ = ["policy_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLACEHOLDER = r"^\$\{params\.[a-z][a-z0-9_]*\}$"


def policy_schema(checks: Mapping[str, CheckSpec]) -> dict[str, Json]:
    """Give the JSON Schema (2020-12) of policies, packs and control catalogues, with the parameters of each kind."""
    definitions: dict[str, Any] = {"placeholder": {"type": "string", "pattern": _PLACEHOLDER}}
    metadata = _definition(Metadata, definitions)
    spec = _definition(PolicySpec, definitions)
    rule = _definition(Rule, definitions)
    parameter = _definition(Parameter, definitions)
    catalogue = _definition(ControlCatalogue, definitions)
    # Versions such as 1.10 are text to us and a number to a reader that types every scalar itself.
    for item in (metadata, definitions["CatalogueMetadata"]):
        item["properties"]["version"] = {
            "anyOf": [item["properties"]["version"], {"type": "number"}],
            "description": "Version, as text.",
        }
    rule["properties"]["check"] = {"enum": sorted(checks), "description": "The check kind."}
    rule["allOf"] = [_for_kind(checks[kind], definitions) for kind in sorted(checks)]
    spec["properties"]["rules"] = {"type": "array", "items": {"$ref": "#/$defs/Rule"}}
    approvals = definitions["Approvals"]["properties"]
    approvals |= {name: _or_placeholder(approvals[name]) for name in ("roles", "identity", "max_age")}
    spec["properties"]["separation"] = _or_placeholder(spec["properties"]["separation"])
    definitions["RoleCount"] = _with_placeholders(definitions["RoleCount"])
    spec["properties"]["params"] = {
        "type": "object",
        "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,63}$"},
        "additionalProperties": {"$ref": "#/$defs/Parameter"},
    }
    spec["properties"]["imports"] = {"type": "array", "items": {"$ref": "#/$defs/Import"}}
    definitions |= {"Metadata": metadata, "PolicySpec": spec, "Rule": rule, "Parameter": parameter}
    definitions |= _pack_definitions(definitions)
    catalogue["properties"] |= {"apiVersion": {"const": API_VERSION}, "kind": {"const": "ControlCatalog"}}
    catalogue["required"] = ["apiVersion", "kind", *catalogue["required"]]
    definitions["ControlCatalog"] = catalogue
    definitions["Policy"] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": "Policy"},
            "metadata": {"$ref": "#/$defs/Metadata"},
            "spec": {"$ref": "#/$defs/PolicySpec"},
        },
    }
    return {
        "$schema": _DIALECT,
        "$id": "urn:govern:schema:policy:v1",
        "title": "govern policy documents",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "if": {"properties": {"kind": {"const": "ControlCatalog"}}},
        "then": {"$ref": "#/$defs/ControlCatalog"},
        "else": {
            "if": {"properties": {"kind": {"const": "Pack"}}},
            "then": {"$ref": "#/$defs/Pack"},
            "else": {"$ref": "#/$defs/Policy"},
        },
        "$defs": definitions,
    }


def _pack_definitions(definitions: dict[str, Any]) -> dict[str, Any]:
    imports = _definition(Import, definitions)
    imports["properties"]["rules"]["additionalProperties"] = {"$ref": "#/$defs/RuleOverlay"}
    version = imports["properties"]["version"]
    imports["properties"]["version"] = {"anyOf": [version, {"type": "number"}], "description": version["description"]}
    metadata, spec = _definition(PackMetadata, definitions), _definition(PackSpec, definitions)
    spec["properties"]["imports"] = {"type": "array", "items": {"$ref": "#/$defs/Import"}}
    return {
        "Import": imports,
        "RuleOverlay": _definition(RuleOverlay, definitions),
        "PackMetadata": metadata,
        "Pack": {
            "type": "object",
            "additionalProperties": False,
            "required": ["apiVersion", "kind", "metadata"],
            "properties": {
                "apiVersion": {"const": API_VERSION},
                "kind": {"const": "Pack"},
                "metadata": {"$ref": "#/$defs/PackMetadata"},
                "spec": {"anyOf": [spec, {"type": "null"}]},
            },
        },
    }


def _definition(model: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    for name, inner in made.pop("$defs", {}).items():
        definitions.setdefault(name, inner)
    made.pop("title", None)
    return made


def _for_kind(spec: CheckSpec, definitions: dict[str, Any]) -> dict[str, Any]:
    """`if check is this kind then with has these parameters`; each value may be a placeholder instead."""
    own: dict[str, Any] = {}
    made = _definition(spec.params, own)
    name = "".join(part.capitalize() for part in spec.kind.replace("_", ".").split("."))
    for inner, schema in own.items():
        definitions[f"{name}{inner}"] = _with_placeholders(_renamed(schema, name, own))
    made = _with_placeholders(_renamed(made, name, own))
    made["description"] = f"Passes when: {spec.passes_when}"
    then: dict[str, Any] = {"properties": {"with": made}}
    if made.get("required"):
        then["required"] = ["with"]
    else:  # `with:` may be left out or left empty
        then = {"properties": {"with": {"anyOf": [made, {"type": "null"}]}}}
    return {"if": {"properties": {"check": {"const": spec.kind}}, "required": ["check"]}, "then": then}


def _renamed(schema: Any, prefix: str, names: Mapping[str, Any]) -> Any:
    """Point references at the definitions of this kind: two kinds may have models of one name."""
    if isinstance(schema, dict):
        made = {key: _renamed(value, prefix, names) for key, value in schema.items()}
        target = str(made.get("$ref", "")).rpartition("/")[2]
        if target in names:
            made["$ref"] = f"#/$defs/{prefix}{target}"
        return made
    return [_renamed(item, prefix, names) for item in schema] if isinstance(schema, list) else schema


def _with_placeholders(schema: Any) -> Any:
    """Let a placeholder stand for each value below the top of a parameter schema."""
    made = dict(schema)
    for holder in ("properties",):
        if isinstance(made.get(holder), dict):
            made[holder] = {key: _or_placeholder(value) for key, value in made[holder].items()}
    for holder in ("items", "additionalProperties"):
        if isinstance(made.get(holder), dict):
            made[holder] = _or_placeholder(made[holder])
    if isinstance(made.get("anyOf"), list):
        made["anyOf"] = [_with_placeholders(item) for item in made["anyOf"]]
    return made


def _or_placeholder(schema: dict[str, Any]) -> dict[str, Any]:
    inner = _with_placeholders(schema)
    notes = {key: inner.pop(key) for key in ("description", "default", "title") if key in inner}
    if inner.get("type") == "string" and "pattern" not in inner and "enum" not in inner:
        return {**inner, **notes}
    return {"anyOf": [inner, {"$ref": "#/$defs/placeholder"}], **notes}
