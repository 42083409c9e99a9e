"""Every kind of statement with its closed schema, and the border that all payloads cross before they are signed."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.kinds import CERTIFICATE, KIND_NAMES, REFUSAL, TRUST_ROOT, VSA
from govern.attestation.predicates.forms import statement_shape
from govern.attestation.shape import Record, Shape
from govern.canonical import Json, canonical_bytes
from govern.diagnostics import Diagnostic, InternalError

__all__ = ["certificate_schema", "predicate_shape", "shape_of", "statement_bytes", "statements_schema"]

_GATE = (CERTIFICATE, REFUSAL, VSA)


def predicate_shape(kind: str) -> Shape:
    """Give the shape of the predicate of a type. Raises KeyError for a type that is not known.

    Loaded kind by kind: an auditor's command needs one of them.
    """
    if kind in _GATE:
        from govern.attestation.predicates.gate import GATE_SHAPES

        return GATE_SHAPES[kind]
    if kind == TRUST_ROOT:
        from govern.attestation.trust.format import PREDICATE

        return PREDICATE
    from govern.attestation.predicates.notices import NOTICE_SHAPES
    from govern.attestation.predicates.people import PEOPLE_SHAPES

    return {**PEOPLE_SHAPES, **NOTICE_SHAPES}[kind]


def shape_of(kind: str) -> Record:
    """Give the shape of a whole statement of a known predicate type. Raises KeyError for another type."""
    return statement_shape(kind, predicate_shape(kind))


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
        "oneOf": [shape_of(kind).schema() for kind in _GATE],
    }


def statements_schema() -> dict[str, Json]:
    """Give the JSON Schema of the payloads that people and offices sign: waivers, approvals, revocations, ..."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:govern:schema:statements:v1",
        "title": "Statements signed by people and offices",
        "description": "Payload of a waiver, approval, attestation, signed evidence, advisory snapshot, "
        "policy release, revocation or status list.",
        "oneOf": [shape_of(kind).schema() for kind in KIND_NAMES if kind not in (*_GATE, TRUST_ROOT)],
    }
