"""What people and offices have signed, as the checks see it: verified by the gate, never by a check."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from govern.canonical import Json
from govern.records import record

__all__ = ["ATTESTED", "Signed", "SignedEnvelope", "SignedStatement", "StatementRuling", "first_to_end"]

ATTESTED = "attestation-present"
"""Kind of the facts in which a result lists the statements that it saw."""


def first_to_end(facts: Json) -> str | None:
    """Give the digest (hex) of the statement that a result rests on and that ends before all others it rests on."""
    if not isinstance(facts, dict) or facts.get("kind") != ATTESTED:
        return None
    rests_on = facts.get("rests_on")
    last = rests_on[-1] if isinstance(rests_on, list) and rests_on else None
    return last if isinstance(last, str) else None


class StatementRuling(StrEnum):
    """What the verification of a statement came to, at the moment of the decision."""

    SOUND = "sound"
    """It is authentic, its signer may sign it, and it has begun. Whether it has ended is the decision's to compare."""
    NOT_SOUND = "not_sound"
    """Signature, log proof or role do not hold."""
    REVOKED = "revoked"
    NOT_BEGUN = "not_begun"


@record(kw_only=True)
class SignedStatement:
    """A human attestation about this bundle, its model or all models. Instants are RFC 3339 in UTC."""

    digest: str
    """sha256 of the signed payload, hex: its identity."""
    type: str
    scope: str
    """`version`, `model` or `fleet`: how specific it is about this bundle."""
    by_digest: bool
    """Whether it names this very bundle by digest."""
    role: str
    """Full name of the trust root's role that it is signed in."""
    owner: str
    """Holder of the key, as the trust root names people."""
    keyid: str
    identities: frozenset[str]
    """Every name by which the signer may be known: the owner and all their keys."""
    roles: frozenset[str]
    """Every role that the signer holds."""
    issued_at: str
    valid_from: str
    expires: str
    covers: tuple[str, ...] = ()
    fields: Mapping[str, str]
    ruling: StatementRuling

    @property
    def file(self) -> str:
        """The name by which results call it."""
        return f"sha256:{self.digest}"


@record(kw_only=True)
class SignedEnvelope:
    """An evidence envelope that somebody in the role `producer` has signed, and nobody has revoked."""

    digest: str
    """sha256 of the signed payload, hex."""
    file: str
    """sha256 of the evidence file, hex."""
    content: str
    """sha256 of the canonical form of what the envelope says, hex."""
    owner: str
    keyid: str


@record(kw_only=True)
class Signed:
    """Everything signed that checks may see in one run. Both in the order of their digests."""

    statements: tuple[SignedStatement, ...] = ()
    envelopes: tuple[SignedEnvelope, ...] = ()
