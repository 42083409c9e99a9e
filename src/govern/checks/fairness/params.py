"""What the parameters of every kind `fairness.*` share: the attributes whose groups are compared."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.checks.fairness.declared import DECLARED
from govern.policy.interface import CheckParams, EvidenceNeed, parameter
from govern.policy.types import Count

__all__ = ["GroupParams", "Reference", "Tables", "needs_of", "plain_tables"]

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


def needs_of(params: GroupParams) -> tuple[EvidenceNeed, ...]:
    """Name the evidence of a rule on groups: the predictions, and the record where it declares the groups."""
    declared = tuple(name for name in params.columns if name in DECLARED)
    columns = tuple(f"columns:{name}" for name in params.columns if name not in DECLARED)
    record = (EvidenceNeed("model_record", declared),) if declared else ()
    return (*record, EvidenceNeed("predictions", columns))
