"""Parameters of `carbon.budget`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from govern.checks.api import CheckParams, Number, parameter

__all__ = ["BudgetParams"]


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _sorted(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(value)))


Methods = Annotated[
    tuple[Literal["meter", "estimate"], ...],
    BeforeValidator(_as_tuple),
    Field(min_length=1),
    AfterValidator(_sorted),  # the order in which a policy lists them must not change its digest
]


class BudgetParams(CheckParams):
    """Parameters of `carbon.budget`."""

    max_kwh: Annotated[Number, Field(ge=0)] = parameter("Most energy that training may take, in kWh.", tighten="down")
    decide: Literal["point", "demonstrated"] = parameter(
        "point: the stated figure decides. demonstrated: the upper end of the stated interval must keep the budget.",
        tighten="order",
        default="point",
        order=("point", "demonstrated"),
    )
    methods: Methods = parameter(
        "Ways of coming to the figure that are accepted.", tighten="subset", default=("estimate", "meter")
    )
