"""Bodies that hold figures: metrics of an evaluation, counts of groups, importance of features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

__all__ = ["Explanation", "GroupCounts", "GroupMetric", "GroupMetrics", "Importance", "Method", "MetricItem", "Metrics"]

Method = Literal["shap", "permutation", "clarify", "aiverify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricItem:
    """One figure as a tool wrote it."""

    name: str
    """Govern's name where the tool's own means the same (`roc_auc` is `auc`), else the tool's."""
    value: Decimal
    data: str | None = None
    """Name of the data set it was measured on, where the file says so."""
    split: str | None = None
    """`train`, `validation`, `test` or another word of the tool."""
    slice: str | None = None
    """Part of the data, e.g. `sex=F`; None for all of it."""
    step: int | None = None
    steps: tuple[str | int, ...] = ()
    """Where it is in its document."""
    file: str | None = None
    """File it was read from, when that is not the document's own."""
    line: int | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None, str | None]:
        """What may have one value only."""
        return self.name, self.data, self.split, self.slice


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures of one evaluation."""

    items: tuple[MetricItem, ...]
    unfinished: str | None = None
    """Why the run that made them does not count, e.g. `its status is FAILED`."""


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """k of n people of a group."""

    k: int
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetric:
    """One rate by group: as counts where they exist, else as the tool's figure."""

    name: str
    counts: Mapping[str, GroupCounts] = field(default_factory=dict)
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """For groups whose counts cannot be known."""
    stated: Decimal | None = None
    """The comparison that the tool states; shown, never judged by."""
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMetrics:
    """Rates by group of one file."""

    items: tuple[GroupMetric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """How much each feature weighs for one output of the model."""

    label: str | None
    """The output, when there are several."""
    features: Mapping[str, Decimal]
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Global importance of features."""

    method: Method
    tables: tuple[Importance, ...]
