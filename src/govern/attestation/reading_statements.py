"""What the statements of people and offices say, as types, refused when they contradict themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from govern.attestation.kinds import (
    ADVISORY_SNAPSHOT,
    APPROVAL,
    ATTESTATION,
    EVIDENCE,
    POLICY_RELEASE,
    REVOCATION,
    STATUS_LIST,
    TRUST_ROOT,
    WAIVER,
)
from govern.attestation.notices import EvidenceEnvelope, PolicyRelease, Revocation, StatusList
from govern.attestation.people import Approval, HumanAttestation, Waiver
from govern.attestation.scope import Scope
from govern.canonical import digest_of, parse_instant
from govern.diagnostics import Diagnostic, IntegrityError
from govern.records import record

__all__ = ["Body", "Said", "read_said"]

Body = Waiver | Approval | HumanAttestation | EvidenceEnvelope | PolicyRelease | Revocation | StatusList | None
"""The typed content; None for snapshots and trust roots, which others read."""


@record(kw_only=True)
class Said:
    """What the steps of a verification need of a statement that is not the gate's."""

    body: Body
    said_at: datetime
    """When it was signed, by its own word; for kinds that do not say, the time that they speak of."""
    says_when: bool = True
    """Whether `said_at` claims to be the moment of signing."""
    begins: datetime | None = None
    ends: datetime | None = None
    bundle: str | None = None
    """Bundle digest it speaks of, hex, when it speaks of one."""
    role: str | None = None
    """Full name of the role that it says it is signed in."""
    signer: str | None = None
    """Who it says has signed it: must be the owner of the key."""
    stages: frozenset[str] = frozenset()
    """The gates that it speaks of."""


def read_said(kind: str, predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    """Read a predicate of the right shape. Raises IntegrityError (A207), KeyError for a kind of the gate."""
    return _READERS[kind](predicate, subject, digest)


def _waiver(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    body = Waiver.read(predicate, subject)
    _scoped(body.scope, subject, digest)
    begins, ends = _span(body.not_before, body.expires)
    return Said(
        body=body,
        said_at=begins,
        says_when=False,  # a waiver may be signed before it begins
        begins=begins,
        ends=ends,
        bundle=body.scope.bundle,
        signer=body.approver,
        stages=frozenset(body.stages),
    )


def _approval(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    body = Approval.read(predicate, subject, digest)
    if body is None:
        raise _refuse(f"the subject {subject} is not an evaluation, named evaluation:<model>@<version>/<stage>")
    if body.role.partition("/")[0] != "approver":
        raise _refuse(f"a vote is cast in a role of approvers, not as {body.role}")
    begins, ends = _span(body.signed_at, body.expires)
    return Said(
        body=body,
        said_at=begins,
        begins=begins,
        ends=ends,
        bundle=body.bundle,
        role=body.role,
        signer=body.approver,
        stages=frozenset({body.stage}),
    )


def _attestation(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    body = HumanAttestation.read(predicate, subject)
    _scoped(body.scope, subject, digest)
    if body.role.partition("/")[0] != "attester":
        raise _refuse(f"a person attests in a role of attesters, not as {body.role}")
    begins, ends = _span(body.valid_from, body.expires)
    return Said(
        body=body,
        said_at=parse_instant(body.issued_at),
        begins=begins,
        ends=ends,
        bundle=body.scope.bundle,
        role=body.role,
        signer=body.attester,
    )


def _release(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    body = PolicyRelease.read(predicate, digest)
    _named(f"policy:{body.name}@{body.version}", subject)
    if len({stage for stage, _ in body.plans}) != len(body.plans):
        raise _refuse("the release names two plans for one stage")
    return Said(body=body, said_at=parse_instant(body.released_at))


def _revocation(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    body = Revocation.read(predicate, digest)
    _named(body.subject_name, subject)
    return Said(body=body, said_at=parse_instant(body.issued_at))


def _status_list(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    body = StatusList.read(predicate, subject)
    if body.root != digest:
        raise _refuse("the subject's digest is not the root that the list speaks of")
    begins, _ = _span(body.time, body.next)
    return Said(body=body, said_at=begins)


def _evidence(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    file = predicate["file"]
    assert isinstance(file, dict)
    _same((file["path"], file["sha256"]), subject, digest)
    said_at = parse_instant(str(predicate["produced_at"]))
    return Said(body=EvidenceEnvelope.read(predicate, digest), said_at=said_at, says_when=False)


def _snapshot(predicate: Mapping[str, object], subject: str, _digest: str) -> Said:
    _named(f"advisory-snapshot@{predicate['asOf']}", subject)
    return Said(body=None, said_at=parse_instant(str(predicate["asOf"])), says_when=False)


def _trust_root(predicate: Mapping[str, object], subject: str, digest: str) -> Said:
    _same((f"trust-root@{predicate['version']}", digest_of(dict(predicate))), subject, digest)  # type: ignore[arg-type]  # parsed JSON of a checked shape
    begins, ends = _span(str(predicate["issuedAt"]), str(predicate["expires"]))
    # Its owners sign one after another, over days.
    return Said(body=None, said_at=begins, says_when=False, begins=begins, ends=ends)


_READERS: Mapping[str, Callable[[Mapping[str, object], str, str], Said]] = {
    WAIVER: _waiver,
    APPROVAL: _approval,
    ATTESTATION: _attestation,
    POLICY_RELEASE: _release,
    REVOCATION: _revocation,
    STATUS_LIST: _status_list,
    EVIDENCE: _evidence,
    ADVISORY_SNAPSHOT: _snapshot,
    TRUST_ROOT: _trust_root,
}


def _span(start: str, end: str) -> tuple[datetime, datetime]:
    begins, ends = parse_instant(start), parse_instant(end)
    if begins >= ends:
        raise _refuse(f"it ends ({end}) before it begins ({start})")
    return begins, ends


def _scoped(scope: Scope, name: str, digest: str) -> None:
    if scope.bundle is not None and not (scope.model and scope.version):
        raise _refuse(f"the subject {name} is not a bundle, named <model>@<version>")
    _same(scope.subject, name, digest)


def _same(expected: tuple[str, str], name: str, digest: str) -> None:
    _named(expected[0], name)
    if expected[1] != digest:
        raise _refuse("the subject's digest is not that of what the statement speaks of")


def _named(expected: str, name: str) -> None:
    if expected != name:
        raise _refuse(f"the subject {name} is not {expected}")


def _refuse(why: str) -> IntegrityError:
    return IntegrityError(Diagnostic("A207", why))
