"""Verified statements as the facts that checks see: attestations of people, and envelopes that producers signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from govern.attestation.kinds import ATTESTATION, EVIDENCE
from govern.attestation.notices import EvidenceEnvelope
from govern.attestation.people import HumanAttestation
from govern.attestation.statement_set import Judged, StatementSet
from govern.attestation.trust.root import TrustRoot
from govern.canonical import instant_text, parse_instant
from govern.checks.people.facts import SignedEnvelope, SignedStatement, StatementRuling

__all__ = ["signed_envelopes", "signed_statements"]


def signed_statements(
    statements: StatementSet, *, trust: TrustRoot, at: datetime, bundle: str, model: str, version: str
) -> tuple[SignedStatement, ...]:
    """Give every human attestation about a bundle (by digest), its model or all models, with its ruling at a moment.

    One that does not hold is among them, so that it can be said why it does not help; it must never count.
    """
    made: list[SignedStatement] = []
    for item in statements.all(ATTESTATION):
        body = item.claims.body if item.claims is not None else None
        if not isinstance(body, HumanAttestation):
            continue
        reach = body.scope.reach(bundle=bundle, model=model, version=version)
        if reach is not None:
            made.append(_statement(statements, item, body, trust, at=at, scope=reach))
    return tuple(made)


def _statement(
    statements: StatementSet, item: Judged, body: HumanAttestation, trust: TrustRoot, *, at: datetime, scope: str
) -> SignedStatement:
    signer = item.signatory
    revoked = statements.revoked(item.digest)
    ruling = StatementRuling.SOUND
    if not item.sound or signer is None:
        ruling = StatementRuling.NOT_SOUND
    elif revoked is not None and revoked.effective <= at:
        ruling = StatementRuling.REVOKED
    elif parse_instant(body.valid_from) > at:
        ruling = StatementRuling.NOT_BEGUN
    expires = parse_instant(body.expires)
    if revoked is not None:
        expires = min(expires, revoked.effective)
    return SignedStatement(
        digest=item.digest,
        type=body.type,
        scope=scope,
        by_digest=body.scope.bundle is not None,
        role=body.role,
        owner=body.attester if signer is None else signer.owner,
        keyid="unknown" if signer is None else signer.keyid,
        identities=frozenset() if signer is None else statements.names_of(signer),
        roles=frozenset() if signer is None else frozenset(_roles_of(signer.owner, trust)),
        issued_at=body.issued_at,
        valid_from=body.valid_from,
        expires=instant_text(expires),
        covers=body.covers,
        fields=dict(body.fields),
        ruling=ruling,
    )


def _roles_of(owner: str, trust: TrustRoot) -> Iterator[str]:
    for name, role in trust.roles.items():
        if any(key.keyid in trust.keys and trust.keys[key.keyid].owner == owner for key in role.keys):
            yield name


def signed_envelopes(statements: StatementSet, *, at: datetime, files: frozenset[str]) -> tuple[SignedEnvelope, ...]:
    """Give every evidence envelope about one of these files (sha256, hex) that holds and is not revoked at a moment."""
    made: list[SignedEnvelope] = []
    for item in statements.all(EVIDENCE):
        body = item.claims.body if item.claims is not None else None
        if not isinstance(body, EvidenceEnvelope) or body.file not in files or not item.sound or item.signatory is None:
            continue
        revoked = statements.revoked(item.digest)
        if revoked is not None and revoked.effective <= at:
            continue
        signer = item.signatory
        made.append(
            SignedEnvelope(
                digest=item.digest, file=body.file, content=body.content, owner=signer.owner, keyid=signer.keyid
            )
        )
    return tuple(made)
