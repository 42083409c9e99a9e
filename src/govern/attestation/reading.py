"""What a verified payload says, as types: the auditor's view of certificate, refusal and verification summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.predicates import SHAPES, statement_shape
from govern.canonical import parse_instant
from govern.decision.decide import overall
from govern.diagnostics import Diagnostic, IntegrityError
from govern.policy.outcomes import Decision, Enforcement, Outcome

__all__ = ["Claims", "NamedTrust", "PolicyClaim", "Verdict", "WaiverClaim", "predicate_type_of", "read_claims"]


@dataclass(frozen=True, slots=True)
class PolicyClaim:
    """A policy that was applied."""

    name: str
    version: str
    release: str | None


@dataclass(frozen=True, slots=True)
class WaiverClaim:
    """A signed statement by a person that a rule's outcome rests on."""

    rule: str
    digest: str


@dataclass(frozen=True, slots=True)
class NamedTrust:
    """The version of the trust root that the gate used."""

    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What only certificates and refusals say."""

    decision: str
    stage: str
    model: str
    version: str
    files: int
    size_bytes: int
    policies: tuple[PolicyClaim, ...]
    waivers: tuple[WaiverClaim, ...]
    attested: tuple[WaiverClaim, ...]
    approvals: tuple[str, ...]
    not_assessed: tuple[str, ...]
    blocking: tuple[str, ...]
    submitter: str
    valid_until: datetime | None
    trust: NamedTrust
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What any statement of the gate says."""

    kind: str
    """Predicate type."""
    subject_name: str
    bundle_digest: str
    uri: str
    verifier_id: str
    issued_at: datetime
    verdict: Verdict | None
    """None for a verification summary."""
    unknown: tuple[str, ...]
    """Pointers of predicate members that this version does not know: read by nobody here."""


def predicate_type_of(statement: object) -> str | None:
    """Give a statement's predicate type, None when it has none."""
    kind = statement.get("predicateType") if isinstance(statement, dict) else None
    return kind if isinstance(kind, str) else None


def read_claims(statement: object, kind: str) -> Claims:
    """Read a parsed payload of a known predicate type. Raises IntegrityError (A207) with what does not fit.

    Unknown members of the predicate are allowed, as the in-toto parsing rules ask, and handed back by name.
    """
    shape = statement_shape(kind, SHAPES[kind])
    for pointer, text in shape.faults(statement):
        raise _refuse(f"{pointer or 'the statement'}: {text}")
    unknown = tuple(shape.unknown(statement))
    for pointer in unknown:
        if not pointer.startswith("/predicate/"):
            raise _refuse(f"{pointer} is not a member that a statement has")
    assert isinstance(statement, dict)
    predicate, subject = statement["predicate"], statement["subject"][0]
    claims = Claims(
        kind=kind,
        subject_name=subject["name"],
        bundle_digest=subject["digest"]["sha256"],
        uri=predicate["resourceUri"] if kind == VSA else predicate["model"]["uri"],
        verifier_id=predicate["verifier"]["id"],
        issued_at=parse_instant(predicate["timeVerified"] if kind == VSA else predicate["issuedAt"]),
        verdict=None if kind == VSA else _verdict(predicate),
        unknown=unknown,
    )
    if kind in (CERTIFICATE, REFUSAL):
        _check_inner_sense(claims, predicate)
    return claims


def _verdict(predicate: Mapping[str, object]) -> Verdict:
    model, trust, ledger = predicate["model"], predicate["trustRoot"], predicate["ledger"]
    rules, policies, approvals = predicate["rules"], predicate["policies"], predicate["approvals"]
    assert isinstance(model, dict)
    assert isinstance(trust, dict)
    assert isinstance(ledger, dict)
    assert isinstance(rules, list)
    assert isinstance(policies, list)
    assert isinstance(approvals, list)
    end = predicate.get("validUntil")
    not_assessed, blocking = predicate["notAssessed"], predicate.get("blocking", [])
    assert isinstance(not_assessed, list)
    assert isinstance(blocking, list)
    return Verdict(
        decision=str(predicate["decision"]),
        stage=str(predicate["stage"]),
        model=model["name"],
        version=model["version"],
        files=model["manifest"]["files"],
        size_bytes=model["manifest"]["bytes"],
        policies=tuple(
            PolicyClaim(item["name"], item["version"], (item["release"] or {}).get("digest", {}).get("sha256"))
            for item in policies
        ),
        waivers=_claimed(rules, "waiver"),
        attested=_claimed(rules, "attestation"),
        approvals=tuple(item["digest"]["sha256"] for item in approvals),
        not_assessed=tuple(not_assessed),
        blocking=tuple(blocking),
        submitter=str(predicate["submitter"]),
        valid_until=None if not isinstance(end, str) else parse_instant(end),
        trust=NamedTrust(trust["version"], trust["digest"]["sha256"]),
        origin=ledger["origin"],
    )


def _claimed(rules: list[Mapping[str, Mapping[str, Mapping[str, str]]]], member: str) -> tuple[WaiverClaim, ...]:
    return tuple(WaiverClaim(str(rule["id"]), rule[member]["digest"]["sha256"]) for rule in rules if member in rule)


def _check_inner_sense(claims: Claims, predicate: Mapping[str, object]) -> None:
    """Refuse a statement that contradicts itself: subject, digests, waivers, and the decision its rules come to."""
    model, rules, verdict = predicate["model"], predicate["rules"], claims.verdict
    assert isinstance(model, dict)
    assert isinstance(rules, list)
    assert verdict is not None
    if claims.subject_name != f"{verdict.model}@{verdict.version}":
        raise _refuse(f"the subject {claims.subject_name} is not the model {verdict.model}@{verdict.version}")
    if model["manifest"]["digest"]["sha256"] != claims.bundle_digest:
        raise _refuse("the subject's digest is not that of the model's manifest")
    if any((rule["outcome"] == Outcome.WAIVED.value) != ("waiver" in rule) for rule in rules):
        raise _refuse("exactly the waived rules must name a waiver")
    recounted = overall((Enforcement(rule["enforcement"]), Outcome(rule["outcome"])) for rule in rules)
    if claims.kind == CERTIFICATE and recounted is not Decision.ALLOWED:
        raise _refuse(f"the rules of this certificate come to {recounted}, not to allowed")


def _refuse(why: str) -> IntegrityError:
    return IntegrityError(Diagnostic("A207", why))
