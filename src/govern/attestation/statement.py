"""The signed statements of the gate: the certificate of an allowed decision, the refusal of any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govern.attestation.catalogue import statement_bytes
from govern.attestation.kinds import CERTIFICATE, REFUSAL, STATEMENT
from govern.canonical import Json, base64_text, parse_instant
from govern.decision.overall import LETS_THROUGH, overall
from govern.diagnostics import Diagnostic, InternalError
from govern.policy.outcomes import Decision, Enforcement, Outcome

__all__ = [
    "AdvisoriesRef",
    "ApprovalRef",
    "CertificateInputs",
    "EvidenceItem",
    "PolicyRef",
    "RuleLine",
    "certificate_statement",
    "decision_statement",
    "refusal_statement",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRef:
    """A policy of the plan, imported packs included."""

    name: str
    version: str
    legal_status: str
    source_digest: str
    """sha256 of the source tree, hex."""
    uri: str | None = None
    release_digest: str | None = None
    """sha256 of the payload of its signed release, hex; None while there is none."""
    own: bool = True
    """Whether it is the organisation's own: only those become levels of the verification summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule and what it came to, after waiving."""

    id: str
    """Qualified: `<policy>/<rule>`."""
    check: str
    enforcement: Enforcement
    severity: str
    outcome: Outcome
    controls: tuple[str, ...] = ()
    observed: str | None = None
    required: str | None = None
    waiver_digest: str | None = None
    """sha256 of the payload of the waiver applied, hex; there exactly when the outcome is `waived`."""
    attestation_digest: str | None = None
    """sha256 of the payload of the human attestation that met the rule, hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """Evidence that an outcome rests on."""

    name: str
    digest: str
    bound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoriesRef:
    """The advisory snapshot that was used."""

    digest: str
    as_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRef:
    """A vote of the review board that the decision counted."""

    digest: str
    keyid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInputs:
    """Everything a certificate or refusal says. Digests are sha256 in hex, times RFC 3339 in UTC."""

    certificate_id: str
    """A UUID, made by the caller."""
    nonce: bytes
    """16 random bytes, made by the caller: an erased payload cannot be guessed from its log entry."""
    decision: Decision
    stage: str
    model_name: str
    model_version: str
    model_uri: str
    """What the deployer fetches, e.g. `models:/credit-risk/3.2.0`; compared exactly."""
    bundle_digest: str
    model_digest: str
    files: int
    size_bytes: int
    verifier_id: str
    engine_version: str
    engine_digest: str
    lock_digest: str | None
    plan_digest: str
    policies: tuple[PolicyRef, ...]
    evaluation_digest: str
    decision_record_digest: str
    rules: tuple[RuleLine, ...]
    not_assessed: tuple[str, ...]
    evidence: tuple[EvidenceItem, ...]
    advisories: AdvisoriesRef | None
    submitter: str
    issued_at: str
    valid_until: str
    """For a certificate only; a refusal does not expire."""
    trust_version: int
    trust_digest: str
    ledger_origin: str
    approvals: tuple[ApprovalRef, ...] = ()
    supersedes: str | None = None
    blocking: tuple[str, ...] = ()
    """For a refusal: the rules that keep the model out."""
    earliest_expiry: str | None = None
    """Earliest end of a waiver, approval, human attestation or measurement it rests on."""
    oms_root: str | None = None


def certificate_statement(inputs: CertificateInputs) -> dict[str, Json]:
    """Build the certificate of an allowed decision.

    Raises InternalError: A101 for any other decision, and when the rules listed do not add up to `allowed` by the
    gate's own arithmetic; A103 when it would outlive what it rests on; A102 when a value has the wrong form.
    """
    recounted = overall((rule.enforcement, rule.outcome) for rule in inputs.rules)
    if inputs.decision is not Decision.ALLOWED or recounted is not Decision.ALLOWED:
        raise InternalError(
            Diagnostic(
                "A101",
                f"a certificate was asked for a decision that is {inputs.decision} (its rules come to {recounted})",
            )
        )
    predicate = _common(inputs)
    predicate["validUntil"] = inputs.valid_until
    predicate["supersedes"] = _digest(inputs.supersedes)
    statement = _statement(inputs, CERTIFICATE, predicate)
    ends = [inputs.valid_until, *([inputs.earliest_expiry] if inputs.earliest_expiry else [])]
    if not parse_instant(inputs.issued_at) < parse_instant(inputs.valid_until) == min(map(parse_instant, ends)):
        raise InternalError(
            Diagnostic("A103", f"a certificate from {inputs.issued_at} to {inputs.valid_until} cannot be issued")
        )
    return statement


def refusal_statement(inputs: CertificateInputs) -> dict[str, Json]:
    """Build the refusal of a denied or undecided decision.

    Raises InternalError: A101 for an allowed one, and when the rules listed come to another decision; A102 when a value
    has the wrong form, or the rules said to block are not those that do.
    """
    recounted = overall((rule.enforcement, rule.outcome) for rule in inputs.rules)
    if inputs.decision is Decision.ALLOWED or recounted is not inputs.decision:
        message = f"a refusal was asked for a decision that is {inputs.decision} (its rules come to {recounted})"
        raise InternalError(Diagnostic("A101", message))
    blocks = {
        rule.id for rule in inputs.rules if rule.enforcement is Enforcement.BLOCK and rule.outcome not in LETS_THROUGH
    }
    if set(inputs.blocking) != blocks:
        raise InternalError(Diagnostic("A102", "the rules said to block are not those that do"))
    predicate = _common(inputs)
    predicate["blocking"] = list(inputs.blocking)
    return _statement(inputs, REFUSAL, predicate)


def decision_statement(inputs: CertificateInputs) -> dict[str, Json]:
    """Build the statement that the decision calls for: certificate or refusal."""
    return certificate_statement(inputs) if inputs.decision is Decision.ALLOWED else refusal_statement(inputs)


def _digest(value: str | None) -> Json:
    return None if value is None else {"digest": {"sha256": value}}


def _statement(inputs: CertificateInputs, kind: str, predicate: Mapping[str, Json]) -> dict[str, Json]:
    waived = {rule.outcome is Outcome.WAIVED for rule in inputs.rules if rule.waiver_digest is not None}
    if waived - {True} or any(rule.outcome is Outcome.WAIVED and rule.waiver_digest is None for rule in inputs.rules):
        raise InternalError(Diagnostic("A102", "exactly the waived rules name a waiver"))
    statement: dict[str, Json] = {
        "_type": STATEMENT,
        "subject": [
            {"name": f"{inputs.model_name}@{inputs.model_version}", "digest": {"sha256": inputs.bundle_digest}}
        ],
        "predicateType": kind,
        "predicate": dict(predicate),
    }
    statement_bytes(statement)
    return statement


def _common(inputs: CertificateInputs) -> dict[str, Json]:
    return {
        "certificateId": inputs.certificate_id,
        "nonce": base64_text(inputs.nonce),
        "decision": inputs.decision.value,
        "stage": inputs.stage,
        "model": {
            "name": inputs.model_name,
            "version": inputs.model_version,
            "uri": inputs.model_uri,
            "omsRoot": _digest(inputs.oms_root),
            "artefacts": _digest(inputs.model_digest),
            "manifest": {
                "digest": {"sha256": inputs.bundle_digest},
                "files": inputs.files,
                "bytes": inputs.size_bytes,
            },
        },
        "verifier": {
            "id": inputs.verifier_id,
            "version": {"govern": inputs.engine_version},
            "engine": _digest(inputs.engine_digest),
            "lock": _digest(inputs.lock_digest),
        },
        "plan": _digest(inputs.plan_digest),
        "policies": [_policy(item) for item in sorted(inputs.policies, key=lambda item: item.name)],
        "evaluation": _digest(inputs.evaluation_digest),
        "decisionRecord": _digest(inputs.decision_record_digest),
        "rules": [_rule(item) for item in inputs.rules],
        "notAssessed": list(inputs.not_assessed),
        "evidence": [
            {"name": item.name, "digest": {"sha256": item.digest}, "bound": item.bound} for item in inputs.evidence
        ],
        "advisories": None
        if inputs.advisories is None
        else {"digest": {"sha256": inputs.advisories.digest}, "asOf": inputs.advisories.as_of},
        "approvals": [
            {"digest": {"sha256": item.digest}, "keyid": item.keyid}
            for item in sorted(inputs.approvals, key=lambda item: item.digest)
        ],
        "submitter": inputs.submitter,
        "issuedAt": inputs.issued_at,
        "trustRoot": {"version": inputs.trust_version, "digest": {"sha256": inputs.trust_digest}},
        "ledger": {"origin": inputs.ledger_origin},
    }


def _policy(item: PolicyRef) -> dict[str, Json]:
    return {
        "name": item.name,
        "version": item.version,
        "legalStatus": item.legal_status,
        "uri": item.uri,
        "source": _digest(item.source_digest),
        "release": _digest(item.release_digest),
    }


def _rule(item: RuleLine) -> dict[str, Json]:
    made: dict[str, Json] = {
        "id": item.id,
        "check": item.check,
        "controls": list(item.controls),
        "enforcement": item.enforcement.value,
        "severity": item.severity,
        "outcome": item.outcome.value,
    }
    optional: dict[str, Json] = {
        "observed": item.observed,
        "required": item.required,
        "waiver": _digest(item.waiver_digest),
        "attestation": _digest(item.attestation_digest),
    }
    made.update({name: value for name, value in optional.items() if value})
    return made
