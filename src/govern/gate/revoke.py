"""`govern revoke`: say that a signed statement no longer counts, and list what was said so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.attestation.dsse import read_envelope
from govern.attestation.keys import PublicKey
from govern.attestation.kinds import (
    CERTIFICATE,
    KIND_NAMES,
    NEVER_REVOKED,
    REFUSAL,
    REVOCATION,
    STATUS_LIST,
    short_type,
)
from govern.attestation.notices import Revocation, Revoked, StatusList
from govern.attestation.reading import predicate_type_of, read_claims
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.trust.root import TrustRoot
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, InputError, IntegrityError, UsageError
from govern.gate.desk import Delivered, Desk, end_of
from govern.gate.files import read_file
from govern.gate.ledgers import open_ledger
from govern.inputs.json import parse_json
from govern.ledger.leaf import pae, read_leaf

__all__ = ["RevokeRequest", "list_revoked", "revoke"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRequest:
    """What no longer counts, why, and from when."""

    statement: Path
    reason: str
    text: str
    effective: str | None = None
    """Instant; now when None. It may lie before now: a stolen key is often noticed late."""
    replaced_by: str | None = None


def revoke(request: RevokeRequest, desk: Desk) -> Delivered:
    """Sign a revocation of a signed statement. Raises UsageError A503, A508 for what is no signed statement."""
    desk.role(REVOCATION)
    kind, identity, digest = _target(request.statement)
    now = instant_text(desk.signature.at)
    effective = now if request.effective is None else end_of(request.effective, desk.signature.at)
    body = Revocation(
        target_type=kind,
        target_id=identity,
        target_digest=digest,
        reason=request.reason,
        effective=effective,
        issued_at=now,
        text=request.text,
        replaced_by=request.replaced_by,
    )
    return desk.deliver(body.statement(nonce=desk.nonce()), name=f"{KIND_NAMES[kind]}-{digest[:8]}")


def _target(path: Path) -> tuple[str, str, str]:
    """Give type, id and payload digest of a statement; whether its signature holds is not asked: it may be a fraud."""
    data = read_file(path)
    try:
        envelope = read_envelope(read_container(data, file=str(path)).envelope)
        statement: object = parse_json(envelope.payload, file=str(path), utf16=False)
        kind = predicate_type_of(statement)
        if kind is None or kind not in KIND_NAMES:
            raise _nothing(path, f"no statement that is known here: {kind or 'no type'}")
        claims = read_claims(statement, kind)
    except (InputError, IntegrityError) as fault:
        raise _nothing(path, fault.diagnostics[0].message) from fault
    if kind in NEVER_REVOKED:
        raise _nothing(path, f"a {KIND_NAMES[kind]} is not revoked; sign another one")
    if kind in (CERTIFICATE, REFUSAL) and claims.verdict is not None:
        return kind, claims.verdict.certificate_id, envelope.digest
    return kind, envelope.digest, envelope.digest


def _nothing(path: Path, why: str) -> UsageError:
    return UsageError(Diagnostic("A508", f"{path} holds nothing that can be revoked: {why}"))


def list_revoked(desk: Desk, *, next_in: str) -> Delivered:
    """Sign the list of everything revoked in the log, as of its newest checkpoint; then log the list itself.

    Only revocations by keys that may revoke count. The payload of a revocation is never erased (`govern ledger erase`
    refuses), so an erased entry was something else. Raises UsageError A503, InputError and IntegrityError as the
    ledger does.
    """
    desk.role(STATUS_LIST)
    now = desk.signature.at
    with open_ledger(desk.workspace) as ledger:
        head = ledger.head()
        origin = ledger.key.name
        digests = ledger.digests()
        bodies = ledger.entries(0, head.size)
        found = [
            body
            for (index, digest), leaf in zip(digests, bodies, strict=True)
            if (body := _revocation(ledger.payload(digest), leaf, index, desk.trust)) is not None
        ]
    earliest: dict[str, Revoked] = {}
    for item in sorted(found, key=lambda item: (item.target_digest, item.effective)):
        earliest.setdefault(item.target_digest, Revoked(item.target_digest, item.effective))
    made = StatusList(
        origin=origin,
        size=head.size,
        root=head.root.hex(),
        time=instant_text(now),
        revoked=tuple(earliest.values()),
        next=end_of(next_in, now),
    )
    return desk.deliver(made.statement(nonce=desk.nonce()), name=f"{origin}-{head.size}")


def _revocation(payload: bytes | None, body: bytes, index: int, trust: TrustRoot) -> Revocation | None:
    """Give what an entry revokes; None for entries that revoke nothing, or that no verifier would believe."""
    statement = None if payload is None else _parsed(payload)
    if payload is None or predicate_type_of(statement) != REVOCATION:
        return None
    leaf = read_leaf(body)
    key = PublicKey.parse(leaf.spki)
    if not key.verifies(leaf.signature, pae(payload)):
        return None
    claims = read_claims(statement, REVOCATION)
    assert isinstance(claims.body, Revocation)
    return claims.body if _may(key.keyid, claims.issued_at, index, trust) else None


def _parsed(payload: bytes) -> object:
    try:
        return parse_json(payload, file="log entry", utf16=False)
    except InputError:
        return None  # a log may hold other payloads than statements; a revocation is none of those


def _may(keyid: str, moment: datetime, index: int, trust: TrustRoot) -> bool:
    """Whether a key was in the role when it signed, and is not revoked, or only from a later entry on."""
    in_role = any(
        item.keyid == keyid and item.window.holds(moment)
        for role in trust.roles_of(keyid)
        if short_type(REVOCATION) in role.types
        for item in role.keys
    )
    void = any(item.keyid == keyid and (item.from_index is None or index >= item.from_index) for item in trust.revoked)
    return in_role and not void
