"""Field types about people: how many of which role approve, and who may not be the same person."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from govern.policy.types import Count, Text

__all__ = ["Identity", "Pairs", "RoleCount", "Roles"]

_ROLE = re.compile(r"approver(?:/[^\s/]+)?")

Identity = Literal["oidc", "key"]
"""The weakest sort of signature that counts, weakest first."""


class RoleCount(BaseModel):
    """How many people of a role."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    role: Text = Field(description="Role of the trust root: approver, or a board role such as approver/model-risk.")
    count: Count = Field(
        default=1,
        ge=1,
        le=100,
        description="How many different people must approve in that role.",
        json_schema_extra={"tighten": "up"},
    )

    @field_validator("role")
    @classmethod
    def _is_a_role(cls, value: str) -> str:
        if not _ROLE.fullmatch(value):
            raise ValueError("expected approver, or approver/<board role>")
        return value


def _as_tuples(value: Any) -> Any:
    return tuple(_as_tuples(item) for item in value) if isinstance(value, list) else value


def _each_role_once(value: tuple[RoleCount, ...]) -> tuple[RoleCount, ...]:
    names = [item.role for item in value]
    if not value or len(set(names)) != len(names):
        raise ValueError("expected at least one role, each of them once")
    return tuple(sorted(value, key=lambda item: item.role))


Roles = Annotated[tuple[RoleCount, ...], BeforeValidator(_as_tuples), AfterValidator(_each_role_once)]
"""Roles with a number each, sorted by role."""

_SideName = Literal["approver", "developer", "owner", "submitter", "validator", "waiver"]
_Pair = tuple[_SideName, _SideName]


def _apart(value: tuple[_Pair, ...]) -> tuple[_Pair, ...]:
    """Two sides have no order, and neither have pairs: both are sorted, so that one meaning has one spelling."""
    if not value:
        raise PydanticCustomError("bad_value", "expected at least one pair, such as [validator, developer]")
    for first, second in value:
        if first == second:
            raise PydanticCustomError(
                "bad_value", "nobody can be kept apart from themselves: [{side}, {side}]", {"side": first}
            )
    return tuple(sorted({(min(pair), max(pair)) for pair in value}))


Pairs = Annotated[tuple[_Pair, ...], BeforeValidator(_as_tuples), AfterValidator(_apart)]
"""Pairs of sides on which nobody may stand both."""
