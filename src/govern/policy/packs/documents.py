"""What packs and overlays look like: `pack.yaml`, an import, and what an import may change in a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from govern.policy.documents import (
    ControlName,
    Day,
    EnforcementName,
    LegalStatus,
    Name,
    Part,
    Severity,
    StageName,
    matching,
    pattern,
)
from govern.policy.types import Count, Flag, Text

__all__ = ["Import", "PackFact", "PackMetadata", "PackSpec", "RuleOverlay", "satisfies", "version_key"]

_VERSION = r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?"
_RANGE = rf"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?|{_VERSION}"

PackVersion = Annotated[
    str, matching(_VERSION, "a version of three numbers such as 1.4.0 (semver.org)", 64), pattern(f"({_VERSION})", 64)
]
VersionRange = Annotated[
    str,
    matching(_RANGE, "a version such as 1, 1.4 or 1.4.0 (1 means any 1.x.y when the lock is made)", 64),
    pattern(f"({_RANGE})", 64),
]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version is in a range: `1` takes any 1.x.y, `1.4` any 1.4.y, and a pre-release only its own name."""
    if version == wanted:
        return True
    if "-" in version or not re.fullmatch(_RANGE, wanted, re.ASCII):
        return False
    parts = wanted.split(".")
    return version.split(".")[: len(parts)] == parts


def version_key(version: str) -> tuple[tuple[int, ...], bool]:
    """Give a key by which versions of packs sort: by their three numbers, a pre-release before its release."""
    numbers, dash, _pre = version.partition("-")
    return tuple(int(part) for part in numbers.split(".")), not dash


class RuleOverlay(Part):
    """What an import changes in one rule. Everything here may only tighten."""

    severity: Severity | None = Field(default=None, description="May only be raised.")
    enforcement: EnforcementName | None = Field(default=None, description="May only move record -> warn -> block.")
    stages: Annotated[tuple[StageName, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Further gates at which it is asked."
    )
    controls: Annotated[tuple[ControlName, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Further clauses that it speaks to."
    )
    also_when: Text | None = Field(default=None, description="Expression; the rule applies where it is true as well.")
    and_assert: Text | None = Field(default=None, description="Expression that must hold as well.")
    waivable: Flag | None = Field(default=None, description="May only become false.")
    max_waiver_days: Annotated[Count, Field(ge=1, le=3650)] | None = Field(
        default=None, description="May only be lowered; days of 86,400 seconds."
    )
    with_: Any = Field(
        default=None,
        alias="with",
        description="Parameters of the check kind; each may only move in its direction.",
        json_schema_extra={"type": "object"},
    )


class Import(Part):
    """A pack that a policy builds on, and how the policy tightens it."""

    pack: Name = Field(description="Name of the pack.")
    version: VersionRange = Field(description="1 means any 1.x.y when the lock is made; govern.lock pins it.")
    params: Mapping[str, Any] = Field(
        default_factory=dict, description="Values of the pack's parameters, by name or <policy>/<name>; only tighter."
    )
    rules: Mapping[str, Any] = Field(
        default_factory=dict, description="What is tightened in rules, by <policy>/<rule>."
    )


class PackMetadata(Part):
    """Which pack this is."""

    name: Name = Field(description="Name of the pack; its policies are called so, or <name>.<more>.")
    version: PackVersion = Field(description="Version of the pack; patch: text only, major: may newly deny.")
    title: Text | None = Field(default=None, description="What it is about, in a few words.")
    description: Text | None = Field(default=None, description="What it is about, in a paragraph.")
    owner: Text | None = Field(default=None, description="Who answers for the pack.")
    legal_status: LegalStatus | None = Field(default=None, description="Standing of the law behind it.")
    superseded_by: Text | None = Field(default=None, description="What replaced it.")
    source: Text | None = Field(default=None, description="Where the law or standard is published.")
    source_checked_on: Day | None = Field(default=None, description="When somebody last compared with the source.")


class PackFact(Part):
    """A fact that the pack's expressions read from the model record, as `model.<pack>.<name>`."""

    type: Literal["text", "number", "bool", "texts"] = Field(description="Type of the fact.")
    description: Text = Field(description="What it says.")


class PackSpec(Part):
    """What a pack builds on, and the facts that it adds to the model record."""

    imports: Annotated[tuple[Any, ...], BeforeValidator(_as_tuple)] = Field(
        default=(), description="Packs that this one builds on."
    )
    facts: Mapping[str, PackFact] = Field(default_factory=dict, description="Facts of the model record, by name.")
