"""The trust root: which keys may play which role, and when. Keys found anywhere else are never used.

`reading` reads and checks the file, `signing` writes it, `draft` makes the next version.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from govern.attestation.keys import PublicKey
from govern.ledger.note import NoteKey
from govern.ledger.quorum import WitnessPolicy
from govern.records import record

__all__ = ["RevokedKey", "Role", "RoleKey", "TrustKey", "TrustRoot", "TrustedLog", "TrustedTsa", "Window"]


@record
class Window:
    """When something may be used: half-open, `start <= moment < end`; None is unbounded."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies inside."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


@record
class TrustKey:
    """A key and the person or service that holds it."""

    public: PublicKey
    owner: str

    @property
    def keyid(self) -> str:
        """The key's fingerprint."""
        return self.public.keyid


@record
class RoleKey:
    """A key in a role, and when it may sign in it."""

    keyid: str
    window: Window


@record(kw_only=True)
class Role:
    """What the keys of a role may sign."""

    name: str
    keys: tuple[RoleKey, ...]
    threshold: int
    types: frozenset[str]
    stages: frozenset[str] | None
    """None for every stage."""
    verifier_ids: frozenset[str] | None


@record
class TrustedLog:
    """A log whose checkpoints count."""

    key: NoteKey
    window: Window


@record
class TrustedTsa:
    """A time-stamping authority whose tokens count while its window holds."""

    certs: tuple[bytes, ...]
    """Its certificates, DER, the signing one first; at least one, and only these are ever used."""
    window: Window


@record(kw_only=True)
class RevokedKey:
    """A key that is void from a time or a log index on; void altogether when neither can be compared."""

    keyid: str
    reason: str
    start: datetime | None
    from_index: int | None


@record(kw_only=True)
class TrustRoot:
    """One verified version of the trust root."""

    version: int
    previous: str | None
    issued_at: datetime
    expires: datetime
    digest: str
    """sha256 of the canonical predicate, hex: the fingerprint that an auditor pins."""
    payload: bytes
    keys: Mapping[str, TrustKey]
    roles: Mapping[str, Role]
    logs: tuple[TrustedLog, ...]
    witnesses: WitnessPolicy
    tsas: tuple[TrustedTsa, ...]
    log_entries: int
    timestamps: int
    status_max_age: str | None
    min_policy: Mapping[str, str]
    revoked: tuple[RevokedKey, ...]
    signers: tuple[str, ...] = ()
    """Owners of the root keys that signed this version, sorted."""

    def roles_of(self, keyid: str) -> tuple[Role, ...]:
        """Give the attesting roles that a key plays."""
        return tuple(
            role
            for role in self.roles.values()
            if role.name != "root" and any(item.keyid == keyid for item in role.keys)
        )

    def attesting_keys(self) -> tuple[TrustKey, ...]:
        """Give every key that plays an attesting role, sorted by fingerprint."""
        return tuple(self.keys[keyid] for keyid in sorted(self.keys) if self.roles_of(keyid))

    def log(self, log_id: bytes) -> TrustedLog | None:
        """Give the trusted log with a full key id."""
        return next((item for item in self.logs if item.key.full_id == log_id), None)
