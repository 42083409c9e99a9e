"""Parameters of the kinds that judge scores, numeric predictions and ranks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.checks.fairness.declared import DECLARED
from govern.checks.fairness.params import GroupParams, Reference, references_of
from govern.fairness.gaps import GapQuestion
from govern.policy.interface import parameter
from govern.policy.types import Count, Number

__all__ = ["CalibrationGapParams", "GapParams", "RankingGapParams", "ScoreGapParams"]

Places = Annotated[tuple[Count, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]


class GapParams(GroupParams):
    """What the three kinds share."""

    decide: Literal["point", "demonstrated"] = parameter(
        "What counts: the value itself, or what its simultaneous interval establishes.",
        tighten="order",
        default="point",
        order=("point", "demonstrated"),
    )
    confidence: Number = parameter(
        "Confidence of all comparisons of the rule together.", tighten="up", default=Decimal("0.95")
    )
    reference: Reference = parameter(
        "`highest`, which compares every two groups, or the reference value: one text for one attribute, else a map of "
        "attribute to value.",
        default="highest",
    )
    min_group: Count = parameter("Fewest people that a group's figure may rest on.", tighten="up", default=30)
    max_missing: Number = parameter(
        "Largest accepted share of rows without a value, or without a group.", tighten="down", default=Decimal(0)
    )

    @property
    def references(self) -> Mapping[str, str] | None:
        """The reference value of each attribute, None when every two groups are compared."""
        return references_of(self.reference, self.columns)

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """The least and the largest accepted value."""
        return getattr(self, "at_least", None), getattr(self, "at_most", None)

    @model_validator(mode="after")
    def _shared_make_sense(self) -> GapParams:
        low, high = self.limits
        if (low is None) == (high is None):
            raise PydanticCustomError("exclusive_parameters", "exactly one of at_least and at_most is needed")
        if min(limit for limit in (low, high) if limit is not None) < 0:
            raise PydanticCustomError(
                "bad_value", "the limit is not negative: it is of the size of a gap, or of a ratio"
            )
        if self.min_group < 1 or not 0 <= self.max_missing <= 1:
            raise PydanticCustomError("bad_value", "min_group is at least 1 and max_missing lies between 0 and 1")
        if not Decimal("0.5") < self.confidence < 1:
            raise PydanticCustomError("bad_value", "confidence lies between 0.5 and 1")
        held = self.references
        if held is not None and set(self.columns) & {*DECLARED}:
            text = "a reference is of one attribute; with attributes of the model record only `highest` is possible"
            raise PydanticCustomError("exclusive_parameters", text)
        if held is not None and set(self.columns) - held.keys():
            raise PydanticCustomError("bad_value", "the reference names no value of every attribute")
        return self

    def question(self) -> GapQuestion:
        """Give the question these parameters ask."""
        low, high = self.limits
        return GapQuestion(
            at_least=None if low is None else Fraction(low),
            at_most=None if high is None else Fraction(high),
            decide=self.decide,
            alpha=1 - Fraction(self.confidence),
            reference=self.references,
            min_group=self.min_group,
        )


def _refuse(text: str) -> PydanticCustomError:
    return PydanticCustomError("exclusive_parameters", "{why}", {"why": text})


class CalibrationGapParams(GapParams):
    """Parameters of `fairness.calibration_gap`."""

    measure: Literal["ece", "brier", "slope", "intercept"] = parameter("Measure of calibration that is compared.")
    bins: Count = parameter("Bins of the expected calibration error and of the reliability table.", default=10)
    at_most: Number = parameter("Largest accepted difference between two groups.", tighten="down")
    min_group: Count = parameter("Fewest people that a group's figure may rest on.", tighten="up", default=100)

    @model_validator(mode="after")
    def _makes_sense(self) -> CalibrationGapParams:
        if not 2 <= self.bins <= 100:
            raise PydanticCustomError("bad_value", "bins lies between 2 and 100")
        if self.measure == "ece" and self.decide == "demonstrated":
            raise _refuse(
                "the expected calibration error has no interval to demonstrate with: use decide: point, or brier"
            )
        return self


class ScoreGapParams(GapParams):
    """Parameters of `fairness.score_gap`."""

    measure: Literal["smd", "ks", "auc", "mean_residual", "rmse_ratio"] = parameter(
        "What is compared: of scores smd, ks or auc, of numeric predictions smd, mean_residual or rmse_ratio."
    )
    at_most: Number | None = parameter("Largest accepted difference, or ratio.", tighten="down", default=None)
    at_least: Number | None = parameter("Least accepted ratio.", tighten="up", default=None)

    @model_validator(mode="after")
    def _makes_sense(self) -> ScoreGapParams:
        if self.measure != "rmse_ratio" and self.at_most is None:
            raise _refuse("a difference is limited from above: use at_most")
        if self.measure == "rmse_ratio":
            _refuse_folded(self, self.at_least)
        return self


class RankingGapParams(GapParams):
    """Parameters of `fairness.ranking_gap`."""

    measure: Literal["exposure", "top_k"] = parameter(
        "What is compared: mean exposure of a group's members, or their share in the first k places."
    )
    k: Places = parameter("Numbers of first places, for measure: top_k.", tighten="superset", default=())
    at_least: Number | None = parameter("Least accepted ratio.", tighten="up", default=None)
    at_most: Number | None = parameter("Largest accepted ratio to the reference.", tighten="down", default=None)

    @model_validator(mode="after")
    def _makes_sense(self) -> RankingGapParams:
        if (self.measure == "top_k") != bool(self.k):
            raise _refuse("k is needed for measure: top_k, and for no other")
        if any(place < 1 for place in self.k) or len(set(self.k)) < len(self.k):
            raise PydanticCustomError("bad_value", "k holds each number of places once, from 1 on")
        if self.measure == "exposure" and self.decide == "demonstrated":
            raise _refuse("exposure has no interval to demonstrate with: use decide: point")
        _refuse_folded(self, self.at_least)
        return self


def _refuse_folded(params: Any, at_least: Decimal | None) -> None:
    """Without a reference a ratio is the lower over the higher: at most 1, and limited from below."""
    if params.references is None and at_least is None:
        raise _refuse("a ratio of the lower to the higher is limited from below: use at_least, or name a reference")
    if params.references is None and at_least is not None and at_least > 1:
        raise PydanticCustomError("bad_value", "a ratio of the lower to the higher is at most 1")
