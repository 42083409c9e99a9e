"""Verified statements of people as the facts that the decision settles: waivers and votes.

What the checks see of human attestations and signed evidence is in `signed_facts`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from govern.attestation.kinds import APPROVAL, WAIVER
from govern.attestation.people import Approval, Waiver
from govern.attestation.statement_set import Judged, StatementSet
from govern.attestation.trust.root import TrustRoot
from govern.canonical import parse_instant
from govern.decision.approvals import VerifiedApproval
from govern.decision.waivers import VerifiedWaiver

__all__ = ["approvals_of", "waiver_facts", "waiver_of", "waivers_of"]


def waivers_of(statements: StatementSet, *, at: datetime) -> tuple[VerifiedWaiver, ...]:
    """Give every waiver that can be read, with what its verification came to; `at` is the moment of the decision."""
    made = (waiver_of(statements, item, at=at) for item in statements.all(WAIVER))
    return tuple(item for item in made if item is not None)


def waiver_of(statements: StatementSet, item: Judged, *, at: datetime) -> VerifiedWaiver | None:
    """Give one judged statement as the decision sees it; None for what cannot be read as a waiver."""
    body = item.claims.body if item.claims is not None else None
    if not isinstance(body, Waiver):
        return None
    facts = waiver_facts(
        body,
        digest=item.digest,
        authentic=item.authentic,
        revoked=_revoked(statements, item, at),
        in_role=item.sound,
    )
    if item.signatory is None:
        return facts
    return replace(facts, role=item.signatory.role, identities=statements.names_of(item.signatory))


def approvals_of(statements: StatementSet, *, trust: TrustRoot, at: datetime) -> tuple[VerifiedApproval, ...]:
    """Give every vote that can be read, with what its verification came to; `at` is the moment of the decision."""
    made = []
    for item in statements.all(APPROVAL):
        body = item.claims.body if item.claims is not None else None
        if isinstance(body, Approval):
            vote = _approval(item, body, trust, revoked=_revoked(statements, item, at))
            names = frozenset() if item.signatory is None else statements.names_of(item.signatory)
            made.append(replace(vote, identities=names))
    return tuple(made)


def _revoked(statements: StatementSet, item: Judged, at: datetime) -> bool:
    found = statements.revoked(item.digest)
    return found is not None and found.effective <= at


def waiver_facts(body: Waiver, *, digest: str, authentic: bool, revoked: bool, in_role: bool) -> VerifiedWaiver:
    """Give a waiver as the decision sees it, with what its verification came to."""
    limit = Decimal(body.limit) if isinstance(body.limit, str) else body.limit
    scoped = body.scope.bundle is not None
    return VerifiedWaiver(
        digest=digest,
        rule=body.qualified,
        rule_digest=body.rule_digest,
        bundle=body.scope.bundle,
        model=None if scoped else body.scope.model,
        versions=body.scope.versions,
        stages=body.stages,
        covers=body.covers,
        limit=limit,
        approver=body.approver,
        owner=body.owner,
        not_before=parse_instant(body.not_before),
        expires=parse_instant(body.expires),
        signature_valid=authentic,
        revoked=revoked,
        approver_in_role=in_role,
        compensating_controls=body.compensating_controls,
    )


def _approval(item: Judged, body: Approval, trust: TrustRoot, *, revoked: bool) -> VerifiedApproval:
    role = trust.roles.get(body.role)
    signatory = item.signatory
    return VerifiedApproval(
        digest=item.digest,
        keyid="unknown" if signatory is None else signatory.keyid,
        owner=body.approver if signatory is None else signatory.owner,
        role=body.role,
        threshold=1 if role is None else role.threshold,
        vote=body.vote,
        evaluation=body.evaluation,
        bundle=body.bundle,
        waivers_considered=body.waivers_considered,
        signed_at=parse_instant(body.signed_at),
        expires=parse_instant(body.expires),
        signature_valid=item.authentic,
        revoked=revoked,
        in_role=item.sound,
    )
