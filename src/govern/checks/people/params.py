"""Parameters of the check kind `attestation.present`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from govern.policy.interface import CheckParams, parameter, unknown_name
from govern.policy.patterns import Patterns
from govern.policy.people_types import Identity
from govern.policy.sides import Side
from govern.policy.types import Count, Names, Text

__all__ = ["SIDES", "PresentParams"]

SIDES = (Side.OWNER.value, Side.DEVELOPER.value, Side.VALIDATOR.value)
"""Sides that the model record names."""

_BASES = ("root", "certifier", "approver", "waiver", "attester", "producer", "advisory", "policy", "revoker")
_ROLE = re.compile(r"([a-z]+)(?:/[^\s/]+)?")


def _is_role(name: str, bases: tuple[str, ...]) -> bool:
    found = _ROLE.fullmatch(name)
    return found is not None and found[1] in bases


def _offices(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise PydanticCustomError("bad_value", "expected at least one role, such as attester/dpo")
    for name in value:
        if not _is_role(name, ("attester",)):
            raise PydanticCustomError(
                "bad_value", "expected attester, or attester/<office>, found '{name}'", {"name": name}
            )
    return tuple(sorted(set(value)))


def _barred(value: tuple[str, ...]) -> tuple[str, ...]:
    for name in value:
        if name not in SIDES and not _is_role(name, _BASES):
            raise unknown_name("side or role", name, (*SIDES, *_BASES))
    return tuple(sorted(set(value)))


def _type(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("bad_value", "expected the type of a statement, such as dpia")
    return value


class PresentParams(CheckParams):
    """Parameters of `attestation.present`."""

    type: Annotated[Text, AfterValidator(_type)] = parameter("Type of the statement, as its signer names it.")
    roles: Annotated[Names, AfterValidator(_offices)] = parameter(
        "Roles of the trust root whose statements count; attester takes in every attester/<office>.", tighten="subset"
    )
    scope: Literal["fleet", "model", "version"] = parameter(
        "Least specific statement that counts: about all models, about this model, or about this version of it.",
        tighten="order",
        default="version",
        order=("fleet", "model", "version"),
    )
    newer_than: Literal["training", "last_material_change"] | None = parameter(
        "What the statement must have been signed after: the end of the runs that made the model, or the day of "
        "spec.change.material_on; unset: not asked.",
        default=None,
    )
    covers: Annotated[Names, AfterValidator(lambda value: tuple(sorted(set(value))))] = parameter(
        "Items that the statement must cover, by id.", tighten="superset", default=()
    )
    fields: Patterns = parameter("Pattern (RE2, anchored) that each named field must match.", default={})
    not_signed_by: Annotated[Names, AfterValidator(_barred)] = parameter(
        "Who may not be the signer: owner, developer or validator of the model record, or a role of the trust root.",
        tighten="superset",
        default=(),
    )
    count: Annotated[Count, Field(ge=1, le=100)] = parameter(
        "How many different people must have signed one.", tighten="up", default=1
    )
    identity: Identity | None = parameter(
        "Weakest sort of signature that counts: key, of the trust root, or oidc, a sign-in that a server attests. "
        "Every statement that counts today is signed with a key.",
        tighten="order",
        default=None,
        order=("oidc", "key"),
    )
