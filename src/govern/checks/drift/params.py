"""Parameters of `drift.distribution`: which columns, measured how, and the two sorts of limit."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.checks.tool_evidence import ToolParams
from govern.policy.interface import parameter, unknown_name
from govern.policy.types import Count, Names, Number, Text

__all__ = ["FROM_REPORT", "DistributionParams", "Role"]

Role = Literal["feature", "prediction", "target"]
FROM_REPORT = "from_report"
_ROLES = ("features", "prediction", "target")
_DISTANCES = ("psi", "jensen_shannon", "total_variation", "ks_statistic")
_P_VALUES = ("ks", "chi_square")
_METHODS = (FROM_REPORT, *_DISTANCES, *_P_VALUES)
Method = Literal["from_report", "psi", "jensen_shannon", "total_variation", "ks_statistic", "ks", "chi_square"]


def _known_roles(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - set(_ROLES))
    if unknown:
        raise unknown_name("role", unknown[0], _ROLES)
    if not value:
        raise PydanticCustomError("bad_value", "name at least one of features, prediction and target", {})
    return tuple(sorted(set(value)))


def _by_column(value: Any) -> Any:
    """One method stands for every column."""
    return {"default": str(value)} if isinstance(value, str) else value


def _with_default(value: dict[str, str]) -> dict[str, str]:
    whole = {"default": "psi", **value} if value else {"default": FROM_REPORT}
    if FROM_REPORT in whole.values() and len(set(whole.values())) > 1:
        raise PydanticCustomError("bad_value", "from_report goes for all columns or for none", {})
    return dict(sorted(whole.items()))


Methods = Annotated[
    dict[str, Method],
    BeforeValidator(_by_column),
    AfterValidator(_with_default),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(_METHODS)},
                {"type": "object", "additionalProperties": {"type": "string", "enum": list(_METHODS)}},
            ]
        }
    ),
]


class DistributionParams(ToolParams):
    """Parameters of `drift.distribution`."""

    of: Annotated[Names, AfterValidator(_known_roles)] = parameter(
        "Columns that are judged: features, prediction, target. Each has a share of drifted columns of its own.",
        tighten="superset",
        default=("features",),
    )
    method: Methods = parameter(
        "How drift is measured: one method, or one by column with `default` for the others. `from_report`: as the "
        "report's tool measured it; every other method is computed again where both tables are in the bundle.",
        default={"default": FROM_REPORT},
    )
    limit: Number = parameter("A distance that reaches it is drift (PSI, Jensen-Shannon, ...).", tighten="down")
    min_p_value: Number | None = parameter(
        "A p-value below it is drift (Kolmogorov-Smirnov, chi-square, ...). Unset: no p-value can pass.",
        tighten="up",
        default=None,
        unset="strictest",
    )
    max_share: Number = parameter(
        "Largest share of drifted columns, of the columns of each role.", tighten="down", default=Decimal(0)
    )
    columns: Names = parameter("Columns that must be among the judged ones.", tighten="superset", default=())
    ignore: Names = parameter(
        "Columns that are not judged, such as identifiers and time stamps.", tighten="subset", default=()
    )
    min_rows: Count = parameter(
        "Fewest rows of reference and of current data; 0: how many there were does not matter.",
        tighten="up",
        default=500,
    )
    reference: Literal["any", "training"] = parameter(
        "What the data must be compared with; `training`: data that the lineage shows the model was made from.",
        tighten="order",
        default="any",
        order=("any", "training"),
    )
    recompute: Literal["preferred", "required"] = parameter(
        "Whether a report may stand in where the bundle does not hold both tables.",
        tighten="order",
        default="preferred",
        order=("preferred", "required"),
    )
    prediction: Text = parameter("Name of the column of predictions.", default="prediction")
    target: Text = parameter("Name of the column of true outcomes.", default="target")

    @model_validator(mode="after")
    def _makes_sense(self) -> DistributionParams:
        if self.limit <= 0:
            raise PydanticCustomError("bad_value", "limit is more than 0: every distance reaches 0", {})
        if self.min_p_value is not None and not 0 < self.min_p_value <= 1:
            raise PydanticCustomError("bad_value", "min_p_value is a p-value: more than 0 and at most 1", {})
        if not 0 <= self.max_share < 1:
            raise PydanticCustomError("bad_value", "max_share is a share: from 0 to less than 1", {})
        if self.min_rows < 0:
            raise PydanticCustomError("bad_value", "min_rows is 0 or more", {})
        named = set(self.method.values())
        if self.min_p_value is None and named & set(_P_VALUES):
            raise PydanticCustomError(
                "bad_value", "{method} gives a p-value: give it min_p_value", _first(named, _P_VALUES)
            )
        if self.recompute == "required" and (FROM_REPORT in named or self.from_ is not None):
            raise PydanticCustomError(
                "bad_value", "recompute: required needs a method and no report to read it from", {}
            )
        elsewhere = sorted(name for name in self.columns if not self._asked(name))
        if elsewhere:
            raise PydanticCustomError(
                "bad_value",
                "'{name}' is a {role}, which `of` does not name",
                {"name": elsewhere[0], "role": self.role_of(elsewhere[0])},
            )
        twice = sorted(set(self.ignore) & {*self.columns, self.prediction, self.target})
        if twice:
            raise PydanticCustomError("bad_value", "'{name}' is both ignored and asked for", {"name": twice[0]})
        return self

    def role_of(self, column: str) -> Role:
        """Give the role of a column by its name."""
        if column == self.prediction:
            return "prediction"
        return "target" if column == self.target else "feature"

    def judges(self, column: str) -> bool:
        """Say whether a column is judged."""
        return column not in self.ignore and self._asked(column)

    def _asked(self, column: str) -> bool:
        role = self.role_of(column)
        return ("features" if role == "feature" else role) in self.of

    def method_of(self, column: str) -> str:
        """Give the method that the rule names for a column, or `from_report`."""
        return self.method.get(column, self.method["default"])

    @property
    def required(self) -> str:
        """The limits in words."""
        limits = [f"distances < {decimal_text(self.limit)}"]
        if self.min_p_value is not None:
            limits.append(f"p-values >= {decimal_text(self.min_p_value)}")
        share = f" in all but {decimal_text(self.max_share)} of the columns" if self.max_share else ""
        return f"{' and '.join(limits)}{share}"


def _first(named: Iterable[str], among: tuple[str, ...]) -> dict[str, str]:
    return {"method": sorted({*named} & {*among})[0]}
