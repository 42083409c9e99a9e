"""The document kind `PolicyTest`, as frozen models. One list of allowed keys: these fields."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import parse_instant
from govern.policy.documents import StageName
from govern.policy.evidence_schema import suggest
from govern.policy.outcomes import Decision, Outcome
from govern.policy.types import Flag, Names, Text

__all__ = [
    "MEMBERS",
    "AcceptedMutant",
    "AdvisoryDocument",
    "ApprovalDocument",
    "AttestationDocument",
    "CaseDocument",
    "CaseFileDocument",
    "EvidenceDocument",
    "ExpectDocument",
    "FindingDocument",
    "PatchOperation",
    "WaiverDocument",
]

KIND = "PolicyTest"

_Anything = Annotated[Any, WithJsonSchema({})]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _tuple(value)


def _instant(value: Any) -> Any:
    if isinstance(value, str):
        try:
            parse_instant(str(value))
        except ValueError as fault:
            raise PydanticCustomError(
                "bad_value", "{why}, found '{text}'", {"why": str(fault), "text": value}
            ) from fault
        return str(value)
    return value


def _outcome(value: Any) -> Any:
    return _word(value, Outcome, "outcome")


def _decision(value: Any) -> Any:
    return _word(value, Decision, "decision")


def _word(value: Any, words: type[StrEnum], what: str) -> Any:
    names = [item.value for item in words]
    if isinstance(value, str) and str(value) in names:
        return words(str(value))
    near = suggest(value, names) if isinstance(value, str) else None
    raise PydanticCustomError(
        "bad_value",
        "there is no {what} '{text}'; they are {names}{hint}",
        {
            "what": what,
            "text": str(value)[:80],
            "names": ", ".join(names),
            "hint": f" (did you mean {near}?)" if near else "",
        },
    )


OutcomeName = Annotated[
    Outcome, BeforeValidator(_outcome), WithJsonSchema({"type": "string", "enum": [item.value for item in Outcome]})
]
DecisionName = Annotated[
    Decision, BeforeValidator(_decision), WithJsonSchema({"type": "string", "enum": [item.value for item in Decision]})
]
Instant = Annotated[
    str,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}),
]
_Texts = Annotated[
    tuple[Text, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
    Field(min_length=1),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class EvidenceDocument(_Part):
    """What the readers read of a bundle, by what it is. A member that is null is taken out."""

    model: _Anything = Field(default=None, description="What govern.yaml says.")
    card: _Anything = Field(default=None, description="The model card: Markdown, or section id to text.")
    metrics: _Anything = Field(default=None, description="What metrics.json says: name to number.")
    lineage: _Anything = Field(default=None, description="What lineage.yaml says.")
    requirements: _Anything = Field(default=None, description="The lines of requirements.txt.")
    predictions: _Anything = Field(
        default=None, description="The prediction table: records (with `times`), or column to values."
    )
    fairness_rows: _Anything = Field(default=None, description="The FairnessRows document beside the table.")
    files: _Anything = Field(default=None, description="Any other file: path to text, {base64: ..} or null.")


MEMBERS = tuple(EvidenceDocument.model_fields)


class PatchOperation(_Part):
    """An operation of RFC 6902."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"] = Field(description="What is done.")
    path: Text = Field(description="JSON pointer (RFC 6901) into the evidence.")
    value: _Anything = Field(default=None, description="The new value, or the one that must be there.")
    from_: Text | None = Field(default=None, alias="from", description="Where a move or copy takes its value.")


class WaiverDocument(_Part):
    """A waiver that nobody signed: a test trusts its file."""

    rule: Text = Field(description="The rule it excepts from.")
    covers: Annotated[tuple[OutcomeName, ...], BeforeValidator(_tuple)] = Field(
        default=(Outcome.FAIL,), description="Outcomes it covers."
    )
    limit: _Anything = Field(default=None, description="The worst value it still reaches, or advisories; none: any.")
    rule_digest: Text | None = Field(default=None, description="Digest of the rule; default: the rule as it is.")
    bundle: Text | None = Field(default=None, description="Digest of the bundle; default: the bundle of the case.")
    model: Text | None = Field(default=None, description="Name of the model, for a scope of versions.")
    versions: Names = Field(default=(), description="Versions of the model.")
    stages: Annotated[tuple[StageName, ...], BeforeValidator(_tuple)] | None = Field(
        default=None, description="Stages it holds for; default: the stage of the case."
    )
    not_before: Instant = Field(description="First second of validity.")
    expires: Instant = Field(description="First second at which it no longer holds.")
    approver: Text = Field(default="approver@example.com", description="Who approved it.")
    owner: Text = Field(default="owner@example.com", description="Who owns the model, by the waiver.")
    authentic: Flag = Field(default=True, description="Whether its signature would hold.")
    revoked: Flag = Field(default=False, description="Whether it was revoked.")
    in_role: Flag = Field(default=True, description="Whether the approver may waive.")
    role: Text = Field(default="waiver", description="Role of the trust root in which it is signed.")
    compensating_controls: Names = Field(default=("tested",), description="What is done instead.")

    @model_validator(mode="after")
    def _one_scope(self) -> WaiverDocument:
        if self.bundle is not None and (self.model is not None or self.versions):
            raise PydanticCustomError("exclusive_parameters", "either bundle, or model and versions")
        if (self.model is None) != (not self.versions):
            raise PydanticCustomError("exclusive_parameters", "model and versions go together")
        return self


class ApprovalDocument(_Part):
    """A vote of the review board on the evaluation of the case."""

    role: Text = Field(default="approver", description="Role, such as approver/model-risk.")
    approver: Text = Field(description="Who votes.")
    vote: Literal["approve", "reject", "abstain"] = Field(default="approve", description="The vote.")
    signed_at: Instant | None = Field(default=None, description="When it was signed; default: the clock of the case.")
    expires: Instant = Field(default="9999-12-31T00:00:00Z", description="First second at which it no longer counts.")


class AttestationDocument(_Part):
    """A statement that somebody in an office has signed about the model of the case."""

    type: Text = Field(description="Type, such as dpia.")
    role: Text = Field(default="attester", description="Role, such as attester/dpo.")
    attester: Text = Field(description="Who signs.")
    scope: Literal["version", "model", "fleet"] = Field(
        default="version", description="About this bundle, about the model, or about all models."
    )
    covers: Names = Field(default=(), description="Items that it covers.")
    fields: Mapping[Text, Text] = Field(default_factory=dict, description="What it states, by name.")
    issued_at: Instant | None = Field(default=None, description="When it was signed; default: the clock of the case.")
    valid_from: Instant | None = Field(default=None, description="First second; default: when it was signed.")
    expires: Instant = Field(default="9999-12-31T00:00:00Z", description="First second at which it no longer holds.")
    authentic: Flag = Field(default=True, description="Whether signature, log and role hold.")
    revoked: Flag = Field(default=False, description="Whether it is revoked.")
    roles: Names = Field(default=(), description="Other roles that the signer holds.")


class AdvisoryDocument(_Part):
    """An advisory in short: versions from `introduced` on, before `fixed`, are affected."""

    id: Text = Field(description="Its name, such as PYSEC-2026-1.")
    package: Text = Field(description="Name on PyPI.")
    introduced: Text = Field(default="0", description="First version affected.")
    fixed: Text | None = Field(default=None, description="First version no longer affected.")
    severity: Text | None = Field(default=None, description="A CVSS vector.")
    modified: Instant | None = Field(default=None, description="Default: the date of the snapshot.")


class FindingDocument(_Part):
    """A finding that must be among those of a rule; each key that is given must fit."""

    rule: Text | None = Field(default=None, description="The rule; none for a bundle that is refused.")
    path: Text | None = Field(default=None, description="What it is about: a path, section, package or JSON pointer.")
    code: Text | None = Field(default=None, description="Code of the diagnostics catalogue.")
    file: Text | None = Field(default=None, description="File of the bundle that it points into.")


class ExpectDocument(_Part):
    """What a case must come to. A rule that is not listed may come to anything except `error`."""

    decision: DecisionName | None = Field(default=None, description="The decision.")
    outcomes: Mapping[Text, OutcomeName] = Field(default_factory=dict, description="Rule to outcome, after waivers.")
    others: OutcomeName | None = Field(
        default=None, description="What every rule that is not listed must come to; default: anything except error."
    )
    findings: Annotated[tuple[FindingDocument, ...], BeforeValidator(_tuple)] = Field(
        default=(), description="Findings that must be there."
    )
    rulings: Mapping[Text, Names] = Field(default_factory=dict, description="Rule to what became of each waiver.")

    @model_validator(mode="after")
    def _something(self) -> ExpectDocument:
        if not (self.decision or self.outcomes or self.others or self.findings or self.rulings):
            raise PydanticCustomError("bad_value", "a case that expects nothing tests nothing")
        return self


class CaseDocument(_Part):
    """One case: evidence, what is changed in it, and what it must come to."""

    name: Text = Field(description="What is tested, in a few words.")
    stage: StageName | None = Field(default=None, description="The gate; default: that of the file.")
    clock: Instant | None = Field(default=None, description="The instant of the decision; default: that of the file.")
    bundle: Text | None = Field(default=None, description="Fixture folder, relative to this file.")
    evidence: EvidenceDocument | None = Field(default=None, description="Members that replace those of the file.")
    patch: Annotated[tuple[PatchOperation, ...], BeforeValidator(_tuple)] = Field(
        default=(), description="Changes of the evidence (RFC 6902)."
    )
    remove: Names = Field(default=(), description="JSON pointers of what is taken out.")
    digests: Literal["follow", "keep"] | None = Field(
        default=None, description="Whether digests in the evidence follow the files that they name."
    )
    advisories: _Anything = Field(default=None, description="Snapshot folder, or advisories; default: the file's.")
    waivers: Annotated[tuple[_Anything, ...], BeforeValidator(_tuple)] | None = Field(
        default=None, description="Waivers, or files that hold one."
    )
    approvals: Annotated[tuple[ApprovalDocument, ...], BeforeValidator(_tuple)] | None = Field(
        default=None, description="Votes of the review board."
    )
    attestations: Annotated[tuple[AttestationDocument, ...], BeforeValidator(_tuple)] | None = Field(
        default=None, description="Statements that people in offices have signed."
    )
    submitter: Text | None = Field(default=None, description="Who asks the gate; default: that of the file.")
    expect: ExpectDocument = Field(description="What it must come to.")


class AcceptedMutant(_Part):
    """A mutant that may survive, and why."""

    mutant: Text = Field(description="Its id, as the report prints it.")
    reason: Text = Field(description="Why no test needs to notice it.")


class CaseFileDocument(_Part):
    """The cases of one or more policies."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["PolicyTest"]
    policy: _Texts = Field(description="Policies under test, and what they need: files or folders, relative to this.")
    clock: Instant | None = Field(
        default=None, description="The instant of every decision. Required, here or per case."
    )
    stage: StageName | None = Field(default=None, description="The gate, unless a case names another.")
    bundle: Text | None = Field(default=None, description="Fixture folder that every case starts from.")
    evidence: EvidenceDocument | None = Field(default=None, description="Evidence that every case starts from.")
    digests: Literal["follow", "keep"] = Field(
        default="follow", description="Whether digests in the evidence follow the files that they name."
    )
    advisories: _Anything = Field(default=None, description="Snapshot folder, or a list of advisories.")
    waivers: Annotated[tuple[_Anything, ...], BeforeValidator(_tuple)] = Field(default=(), description="Waivers.")
    approvals: Annotated[tuple[ApprovalDocument, ...], BeforeValidator(_tuple)] = Field(
        default=(), description="Votes of the review board."
    )
    attestations: Annotated[tuple[AttestationDocument, ...], BeforeValidator(_tuple)] = Field(
        default=(), description="Statements that people in offices have signed."
    )
    submitter: Text | None = Field(default=None, description="Who asks the gate.")
    excused: Mapping[Text, Mapping[OutcomeName, Text]] = Field(
        default_factory=dict, description="Rule to outcome to the reason why no case has it."
    )
    accepted: Annotated[tuple[AcceptedMutant, ...], BeforeValidator(_tuple)] = Field(
        default=(), description="Mutants that may survive."
    )
    cases: Annotated[tuple[_Anything, ...], BeforeValidator(_tuple), Field(min_length=1)] = Field(
        description="The cases."
    )
