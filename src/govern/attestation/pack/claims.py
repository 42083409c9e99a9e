"""What a certificate or refusal names, read for packing and replay: every digest that the parts must come to.

Nothing is verified here: `verify` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from govern.attestation.dsse import read_envelope
from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.reading import predicate_type_of, read_claims
from govern.attestation.sigstore_bundle import read_container
from govern.canonical import Json, parse_instant, sha256_hex
from govern.diagnostics import Diagnostic, GovernError, IntegrityError, UsageError

__all__ = ["Engine", "Named", "payload_of", "read_named", "summary_inputs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """Which build decided."""

    version: str
    digest: str
    """sha256 of the package's manifest, hex."""
    lock: str | None
    """sha256 of the lock file of its dependencies, hex."""

    def document(self) -> dict[str, Json]:
        """The engine as `engine/engine.json` holds it."""
        return {
            "govern": self.version,
            "digest": {"sha256": self.digest},
            "lock": None if self.lock is None else {"digest": {"sha256": self.lock}},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The digests that a verdict names, sha256 in hex, and what it says it is about."""

    kind: str
    """Predicate type: certificate or refusal."""
    payload: str
    """The verdict's own identity."""
    model: str
    version: str
    stage: str
    bundle: str
    plan: str
    evaluation: str
    decision: str
    advisories: str | None
    policies: Mapping[str, str]
    """Name of each policy -> digest of its source."""
    statements: tuple[str, ...]
    """Payload digests of the waivers, attestations and approvals that it rests on, sorted."""
    releases: tuple[str, ...]
    """Payload digests of the policy releases that it names, sorted."""
    trust: str
    """Fingerprint of the version of the trust root under which the gate decided."""
    engine: Engine
    issued_at: datetime


def read_named(data: bytes, *, file: str) -> Named:
    """Read a certificate or refusal.

    Raises IntegrityError (A201, A203, A207) for a file that is none, and UsageError A615 for another type of statement.
    """
    payload = payload_of(data, file=file)
    statement = _parsed(payload)
    kind = predicate_type_of(statement)
    if kind not in (CERTIFICATE, REFUSAL):
        message = f"{file} is no certificate and no refusal but {kind or 'no statement'}"
        raise UsageError(Diagnostic("A615", message, hint="name the `.certificate.` or `.refusal.sigstore.json` file"))
    read_claims(statement, kind)
    assert isinstance(statement, dict)
    predicate = statement["predicate"]
    model, lock, rules = predicate["model"], predicate["verifier"]["lock"], predicate["rules"]
    persons = [rule[member] for rule in rules for member in ("waiver", "attestation") if member in rule]
    return Named(
        kind=kind,
        payload=sha256_hex(payload),
        model=model["name"],
        version=model["version"],
        stage=predicate["stage"],
        bundle=statement["subject"][0]["digest"]["sha256"],
        plan=_hex(predicate["plan"]),
        evaluation=_hex(predicate["evaluation"]),
        decision=_hex(predicate["decisionRecord"]),
        advisories=None if predicate["advisories"] is None else _hex(predicate["advisories"]),
        policies={item["name"]: _hex(item["source"]) for item in predicate["policies"]},
        statements=tuple(sorted({_hex(item) for item in [*persons, *predicate["approvals"]]})),
        releases=tuple(sorted({_hex(item["release"]) for item in predicate["policies"] if item["release"]})),
        trust=_hex(predicate["trustRoot"]),
        engine=Engine(
            version=predicate["verifier"]["version"]["govern"],
            digest=_hex(predicate["verifier"]["engine"]),
            lock=None if lock is None else _hex(lock),
        ),
        issued_at=parse_instant(predicate["issuedAt"]),
    )


def payload_of(data: bytes, *, file: str) -> bytes:
    """Give the payload of a signed statement's file. Raises IntegrityError (A201, A203)."""
    return read_envelope(read_container(data, file=file).envelope).payload


def summary_inputs(data: bytes, *, file: str) -> tuple[str, ...]:
    """Give the payload digests of the attestations that a verification summary rests on.

    Raises IntegrityError (A201, A203, A207) for a file that is no summary.
    """
    statement = _parsed(payload_of(data, file=file))
    if predicate_type_of(statement) != VSA:
        raise IntegrityError(Diagnostic("A207", f"{file} is no verification summary"))
    read_claims(statement, VSA)
    assert isinstance(statement, dict)
    return tuple(_hex(item) for item in statement["predicate"]["inputAttestations"])


def _parsed(payload: bytes) -> object:
    from govern.inputs.json import parse_json

    try:
        return parse_json(payload, file="payload", utf16=False)
    except GovernError as fault:
        raise IntegrityError(Diagnostic("A207", fault.diagnostics[0].message)) from fault


def _hex(member: Mapping[str, Mapping[str, str]]) -> str:
    return member["digest"]["sha256"]
