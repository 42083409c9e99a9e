"""Check kinds about groups of people: `fairness.disparity`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.checks.fairness.declared import DECLARED
from govern.checks.fairness.evidence import counted
from govern.checks.fairness.params import GroupParams, Reference, needs_of, references_of
from govern.checks.interface import Check
from govern.fairness import Question, judge, needs_labels
from govern.fairness.rates import MetricName
from govern.policy.interface import CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult
from govern.policy.types import Count, Names, Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext

__all__ = ["CHECKS", "DisparityParams"]


class DisparityParams(GroupParams):
    """Parameters of `fairness.disparity`."""

    metric: MetricName = parameter("Rate that is compared; equalized_odds is the worse of two rates.")
    compare: Literal["ratio", "difference"] = parameter("How two rates are compared.")
    at_least: Number | None = parameter("Least accepted ratio.", tighten="up", default=None)
    at_most: Number | None = parameter("Largest accepted difference.", tighten="down", default=None)
    decide: Literal["evidence_of_harm", "point", "demonstrated"] = parameter(
        "What counts: significant harm, the literal figure, or demonstrated compliance.",
        tighten="order",
        default="demonstrated",
        order=("evidence_of_harm", "point", "demonstrated"),
    )
    alpha: Number = parameter("Chance of error accepted over all comparisons of the rule.", default=Decimal("0.05"))
    reference: Reference = parameter(
        "`highest`, or the reference value: one text for one attribute, else a map of attribute to value.",
        default="highest",
    )
    min_n: Count = parameter("Least denominator of a rate that is judged.", tighten="up", default=30)
    small_groups: Literal["exclude", "inconclusive"] = parameter(
        "What a smaller group means.", tighten="order", default="inconclusive", order=("exclude", "inconclusive")
    )
    max_missing: Number = parameter(
        "Largest accepted share of rows without prediction or label.", tighten="down", default=Decimal(0)
    )
    missing_bounds: Literal["none", "worst_case"] = parameter(
        "How records of unknown group enter.", tighten="order", default="worst_case", order=("none", "worst_case")
    )
    significant_gap: Literal["report", "fail"] = parameter(
        "What a met threshold with a significant gap means.",
        tighten="order",
        default="report",
        order=("report", "fail"),
    )
    test: Literal["fisher", "permutation"] = parameter(
        "Test of equality: `fisher`, every pair with Holm's correction; or `permutation`, one of highest less lowest "
        "for each table, which finds more among many groups.",
        default="fisher",
    )
    stratum: str | None = parameter(
        "Column within whose values groups are compared too, such as a job or a branch: a pass must hold over all and "
        "within, and what is significant is tested within (Cochran, Mantel and Haenszel).",
        default=None,
    )

    classes: Names = parameter(
        "Classes of a table that has more than two, each judged against all others; `all` stands for every one.",
        tighten="superset",
        default=(),
    )

    @property
    def references(self) -> Mapping[str, str] | None:
        """The reference value of each attribute, None for the highest observed rate."""
        return references_of(self.reference, self.columns)

    @model_validator(mode="after")
    def _makes_sense(self) -> DisparityParams:
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("exclusive_parameters", "exactly one of at_least and at_most is needed")
        if self.reference != "highest" and set(self.columns) & {*DECLARED}:
            text = "a reference is of one attribute; with attributes of the model record only `highest` is possible"
            raise PydanticCustomError("exclusive_parameters", text)
        if self.min_n < 1 or not 0 <= self.max_missing <= 1:
            raise PydanticCustomError("bad_value", "min_n is at least 1 and max_missing lies between 0 and 1")
        try:
            self.question()
        except ValueError as fault:
            kind = "exclusive_parameters" if "use at_" in str(fault) else "bad_value"
            raise PydanticCustomError(kind, "{why}", {"why": str(fault)}) from fault
        return self

    def question(self) -> Question:
        """Give the question these parameters ask. Raises ValueError when it makes no sense."""
        return Question(
            metric=self.metric,
            compare=self.compare,
            attributes=self.tables,
            at_least=None if self.at_least is None else Fraction(self.at_least),
            at_most=None if self.at_most is None else Fraction(self.at_most),
            decide=self.decide,
            alpha=Fraction(self.alpha),
            reference=self.references,
            min_n=self.min_n,
            small_groups=self.small_groups,
            missing_bounds=self.missing_bounds,
            significant_gap=self.significant_gap,
            test=self.test,
            stratum=self.stratum,
        )


def _needs(params: DisparityParams) -> tuple[EvidenceNeed, ...]:
    *others, predictions = needs_of(params)
    if params.stratum is None:
        return (*others, predictions)
    return (*others, EvidenceNeed(predictions.kind, (*predictions.reads, f"columns:{params.stratum}")))


def _not_tighter(old: DisparityParams, new: DisparityParams) -> tuple[str, str] | None:
    """Where more would be less: a test over more comparisons finds each of them harder to prove (Holm)."""
    tested = new.decide == "evidence_of_harm" or new.significant_gap == "fail"
    if tested and set(new.tables) != set(old.tables):
        return "attributes", "harm among more groups is harder to prove, so that a group that fails today could pass"
    if bool(new.classes) != bool(old.classes):
        return "classes", "a rule on classes reads other tables than one on two values"
    if tested and set(new.classes) != set(old.classes):
        return "classes", "harm among more classes is harder to prove, so that a class that fails today could pass"
    if new.small_groups == "exclude" and new.min_n != old.min_n:
        return "min_n", "with small_groups: exclude a larger min_n leaves out groups that are judged today"
    return None


def _evaluate(params: DisparityParams, context: CheckContext) -> CheckResult:
    if params.classes:
        from govern.checks.fairness.classes import judge_classes

        return judge_classes(params, context)
    labels = params.metric if needs_labels(params.metric) else None
    found = counted(params, context, labels=labels, also=() if params.stratum is None else (params.stratum,))
    if isinstance(found, CheckResult):
        return found

    from govern.checks.fairness.findings import result_of

    judgement = judge(found.params.question(), found.counts)
    return result_of(found.params, found.counts, judgement, file=found.file, evidence=found.evidence, holds=found.holds)


_WORST = ("group", "reference", "ratio", "difference", "n", "p", "low", "high")

CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.disparity",
            not_tighter=_not_tighter,
            version=1,
            summary="Passes when a rate differs between groups by no more than the rule allows, exactly counted.",
            cannot_show="That a model is fair: it compares one rate between the groups that are recorded, on the "
            "rows that were submitted. Criteria it does not name may be violated, and a pass under `point` or "
            "`evidence_of_harm` on few people proves little.",
            params=DisparityParams,
            needs=_needs,
            message_fields=(*(f"worst.{name}" for name in _WORST), "not_assessable"),
            default_remediation="Find out where the difference comes from and mend it, or ask for a waiver.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
