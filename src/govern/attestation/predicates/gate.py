"""What certificate, refusal and verification summary may hold, to the last member."""

from __future__ import annotations

from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.predicates.forms import KEYID, LEGAL_STATUS, NONCE, STAGE, digest_and
from govern.attestation.shape import (
    DIGEST,
    INSTANT,
    TEXT,
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
from govern.policy.decisions import Enforcement, Outcome

__all__ = ["GATE_SHAPES"]

_UUID = Text("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "a UUID")

_MODEL = Record(
    {
        "name": TEXT,
        "version": TEXT,
        "uri": TEXT,
        "omsRoot": Nullable(DIGEST),
        "artefacts": DIGEST,
        "manifest": digest_and(files=Count(1), bytes=Count()),
    }
)
_VERIFIER = Record(
    {"id": TEXT, "version": Record({"govern": TEXT}), "engine": DIGEST, "lock": Nullable(DIGEST)},
)
_POLICY = Record(
    {
        "name": TEXT,
        "version": TEXT,
        "legalStatus": LEGAL_STATUS,
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
    "stage": STAGE,
    "model": _MODEL,
    "verifier": _VERIFIER,
    "plan": DIGEST,
    "policies": ListOf(_POLICY, least=1),
    "evaluation": DIGEST,
    "decisionRecord": DIGEST,
    "rules": ListOf(_RULE),
    "notAssessed": ListOf(TEXT),
    "evidence": ListOf(digest_and(name=TEXT, bound=Flag())),
    "advisories": Nullable(digest_and(asOf=INSTANT)),
    "approvals": ListOf(digest_and(keyid=KEYID)),
    "submitter": TEXT,
    "issuedAt": INSTANT,
    "trustRoot": digest_and(version=Count(1)),
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
        "policy": digest_and(uri=TEXT),
        "inputAttestations": ListOf(digest_and(uri=TEXT), least=1),
        "verificationResult": Constant("PASSED"),
        "verifiedLevels": ListOf(Text("GOVERN_[A-Z0-9_]+", "a level that begins with GOVERN_"), least=1),
    }
)

GATE_SHAPES = {CERTIFICATE: _CERTIFICATE, REFUSAL: _REFUSAL, VSA: _VSA}
"""Predicate type -> shape of the predicate, for what the gate itself signs."""
