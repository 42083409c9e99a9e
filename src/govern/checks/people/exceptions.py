"""`policy.exceptions`: bounds on the waivers in force. Only the decision knows which were applied, and settles it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from govern.canonical import Json
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, Outcome
from govern.policy.types import Count, Flag, Names

__all__ = ["CHECKS", "ExceptionsParams"]

_ROLE = re.compile(r"waiver(?:/[^\s/]+)?")
_CONTROL = re.compile(r"\*|[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9.-]*")


def _each(pattern: re.Pattern[str], wanted: str) -> AfterValidator:
    def check(value: tuple[str, ...]) -> tuple[str, ...]:
        odd = next((item for item in value if not pattern.fullmatch(item)), None)
        if odd is not None or not value:
            found = "an empty list" if odd is None else f"'{odd[:80]}'"
            raise PydanticCustomError(
                "bad_value", "expected {wanted}, found {found}", {"wanted": wanted, "found": found}
            )
        return tuple(sorted(set(value)))

    return AfterValidator(check)


Roles = Annotated[Names, _each(_ROLE, "roles of the trust root: waiver, or such as waiver/ciso")]
Controls = Annotated[Names, _each(_CONTROL, "controls such as nydfs-500/500.15-a, or *")]


class ExceptionsParams(CheckParams):
    """Parameters of `policy.exceptions`."""

    max_days: Annotated[Count, Field(ge=1, le=3650)] = parameter(
        "Longest waiver, in days of 86,400 seconds.", tighten="down"
    )
    roles: Roles = parameter(
        "Roles of the trust root in which waivers may be signed; a plain base accepts every role of it.",
        tighten="subset",
    )
    compensating_control: Flag = parameter(
        "Whether a waiver must say what is done instead.", tighten="order", default=True, order=("false", "true")
    )
    max_active: Annotated[Count, Field(ge=0, le=10_000)] | None = parameter(
        "Most rules that may be waived at once.", tighten="down", default=None
    )
    for_controls: Controls = parameter(
        "Controls whose waivers are bounded: those of rules that speak to one of them; * bounds every waiver.",
        tighten="superset",
        default=("*",),
    )


def _evaluate(params: ExceptionsParams, _context: CheckContext) -> CheckResult:
    """Say what is asked. Which waivers help is known when the decision is made."""
    asked = f"waivers of at most {params.max_days} days, signed as {' or '.join(params.roles)}"
    facts: dict[str, Json] = {
        "kind": "policy-exceptions",
        "max_days": params.max_days,
        "roles": list(params.roles),
        "compensating_control": params.compensating_control,
        "for_controls": list(params.for_controls),
    }
    if params.max_active is not None:
        facts["max_active"] = params.max_active
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=f"Allowed are {asked}. That is settled with the decision.",
        required=asked,
        facts=facts,
    )


CHECKS = (
    Check(
        spec=CheckSpec(
            kind="policy.exceptions",
            version=1,
            summary="Passes when every waiver that was applied keeps the bounds: how long it lasts, in which role it "
            "is signed, whether it says what is done instead, and how many there are.",
            cannot_show="That what is to be done instead is done, or helps. A control to which no rule of the plan "
            "speaks is missing evidence, for its waivers cannot be told.",
            params=ExceptionsParams,
            needs=lambda _params: (EvidenceNeed(kind="waivers"),),
            default_remediation="Have the exception judged anew within the bounds, or mend what the rule found.",
        ),
        evaluate=_evaluate,
    ),
)
