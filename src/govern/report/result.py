"""The result that every renderer shows: a typed, frozen view of `result.json`. Renderers compute no verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from govern.canonical import Json, JsonObject
from govern.diagnostics import Diagnostic, InputError, plain
from govern.policy.outcomes import Decision, Enforcement, Location, Outcome

if TYPE_CHECKING:
    import jsonschema_rs

__all__ = [
    "Certificate",
    "Evidence",
    "Fault",
    "FileView",
    "FindingView",
    "HoldsView",
    "Model",
    "OutcomeView",
    "PolicyView",
    "Result",
    "WaiverView",
]


@dataclass(frozen=True, slots=True)
class Model:
    """The model version that was judged; name, version and digests are None for a refused bundle."""

    name: str | None
    version: str | None
    digest: str | None
    model_digest: str | None
    owner: str | None
    purpose: str | None
    risk_tier: str | None


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy that took part."""

    name: str
    version: str
    digest: str
    title: str | None
    legal_status: str | None
    applies_from: str | None
    applies_until: str | None
    source: str | None
    source_checked_on: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """An item of evidence that a rule read."""

    name: str
    file: str
    digest: str
    bound: bool
    signed_by: str | None = None
    """Who signed its envelope, as the trust root names people."""

    @property
    def binding(self) -> str:
        """How it is tied to this model and its data, in words."""
        if not self.bound:
            return "unbound"
        return "bound, unsigned" if self.signed_by is None else f"bound, signed by {self.signed_by}"


def _evidence(raw: Mapping[str, Any]) -> Evidence:
    signed = raw.get("signed_by")
    owner = signed["owner"] if isinstance(signed, Mapping) else None
    return Evidence(raw["name"], raw["file"], raw["digest"], raw["bound"], owner)


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of the bundle and who read it."""

    path: str
    bytes: int
    read_by: tuple[str, ...]
    """Readers and roles, sorted; empty when nobody read it."""

    @property
    def readers(self) -> str:
        """Who read it, in words."""
        return ", ".join(plain(name.replace("_", " "), limit=80) for name in self.read_by) or "not read"


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding of an outcome."""

    code: str
    detail: str
    observed: str | None
    required: str | None
    location: Location | None
    remediation: str | None


@dataclass(frozen=True, slots=True)
class HoldsView:
    """Until when an outcome is true."""

    start: str | None
    until: str | None
    otherwise: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class WaiverView:
    """A waiver and what it came to."""

    rule: str
    digest: str
    ruling: str | None
    approver: str | None
    reason: str | None
    compensating_control: str | None
    until: str | None
    code: str | None = None
    """Diagnostic code of the ruling; None for one that was applied."""
    detail: str | None = None
    """Why it did not help, such that `the waiver <detail>` is a sentence."""
    remediation: str | None = None


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One rule and what it came to."""

    rule: str
    policy: str
    title: str
    check: str
    severity: str
    enforcement: Enforcement
    outcome: Outcome
    evaluated: Outcome
    """The outcome before the clock and waivers."""
    controls: tuple[str, ...]
    message: str | None
    remediation: str | None
    summary: str
    reason: str | None
    """Why the rule does not apply, or why the outcome differs from what was evaluated."""
    observed: str | None
    required: str | None
    findings: tuple[FindingView, ...]
    evidence: tuple[Evidence, ...]
    holds: tuple[HoldsView, ...]
    waiver: WaiverView | None
    facts: Json


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was signed."""

    kind: str
    path: str
    digest: str
    ledger_index: int | None
    keyid: str | None
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a bundle could not be opened."""

    code: str
    message: str
    hint: str | None
    file: str | None
    line: int | None
    column: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One decision with everything a reader is shown."""

    engine: str
    clock: str
    model: Model
    stage: str
    decision: Decision
    exit_code: int
    plan_digest: str
    policies: tuple[PolicyView, ...]
    outcomes: tuple[OutcomeView, ...]
    not_assessed: tuple[tuple[str, str], ...]
    """(control, title) of clauses that no rule covers."""
    waivers: tuple[WaiverView, ...]
    approvals: tuple[Mapping[str, str | None], ...]
    evidence: tuple[Evidence, ...]
    advisories: Mapping[str, Any] | None
    lineage: JsonObject | None
    """As `govern.lineage.document.graph_document` makes it."""
    manifest: Mapping[str, Any] | None
    files: tuple[FileView, ...]
    """Every file of the bundle; empty for a refused bundle and in results of older engines."""
    evaluation_digest: str | None
    decision_digest: str | None
    holds_until: str | None
    certificate: Certificate | None
    refused: tuple[Fault, ...] | None
    bundle: Mapping[str, Any] | None = None
    """Where the bundle was fetched or unpacked from; None for a folder."""

    @property
    def came_from(self) -> str | None:
        """Where the bundle came from, in words that may hold hostile names; None for a folder."""
        if self.bundle is None:
            return None
        kind, top = self.bundle["archive"], self.bundle["top"]
        within = f", folder {top}" if top else ""
        packed = f"{kind} archive{within}" if kind else ""
        return " - ".join(part for part in (self.bundle["uri"], packed) if part) or "an archive"

    @property
    def useless_waivers(self) -> tuple[WaiverView, ...]:
        """Waivers that did not help, each with the reason."""
        return tuple(item for item in self.waivers if item.code is not None)

    @classmethod
    def from_document(cls, document: JsonObject) -> Result:
        """Read a result document. Raises InputError R101 naming the first faults when it is not one."""
        _validate(document)
        raw: Any = document
        record = raw["decision_record"] or {}
        certificate = raw["certificate"]
        refused = raw["refused"]
        return cls(
            engine=raw["engine"]["version"],
            clock=raw["clock"],
            model=Model(**raw["model"]),
            stage=raw["stage"],
            decision=Decision(raw["decision"]),
            exit_code=raw["exit_code"],
            plan_digest=raw["plan"]["digest"],
            policies=tuple(_policy(item) for item in raw["policies"]),
            outcomes=tuple(_outcome(item) for item in raw["outcomes"]),
            not_assessed=tuple((item["control"], item["title"]) for item in raw["not_assessed"]),
            waivers=tuple(_waiver(item) for item in raw["waivers"]),
            approvals=tuple(raw["approvals"]),
            evidence=tuple(_evidence(item) for item in raw["evidence"]),
            advisories=raw["advisories"],
            lineage=raw["lineage"],
            manifest=raw["manifest"],
            files=tuple(FileView(item["path"], item["bytes"], tuple(item["read_by"])) for item in raw.get("files", ())),
            evaluation_digest=raw["evaluation"]["digest"] if raw["evaluation"] else None,
            decision_digest=record.get("digest"),
            holds_until=record.get("holds_until"),
            certificate=Certificate(**certificate) if certificate else None,
            refused=None if refused is None else tuple(Fault(**item) for item in refused["diagnostics"]),
            bundle=raw.get("bundle"),
        )


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    import jsonschema_rs

    from govern.report.schema import result_schema

    return jsonschema_rs.Draft202012Validator(result_schema())


def _validate(document: JsonObject) -> None:
    faults = []
    for error in _validator().iter_errors(document):
        pointer = "".join(f"/{step}" for step in error.instance_path)
        faults.append(Diagnostic("R101", f"not a result of govern: {error.message[:300]} at '{pointer}'"))
        if len(faults) == 5:
            break
    if faults:
        raise InputError(faults)


def _policy(raw: Mapping[str, Any]) -> PolicyView:
    optional = ("title", "legal_status", "applies_from", "applies_until", "source", "source_checked_on")
    return PolicyView(raw["name"], raw["version"], raw["digest"], **{key: raw.get(key) for key in optional})


def _waiver(raw: Mapping[str, Any]) -> WaiverView:
    optional = ("ruling", "approver", "reason", "compensating_control", "until", "code", "detail", "remediation")
    return WaiverView(raw["rule"], raw["digest"], **{key: raw.get(key) for key in optional})


def _finding(raw: Mapping[str, Any]) -> FindingView:
    location = raw["location"]
    return FindingView(
        raw["code"],
        raw["detail"],
        raw["observed"],
        raw["required"],
        Location(**location) if location else None,
        raw["remediation"],
    )


def _holds(raw: Mapping[str, Any]) -> HoldsView:
    return HoldsView(raw["start"], raw["until"], Outcome(raw["otherwise"]), raw["reason"])


def _outcome(raw: Mapping[str, Any]) -> OutcomeView:
    return OutcomeView(
        rule=raw["rule"],
        policy=raw["policy"],
        title=raw["title"],
        check=raw["check"],
        severity=raw["severity"],
        enforcement=Enforcement(raw["enforcement"]),
        outcome=Outcome(raw["outcome"]),
        evaluated=Outcome(raw.get("evaluated") or raw["outcome"]),
        controls=tuple(raw["controls"]),
        message=raw["message"],
        remediation=raw["remediation"],
        summary=raw["summary"],
        reason=raw.get("why") or raw.get("reason"),
        observed=raw["observed"],
        required=raw["required"],
        findings=tuple(_finding(item) for item in raw["findings"]),
        evidence=tuple(_evidence(item) for item in raw["evidence"]),
        holds=tuple(_holds(item) for item in raw["holds"]),
        waiver=_waiver(raw["waiver"]) if raw.get("waiver") else None,
        facts=raw["facts"],
    )


def facts_of(outcome: OutcomeView, kind: str) -> Mapping[str, Any] | None:
    """Give an outcome's facts when they are of a kind, e.g. `fairness-table`."""
    facts = outcome.facts
    return facts if isinstance(facts, Mapping) and facts.get("kind") == kind else None


def rows(value: object) -> Sequence[Mapping[str, Any]]:
    """Give the objects of a JSON list, skipping anything else: facts are open, and shown only where they fit."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []
