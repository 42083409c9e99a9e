"""Parameters of the check kinds `readiness.*`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.policy.durations import parse as parse_duration
from govern.policy.interface import CheckParams, parameter, unknown_name
from govern.policy.patterns import Patterns
from govern.policy.types import Duration, Flag, Names

__all__ = ["KubernetesParams", "MonitoringParams", "RecordParams", "RollbackParams"]

_EACH = ("cadence", "escalation", "owner", "threshold")
_REQUIRE = ("image_digest", "probes", "resource_limits")


def _sorted(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(value)))


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise PydanticCustomError("bad_value", "at least one is needed: a rule that asks nothing would always pass")
    return _sorted(value)


def _known(what: str, known: tuple[str, ...]) -> AfterValidator:
    def check(value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(known))
        if unknown:
            raise unknown_name(what, unknown[0], known)
        return _some(value)

    return AfterValidator(check)


class RecordParams(CheckParams):
    """Parameters of `readiness.record`."""

    where: Literal["model_record", "inventory"] = parameter(
        "What the paths are relative to: the model record, or its part spec.inventory.", default="model_record"
    )
    required: Annotated[Names, AfterValidator(_some)] = parameter(
        "Fields that must be declared and not empty, e.g. owner.contact, rollback.owner, inventory.location.",
        tighten="superset",
    )
    patterns: Patterns = parameter("Pattern (RE2, anchored) that the value of a field must match.", default={})
    allowed: dict[str, Annotated[Names, AfterValidator(_sorted)]] = parameter(
        "Values that a field may have.", tighten="subset", default={}
    )
    may_be_empty: Annotated[Names, AfterValidator(_sorted)] = parameter(
        "Fields for which an empty list is an answer: declared to be none.", tighten="subset", default=()
    )

    @model_validator(mode="after")
    def _known_fields(self) -> RecordParams:
        from govern.bundle.record_paths import path_fault

        for name in sorted({*self.required, *self.patterns, *self.allowed, *self.may_be_empty}):
            fault = path_fault(self.full(name))
            if fault is not None:
                raise PydanticCustomError("bad_value", "{fault}", {"fault": fault})
        for name, values in self.allowed.items():
            if not values:
                raise PydanticCustomError("bad_value", "{name}: no value is allowed", {"name": name})
        return self

    def full(self, name: str) -> str:
        """Give the path of a field from the record's root, without `metadata` and `spec`."""
        return f"inventory.{name}" if self.where == "inventory" else name


class RollbackParams(CheckParams):
    """Parameters of `readiness.rollback`."""

    target: Literal["previous_certified", "any"] = parameter(
        "Where the way back leads: to the version that metadata.previous names, or to any other version.",
        default="previous_certified",
    )
    owner: Flag = parameter(
        "Somebody must be named who takes the model back.", tighten="order", default=True, order=("false", "true")
    )
    tested_within: Duration | None = parameter(
        "The way back was tried at most this long ago; unset: not asked.", tighten="down", default=None
    )
    kill_switch: Flag = parameter(
        "The model can be switched off at once.", tighten="order", default=False, order=("false", "true")
    )


class MonitoringParams(CheckParams):
    """Parameters of `readiness.monitoring_plan`."""

    metrics: Annotated[Names, AfterValidator(_some)] = parameter(
        "Metrics that the plan must measure, by the names it gives them.", tighten="superset"
    )
    each: Annotated[Names, _known("part of a plan", _EACH)] = parameter(
        "What the plan says of each of them.", tighten="superset", default=_EACH
    )
    max_cadence: Duration | None = parameter(
        "Longest time between two measurements of a metric; unset: not asked.", tighten="down", default=None
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> MonitoringParams:
        if self.max_cadence is not None and parse_duration(self.max_cadence)[0] < 1:
            raise PydanticCustomError("bad_value", "max_cadence is longer than nothing")
        return self


class KubernetesParams(CheckParams):
    """Parameters of `readiness.kubernetes`."""

    manifests: Annotated[Names, AfterValidator(_some)] = parameter(
        "Manifests of the deployment: files or folders of the bundle.", tighten="superset"
    )
    require: Annotated[Names, _known("requirement", _REQUIRE)] = parameter(
        "What every container must have.", tighten="superset", default=_REQUIRE
    )
