"""What a certificate or refusal says: the part that follows from the decision, and the part that its issuer adds.

The gate states what it signs through this, and a replay states it again, so that both can be compared to the last byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.attestation.statement import (
    AdvisoriesRef,
    ApprovalRef,
    CertificateInputs,
    EvidenceItem,
    PolicyRef,
    RuleLine,
)
from govern.canonical import instant_text
from govern.checks.people.facts import first_to_end
from govern.policy.outcomes import Outcome

if TYPE_CHECKING:
    from govern.decision.decide import DecisionRecord, Settled
    from govern.gate.check import Checked

__all__ = ["Terms", "stated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an issuer adds to a decision. Digests are sha256 in hex, times RFC 3339 in UTC."""

    certificate_id: str
    nonce: bytes
    verifier_id: str
    engine_version: str
    engine_digest: str
    lock_digest: str | None = None
    submitter: str
    valid_until: str
    """Read for a certificate only."""
    trust_version: int
    trust_digest: str
    ledger_origin: str
    supersedes: str | None = None


def stated(checked: Checked, terms: Terms) -> CertificateInputs:
    """Give everything that the certificate or refusal of a decision says."""
    evaluation, decision, bundle = checked.evaluation, checked.decision, checked.bundle
    snapshot = checked.snapshot
    holds_until = decision.holds_until
    return CertificateInputs(
        certificate_id=terms.certificate_id,
        nonce=terms.nonce,
        decision=decision.decision,
        stage=evaluation.stage,
        model_name=bundle.name,
        model_version=bundle.version,
        model_uri=bundle.record.metadata.uri or f"urn:govern:model:{bundle.name}:{bundle.version}",
        bundle_digest=bundle.digest,
        model_digest=bundle.model_digest,
        files=evaluation.subject.files,
        size_bytes=evaluation.subject.bytes,
        verifier_id=terms.verifier_id,
        engine_version=terms.engine_version,
        engine_digest=terms.engine_digest,
        lock_digest=terms.lock_digest,
        plan_digest=_bare(evaluation.plan_digest),
        policies=tuple(
            PolicyRef(
                name=item.name,
                version=item.version,
                legal_status=item.legal_status,
                source_digest=_bare(item.digest),
                release_digest=checked.people.release_of(item.name, item.version, _bare(item.digest)),
            )
            for item in checked.loaded.plan.policies
        ),
        evaluation_digest=evaluation.digest,
        decision_record_digest=decision.digest,
        rules=tuple(_rule(item) for item in decision.settled),
        not_assessed=evaluation.not_assessed,
        evidence=tuple(
            EvidenceItem(name=f"{item.name}:{item.file}", digest=item.digest, bound=item.bound)
            for item in evaluation.evidence()
        ),
        advisories=None if snapshot is None else AdvisoriesRef(digest=snapshot.digest, as_of=snapshot.as_of),
        submitter=terms.submitter,
        issued_at=instant_text(checked.request.clock),
        valid_until=terms.valid_until,
        trust_version=terms.trust_version,
        trust_digest=terms.trust_digest,
        ledger_origin=terms.ledger_origin,
        approvals=_approvals(decision),
        supersedes=terms.supersedes,
        blocking=decision.blocking,
        earliest_expiry=None if holds_until is None else instant_text(holds_until),
    )


def _approvals(decision: DecisionRecord) -> tuple[ApprovalRef, ...]:
    """The votes that met a quorum, each once."""
    counted = {item.digest: item.keyid for settled in decision.settled for item in settled.approvals}
    return tuple(ApprovalRef(digest=digest, keyid=counted[digest]) for digest in sorted(counted))


def _bare(digest: str) -> str:
    return digest.removeprefix("sha256:")


def _rule(item: Settled) -> RuleLine:
    return RuleLine(
        id=item.rule.rule,
        check=item.rule.check,
        enforcement=item.rule.enforcement,
        severity=item.rule.severity,
        outcome=item.outcome,
        controls=item.rule.controls,
        observed=item.rule.result.observed,
        required=item.rule.result.required,
        waiver_digest=None if item.waiver is None else item.waiver.digest,
        attestation_digest=first_to_end(item.rule.result.facts) if item.outcome is Outcome.PASS else None,
    )
