"""The document kinds of a policy folder, as frozen models. One list of allowed keys: these fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SkipValidation, WithJsonSchema
from pydantic_core import PydanticCustomError

from govern.inputs.scalars import ScalarText
from govern.policy.outcomes import Enforcement, Stage
from govern.policy.people_types import Identity, Pairs, Roles
from govern.policy.types import Count, Duration, Flag, Names, Text

__all__ = [
    "API_VERSION",
    "KINDS",
    "Approvals",
    "Control",
    "ControlCatalogue",
    "ControlName",
    "Day",
    "EnforcementName",
    "LegalStatus",
    "Metadata",
    "Name",
    "Parameter",
    "Part",
    "PolicySpec",
    "Rule",
    "Severity",
    "StageName",
    "matching",
    "pattern",
]

API_VERSION = "govern/v1"
KINDS = ("Policy", "SourceRegistry", "ControlCatalog", "Pack")

LegalStatus = Literal["in_force", "pending", "proposed", "superseded", "rescinding", "rescinded"]
Severity = Literal["low", "medium", "high", "critical"]
ParameterType = Literal["number", "integer", "string", "bool", "duration", "date", "enum", "set"]
Direction = Literal["up", "down", "superset", "subset", "order", "fixed"]


def matching(pattern: str, what: str, most: int) -> BeforeValidator:
    """Refuse texts that are not of a pattern, in words (`P205`)."""
    compiled = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Any:
        if isinstance(value, str) and (len(value) > most or not compiled.fullmatch(value)):
            raise PydanticCustomError("bad_identifier", "'{text}' is not {what}", {"text": value[:80], "what": what})
        return str(value) if isinstance(value, ScalarText) else value

    return BeforeValidator(check)


def pattern(text: str, most: int) -> WithJsonSchema:
    """Say the same to a JSON Schema."""
    return WithJsonSchema({"type": "string", "pattern": f"^{text}$", "maxLength": most})


_NAME = r"[a-z][a-z0-9]*([.-][a-z0-9]+)*"
_VERSION = r"[0-9A-Za-z][0-9A-Za-z.+-]*"
_CLAUSE = r"[a-z0-9][a-z0-9.-]*"
_CONTROL = f"{_CLAUSE}/{_CLAUSE}"

Name = Annotated[
    str,
    matching(_NAME, "a name such as credit-risk (lower case, digits, hyphens and dots between)", 64),
    pattern(_NAME, 64),
]
Version = Annotated[str, matching(_VERSION, "a version such as 2.1.0", 64), pattern(_VERSION, 64)]
ControlName = Annotated[
    str,
    matching(_CONTROL, "a control such as nydfs-500/500.15-a (<catalogue>/<clause>)", 200),
    pattern(_CONTROL, 200),
]
ClauseName = Annotated[str, matching(_CLAUSE, "an id such as 500.15-a", 120), pattern(_CLAUSE, 120)]


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
                return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        raise PydanticCustomError("bad_value", "expected a date such as 2026-01-31, found '{text}'", {"text": value})
    return value


Day = Annotated[
    str, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
]
"""A calendar day, `YYYY-MM-DD`."""


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _stage(value: Any) -> Any:
    try:
        return Stage(value)
    except ValueError as fault:
        known = tuple(item.value for item in Stage)
        raise PydanticCustomError(
            "unknown_stage",
            "there is no stage '{text}'; stages are {names}",
            {"text": str(value), "names": ", ".join(known), "known": known},
        ) from fault


_STAGES = [item.value for item in Stage]
StageName = Annotated[Stage, BeforeValidator(_stage), WithJsonSchema({"type": "string", "enum": _STAGES})]


def _enforcement(value: Any) -> Any:
    try:
        return Enforcement(value)
    except ValueError as fault:
        known = tuple(item.value for item in Enforcement)
        raise PydanticCustomError(
            "bad_value", "expected block, warn or record, found '{text}'", {"text": str(value), "known": known}
        ) from fault


EnforcementName = Annotated[
    Enforcement,
    BeforeValidator(_enforcement),
    WithJsonSchema({"type": "string", "enum": [item.value for item in Enforcement]}),
]

_Anything = Annotated[Any, WithJsonSchema({})]


class Part(BaseModel):
    """Base of every part of a document: closed, frozen, strict."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False, defer_build=True)


class Metadata(Part):
    """Who made a policy, which version it is, and the standing of the law behind it."""

    name: Name = Field(description="Name of the policy; rules are called <name>/<rule>.")
    version: Version = Field(description="Version of the policy, as text.")
    title: Text | None = Field(default=None, description="What it is about, in a few words.")
    description: Text | None = Field(default=None, description="What it is about, in a paragraph.")
    owner: Text | None = Field(default=None, description="Who answers for the policy.")
    legal_status: LegalStatus = Field(default="in_force", description="Standing of the law or standard behind it.")
    applies_from: Day | None = Field(default=None, description="First day on which the rules apply.")
    applies_until: Day | None = Field(default=None, description="First day on which they no longer apply.")
    superseded_by: Text | None = Field(default=None, description="What replaced it.")
    source: Text | None = Field(default=None, description="Where the law or standard is published.")
    source_checked_on: Day | None = Field(default=None, description="When somebody last compared with the source.")


class Parameter(Part):
    """A value that rules share and that a later layer may tighten."""

    type: ParameterType = Field(description="Type of the value.")
    default: _Anything = Field(description="The value.")
    tighten: Direction = Field(default="fixed", description="How a later layer may move it.")
    min: _Anything = Field(default=None, description="Smallest value accepted (number, integer, duration, date).")
    max: _Anything = Field(default=None, description="Largest value accepted (number, integer, duration, date).")
    values: Names | None = Field(default=None, description="Values of an enum, weakest first; members of a set.")
    pattern: Text | None = Field(default=None, description="Regular expression that a string must match as a whole.")
    description: Text | None = Field(default=None, description="What it means.")


class Rule(Part):
    """One requirement."""

    id: Name = Field(description="Name of the rule inside its policy.")
    title: Text | None = Field(default=None, description="The requirement in one line; default: the id.")
    stages: Annotated[tuple[StageName, ...], BeforeValidator(_as_tuple), Field(min_length=1)] | None = Field(
        default=None, description="Gates at which it is asked; default: those of the check kind."
    )
    severity: Severity = Field(default="medium", description="How bad a failure is.")
    enforcement: EnforcementName | None = Field(
        default=None, description="block stops the model; warn and record never do. Default: warn for low, else block."
    )
    controls: Annotated[tuple[ControlName, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Clauses of loaded control catalogues that it speaks to."
    )
    when: Text | None = Field(default=None, description="Expression; the rule falls away only where it is false.")
    check: Text = Field(description="The check kind.")
    with_: _Anything = Field(default=None, alias="with", description="Parameters of the check kind.")
    message: Text | None = Field(default=None, description="Text with {field} placeholders of the check kind.")
    remediation: Text | None = Field(default=None, description="What to do when it fails.")
    references: Names = Field(default=(), description="Further reading.")
    waivable: Flag = Field(default=True, description="Whether a waiver may cover a failure.")
    max_waiver_days: Annotated[Count, Field(ge=1, le=3650)] = Field(
        default=90, description="Longest waiver, in days of 86,400 seconds."
    )


class KnownNames(Part):
    """Names of the organisation's own that expressions may use without a warning."""

    metrics: Names = Field(default=(), description="Names of metrics.")


class Approvals(Part):
    """Shorthand for one blocking rule `approvals` of the kind approval.quorum; its values are judged as that rule's."""

    roles: SkipValidation[Roles] = Field(description="Which roles must approve, and how many different people in each.")
    stages: SkipValidation[Annotated[tuple[StageName, ...], Field(min_length=1)] | None] = Field(
        default=None, description="Gates at which the board is asked; default: those of the check kind."
    )
    identity: SkipValidation[Identity | None] = Field(
        default=None, description="Weakest sort of signature that counts."
    )
    max_age: SkipValidation[Duration | None] = Field(
        default=None, description="Approvals older than this do not count."
    )


class PolicySpec(Part):
    """The rules of a policy and what they share."""

    applies_when: Text | None = Field(
        default=None, description="Expression; the policy falls away only where it is false."
    )
    params: Mapping[str, _Anything] = Field(default_factory=dict, description="Parameters by name.")
    imports: Annotated[tuple[_Anything, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Packs that the policy builds on and tightens; pinned in govern.lock."
    )
    names: KnownNames = Field(default_factory=KnownNames, description="Names that are not typos.")
    approvals: Approvals | None = Field(default=None, description="Who must approve: becomes the rule `approvals`.")
    separation: SkipValidation[Pairs | None] = Field(
        default=None, description="Who may not be the same person: becomes the rule `separation`."
    )
    rules: Annotated[tuple[_Anything, ...], BeforeValidator(_as_tuple)] = Field(description="The rules.")


class CatalogueMetadata(Part):
    """Which law or standard a catalogue lists."""

    name: ClauseName
    version: Version
    title: Text | None = None
    law: Text | None = None
    edition: Text | None = None
    owner: Text | None = None
    source: Text | None = None
    source_checked_on: Day | None = None


class Control(Part):
    """One clause, in our words."""

    id: ClauseName
    clause: Text
    title: Text
    summary: Text | None = None
    about: Literal["model", "data", "organisation", "both"] | None = None
    assessable: Literal["machine", "attested", "no"] | None = None
    confidence: Literal["checked", "search", "recalled"] | None = None
    applies_from: Day | None = None
    applies_until: Day | None = None
    parent: ClauseName | None = None
    covers_children: Flag = False
    maps_to: Names = ()
    was: Names = ()


class ControlCatalogue(Part):
    """Every clause of one law or standard."""

    metadata: CatalogueMetadata
    controls: Annotated[tuple[Control, ...], BeforeValidator(_as_tuple)]
