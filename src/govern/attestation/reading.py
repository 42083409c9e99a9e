"""What a verified payload says, as types: the auditor's view of every kind of statement."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from govern.attestation.catalogue import shape_of
from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.reading_verdict import Verdict, read_verdict
from govern.canonical import parse_instant
from govern.diagnostics import Diagnostic, IntegrityError
from govern.records import record

if TYPE_CHECKING:
    from govern.attestation.reading_statements import Body

__all__ = ["Claims", "predicate_type_of", "read_claims"]


@record(kw_only=True)
class Claims:
    """What any statement says."""

    kind: str
    """Predicate type."""
    subject_name: str
    subject_digest: str
    bundle_digest: str | None
    """The bundle it speaks of, hex; None when it speaks of something else."""
    uri: str | None
    """What the deployer fetches; the gate's statements only."""
    verifier_id: str | None
    issued_at: datetime
    """When it was signed, by its own word; or else the earliest time that it speaks of."""
    begins: datetime
    ends: datetime | None
    role: str | None = None
    """The role in which a person says to have signed."""
    signer: str | None = None
    """Who a person says to be."""
    says_when_signed: bool = True
    """Whether `issued_at` claims to be the moment of signing, so that a token can contradict it."""
    verdict: Verdict | None = None
    """Of certificates and refusals."""
    body: Body = None
    """Of people's and offices' statements."""
    stages: frozenset[str] = frozenset()
    """The gates that the statement speaks of; empty when it speaks of none."""
    sums_up: tuple[str, ...] = ()
    """Of a verification summary: digests (hex) of the certificate, waivers and votes that it rests on."""
    unknown: tuple[str, ...] = ()
    """Pointers of predicate members that this version does not know: read by nobody here."""

    @property
    def stage(self) -> str | None:
        """The gate that a certificate or refusal is for."""
        return None if self.verdict is None else self.verdict.stage


def predicate_type_of(statement: object) -> str | None:
    """Give a statement's predicate type, None when it has none."""
    kind = statement.get("predicateType") if isinstance(statement, dict) else None
    return kind if isinstance(kind, str) else None


def read_claims(statement: object, kind: str) -> Claims:
    """Read a parsed payload of a known predicate type. Raises IntegrityError (A207) with what does not fit.

    Unknown members of the predicate are allowed, as the in-toto parsing rules ask, and handed back by name.
    """
    shape = shape_of(kind)
    for pointer, text in shape.faults(statement):
        raise _refuse(f"{pointer or 'the statement'}: {text}")
    unknown = tuple(shape.unknown(statement))
    for pointer in unknown:
        # A member beside the known ones of a scope would widen or narrow what a person's word holds for.
        if not pointer.startswith("/predicate/") or pointer.startswith("/predicate/scope/"):
            raise _refuse(f"{pointer} is not a member that a statement has")
    assert isinstance(statement, dict)
    predicate, subject = statement["predicate"], statement["subject"][0]
    name, digest = subject["name"], subject["digest"]["sha256"]
    if kind not in (CERTIFICATE, REFUSAL, VSA):
        from govern.attestation.reading_statements import read_said

        said = read_said(kind, predicate, name, digest)
        return Claims(
            kind=kind,
            subject_name=name,
            subject_digest=digest,
            bundle_digest=said.bundle,
            uri=None,
            verifier_id=None,
            issued_at=said.said_at,
            begins=said.begins or said.said_at,
            ends=said.ends,
            role=said.role,
            signer=said.signer,
            says_when_signed=said.says_when,
            body=said.body,
            stages=said.stages,
            unknown=unknown,
        )
    verdict = None if kind == VSA else read_verdict(predicate, kind, subject=name, digest=digest)
    issued_at = parse_instant(predicate["timeVerified"] if kind == VSA else predicate["issuedAt"])
    return Claims(
        kind=kind,
        subject_name=name,
        subject_digest=digest,
        bundle_digest=digest,
        uri=predicate["resourceUri"] if kind == VSA else predicate["model"]["uri"],
        verifier_id=predicate["verifier"]["id"],
        issued_at=issued_at,
        begins=issued_at,
        ends=None if verdict is None else verdict.valid_until,
        verdict=verdict,
        sums_up=tuple(item["digest"]["sha256"] for item in predicate["inputAttestations"]) if kind == VSA else (),
        stages=frozenset() if verdict is None else frozenset({verdict.stage}),
        unknown=unknown,
    )


def _refuse(why: str) -> IntegrityError:
    return IntegrityError(Diagnostic("A207", why))
