"""`fairness.robustness`: a disparity meets its threshold, and still would if some decisions were changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.checks.fairness.disparity import DisparityParams
from govern.checks.fairness.evidence import counted
from govern.checks.fairness.params import ComparedParams, SteerableName, needs_of, smaller_groups_left_out
from govern.checks.interface import Check
from govern.fairness import Counts, Judgement, Verdict, judge, needs_labels
from govern.policy.interface import CheckSpec, parameter
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome
from govern.policy.types import Count, Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["CHECKS", "RobustnessParams", "outcome_of"]


class RobustnessParams(ComparedParams):
    """Parameters of `fairness.robustness`."""

    metric: SteerableName = parameter(
        "Rate that is compared: one that a changed decision moves in its numerator alone."
    )
    compare: Literal["ratio", "difference"] = parameter("How two rates are compared.")
    at_least: Number | None = parameter("Least accepted ratio.", tighten="up", default=None)
    at_most: Number | None = parameter("Largest accepted difference.", tighten="down", default=None)
    flips: Count = parameter(
        "How many changed decisions the verdict must stand, whichever they are.", tighten="up", default=1
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> RobustnessParams:
        if self.flips < 1:
            raise PydanticCustomError("bad_value", "flips is at least 1")
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("exclusive_parameters", "exactly one of at_least and at_most is needed")
        try:
            self.as_disparity().question()
        except ValueError as fault:
            kind = "exclusive_parameters" if "use at_" in str(fault) else "bad_value"
            raise PydanticCustomError(kind, "{why}", {"why": str(fault)}) from fault
        return self

    def as_disparity(self) -> DisparityParams:
        """Give the parameters of the literal verdict that must stand."""
        shared = {name: getattr(self, name) for name in type(self).model_fields if name in DisparityParams.model_fields}
        return DisparityParams.model_construct(**{**_DEFAULTS, **shared, "decide": "point"})

    @property
    def required(self) -> str:
        """What is asked, in words."""
        sign = (
            f">= {decimal_text(self.at_least)}"
            if self.at_least is not None
            else f"<= {decimal_text(self.at_most or 0)}"
        )
        return f"{sign} under any {self.flips} changed decisions"


_DEFAULTS: Mapping[str, Any] = {
    name: field.get_default(call_default_factory=True)
    for name, field in DisparityParams.model_fields.items()
    if not field.is_required()
}


def _turns(params: RobustnessParams, counts: Counts, judgement: Judgement) -> dict[tuple[str, ...], int | None]:
    """How many changed decisions turn each table that meets the threshold; None where no number does."""
    from govern.fairness.holding import changes_that_turn

    passed = dict.fromkeys(table.attributes for table in judgement.tables)
    question = params.as_disparity().question()
    met = [names for names in passed if _verdict(judgement, names) is Verdict.PASS]
    return {names: changes_that_turn(question, counts.table(names)) for names in met}


def _verdict(judgement: Judgement, attributes: tuple[str, ...]) -> Verdict:
    from govern.fairness.rate_tables import strongest

    return strongest([table.verdict for table in judgement.tables if table.attributes == attributes])


def outcome_of(params: RobustnessParams, counts: Counts) -> Outcome:
    """Give what the counts come to."""
    from govern.checks.fairness.group_words import OUTCOMES

    judgement = judge(params.as_disparity().question(), counts)
    turned = any(turns is not None and turns <= params.flips for turns in _turns(params, counts, judgement).values())
    return Outcome.FAIL if turned else OUTCOMES[judgement.verdict]


def _evaluate(params: RobustnessParams, context: CheckContext) -> CheckResult:
    found = counted(params, context, labels=params.metric if needs_labels(params.metric) else None)
    if isinstance(found, CheckResult):
        return found
    from govern.checks.fairness.findings import result_of

    params, counts = found.params, found.counts
    literal = params.as_disparity()
    judgement = judge(literal.question(), counts)
    made = result_of(literal, counts, judgement, file=found.file, evidence=found.evidence, holds=found.holds)
    turns = _turns(params, counts, judgement)
    withheld = _withheld(params, counts, judgement)
    weak = list(_weak(params, turns, withheld, Location(found.file)))
    outcome = made.outcome
    if weak and Fraction(counts.missing.rows, counts.rows) <= Fraction(params.max_missing):
        outcome = Outcome.FAIL
    held = _held(turns, withheld)
    facts: Any = made.facts
    return replace(
        made,
        outcome=outcome,
        summary=f"{made.summary} {_said(judgement, turns, held)}",
        findings=(*made.findings, *weak),
        required=params.required,
        fields={**made.fields, "holds_for": held},
        facts={**facts, "flips": params.flips, "turns": _turn_facts(turns, withheld), "required": params.required},
    )


def _withheld(params: RobustnessParams, counts: Counts, judgement: Judgement) -> frozenset[tuple[str, ...]]:
    """Tables of which a compared group is not shown: then the number of changes is not, either."""
    from govern.checks.fairness.shown import shown_of

    shown = shown_of(params.as_disparity().question(), counts, judgement, params.smallest_shown)
    return frozenset(table.attributes for table in judgement.tables if shown.withheld(table))


def _weak(
    params: RobustnessParams,
    turns: Mapping[tuple[str, ...], int | None],
    withheld: frozenset[tuple[str, ...]],
    place: Location,
) -> Iterator[Finding]:
    for attributes, number in turns.items():
        if number is None or number > params.flips:
            continue
        metric, table = params.metric.replace("_", " "), " x ".join(attributes)
        changes = f"{params.flips} changed decisions or fewer turn it"
        if attributes not in withheld:
            changes = f"{number} changed decision{'s' if number != 1 else ''} would turn it"
        yield Finding(
            code="F146",
            detail=f"{metric} by {table} meets the threshold, and {changes}",
            observed="not shown" if attributes in withheld else f"holds for up to {max(0, number - 1)}",
            required=params.required,
            location=place,
            remediation="Evaluate on more people: a verdict that hangs on so few is one of chance.",
            discriminator=f"{params.metric}:{'+'.join(attributes)}",
        )


def _held(turns: Mapping[tuple[str, ...], int | None], withheld: frozenset[tuple[str, ...]]) -> str:
    if not turns or withheld & turns.keys():
        return "not shown" if turns else "not assessable"
    known = [number for number in turns.values() if number is not None]
    return str(max(0, min(known) - 1)) if known else "any"


def _said(judgement: Judgement, turns: Mapping[tuple[str, ...], int | None], held: str) -> str:
    if judgement.verdict is not Verdict.PASS or not turns:
        return "There is no met threshold that could hold."
    if held == "any":
        return "No number of changed decisions turns it."
    return (
        "It holds for so many changed decisions as is not shown."
        if held == "not shown"
        else (f"It holds for up to {held} changed decisions.")
    )


def _turn_facts(
    turns: Mapping[tuple[str, ...], int | None], withheld: frozenset[tuple[str, ...]]
) -> list[dict[str, Any]]:
    return [
        {"attributes": list(names), "turned_by": None if names in withheld else number}
        for names, number in turns.items()
    ]


_WORST = ("group", "reference", "ratio", "difference", "n", "p", "low", "high")

CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.robustness",
            not_tighter=smaller_groups_left_out,
            version=1,
            summary="Passes when a disparity meets its threshold and would under any few changed decisions.",
            cannot_show="That the disparity is small among other people: it says how many of these decisions the "
            "verdict hangs on, and nothing of chance in who was evaluated, nor of changed labels or groups.",
            params=RobustnessParams,
            needs=needs_of,
            message_fields=(*(f"worst.{name}" for name in _WORST), "not_assessable", "holds_for"),
            default_remediation="Evaluate on more people, or do not rely on the verdict.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
