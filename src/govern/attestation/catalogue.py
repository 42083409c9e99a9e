"""Every kind of statement with its closed schema, and the border that all payloads cross before they are signed."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.forms import statement_shape
from govern.attestation.kinds import TRUST_ROOT
from govern.attestation.notice_predicates import NOTICE_SHAPES
from govern.attestation.people_predicates import PEOPLE_SHAPES
from govern.attestation.predicates import GATE_SHAPES
from govern.attestation.shape import Record, Shape
from govern.attestation.trust_format import PREDICATE
from govern.canonical import Json, canonical_bytes
from govern.diagnostics import Diagnostic, InternalError

__all__ = ["SHAPES", "certificate_schema", "shape_of", "statement_bytes", "statements_schema"]

SHAPES: Mapping[str, Shape] = {**GATE_SHAPES, **PEOPLE_SHAPES, **NOTICE_SHAPES, TRUST_ROOT: PREDICATE}
"""Predicate type -> shape of the predicate."""


def shape_of(kind: str) -> Record:
    """Give the shape of a whole statement of a known predicate type. Raises KeyError for another type."""
    return statement_shape(kind, SHAPES[kind])


def statement_bytes(statement: Mapping[str, Json]) -> bytes:
    """Give the canonical bytes of a statement after holding it against the closed schema.

    Raises InternalError A102 with what does not fit: nothing is signed that a verifier would refuse.
    """
    kind = str(statement["predicateType"])
    payload = canonical_bytes(statement)
    shape = shape_of(kind)
    value = dict(statement)
    wrong = [f"{pointer or '/'}: {text}" for pointer, text in shape.faults(value)]
    if not wrong:
        wrong = [f"{pointer}: unknown" for pointer in shape.unknown(value)]
    wrong = wrong or _schema_faults(payload, kind)
    if wrong:
        raise InternalError(Diagnostic("A102", f"the statement does not fit its schema: {'; '.join(wrong)}"))
    return payload


def _schema_faults(payload: bytes, kind: str) -> list[str]:
    """Ask an independent schema engine too. Loaded here: only issuing needs it."""
    import json

    import jsonschema_rs

    validator = jsonschema_rs.validator_for(shape_of(kind).schema())
    return [error.message for error in validator.iter_errors(json.loads(payload))]


def certificate_schema() -> dict[str, Json]:
    """Give the JSON Schema of the payloads that the gate signs: certificate, refusal, verification summary."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:govern:schema:certificate:v1",
        "title": "Statements signed by the gate",
        "description": "Payload of a certificate, a refusal or a SLSA verification summary issued by govern.",
        "oneOf": [shape_of(kind).schema() for kind in GATE_SHAPES],
    }


def statements_schema() -> dict[str, Json]:
    """Give the JSON Schema of the payloads that people and offices sign: waivers, approvals, revocations, ..."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:govern:schema:statements:v1",
        "title": "Statements signed by people and offices",
        "description": "Payload of a waiver, approval, attestation, signed evidence, advisory snapshot, "
        "policy release, revocation or status list.",
        "oneOf": [shape_of(kind).schema() for kind in (*PEOPLE_SHAPES, *NOTICE_SHAPES)],
    }
