"""What the parameters of every kind `fairness.*` share: the attributes whose groups are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.checks.fairness.declared import DECLARED
from govern.policy.interface import CheckParams, EvidenceNeed, parameter
from govern.policy.types import Count, Number

__all__ = [
    "ComparedParams",
    "CountedParams",
    "GroupParams",
    "RateName",
    "Reference",
    "SteerableName",
    "Tables",
    "needs_of",
    "plain_tables",
    "references_of",
    "smaller_groups_left_out",
]

RateName = Literal[
    "selection_rate",
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
    "true_negative_rate",
    "precision",
    "false_discovery_rate",
    "negative_predictive_value",
    "false_omission_rate",
    "accuracy",
    "prevalence",
]
"""Simple rates, of which every group has one of its own."""

SteerableName = Literal[
    "selection_rate",
    "true_positive_rate",
    "false_negative_rate",
    "false_positive_rate",
    "true_negative_rate",
    "accuracy",
    "equalized_odds",
]
"""Rates that a changed decision moves in their numerator alone."""

Table = str | tuple[str, ...]


def plain_tables(value: Any) -> Any:
    """Give lists of names as tuples of plain text; whatever else is there is left for the model to refuse."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(tuple(str(name) for name in item) if isinstance(item, list | tuple) else _text(item) for item in value)


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _reference(value: Any) -> Any:
    return {_text(key): _text(item) for key, item in value.items()} if isinstance(value, dict) else _text(value)


Tables = Annotated[tuple[Table, ...], BeforeValidator(plain_tables)]
Reference = Annotated[str | dict[str, str], BeforeValidator(_reference)]


def references_of(reference: str | dict[str, str], columns: Sequence[str]) -> Mapping[str, str] | None:
    """Give the reference value of each attribute, None for `highest`, which compares every two groups.

    One text for several attributes names nothing, so that the question refuses it.
    """
    if reference == "highest":
        return None
    if isinstance(reference, str):
        return dict.fromkeys(columns, reference) if len(columns) == 1 else {}
    return reference


class GroupParams(CheckParams):
    """Parameters that name groups."""

    attributes: Tables = parameter(
        "Columns, and lists of columns to cross; model.groups.attributes and model.groups.intersections stand for what "
        "the model record declares.",
        tighten="superset",
    )
    smallest_shown: Count = parameter(
        "Fewest people of a group whose numbers public outputs show; 1 shows every group, where a law demands it.",
        tighten="up",
        default=11,
    )

    @property
    def tables(self) -> tuple[tuple[str, ...], ...]:
        """Every table as a tuple of columns."""
        return tuple((item,) if isinstance(item, str) else item for item in self.attributes)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column once, by code point."""
        return tuple(sorted({name for table in self.tables for name in table}))

    @model_validator(mode="after")
    def _tables_make_sense(self) -> GroupParams:
        tables = self.tables
        if not tables or any(not table for table in tables):
            raise PydanticCustomError("bad_value", "at least one attribute is needed")
        if len({frozenset(table) for table in tables}) < len(tables) or any(len(set(t)) < len(t) for t in tables):
            raise PydanticCustomError("bad_value", "attributes name a column or a table twice")
        if any(len(table) > 1 and set(table) & {*DECLARED} for table in tables):
            raise PydanticCustomError("bad_value", "what the model record declares is not crossed with a column")
        return self


class CountedParams(GroupParams):
    """Parameters of kinds that judge groups by the counts of decisions."""

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

    @model_validator(mode="after")
    def _counts_make_sense(self) -> CountedParams:
        if self.min_n < 1 or not 0 <= self.max_missing <= 1:
            raise PydanticCustomError("bad_value", "min_n is at least 1 and max_missing lies between 0 and 1")
        return self


class ComparedParams(CountedParams):
    """Parameters of kinds that compare groups with each other."""

    reference: Reference = parameter(
        "`highest`, or the reference value: one text for one attribute, else a map of attribute to value.",
        default="highest",
    )

    @property
    def references(self) -> Mapping[str, str] | None:
        """The reference value of each attribute, None for comparisons of every two groups."""
        return references_of(self.reference, self.columns)

    @model_validator(mode="after")
    def _reference_makes_sense(self) -> ComparedParams:
        held = self.references
        if held is None:
            return self
        if set(self.columns) & {*DECLARED}:
            text = "a reference is of one attribute; with attributes of the model record only `highest` is possible"
            raise PydanticCustomError("exclusive_parameters", text)
        lacking = sorted({*self.columns} - held.keys())
        if lacking:
            raise PydanticCustomError(
                "bad_value", "the reference names no value of {names}", {"names": ", ".join(lacking)}
            )
        return self


def smaller_groups_left_out(old: CountedParams, new: CountedParams) -> tuple[str, str] | None:
    """Where a larger `min_n` would judge fewer groups, and so let more through."""
    if new.small_groups == "exclude" and new.min_n != old.min_n:
        return "min_n", "with small_groups: exclude a larger min_n leaves out groups that are judged today"
    return None


def needs_of(params: GroupParams) -> tuple[EvidenceNeed, ...]:
    """Name the evidence of a rule on groups: the predictions, and the record where it declares the groups."""
    declared = tuple(name for name in params.columns if name in DECLARED)
    columns = tuple(f"columns:{name}" for name in params.columns if name not in DECLARED)
    record = (EvidenceNeed("model_record", declared),) if declared else ()
    return (*record, EvidenceNeed("predictions", columns))
