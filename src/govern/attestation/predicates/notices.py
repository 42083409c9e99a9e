"""What signed evidence, snapshots, policy releases, revocations and status lists may hold, to the last member."""

from __future__ import annotations

from govern.attestation.kinds import ADVISORY_SNAPSHOT, EVIDENCE, POLICY_RELEASE, REVOCATION, STATUS_LIST
from govern.attestation.predicates.forms import LEGAL_STATUS, NONCE, STAGE, digest_and
from govern.attestation.shape import (
    ANY_TEXT,
    DIGEST,
    HEX_DIGEST,
    INSTANT,
    TEXT,
    Constant,
    Count,
    ListOf,
    Nullable,
    OneOf,
    Record,
    Shape,
)

__all__ = ["NOTICE_SHAPES", "REVOCATION_REASONS"]

REVOCATION_REASONS = (
    "key_compromise",
    "superseded",
    "evidence_wrong",
    "policy_withdrawn",
    "model_withdrawn",
    "other",
)

_DATA = Record(
    {**DIGEST.members, "name": TEXT, "role": OneOf(("train", "evaluate", "reference"))},
    {"rows": Count()},
)
_EVIDENCE = Record(
    {
        "nonce": NONCE,
        "apiVersion": Constant("govern/v1"),
        "kind": Constant("EvidenceEnvelope"),
        "type": TEXT,
        "file": Record({"path": TEXT, "sha256": HEX_DIGEST}),
        "data": ListOf(_DATA),
        "tool": Record({"name": TEXT, "version": TEXT}),
        "produced_at": INSTANT,
        "produced_by": TEXT,
    },
    {
        "model": digest_and(name=TEXT, version=TEXT),
        "command": ListOf(ANY_TEXT),
        "code": Record({"repo": TEXT, "commit": TEXT}),
        "plan": Record({"sha256": HEX_DIGEST}),
    },
)
_SOURCE = Record(
    {
        "name": TEXT,
        "kind": TEXT,
        "location": ANY_TEXT,
        "revision": ANY_TEXT,
        "digest": ANY_TEXT,
        "licence": ANY_TEXT,
        "attribution": ANY_TEXT,
        "asOf": INSTANT,
        "records": Count(),
        "newestModified": Nullable(ANY_TEXT),
        "newestId": Nullable(ANY_TEXT),
    }
)
_SNAPSHOT = Record(
    {
        "nonce": NONCE,
        "asOf": INSTANT,
        "sources": ListOf(_SOURCE, least=1),
        "files": ListOf(Record({"name": TEXT, "sha256": HEX_DIGEST, "bytes": Count(), "records": Count()}), least=1),
    }
)
_RELEASE = Record(
    {
        "nonce": NONCE,
        "name": TEXT,
        "version": TEXT,
        "plans": ListOf(digest_and(stage=STAGE), least=1),
        "lock": Nullable(DIGEST),
        "legalStatus": LEGAL_STATUS,
        "previous": Nullable(DIGEST),
        "loosens": ListOf(DIGEST),
        "releasedAt": INSTANT,
    }
)
_REVOCATION = Record(
    {
        "nonce": NONCE,
        "target": Record({"predicateType": TEXT, "id": TEXT}),
        "reason": OneOf(REVOCATION_REASONS),
        "effective": INSTANT,
        "issuedAt": INSTANT,
        "statement": TEXT,
        "replacedBy": Nullable(DIGEST),
    }
)
_STATUS_LIST = Record(
    {
        "nonce": NONCE,
        "asOf": Record({"size": Count(), "root": HEX_DIGEST, "time": INSTANT}),
        "revoked": ListOf(digest_and(effective=INSTANT)),
        "next": INSTANT,
    }
)

NOTICE_SHAPES: dict[str, Shape] = {
    EVIDENCE: _EVIDENCE,
    ADVISORY_SNAPSHOT: _SNAPSHOT,
    POLICY_RELEASE: _RELEASE,
    REVOCATION: _REVOCATION,
    STATUS_LIST: _STATUS_LIST,
}
"""Predicate type -> shape of the predicate, for what services and offices sign beside the gate."""
