"""What people sign: waivers, votes of the board, human attestations. One type each, written and read by the same."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.kinds import APPROVAL, ATTESTATION, STATEMENT, WAIVER
from govern.attestation.scope import Scope, read_scope
from govern.canonical import Json, base64_text
from govern.decision.waivers import AdvisoryLimit
from govern.policy.outcomes import Outcome
from govern.records import record

__all__ = ["AdvisoryLimit", "Approval", "HumanAttestation", "Waiver", "made_statement"]


def made_statement(kind: str, subject: tuple[str, str], predicate: Mapping[str, Json], nonce: bytes) -> dict[str, Json]:
    """Put an in-toto statement together; `subject` is name and sha256 (hex), `nonce` 16 random bytes."""
    name, digest = subject
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}}],
        "predicateType": kind,
        "predicate": {"nonce": base64_text(nonce), **predicate},
    }


def _digests(values: tuple[str, ...]) -> list[Json]:
    return [{"digest": {"sha256": value}} for value in values]


@record(kw_only=True)
class Waiver:
    """A scoped, expiring exception to one rule. Times are RFC 3339 in UTC; validity is half-open."""

    policy: str
    rule: str
    """Id within the policy."""
    rule_digest: str
    """Digest of the compiled rule, hex: a changed rule voids the waiver."""
    scope: Scope
    stages: tuple[str, ...]
    covers: tuple[Outcome, ...]
    limit: str | tuple[AdvisoryLimit, ...] | None
    """The worst observed value it still reaches (decimal), the advisories it reaches, or None: however bad."""
    reason: str
    compensating_controls: tuple[str, ...]
    approver: str
    owner: str
    not_before: str
    expires: str

    @property
    def qualified(self) -> str:
        """The rule's qualified id, `<policy>/<rule>`."""
        return f"{self.policy}/{self.rule}"

    def statement(self, *, nonce: bytes) -> dict[str, Json]:
        """The waiver as a statement to be signed."""
        limit: Json = self.limit if self.limit is None or isinstance(self.limit, str) else _advisories(self.limit)
        predicate: dict[str, Json] = {
            "rule": {"policy": self.policy, "id": self.rule, "digest": {"sha256": self.rule_digest}},
            "scope": self.scope.document(),
            "stages": list(self.stages),
            "covers": [item.value for item in self.covers],
            "limit": limit,
            "reason": self.reason,
            "compensatingControls": list(self.compensating_controls),
            "approver": self.approver,
            "owner": self.owner,
            "notBefore": self.not_before,
            "expires": self.expires,
        }
        return made_statement(WAIVER, self.scope.subject, predicate, nonce)

    @classmethod
    def read(cls, predicate: Mapping[str, object], subject: str) -> Waiver:
        """Read a predicate of the right shape; `subject` is the subject's name."""
        rule, limit, covers = predicate["rule"], predicate["limit"], predicate["covers"]
        assert isinstance(rule, dict)
        assert isinstance(covers, list)
        if isinstance(limit, list):
            reach: str | tuple[AdvisoryLimit, ...] | None = tuple(
                AdvisoryLimit(item["package"], tuple(item["versions"]), tuple(item["ids"])) for item in limit
            )
        else:
            reach = None if limit is None else str(limit)
        return cls(
            policy=rule["policy"],
            rule=rule["id"],
            rule_digest=rule["digest"]["sha256"],
            scope=read_scope(predicate, subject),
            stages=_texts(predicate["stages"]),
            covers=tuple(Outcome(item) for item in covers),
            limit=reach,
            reason=str(predicate["reason"]),
            compensating_controls=_texts(predicate["compensatingControls"]),
            approver=str(predicate["approver"]),
            owner=str(predicate["owner"]),
            not_before=str(predicate["notBefore"]),
            expires=str(predicate["expires"]),
        )


def _advisories(limit: tuple[AdvisoryLimit, ...]) -> list[Json]:
    return [{"package": item.package, "versions": list(item.versions), "ids": list(item.ids)} for item in limit]


@record(kw_only=True)
class Approval:
    """A vote on one evaluation, with the waivers that were on the table."""

    model: str
    version: str
    stage: str
    evaluation: str
    """Digest of the evaluation record, hex."""
    bundle: str
    vote: str
    """`approve`, `reject` or `abstain`."""
    waivers_considered: tuple[str, ...]
    role: str
    approver: str
    text: str
    signed_at: str
    expires: str

    def statement(self, *, nonce: bytes) -> dict[str, Json]:
        """The vote as a statement to be signed."""
        predicate: dict[str, Json] = {
            "vote": self.vote,
            "bundle": {"digest": {"sha256": self.bundle}},
            "waiversConsidered": _digests(self.waivers_considered),
            "role": self.role,
            "approver": self.approver,
            "statement": self.text,
            "signedAt": self.signed_at,
            "expires": self.expires,
        }
        subject = f"evaluation:{self.model}@{self.version}/{self.stage}", self.evaluation
        return made_statement(APPROVAL, subject, predicate, nonce)

    @classmethod
    def read(cls, predicate: Mapping[str, object], subject: str, digest: str) -> Approval | None:
        """Read a predicate of the right shape; None when the subject is not named as an evaluation is."""
        name, _, stage = subject.removeprefix("evaluation:").rpartition("/")
        model, _, version = name.rpartition("@")
        bundle, considered = predicate["bundle"], predicate["waiversConsidered"]
        assert isinstance(bundle, dict)
        assert isinstance(considered, list)
        if not subject.startswith("evaluation:") or not (model and version and stage):
            return None
        return cls(
            model=model,
            version=version,
            stage=stage,
            evaluation=digest,
            bundle=bundle["digest"]["sha256"],
            vote=str(predicate["vote"]),
            waivers_considered=tuple(item["digest"]["sha256"] for item in considered),
            role=str(predicate["role"]),
            approver=str(predicate["approver"]),
            text=str(predicate["statement"]),
            signed_at=str(predicate["signedAt"]),
            expires=str(predicate["expires"]),
        )


@record(kw_only=True)
class HumanAttestation:
    """What a person in an office states about a model. That it is true is never claimed, only who said it, and when."""

    type: str
    covers: tuple[str, ...]
    controls: tuple[str, ...]
    fields: Mapping[str, str]
    text: str
    scope: Scope
    role: str
    attester: str
    evidence: tuple[tuple[str, str], ...]
    """(name, sha256 hex) of documents it rests on."""
    issued_at: str
    valid_from: str
    expires: str

    def statement(self, *, nonce: bytes) -> dict[str, Json]:
        """The attestation as a statement to be signed."""
        predicate: dict[str, Json] = {
            "claim": {
                "type": self.type,
                "covers": list(self.covers),
                "controls": list(self.controls),
                "fields": dict(self.fields),
                "text": self.text,
            },
            "scope": self.scope.document(),
            "role": self.role,
            "attester": self.attester,
            "evidence": [{"name": name, "digest": {"sha256": digest}} for name, digest in self.evidence],
            "issuedAt": self.issued_at,
            "validFrom": self.valid_from,
            "expires": self.expires,
        }
        return made_statement(ATTESTATION, self.scope.subject, predicate, nonce)

    @classmethod
    def read(cls, predicate: Mapping[str, object], subject: str) -> HumanAttestation:
        """Read a predicate of the right shape; `subject` is the subject's name."""
        claim, evidence = predicate["claim"], predicate["evidence"]
        assert isinstance(claim, dict)
        assert isinstance(evidence, list)
        return cls(
            type=claim["type"],
            covers=tuple(claim["covers"]),
            controls=tuple(claim["controls"]),
            fields=dict(claim["fields"]),
            text=claim["text"],
            scope=read_scope(predicate, subject),
            role=str(predicate["role"]),
            attester=str(predicate["attester"]),
            evidence=tuple((item["name"], item["digest"]["sha256"]) for item in evidence),
            issued_at=str(predicate["issuedAt"]),
            valid_from=str(predicate["validFrom"]),
            expires=str(predicate["expires"]),
        )


def _texts(value: object) -> tuple[str, ...]:
    assert isinstance(value, list)
    return tuple(str(item) for item in value)
