"""`govern attest`: what a person in an office states about a bundle, or about versions of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govern.attestation.kinds import ATTESTATION
from govern.attestation.people import HumanAttestation
from govern.attestation.scope import Scope
from govern.canonical import instant_text, parse_instant, sha256_hex
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.desk import Delivered, Desk, end_of
from govern.gate.files import read_file

__all__ = ["AttestRequest", "attest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestRequest:
    """What is stated, and about what: a bundle folder, or a model with versions."""

    type: str
    text: str
    until: str
    bundle: Path | None = None
    model: str | None = None
    versions: tuple[str, ...] = ()
    start: str | None = None
    covers: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    fields: Mapping[str, str]
    evidence: tuple[Path, ...] = ()


def attest(request: AttestRequest, desk: Desk) -> Delivered:
    """Sign a human attestation. Raises UsageError: A503, A506 for a scope that is neither one nor the other, U101."""
    role = desk.role(ATTESTATION)
    now = desk.signature.at
    start = instant_text(now) if request.start is None else end_of(request.start, now)
    scope = _scope(request)
    body = HumanAttestation(
        type=request.type,
        covers=request.covers,
        controls=request.controls,
        fields=request.fields,
        text=request.text,
        scope=scope,
        role=role.name,
        attester=desk.owner,
        evidence=tuple((path.name, sha256_hex(read_file(path, limit=1 << 30))) for path in request.evidence),
        issued_at=instant_text(now),
        valid_from=start,
        expires=end_of(request.until, parse_instant(start)),
    )
    return desk.deliver(body.statement(nonce=desk.nonce()), name=f"{scope.model}-{request.type}")


def _scope(request: AttestRequest) -> Scope:
    if (request.bundle is None) == (request.model is None):
        raise UsageError(Diagnostic("A506", "say what it is about: --bundle DIR, or --model NAME with --versions"))
    if request.bundle is not None:
        from govern.bundle import open_bundle

        bundle = open_bundle(request.bundle)
        return Scope(model=bundle.name, version=bundle.version, bundle=bundle.digest)
    if not request.versions:
        raise UsageError(
            Diagnostic("A506", "name the versions of the model that it holds for", hint="--versions 3.2.0")
        )
    assert request.model is not None
    return Scope(model=request.model, versions=tuple(sorted(set(request.versions))))
