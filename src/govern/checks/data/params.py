"""Parameters of `data.validation`."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from govern.checks.tool_evidence import ToolParams
from govern.policy.interface import parameter, unknown_name
from govern.policy.types import Count, Flag, Names, Number

__all__ = ["ValidationParams"]

_SEVERITIES = ("critical", "info", "warning")


def _severities(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - set(_SEVERITIES))
    if unknown:
        raise unknown_name("severity", unknown[0], _SEVERITIES)
    if "critical" not in value:
        raise PydanticCustomError("bad_value", "critical is always judged: list it")
    return tuple(sorted(set(value)))


def _types(value: tuple[str, ...]) -> tuple[str, ...]:
    if any(not item.strip() for item in value):
        raise PydanticCustomError("bad_value", "the name of an expectation is not empty")
    return tuple(sorted(set(value)))


class ValidationParams(ToolParams):
    """Parameters of `data.validation`."""

    min_evaluated: Annotated[Count, Field(ge=1, le=1_000_000)] = parameter(
        "Fewest critical expectations that were evaluated, in each result.", tighten="up", default=1
    )
    severities: Annotated[Names, AfterValidator(_severities)] = parameter(
        "Severities that are judged: critical, warning, info. What has none is critical.",
        tighten="superset",
        default=("critical",),
    )
    must_include: Annotated[Names, AfterValidator(_types)] = parameter(
        "Types of expectation, or names of checks, that must have been evaluated; they are judged at any severity.",
        tighten="superset",
        default=(),
    )
    min_mostly: Annotated[Number, Field(ge=0, le=1)] = parameter(
        "Least share of values that must be as expected, whatever an expectation's own `mostly` tolerates.",
        tighten="up",
        default=Decimal(1),
    )
    same_data: Flag = parameter(
        "The result must name by digest data of the lineage or a file of the bundle.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )
