"""JSON Schema (draft 2020-12) of the result document. `schemas/result.schema.json` is this, written to a file."""

from __future__ import annotations

from typing import Any

from govern.policy.outcomes import Decision, Enforcement, Outcome, Stage

__all__ = ["RESULT_SCHEMA_ID", "result_schema"]

RESULT_SCHEMA_ID = "urn:govern:result:v1"

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LINE: Schema = {"type": ["integer", "null"], "minimum": 1}
_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_INSTANT: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(required),
        "properties": {**required, **(optional or {})},
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _enum(values: Any) -> Schema:
    return {"enum": [item.value for item in values]}


_MAYBE_TEXT = _or_null(_TEXT)
_MAYBE_INSTANT = _or_null(_INSTANT)
_MAYBE_DIGEST = _or_null(_DIGEST)

_LOCATION = _object({"file": _TEXT, "line": _LINE, "column": _LINE, "pointer": _MAYBE_TEXT})

_SIGNED_BY = _object({"owner": _TEXT, "keyid": _TEXT, "digest": _object({"sha256": _DIGEST})})

_EVIDENCE = _object(
    {"name": _TEXT, "file": _TEXT, "digest": _DIGEST, "bound": {"type": "boolean"}}, {"signed_by": _or_null(_SIGNED_BY)}
)

_FINDING = _object(
    {
        "code": _TEXT,
        "detail": _TEXT,
        "observed": _MAYBE_TEXT,
        "required": _MAYBE_TEXT,
        "location": _or_null(_LOCATION),
        "remediation": _MAYBE_TEXT,
        "fingerprint": _DIGEST,
    }
)

_HOLDS = _object({"start": _MAYBE_INSTANT, "until": _MAYBE_INSTANT, "otherwise": _enum(Outcome), "reason": _TEXT})

_WAIVER = _object(
    {"rule": _TEXT, "digest": _DIGEST},
    {
        "ruling": _MAYBE_TEXT,
        "approver": _MAYBE_TEXT,
        "reason": _MAYBE_TEXT,
        "compensating_control": _MAYBE_TEXT,
        "until": _MAYBE_INSTANT,
        "code": _MAYBE_TEXT,
        "detail": _MAYBE_TEXT,
        "remediation": _MAYBE_TEXT,
    },
)

_OUTCOME = _object(
    {
        "rule": _TEXT,
        "policy": _TEXT,
        "title": _TEXT,
        "check": _TEXT,
        "severity": {"enum": ["low", "medium", "high", "critical"]},
        "enforcement": _enum(Enforcement),
        "outcome": _enum(Outcome),
        "controls": _list(_TEXT),
        "message": _MAYBE_TEXT,
        "remediation": _MAYBE_TEXT,
        "summary": _TEXT,
        "observed": _MAYBE_TEXT,
        "required": _MAYBE_TEXT,
        "findings": _list(_FINDING),
        "evidence": _list(_EVIDENCE),
        "holds": _list(_HOLDS),
        "facts": True,
    },
    {
        "digest": _MAYBE_DIGEST,
        "evaluated": _or_null(_enum(Outcome)),
        "reason": _MAYBE_TEXT,
        "why": _MAYBE_TEXT,
        "waiver": _or_null(_WAIVER),
    },
)

_MODEL = _object(
    {
        "name": _MAYBE_TEXT,
        "version": _MAYBE_TEXT,
        "digest": _MAYBE_DIGEST,
        "model_digest": _MAYBE_DIGEST,
        "owner": _MAYBE_TEXT,
        "purpose": _MAYBE_TEXT,
        "risk_tier": _MAYBE_TEXT,
    }
)

_POLICY = _object(
    {"name": _TEXT, "version": _TEXT, "digest": _DIGEST, "legal_status": _MAYBE_TEXT},
    {
        "title": _MAYBE_TEXT,
        "applies_from": _MAYBE_TEXT,
        "applies_until": _MAYBE_TEXT,
        "source": _MAYBE_TEXT,
        "source_checked_on": _MAYBE_TEXT,
    },
)

_DIAGNOSTIC = _object(
    {"code": _TEXT, "message": _TEXT, "hint": _MAYBE_TEXT, "file": _MAYBE_TEXT, "line": _LINE, "column": _LINE}
)

_APPROVAL = _object(
    {"digest": _DIGEST},
    {
        "role": _MAYBE_TEXT,
        "approver": _MAYBE_TEXT,
        "vote": _MAYBE_TEXT,
        "at": _MAYBE_INSTANT,
        "reading": _MAYBE_TEXT,
    },
)

_LINEAGE: Schema = {
    "type": "object",
    "required": ["digest", "edges", "nodes"],
    "properties": {
        "nodes": _list({"type": "object"}),
        "edges": _list({"type": "object"}),
        "digest": _DIGEST,
        "subjects": _list(_TEXT),
        "statuses": _list({"type": "object"}),
        "witnesses": _list({"type": "array"}),
    },
    "additionalProperties": False,
}

_CERTIFICATE = _object(
    {
        "kind": {"enum": ["certificate", "refusal"]},
        "path": _TEXT,
        "digest": _DIGEST,
        "ledger_index": _or_null(_COUNT),
        "keyid": _MAYBE_TEXT,
        "valid_until": _MAYBE_INSTANT,
    }
)

_SUMMARY = _object(
    {
        "rules": _COUNT,
        "outcomes": _object({item.value: _COUNT for item in Outcome}),
        "block_rules": _COUNT,
        "blocking": _list(_TEXT),
    }
)


_BUNDLE = _object(
    {
        "kind": {"enum": ["archive", "fsspec", "mlflow", "hub"]},
        "uri": _MAYBE_TEXT,
        "revision": _MAYBE_TEXT,
        "archive": _MAYBE_TEXT,
        "top": _MAYBE_TEXT,
    }
)
"""Where the bundle was fetched or unpacked from; absent for a folder."""


def result_schema() -> Schema:
    """Give the schema. Only `facts`, `timings` and the members of lineage nodes and edges are open."""
    required: Schema = {
        "schema": {"const": RESULT_SCHEMA_ID},
        "engine": _object({"version": _TEXT}),
        "clock": _INSTANT,
        "model": _MODEL,
        "stage": _enum(Stage),
        "decision": _enum(Decision),
        "exit_code": {"enum": [0, 1, 2, 3, 4, 70]},
        "plan": _object({"digest": _DIGEST}),
        "policies": _list(_POLICY),
        "outcomes": _list(_OUTCOME),
        "not_assessed": _list(_object({"control": _TEXT, "title": _TEXT})),
        "waivers": _list(_WAIVER),
        "approvals": _list(_APPROVAL),
        "evidence": _list(_EVIDENCE),
        "advisories": _or_null(_object({"digest": _DIGEST, "as_of": _TEXT, "records": _COUNT, "newest": _MAYBE_TEXT})),
        "lineage": _or_null(_LINEAGE),
        "manifest": _or_null(_object({"digest": _DIGEST, "files": _COUNT, "bytes": _COUNT})),
        "evaluation": _or_null(_object({"digest": _DIGEST})),
        "decision_record": _or_null(_object({"digest": _DIGEST}, {"holds_until": _MAYBE_INSTANT})),
        "certificate": _or_null(_CERTIFICATE),
        "summary": _SUMMARY,
        "refused": _or_null(_object({"diagnostics": {"type": "array", "items": _DIAGNOSTIC, "minItems": 1}})),
    }
    file = _object({"path": _TEXT, "bytes": _COUNT, "read_by": _list(_TEXT)})
    optional: Schema = {
        "files": _list(file),
        "timings": {"type": "object"},
        "previous": _or_null(_object({"digest": _DIGEST})),
        "bundle": _BUNDLE,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": RESULT_SCHEMA_ID,
        "title": "Result of one decision of govern",
        "description": "What every output format renders. Measured values are decimal text, digests sha256 in hex.",
        **_object(required, optional),
    }
