"""The attestation types, and which base role of the trust root may sign which."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ADVISORY_SNAPSHOT",
    "APPROVAL",
    "ATTESTATION",
    "ATTESTING_ROLES",
    "CERTIFICATE",
    "EVIDENCE",
    "KIND_NAMES",
    "NEVER_REVOKED",
    "POLICY_RELEASE",
    "REFUSAL",
    "REVOCATION",
    "ROLE_TYPES",
    "STATEMENT",
    "STATUS_LIST",
    "TRUST_ROOT",
    "VSA",
    "WAIVER",
    "short_type",
]

STATEMENT = "https://in-toto.io/Statement/v1"

CERTIFICATE = "urn:govern:attestation:compliance-certificate:v1"
"""Only for an allowed decision: tools that check a signature and a type never read a verdict field."""

REFUSAL = "urn:govern:attestation:refusal:v1"
WAIVER = "urn:govern:attestation:waiver:v1"
APPROVAL = "urn:govern:attestation:approval:v1"
"""A vote of the review board on one evaluation."""

ATTESTATION = "urn:govern:attestation:attestation:v1"
"""What a person states about a model, for rules whose answer only people have."""

EVIDENCE = "urn:govern:attestation:evidence:v1"
ADVISORY_SNAPSHOT = "urn:govern:attestation:advisory-snapshot:v1"
POLICY_RELEASE = "urn:govern:attestation:policy-release:v1"
REVOCATION = "urn:govern:attestation:revocation:v1"
STATUS_LIST = "urn:govern:attestation:status-list:v1"
"""Everything revoked so far, as of one checkpoint of the log."""

TRUST_ROOT = "urn:govern:attestation:trust-root:v1"

VSA = "https://slsa.dev/verification_summary/v1"
"""SLSA verification summary; `vsa:v1` in the trust root."""

KIND_NAMES: Mapping[str, str] = {
    CERTIFICATE: "certificate",
    REFUSAL: "refusal",
    VSA: "vsa",
    WAIVER: "waiver",
    APPROVAL: "approval",
    ATTESTATION: "attestation",
    EVIDENCE: "evidence",
    ADVISORY_SNAPSHOT: "advisory-snapshot",
    POLICY_RELEASE: "policy-release",
    REVOCATION: "revocation",
    STATUS_LIST: "status-list",
    TRUST_ROOT: "trust-root",
}
"""Predicate type -> its short name on the command line and in file names."""

NEVER_REVOKED = frozenset({REVOCATION, STATUS_LIST, TRUST_ROOT})
"""Types that another statement of the same type follows: nothing takes them back."""

ROLE_TYPES: Mapping[str, frozenset[str]] = {
    "root": frozenset(),  # signs the trust root, whose type is not a matter of roles
    "certifier": frozenset({"compliance-certificate:v1", "refusal:v1", "vsa:v1"}),
    "approver": frozenset({"approval:v1"}),
    "waiver": frozenset({"waiver:v1"}),
    "attester": frozenset({"attestation:v1"}),
    "producer": frozenset({"evidence:v1"}),
    "advisory": frozenset({"advisory-snapshot:v1"}),
    "policy": frozenset({"policy-release:v1"}),
    "revoker": frozenset({"revocation:v1", "status-list:v1"}),
}
"""Base roles, and the types that a trust root may let each sign."""

ATTESTING_ROLES = frozenset(ROLE_TYPES) - {"root"}


def short_type(predicate_type: str) -> str:
    """Give the name under which a trust root's roles list a predicate type: the urn's last two parts."""
    return "vsa:v1" if predicate_type == VSA else ":".join(predicate_type.split(":")[-2:])
