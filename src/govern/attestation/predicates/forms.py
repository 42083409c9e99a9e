"""Forms that many statements share: key ids, nonces, digests with neighbours, the scope of a person's word."""

from __future__ import annotations

from collections.abc import Iterator

from govern.attestation.kinds import STATEMENT
from govern.attestation.shape import (
    DIGEST,
    HEX_DIGEST,
    TEXT,
    Base64,
    Constant,
    Fault,
    ListOf,
    OneOf,
    Record,
    Shape,
    Text,
)
from govern.canonical import Json
from govern.policy.decisions import Outcome, Stage
from govern.records import record

__all__ = ["COVERABLE", "KEYID", "LEGAL_STATUS", "NONCE", "ROLE", "SCOPE", "STAGE", "digest_and", "statement_shape"]

KEYID = Text("SHA256:[A-Za-z0-9+/]{43}", "an OpenSSH SHA256 fingerprint")
NONCE = Base64(16)
STAGE = OneOf(tuple(stage.value for stage in Stage))
LEGAL_STATUS = OneOf(("in_force", "pending", "proposed", "superseded", "rescinding", "rescinded"))
ROLE = Text("[a-z]+(?:/[^\\s/]+)?", "a role such as approver/model-risk")

COVERABLE = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE)
"""Outcomes that a waiver may name; `error` never, and what lets through needs none."""


def digest_and(**members: Shape) -> Record:
    """Give the shape of a digest with members beside it."""
    return Record({**DIGEST.members, **members})


@record
class _Scope:
    """What a person's word holds for: one bundle, or named versions of a model."""

    bundle: Record
    model: Record

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"oneOf": [self.bundle.schema(), self.model.schema()]}

    def _chosen(self, value: object) -> Record:
        return self.bundle if isinstance(value, dict) and "bundle" in value else self.model

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong with it as the form that it resembles."""
        yield from self._chosen(value).faults(value, at)

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield unknown members: one of the other form is unknown."""
        yield from self._chosen(value).unknown(value, at)


SCOPE = _Scope(Record({"bundle": DIGEST}), Record({"model": TEXT, "versions": ListOf(TEXT, least=1)}))


def statement_shape(predicate_type: str, predicate: Shape) -> Record:
    """Give the shape of a whole in-toto statement: exactly one subject, a digest with exactly one key."""
    subject = Record({"name": TEXT, "digest": Record({"sha256": HEX_DIGEST})})
    return Record(
        {
            "_type": Constant(STATEMENT),
            "subject": ListOf(subject, least=1, most=1),
            "predicateType": Constant(predicate_type),
            "predicate": predicate,
        }
    )
