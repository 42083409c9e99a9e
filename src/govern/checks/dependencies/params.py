"""Parameters of the check kinds `dependencies.*`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from govern.policy.interface import CheckParams, parameter, unknown_name
from govern.policy.types import Duration, Names, Text

__all__ = ["PinnedParams", "VulnerabilitiesParams"]

_VARIABLES = frozenset(
    {
        "python",
        "implementation_name",
        "implementation_version",
        "os_name",
        "platform_machine",
        "platform_python_implementation",
        "platform_release",
        "platform_system",
        "platform_version",
        "python_full_version",
        "python_version",
        "sys_platform",
    }
)


def _known_variables(value: dict[str, str]) -> dict[str, str]:
    unknown = sorted(value.keys() - _VARIABLES)
    if unknown:
        raise unknown_name("marker variable", unknown[0], _VARIABLES)
    return value


def _sorted(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(value)))


Environment = Annotated[dict[Text, Text], AfterValidator(_known_variables)]
Refusal = Literal["allow", "refuse"]
_REFUSAL = ("allow", "refuse")


class PinnedParams(CheckParams):
    """Parameters of `dependencies.pinned`."""

    hashes: Literal["ignored", "preferred", "required"] = parameter(
        "Whether each requirement needs a sha256; `preferred` counts the missing ones and fails none.",
        tighten="order",
        default="ignored",
        order=("ignored", "preferred", "required"),
    )
    direct_urls: Refusal = parameter(
        "Whether URLs and version control are allowed; allowed ones need a sha256 or a full commit.",
        tighten="order",
        default="refuse",
        order=_REFUSAL,
    )
    editable: Refusal = parameter(
        "Whether local paths and editable installs are allowed.", tighten="order", default="refuse", order=_REFUSAL
    )
    index_options: Refusal = parameter(
        "Whether a file may add indexes, trust hosts or let more kinds of packages in.",
        tighten="order",
        default="refuse",
        order=_REFUSAL,
    )
    files: Annotated[Names, AfterValidator(_sorted)] = parameter(
        "Dependency files that must be there and are read besides those found.", tighten="superset", default=()
    )
    environment: Environment | None = parameter(
        "Marker variables of the target; `python` stands for both Python variables.", default=None
    )


class VulnerabilitiesParams(CheckParams):
    """Parameters of `dependencies.vulnerabilities`."""

    max_severity: Literal["none", "low", "medium", "high", "critical"] = parameter(
        "Highest severity that is tolerated; `none` tolerates no match at all.",
        tighten="order",
        default="none",
        order=("critical", "high", "medium", "low", "none"),
    )
    unscored_as: Literal["low", "medium", "high", "critical"] = parameter(
        "What a match without any severity counts as.",
        tighten="order",
        default="high",
        order=("low", "medium", "high", "critical"),
    )
    max_snapshot_age: Duration = parameter("How old the advisory snapshot may be at the decision.", tighten="down")
    max_silence: Duration = parameter(
        "How old the newest record of each database may be: a fresh copy of a dead mirror is stale.",
        tighten="down",
        default="60d",
    )
    databases: Annotated[Names, AfterValidator(_sorted)] = parameter(
        "Databases that the snapshot must hold: source names, or id prefixes such as GHSA.",
        tighten="superset",
        default=(),
    )
    environment: Environment | None = parameter(
        "Marker variables of the target; `python` stands for both Python variables.", default=None
    )
