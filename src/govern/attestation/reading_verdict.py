"""What a certificate or refusal says beyond what every statement says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from govern.attestation.kinds import CERTIFICATE, REFUSAL
from govern.canonical import parse_instant
from govern.decision.overall import LETS_THROUGH, QUORUM_CHECK, overall
from govern.diagnostics import Diagnostic, IntegrityError
from govern.policy.decisions import Enforcement, Outcome
from govern.records import record

__all__ = ["NamedTrust", "PolicyClaim", "RuleClaim", "StatementRef", "Verdict", "read_verdict"]


@record
class PolicyClaim:
    """A policy that was applied."""

    name: str
    version: str
    source: str
    """Digest of its source, hex."""
    release: str | None
    """Digest of the payload of its signed release, hex."""


@record
class StatementRef:
    """A signed statement by a person that a rule's outcome rests on."""

    rule: str
    digest: str
    blocking: bool
    """Whether the rule blocks: only then does the statement's end end the certificate."""


@record(kw_only=True)
class RuleClaim:
    """What a rule is said to have come to."""

    id: str
    check: str
    severity: str
    controls: tuple[str, ...]
    observed: str | None
    required: str | None
    enforcement: Enforcement
    outcome: Outcome
    waiver: str | None
    """Digest of the waiver's payload, hex; there exactly when the outcome is `waived`."""

    @property
    def voted(self) -> bool:
        """Whether it passed by votes of the review board."""
        return self.check == QUORUM_CHECK and self.outcome is Outcome.PASS

    @property
    def blocks(self) -> bool:
        """Whether it keeps the model out."""
        return self.enforcement is Enforcement.BLOCK and self.outcome not in LETS_THROUGH


@record
class EvidenceClaim:
    """An item of evidence that the outcomes are said to rest on."""

    name: str
    digest: str
    bound: bool


@record
class NamedTrust:
    """The version of the trust root that the gate used."""

    version: int
    digest: str


@record(kw_only=True)
class Verdict:
    """What only certificates and refusals say. Digests are sha256 in hex."""

    certificate_id: str
    decision: str
    stage: str
    model: str
    version: str
    artefacts: str
    """Digest of the artefact files only: what evidence inside the bundle can cite."""
    files: int
    size_bytes: int
    plan: str
    evaluation: str
    decision_record: str
    policies: tuple[PolicyClaim, ...]
    rules: tuple[RuleClaim, ...]
    waivers: tuple[StatementRef, ...]
    attested: tuple[StatementRef, ...]
    approvals: tuple[str, ...]
    voters: Mapping[str, str]
    """Digest of an approval -> fingerprint of the key that is said to have signed it."""
    evidence: tuple[EvidenceClaim, ...]
    advisories: str | None
    """Digest of the snapshot, a blank, and its date."""
    not_assessed: tuple[str, ...]
    blocking: tuple[str, ...]
    submitter: str
    issued_at: datetime
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
        artefacts=_sha256(model["artefacts"]),
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
        rules=tuple(_rule(item) for item in rules),
        waivers=_claimed(rules, "waiver"),
        attested=_claimed(rules, "attestation"),
        approvals=tuple(item["digest"]["sha256"] for item in approvals),
        voters={item["digest"]["sha256"]: item["keyid"] for item in approvals},
        evidence=_evidence(predicate["evidence"]),
        advisories=None if advisories is None else f"{_sha256(advisories)} {_as_of(advisories)}",
        not_assessed=tuple(not_assessed),
        blocking=tuple(blocking),
        submitter=str(predicate["submitter"]),
        issued_at=parse_instant(str(predicate["issuedAt"])),
        valid_until=None if not isinstance(end, str) else parse_instant(end),
        trust=NamedTrust(trust["version"], trust["digest"]["sha256"]),
        origin=ledger["origin"],
    )
    _check_inner_sense(verdict, kind, subject=subject, same_digest=_sha256(model["manifest"]) == digest)
    return verdict


def _sha256(value: object) -> str:
    assert isinstance(value, dict)
    return str(value["digest"]["sha256"])


def _as_of(value: object) -> str:
    assert isinstance(value, dict)
    return str(value["asOf"])


def _claimed(rules: list[Mapping[str, Mapping[str, Mapping[str, str]]]], member: str) -> tuple[StatementRef, ...]:
    return tuple(
        StatementRef(
            str(rule["id"]), rule[member]["digest"]["sha256"], str(rule["enforcement"]) == Enforcement.BLOCK.value
        )
        for rule in rules
        if member in rule
    )


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, list)
    return tuple(str(item) for item in value)


def _maybe(value: object) -> str | None:
    return None if value is None else str(value)


def _evidence(value: object) -> tuple[EvidenceClaim, ...]:
    assert isinstance(value, list)
    return tuple(EvidenceClaim(item["name"], item["digest"]["sha256"], item["bound"]) for item in value)


def _rule(value: Mapping[str, object]) -> RuleClaim:
    return RuleClaim(
        id=str(value["id"]),
        check=str(value["check"]),
        severity=str(value["severity"]),
        controls=_texts(value["controls"]),
        observed=_maybe(value.get("observed")),
        required=_maybe(value.get("required")),
        enforcement=Enforcement(str(value["enforcement"])),
        outcome=Outcome(str(value["outcome"])),
        waiver=_sha256(value["waiver"]) if "waiver" in value else None,
    )


def _check_inner_sense(verdict: Verdict, kind: str, *, subject: str, same_digest: bool) -> None:
    rules = verdict.rules
    if subject != f"{verdict.model}@{verdict.version}":
        raise _refuse(f"the subject {subject} is not the model {verdict.model}@{verdict.version}")
    if not same_digest:
        raise _refuse("the subject's digest is not that of the model's manifest")
    if any((rule.outcome is Outcome.WAIVED) != (rule.waiver is not None) for rule in rules):
        raise _refuse("exactly the waived rules must name a waiver")
    if len({rule.id for rule in rules}) != len(rules):
        raise _refuse("a rule is listed twice")
    if any(rule.voted for rule in rules) and not verdict.approvals:
        raise _refuse("a rule that asks for votes passed, and no vote is named")
    recounted = overall((rule.enforcement, rule.outcome) for rule in rules)
    if verdict.decision != recounted.value:
        what = "certificate" if kind == CERTIFICATE else "refusal"
        raise _refuse(f"the rules of this {what} come to {recounted}, not to {verdict.decision}")
    if kind == REFUSAL and set(verdict.blocking) != {rule.id for rule in rules if rule.blocks}:
        raise _refuse("the rules said to block are not those that do")
    if verdict.valid_until is not None and verdict.valid_until <= verdict.issued_at:
        raise _refuse("it ends before it begins")


def _refuse(why: str) -> IntegrityError:
    return IntegrityError(Diagnostic("A207", why))
