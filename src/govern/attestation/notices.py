"""What offices sign beside the gate: evidence, advisory snapshots, policy releases, revocations, status lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govern.attestation.kinds import (
    ADVISORY_SNAPSHOT,
    EVIDENCE,
    POLICY_RELEASE,
    REVOCATION,
    STATUS_LIST,
    short_type,
)
from govern.attestation.people import made_statement
from govern.canonical import Json, digest_of
from govern.records import record

__all__ = [
    "EvidenceEnvelope",
    "PolicyRelease",
    "Revocation",
    "Revoked",
    "StatusList",
    "evidence_statement",
    "snapshot_statement",
]


def _digest(value: str | None) -> Json:
    return None if value is None else {"digest": {"sha256": value}}


def _read_digest(value: object) -> str | None:
    return value["digest"]["sha256"] if isinstance(value, dict) else None


@record(kw_only=True)
class EvidenceEnvelope:
    """That a file of evidence is what its envelope says. Only its identity is needed here; others read what it says."""

    file: str
    """sha256 of the evidence file, hex."""
    content: str
    """sha256 of the canonical form of the envelope, hex: that of the document in the bundle, when it says the same."""

    @classmethod
    def read(cls, predicate: Mapping[str, object], digest: str) -> EvidenceEnvelope:
        """Read a predicate of the right shape; `digest` is the subject's."""
        said = {name: value for name, value in predicate.items() if name != "nonce"}
        return cls(file=digest, content=digest_of(said))  # type: ignore[arg-type]  # parsed JSON of a checked shape


def evidence_statement(envelope: Mapping[str, Json], *, nonce: bytes) -> dict[str, Json]:
    """State an evidence envelope: the subject is the evidence file, the predicate the envelope's own members.

    The envelope is of the right shape; `statement_bytes` holds it against the schema once more.
    """
    file = envelope["file"]
    assert isinstance(file, Mapping)
    return made_statement(EVIDENCE, (str(file["path"]), str(file["sha256"])), envelope, nonce)


def snapshot_statement(index: Mapping[str, Json], digest: str, *, nonce: bytes) -> dict[str, Json]:
    """State an advisory snapshot: `index` is its snapshot.json, `digest` the sha256 (hex) of that file."""
    predicate = {name: index[name] for name in ("asOf", "sources", "files")}
    return made_statement(ADVISORY_SNAPSHOT, (f"advisory-snapshot@{index['asOf']}", digest), predicate, nonce)


@record(kw_only=True)
class PolicyRelease:
    """That one version of a policy has these bytes and compiles to these plans."""

    name: str
    version: str
    source: str
    """Digest of the source, hex: what certificates name."""
    plans: tuple[tuple[str, str], ...]
    """(stage, plan digest in hex)."""
    legal_status: str
    released_at: str
    lock: str | None = None
    previous: str | None = None
    """Digest of the payload of the release before it, hex."""
    loosens: tuple[str, ...] = ()
    """Digests of the waivers that allow it to be looser than the one before."""

    def statement(self, *, nonce: bytes) -> dict[str, Json]:
        """The release as a statement to be signed."""
        predicate: dict[str, Json] = {
            "name": self.name,
            "version": self.version,
            "plans": [{"stage": stage, "digest": {"sha256": digest}} for stage, digest in self.plans],
            "lock": _digest(self.lock),
            "legalStatus": self.legal_status,
            "previous": _digest(self.previous),
            "loosens": [_digest(item) for item in self.loosens],
            "releasedAt": self.released_at,
        }
        return made_statement(POLICY_RELEASE, (f"policy:{self.name}@{self.version}", self.source), predicate, nonce)

    @classmethod
    def read(cls, predicate: Mapping[str, object], digest: str) -> PolicyRelease:
        """Read a predicate of the right shape; `digest` is the subject's."""
        plans, loosens = predicate["plans"], predicate["loosens"]
        assert isinstance(plans, list)
        assert isinstance(loosens, list)
        return cls(
            name=str(predicate["name"]),
            version=str(predicate["version"]),
            source=digest,
            plans=tuple((item["stage"], item["digest"]["sha256"]) for item in plans),
            legal_status=str(predicate["legalStatus"]),
            released_at=str(predicate["releasedAt"]),
            lock=_read_digest(predicate["lock"]),
            previous=_read_digest(predicate["previous"]),
            loosens=tuple(item["digest"]["sha256"] for item in loosens),
        )


@record(kw_only=True)
class Revocation:
    """That a signed statement no longer counts, from an instant on."""

    target_type: str
    """Predicate type of what is revoked."""
    target_id: str
    """A certificate's own id; the payload's digest for statements that have none."""
    target_digest: str
    """sha256 of the payload of what is revoked, hex."""
    reason: str
    effective: str
    issued_at: str
    text: str
    replaced_by: str | None = None

    def statement(self, *, nonce: bytes) -> dict[str, Json]:
        """The revocation as a statement to be signed."""
        predicate: dict[str, Json] = {
            "target": {"predicateType": self.target_type, "id": self.target_id},
            "reason": self.reason,
            "effective": self.effective,
            "issuedAt": self.issued_at,
            "statement": self.text,
            "replacedBy": _digest(self.replaced_by),
        }
        return made_statement(REVOCATION, (self.subject_name, self.target_digest), predicate, nonce)

    @property
    def subject_name(self) -> str:
        """Name of the subject: `<type>:<id>`."""
        return f"{short_type(self.target_type)}:{self.target_id}"

    @classmethod
    def read(cls, predicate: Mapping[str, object], digest: str) -> Revocation:
        """Read a predicate of the right shape; `digest` is the subject's."""
        target = predicate["target"]
        assert isinstance(target, dict)
        return cls(
            target_type=target["predicateType"],
            target_id=target["id"],
            target_digest=digest,
            reason=str(predicate["reason"]),
            effective=str(predicate["effective"]),
            issued_at=str(predicate["issuedAt"]),
            text=str(predicate["statement"]),
            replaced_by=_read_digest(predicate["replacedBy"]),
        )


@record
class Revoked:
    """One line of a status list."""

    digest: str
    """sha256 of the revoked payload, hex."""
    effective: str


@record(kw_only=True)
class StatusList:
    """Everything that was revoked when the log had `size` entries; it may be empty."""

    origin: str
    size: int
    root: str
    """Root of the log at that size, hex."""
    time: str
    revoked: tuple[Revoked, ...]
    next: str
    """When the next list is to be expected."""

    def statement(self, *, nonce: bytes) -> dict[str, Json]:
        """The list as a statement to be signed; lines sorted by digest."""
        ordered: Sequence[Revoked] = sorted(self.revoked, key=lambda item: (item.digest, item.effective))
        predicate: dict[str, Json] = {
            "asOf": {"size": self.size, "root": self.root, "time": self.time},
            "revoked": [{"digest": {"sha256": item.digest}, "effective": item.effective} for item in ordered],
            "next": self.next,
        }
        return made_statement(STATUS_LIST, (self.origin, self.root), predicate, nonce)

    @classmethod
    def read(cls, predicate: Mapping[str, object], subject: str) -> StatusList:
        """Read a predicate of the right shape; `subject` is the subject's name."""
        as_of, revoked = predicate["asOf"], predicate["revoked"]
        assert isinstance(as_of, dict)
        assert isinstance(revoked, list)
        return cls(
            origin=subject,
            size=as_of["size"],
            root=as_of["root"],
            time=as_of["time"],
            revoked=tuple(Revoked(item["digest"]["sha256"], item["effective"]) for item in revoked),
            next=str(predicate["next"]),
        )
