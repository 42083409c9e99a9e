"""The evaluation: the canonical record of every outcome before people and the clock are asked."""

from __future__ import annotations

from collections.abc import Mapping

from govern.canonical import Json, canonical_bytes, digest_of, sha256_hex
from govern.policy.outcomes import CheckResult, Enforcement, EvidenceRef, Finding, Holds, Location, Outcome
from govern.records import record

__all__ = ["EVALUATION_SCHEMA", "Evaluation", "RuleOutcome", "Subject", "fingerprint"]

EVALUATION_SCHEMA = "urn:govern:evaluation:v1"


@record(kw_only=True)
class Subject:
    """The bundle that was judged, by content."""

    name: str
    version: str
    digest: str
    """Bundle digest: sha256 of the manifest, hex."""
    model_digest: str
    """The same over the artefact files only, hex."""
    layout: str
    files: int
    bytes: int
    owner: str | None = None
    """Who the bundle says owns the model: may neither waive nor approve."""
    principal: str | None = None
    """The owner as the trust root names people, when the bundle says that too."""
    developers: tuple[str, ...] = ()
    """Who the bundle says developed the model; empty when it does not say."""
    validators: tuple[str, ...] = ()
    """Who the bundle says validated it; empty when it does not say."""

    @property
    def owners(self) -> tuple[str, ...]:
        """The owner by every name that the bundle gives."""
        return tuple(dict.fromkeys(name for name in (self.owner, self.principal) if name is not None))

    def document(self) -> dict[str, Json]:
        """The subject as canonical JSON. People whom the bundle does not name are left out."""
        people: dict[str, Json] = {
            "principal": self.principal,
            "developers": list(self.developers),
            "validators": list(self.validators),
        }
        return {
            **{role: names for role, names in people.items() if names},
            "name": self.name,
            "version": self.version,
            "digest": {"sha256": self.digest},
            "model": {"digest": {"sha256": self.model_digest}},
            "layout": self.layout,
            "files": self.files,
            "bytes": self.bytes,
            "owner": self.owner,
        }


def fingerprint(policy: str, rule: str, model: str, finding: Finding) -> str:
    """Give a finding's stable identity: what it is about and where, never a line, a value or a message."""
    path = finding.location.file if finding.location else ""
    return digest_of([policy, rule, model, path, finding.code, finding.discriminator])


def _location(location: Location | None) -> Json:
    if location is None:
        return None
    return {
        "file": location.file,
        "line": location.line,
        "column": location.column,
        "pointer": location.pointer,
    }


def _holds(item: Holds) -> dict[str, Json]:
    return {"start": item.start, "until": item.until, "otherwise": item.otherwise.value, "reason": item.reason}


@record(kw_only=True)
class RuleOutcome:
    """One rule of the plan and what its check came to."""

    rule: str
    """Qualified: `<policy>/<rule>`."""
    policy: str
    rule_digest: str
    title: str
    check: str
    severity: str
    enforcement: Enforcement
    controls: tuple[str, ...]
    waivable: bool
    max_waiver_days: int
    message: str | None
    remediation: str | None
    reason: str | None
    """Why a rule does not apply, when it does not."""
    result: CheckResult

    @property
    def outcome(self) -> Outcome:
        """The outcome before the clock and waivers."""
        return self.result.outcome

    def document(self, model: str) -> dict[str, Json]:
        """The outcome as canonical JSON; `model` is the model's name, part of every fingerprint."""
        result = self.result
        return {
            "rule": self.rule,
            "policy": self.policy,
            "digest": self.rule_digest,
            "title": self.title,
            "check": self.check,
            "severity": self.severity,
            "enforcement": self.enforcement.value,
            "outcome": result.outcome.value,
            "controls": list(self.controls),
            "waivable": self.waivable,
            "max_waiver_days": self.max_waiver_days,
            "message": self.message,
            "remediation": self.remediation,
            "reason": self.reason,
            "summary": result.summary,
            "observed": result.observed,
            "required": result.required,
            "findings": [self._finding(item, model) for item in result.findings],
            "evidence": [item.document() for item in result.evidence],
            "holds": [_holds(item) for item in result.holds],
            "facts": result.facts,
        }

    def _finding(self, finding: Finding, model: str) -> dict[str, Json]:
        return {
            "code": finding.code,
            "detail": finding.detail,
            "observed": finding.observed,
            "required": finding.required,
            "location": _location(finding.location),
            "remediation": finding.remediation,
            "fingerprint": fingerprint(self.policy, self.rule, model, finding),
        }


@record(kw_only=True)
class Evaluation:
    """Every outcome of one plan on one bundle. Approvals sign the digest of this record."""

    plan_digest: str
    stage: str
    subject: Subject
    policies: tuple[Mapping[str, Json], ...]
    outcomes: tuple[RuleOutcome, ...]
    not_assessed: tuple[str, ...]
    advisories: Mapping[str, Json] | None
    lineage_digest: str | None
    record: bytes | None = None
    """The bytes it was read back from, which hold more than a decision needs; None for one that was just made."""

    def document(self) -> dict[str, Json]:
        """The evaluation as canonical JSON."""
        return {
            "schema": EVALUATION_SCHEMA,
            "plan": {"digest": {"sha256": self.plan_digest}},
            "stage": self.stage,
            "bundle": self.subject.document(),
            "policies": list(self.policies),
            "advisories": self.advisories,
            "lineage": None if self.lineage_digest is None else {"digest": {"sha256": self.lineage_digest}},
            "not_assessed": list(self.not_assessed),
            "outcomes": [item.document(self.subject.name) for item in self.outcomes],
        }

    def data(self) -> bytes:
        """RFC 8785 bytes of the record."""
        return canonical_bytes(self.document()) if self.record is None else self.record

    @property
    def digest(self) -> str:
        """sha256 of the record's bytes, hex."""
        return sha256_hex(self.data())

    def evidence(self) -> tuple[EvidenceRef, ...]:
        """Every item of evidence that any outcome read, once, sorted by name, file and digest."""
        seen: dict[tuple[str, str, str], EvidenceRef] = {}
        for outcome in self.outcomes:
            for item in outcome.result.evidence:
                key = (item.name, item.file, item.digest)
                # Bound for one rule and unbound for another is shown as unbound: the weaker claim is true.
                if key not in seen or (seen[key].bound and not item.bound):
                    seen[key] = item
        return tuple(seen[key] for key in sorted(seen))
