"""`approval.quorum` and `approval.separation`: who has approved, and who may not be the same person.

The decision settles both, for votes sign the evaluation itself; here it is only said what is asked.
"""

from __future__ import annotations

from govern.canonical import Json
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.roots import root_of
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Outcome
from govern.policy.people_types import Identity, Pairs, RoleCount, Roles
from govern.policy.sides import Side

__all__ = ["CHECKS", "QuorumParams", "RoleCount", "SeparationParams"]

_DECLARED = {
    Side.OWNER.value: "model.owner",
    Side.DEVELOPER.value: "model.developers",
    Side.VALIDATOR.value: "model.validators",
}
"""Sides that the model record names, and the fact that names them."""


class QuorumParams(CheckParams):
    """Parameters of `approval.quorum`."""

    roles: Roles = parameter("Which roles must approve, and how many different people in each.", tighten="superset")
    identity: Identity | None = parameter(
        "Weakest sort of signature that counts: key, of the trust root, or oidc, a sign-in that a server attests. "
        "Every vote that counts today is signed with a key.",
        tighten="order",
        default=None,
        order=("oidc", "key"),
    )


class SeparationParams(CheckParams):
    """Parameters of `approval.separation`."""

    pairs: Pairs = parameter(
        "Pairs of sides on which nobody may stand both: submitter, owner, developer, validator, approver, waiver "
        "(whoever waived a rule).",
        tighten="superset",
    )


def _bounds(params: CheckParams) -> dict[str, Json]:
    """What else bounds the votes that count; left out where nothing was said."""
    return {} if params.max_age is None else {"max_age": params.max_age}


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
            **_bounds(params),
        },
    )


def _separate(params: SeparationParams, context: CheckContext) -> CheckResult:
    """Say what is asked. Who waived and who approved is known when the decision is made."""
    asked = ", ".join(f"{first} and {second}" for first, second in params.pairs)
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=f"Nobody may be both: {asked}. That is settled with the decision.",
        required=asked,
        evidence=_record(params, context),
        facts={
            "kind": "approval-separation",
            "pairs": [[first, second] for first, second in params.pairs],
            **_bounds(params),
        },
    )


def _record(params: SeparationParams, context: CheckContext) -> tuple[EvidenceRef, ...]:
    """The model record, when a side is declared there."""
    named = {side for pair in params.pairs for side in pair} & _DECLARED.keys()
    root = root_of(context, "model") if named else None
    return () if root is None else root.evidence


def _separation_needs(params: SeparationParams) -> tuple[EvidenceNeed, ...]:
    sides = {side for pair in params.pairs for side in pair}
    declared = tuple(sorted(_DECLARED[side] for side in sides & _DECLARED.keys()))
    people = {Side.APPROVER.value: "approvals", Side.WAIVER.value: "waivers"}
    record = (EvidenceNeed("model_record", declared),) if declared else ()
    return (*(EvidenceNeed(people[side]) for side in sorted(sides & people.keys())), *record)


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
    Check(
        spec=CheckSpec(
            kind="approval.separation",
            version=1,
            summary="Passes when no person and no key stands on both sides of a pair, and everybody on them is known.",
            cannot_show="That two names of the trust root are two people, or that the model record names everybody who "
            "took part. A side that nobody is known to stand on is missing evidence, but for waivers: where none was "
            "applied, nobody waived.",
            params=SeparationParams,
            needs=_separation_needs,
            default_remediation="Let somebody else take one of the two parts, or name who takes it.",
        ),
        evaluate=_separate,
    ),
)
