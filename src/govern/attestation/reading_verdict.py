"""What a certificate or refusal says beyond what every statement says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from govern.attestation.kinds import CERTIFICATE
from govern.canonical import parse_instant
from govern.decision.overall import overall
from govern.diagnostics import Diagnostic, IntegrityError
from govern.policy.decisions import Decision, Enforcement, Outcome

__all__ = ["NamedTrust", "PolicyClaim", "StatementRef", "Verdict", "read_verdict"]


@dataclass(frozen=True, slots=True)
class PolicyClaim:
    """A policy that was applied."""

    name: str
    version: str
    source: str
    """Digest of its source, hex."""
    release: str | None
    """Digest of the payload of its signed release, hex."""


@dataclass(frozen=True, slots=True)
class StatementRef:
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
    """What only certificates and refusals say. Digests are sha256 in hex."""

    certificate_id: str
    decision: str
    stage: str
    model: str
    version: str
    files: int
    size_bytes: int
    plan: str
    evaluation: str
    decision_record: str
    policies: tuple[PolicyClaim, ...]
    waivers: tuple[StatementRef, ...]
    attested: tuple[StatementRef, ...]
    approvals: tuple[str, ...]
    advisories: str | None
    not_assessed: tuple[str, ...]
    blocking: tuple[str, ...]
    submitter: str
    valid_until: datetime | None
    trust: NamedTrust
    origin: str


def read_verdict(predicate: Mapping[str, object], kind: str, *, subject: str, digest: str) -> Verdict:
    """Read a predicate of the right shape.

    Raises IntegrityError (A207) when it contradicts itself: subject, digests, waivers, or the decision that its rules
    come to.
    """
    model, trust, ledger = predicate["model"], predicate["trustRoot"], predicate["ledger"]
    rules, policies, approvals = predicate["rules"], predicate["policies"], predicate["approvals"]
    assert isinstance(model, dict)
    assert isinstance(trust, dict)
    assert isinstance(ledger, dict)
    assert isinstance(rules, list)
    assert isinstance(policies, list)
    assert isinstance(approvals, list)
    end, advisories = predicate.get("validUntil"), predicate["advisories"]
    not_assessed, blocking = predicate["notAssessed"], predicate.get("blocking", [])
    assert isinstance(not_assessed, list)
    assert isinstance(blocking, list)
    verdict = Verdict(
        certificate_id=str(predicate["certificateId"]),
        decision=str(predicate["decision"]),
        stage=str(predicate["stage"]),
        model=model["name"],
        version=model["version"],
        files=model["manifest"]["files"],
        size_bytes=model["manifest"]["bytes"],
        plan=_sha256(predicate["plan"]),
        evaluation=_sha256(predicate["evaluation"]),
        decision_record=_sha256(predicate["decisionRecord"]),
        policies=tuple(
            PolicyClaim(
                item["name"], item["version"], _sha256(item["source"]), item["release"] and _sha256(item["release"])
            )
            for item in policies
        ),
        waivers=_claimed(rules, "waiver"),
        attested=_claimed(rules, "attestation"),
        approvals=tuple(item["digest"]["sha256"] for item in approvals),
        advisories=None if advisories is None else _sha256(advisories),
        not_assessed=tuple(not_assessed),
        blocking=tuple(blocking),
        submitter=str(predicate["submitter"]),
        valid_until=None if not isinstance(end, str) else parse_instant(end),
        trust=NamedTrust(trust["version"], trust["digest"]["sha256"]),
        origin=ledger["origin"],
    )
    _check_inner_sense(verdict, rules, kind, subject=subject, same_digest=_sha256(model["manifest"]) == digest)
    return verdict


def _sha256(value: object) -> str:
    assert isinstance(value, dict)
    return str(value["digest"]["sha256"])


def _claimed(rules: list[Mapping[str, Mapping[str, Mapping[str, str]]]], member: str) -> tuple[StatementRef, ...]:
    return tuple(StatementRef(str(rule["id"]), rule[member]["digest"]["sha256"]) for rule in rules if member in rule)


def _check_inner_sense(
    verdict: Verdict, rules: list[Mapping[str, str]], kind: str, *, subject: str, same_digest: bool
) -> None:
    if subject != f"{verdict.model}@{verdict.version}":
        raise _refuse(f"the subject {subject} is not the model {verdict.model}@{verdict.version}")
    if not same_digest:
        raise _refuse("the subject's digest is not that of the model's manifest")
    if any((rule["outcome"] == Outcome.WAIVED.value) != ("waiver" in rule) for rule in rules):
        raise _refuse("exactly the waived rules must name a waiver")
    recounted = overall((Enforcement(rule["enforcement"]), Outcome(rule["outcome"])) for rule in rules)
    if kind == CERTIFICATE and recounted is not Decision.ALLOWED:
        raise _refuse(f"the rules of this certificate come to {recounted}, not to allowed")


def _refuse(why: str) -> IntegrityError:
    return IntegrityError(Diagnostic("A207", why))
