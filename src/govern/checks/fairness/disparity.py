"""Check kinds about groups of people: `fairness.disparity`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.checks.fairness.declared import DECLARED, declared_tables
from govern.checks.interface import Check
from govern.checks.predictions import (
    counts_of,
    finding_of,
    missing,
    prediction_refs,
    predictions_of,
    source_of,
    terms_of,
)
from govern.diagnostics import Diagnostic, InputError, Span
from govern.fairness import MAX_GROUPS, Question, judge, needs_labels
from govern.fairness.rates import MetricName
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location
from govern.policy.types import Count, Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import Predictions
    from govern.fairness import Counts

__all__ = ["CHECKS", "DisparityParams"]

Table = str | tuple[str, ...]


def _tables(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return tuple(tuple(str(name) for name in item) if isinstance(item, list | tuple) else _text(item) for item in value)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _reference(value: Any) -> Any:
    return {_text(key): _text(item) for key, item in value.items()} if isinstance(value, dict) else _text(value)


Tables = Annotated[tuple[Table, ...], BeforeValidator(_tables)]
Reference = Annotated[str | dict[str, str], BeforeValidator(_reference)]


class DisparityParams(CheckParams):
    """Parameters of `fairness.disparity`."""

    metric: MetricName = parameter("Rate that is compared; equalized_odds is the worse of two rates.")
    compare: Literal["ratio", "difference"] = parameter("How two rates are compared.")
    at_least: Number | None = parameter("Least accepted ratio.", tighten="up", default=None)
    at_most: Number | None = parameter("Largest accepted difference.", tighten="down", default=None)
    attributes: Tables = parameter(
        "Columns, and lists of columns to cross; model.groups.attributes and model.groups.intersections stand for what "
        "the model record declares.",
        tighten="superset",
    )
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

    @property
    def tables(self) -> tuple[tuple[str, ...], ...]:
        """Every table as a tuple of columns."""
        return tuple((item,) if isinstance(item, str) else item for item in self.attributes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column once, by code point."""
        return tuple(sorted({name for table in self.tables for name in table}))

    @property
    def references(self) -> Mapping[str, str] | None:
        """The reference value of each attribute, None for the highest observed rate."""
        if self.reference == "highest":
            return None
        if isinstance(self.reference, str):
            return dict.fromkeys(self.columns, self.reference) if len(self.columns) == 1 else {}
        return self.reference

    @model_validator(mode="after")
    def _makes_sense(self) -> DisparityParams:
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("exclusive_parameters", "exactly one of at_least and at_most is needed")
        tables = self.tables
        if len({frozenset(table) for table in tables}) < len(tables) or any(len(set(t)) < len(t) for t in tables):
            raise PydanticCustomError("bad_value", "attributes name a column or a table twice")
        if any(len(table) > 1 and set(table) & {*DECLARED} for table in tables):
            raise PydanticCustomError("bad_value", "what the model record declares is not crossed with a column")
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
        )


def _not_tighter(old: DisparityParams, new: DisparityParams) -> tuple[str, str] | None:
    """Where more would be less: a test over more comparisons finds each of them harder to prove (Holm)."""
    tested = new.decide == "evidence_of_harm" or new.significant_gap == "fail"
    if tested and set(new.tables) != set(old.tables):
        return "attributes", "harm among more groups is harder to prove, so that a group that fails today could pass"
    if new.small_groups == "exclude" and new.min_n != old.min_n:
        return "min_n", "with small_groups: exclude a larger min_n leaves out groups that are judged today"
    return None


def _needs(params: DisparityParams) -> tuple[EvidenceNeed, ...]:
    declared = tuple(name for name in params.columns if name in DECLARED)
    columns = tuple(f"columns:{name}" for name in params.columns if name not in DECLARED)
    record = (EvidenceNeed("model_record", declared),) if declared else ()
    return (*record, EvidenceNeed("predictions", columns))


def _evaluate(params: DisparityParams, context: CheckContext) -> CheckResult:
    source = source_of(context)
    if isinstance(source, Diagnostic):
        return missing("There are no predictions to judge.", [finding_of(source)])
    evidence = (*_record_ref(params, context), *prediction_refs(source))
    tables = declared_tables(params.tables, context)
    if isinstance(tables, Finding):
        return missing("The model does not declare which groups are to be compared.", [tables], evidence)
    params = params.model_copy(update={"attributes": tables})
    terms = terms_of(
        params,
        name="predictions",
        file=source.file,
        bound=source.bound,
        produced_at=source.produced_at,
        tool=source.tool,
    )
    if terms.unmet:
        return missing("The predictions do not meet the terms of the rule.", terms.unmet, evidence)
    predictions = predictions_of(context, source, params.columns)
    if isinstance(predictions, Diagnostic):
        return missing("The predictions lack a column.", [finding_of(predictions)], evidence)
    lacking = _lacking(params, predictions)
    if lacking is not None:
        return missing("The predictions cannot answer the question.", [lacking], evidence)
    counts = context.once(("predictions.tensor", params.columns), lambda: counts_of(predictions))
    _refuse_many_groups(params, counts, source.file)

    from govern.checks.fairness.findings import result_of

    judgement = judge(params.question(), counts)
    return result_of(params, counts, judgement, file=source.file, evidence=evidence, holds=terms.holds)


def _record_ref(params: DisparityParams, context: CheckContext) -> tuple[EvidenceRef, ...]:
    """Name the model record where the rule asks it for groups."""
    bundle = context.bundle
    if bundle.record_file is None or not set(params.columns) & {*DECLARED}:
        return ()
    entry = bundle.files[bundle.record_file]
    return (EvidenceRef(name="model_record", file=entry.path, digest=entry.sha256, bound=True),)


def _lacking(params: DisparityParams, predictions: Predictions) -> Finding | None:
    place = Location(predictions.source.file)
    if predictions.rows == 0:
        return Finding(
            code="E104",
            detail="the table has a header and no rows",
            location=place,
            remediation="Evaluate the model and write one row a case.",
            discriminator="no-rows",
        )
    if needs_labels(params.metric) and not predictions.labelled:
        return Finding(
            code="F112",
            detail=f"{params.metric} needs the true outcome, and the table has no column of it",
            location=place,
            remediation="Add the column, or compare selection_rate.",
            discriminator="labels",
        )
    return None


def _refuse_many_groups(params: DisparityParams, counts: Counts, file: str) -> None:
    sizes = {axis.name: len(axis.values) for axis in counts.axes}
    for table in params.tables:
        size = 1
        for name in table:
            size *= sizes[name]
        if size > MAX_GROUPS:
            raise InputError(
                Diagnostic(
                    code="F113",
                    message=f"{' x '.join(table)} makes {size:,} groups; at most {MAX_GROUPS} are compared",
                    span=Span(file),
                    hint="Group the values into few classes, or cross fewer attributes.",
                )
            )


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
