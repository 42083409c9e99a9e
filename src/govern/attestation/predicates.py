"""What certificate, refusal and verification summary may hold, to the last member."""

from __future__ import annotations

from govern.attestation.kinds import CERTIFICATE, REFUSAL, STATEMENT, VSA
from govern.attestation.shape import (
    DIGEST,
    HEX_DIGEST,
    INSTANT,
    TEXT,
    Base64,
    Constant,
    Count,
    Flag,
    ListOf,
    MapOf,
    Nullable,
    OneOf,
    Record,
    Shape,
    Text,
)
from govern.canonical import Json
from govern.policy.outcomes import Enforcement, Outcome, Stage

__all__ = ["KEYID", "NONCE", "SHAPES", "certificate_schema", "statement_shape"]

KEYID = Text("SHA256:[A-Za-z0-9+/]{43}", "an OpenSSH SHA256 fingerprint")
NONCE = Base64(16)
_UUID = Text("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "a UUID")
_STAGE = OneOf(tuple(stage.value for stage in Stage))
_LEGAL_STATUS = OneOf(("in_force", "pending", "proposed", "superseded", "rescinding", "rescinded"))


def _digest_and(**members: Shape) -> Record:
    return Record({**DIGEST.members, **members})


_MODEL = Record(
    {
        "name": TEXT,
        "version": TEXT,
        "uri": TEXT,
        "omsRoot": Nullable(DIGEST),
        "artefacts": DIGEST,
        "manifest": _digest_and(files=Count(1), bytes=Count()),
    }
)
_VERIFIER = Record(
    {"id": TEXT, "version": Record({"govern": TEXT}), "engine": DIGEST, "lock": Nullable(DIGEST)},
)
_POLICY = Record(
    {
        "name": TEXT,
        "version": TEXT,
        "legalStatus": _LEGAL_STATUS,
        "uri": Nullable(TEXT),
        "source": DIGEST,
        "release": Nullable(DIGEST),
    }
)
_RULE = Record(
    {
        "id": TEXT,
        "check": TEXT,
        "controls": ListOf(TEXT),
        "enforcement": OneOf(tuple(item.value for item in Enforcement)),
        "severity": OneOf(("low", "medium", "high", "critical")),
        "outcome": OneOf(tuple(item.value for item in Outcome)),
    },
    {"observed": TEXT, "required": TEXT, "waiver": DIGEST, "attestation": DIGEST},
)
_COMMON: dict[str, Shape] = {
    "certificateId": _UUID,
    "nonce": NONCE,
    "stage": _STAGE,
    "model": _MODEL,
    "verifier": _VERIFIER,
    "plan": DIGEST,
    "policies": ListOf(_POLICY, least=1),
    "evaluation": DIGEST,
    "decisionRecord": DIGEST,
    "rules": ListOf(_RULE),
    "notAssessed": ListOf(TEXT),
    "evidence": ListOf(_digest_and(name=TEXT, bound=Flag())),
    "advisories": Nullable(_digest_and(asOf=INSTANT)),
    "approvals": ListOf(_digest_and(keyid=KEYID)),
    "submitter": TEXT,
    "issuedAt": INSTANT,
    "trustRoot": _digest_and(version=Count(1)),
    "ledger": Record({"origin": TEXT}),
}
_CERTIFICATE = Record(
    {
        **_COMMON,
        "decision": Constant("allowed"),
        "validUntil": INSTANT,
        "supersedes": Nullable(DIGEST),
    }
)
_REFUSAL = Record({**_COMMON, "decision": OneOf(("denied", "undecided")), "blocking": ListOf(TEXT)})
_VSA = Record(
    {
        "verifier": Record({"id": TEXT, "version": MapOf(TEXT, TEXT)}),
        "timeVerified": INSTANT,
        "resourceUri": TEXT,
        "policy": _digest_and(uri=TEXT),
        "inputAttestations": ListOf(_digest_and(uri=TEXT), least=1),
        "verificationResult": Constant("PASSED"),
        "verifiedLevels": ListOf(Text("GOVERN_[A-Z0-9_]+", "a level that begins with GOVERN_"), least=1),
    }
)

SHAPES = {CERTIFICATE: _CERTIFICATE, REFUSAL: _REFUSAL, VSA: _VSA}
"""Predicate type -> shape of the predicate."""


def statement_shape(predicate_type: str, predicate: Shape) -> Record:
    """Give the shape of a whole in-toto statement: exactly one subject, a digest with exactly one key."""
    subject = Record({"name": TEXT, "digest": Record({"sha256": HEX_DIGEST})})
    return Record(
        {
            "_type": Constant(STATEMENT),
            "subject": ListOf(subject, least=1, most=1),
            "predicateType": Constant(predicate_type),
            "predicate": predicate,
        }
    )


def certificate_schema() -> dict[str, Json]:
    """Give the JSON Schema of the payloads that the gate signs: certificate, refusal, verification summary."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:govern:schema:certificate:v1",
        "title": "Statements signed by the gate",
        "description": "Payload of a certificate, a refusal or a SLSA verification summary issued by govern.",
        "oneOf": [statement_shape(kind, shape).schema() for kind, shape in SHAPES.items()],
    }
