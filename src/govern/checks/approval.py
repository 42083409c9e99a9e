"""`approval.quorum`: the review board has voted. The decision counts, for the votes sign the evaluation itself."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, Outcome
from govern.policy.types import Count, Text

__all__ = ["CHECKS", "QuorumParams", "RoleCount"]

_ROLE = re.compile(r"approver(?:/[^\s/]+)?")


class RoleCount(BaseModel):
    """How many people of a role."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

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


def _roles_once(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class QuorumParams(CheckParams):
    """Parameters of `approval.quorum`."""

    roles: Annotated[tuple[RoleCount, ...], BeforeValidator(_roles_once)] = parameter(
        "Which roles must approve, and how many different people in each.", tighten="superset"
    )

    @field_validator("roles")
    @classmethod
    def _each_role_once(cls, value: tuple[RoleCount, ...]) -> tuple[RoleCount, ...]:
        names = [item.role for item in value]
        if not value or len(set(names)) != len(names):
            raise ValueError("expected at least one role, each of them once")
        return tuple(sorted(value, key=lambda item: item.role))


def _evaluate(params: QuorumParams, _context: CheckContext) -> CheckResult:
    """Say what is asked. A vote is about the evaluation, so at this point there cannot be one."""
    asked = ", ".join(f"{item.count} × {item.role}" for item in params.roles)
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=f"The review board votes on this evaluation: {asked}.",
        required=asked,
        facts={
            "kind": "approval-quorum",
            "roles": [{"role": item.role, "count": item.count} for item in params.roles],
        },
    )


CHECKS = (
    Check(
        spec=CheckSpec(
            kind="approval.quorum",
            version=1,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            summary="Passes when enough different people of the named roles have signed an approval of this very "
            "evaluation, each having considered every waiver it needed, and nobody has rejected it.",
            cannot_show="That the people who approved have read what they signed, or that two names are two people "
            "beyond what the trust root says of their keys.",
            params=QuorumParams,
            needs=lambda _params: (EvidenceNeed(kind="approvals"),),
            default_remediation="Ask the board to vote: govern approve EVALUATION.json.",
        ),
        evaluate=_evaluate,
    ),
)
