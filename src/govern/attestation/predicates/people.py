"""What waivers, approvals and human attestations may hold, to the last member."""

from __future__ import annotations

from collections.abc import Iterator

from govern.attestation.kinds import APPROVAL, ATTESTATION, WAIVER
from govern.attestation.predicates.forms import COVERABLE, NONCE, ROLE, SCOPE, STAGE, digest_and
from govern.attestation.shape import DIGEST, INSTANT, TEXT, Fault, ListOf, MapOf, OneOf, Record, Shape, Text
from govern.canonical import Json
from govern.records import record

__all__ = ["PEOPLE_SHAPES"]

_DECIMAL = Text("-?(?:0|[1-9][0-9]{0,33})(?:\\.[0-9]{0,63}[1-9])?", "a decimal such as 0.75")
"""As `decimal_text` writes it: up to 34 digits, of which the first may stand at the 30th place behind the point."""

_ADVISORY = Record({"package": TEXT, "versions": ListOf(TEXT, least=1), "ids": ListOf(TEXT, least=1)})


@record
class _Limit:
    """How far a waiver reaches: null, the worst observed value, or the advisories of named package versions."""

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"anyOf": [{"type": "null"}, _DECIMAL.schema(), ListOf(_ADVISORY, least=1).schema()]}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if isinstance(value, list):
            yield from ListOf(_ADVISORY, least=1).faults(value, at)
        elif value is not None:
            yield from _DECIMAL.faults(value, at)

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield unknown members."""
        if isinstance(value, list):
            yield from ListOf(_ADVISORY).unknown(value, at)


_WAIVER = Record(
    {
        "nonce": NONCE,
        "rule": digest_and(policy=TEXT, id=TEXT),
        "scope": SCOPE,
        "stages": ListOf(STAGE, least=1),
        "covers": ListOf(OneOf(tuple(item.value for item in COVERABLE)), least=1),
        "limit": _Limit(),
        "reason": TEXT,
        "compensatingControls": ListOf(TEXT, least=1),
        "approver": TEXT,
        "owner": TEXT,
        "notBefore": INSTANT,
        "expires": INSTANT,
    }
)
_APPROVAL = Record(
    {
        "nonce": NONCE,
        "vote": OneOf(("approve", "reject", "abstain")),
        "bundle": DIGEST,
        "waiversConsidered": ListOf(DIGEST),
        "role": ROLE,
        "approver": TEXT,
        "statement": TEXT,
        "signedAt": INSTANT,
        "expires": INSTANT,
    }
)
_ATTESTATION = Record(
    {
        "nonce": NONCE,
        "claim": Record(
            {
                "type": TEXT,
                "covers": ListOf(TEXT),
                "controls": ListOf(TEXT),
                "fields": MapOf(TEXT, TEXT),
                "text": TEXT,
            }
        ),
        "scope": SCOPE,
        "role": ROLE,
        "attester": TEXT,
        "evidence": ListOf(digest_and(name=TEXT)),
        "issuedAt": INSTANT,
        "validFrom": INSTANT,
        "expires": INSTANT,
    }
)

PEOPLE_SHAPES: dict[str, Shape] = {WAIVER: _WAIVER, APPROVAL: _APPROVAL, ATTESTATION: _ATTESTATION}
"""Predicate type -> shape of the predicate, for what people sign."""
