"""What is asked of a measure by group, and what a judgement on it consists of; `gaps` judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal

from govern.fairness.bounded import Ends, Figure
from govern.fairness.disparity import Verdict
from govern.records import record

__all__ = ["Gap", "GapJudgement", "GapKind", "GapLine", "GapQuestion", "GapReason", "GapTable", "Groups"]

Group = tuple[str, ...]


class GapKind(StrEnum):
    """Why a table is not a plain pass."""

    MISSED = "missed"
    STRADDLED = "straddled"
    NOT_DEMONSTRATED = "not_demonstrated"
    SMALL_GROUP = "small_group"
    UNDEFINED = "undefined"
    NOT_COMPARABLE = "not_comparable"
    ABSENT_GROUP = "absent_group"


@record
class Groups:
    """One table: what is known of each group, groups by code point, and how many people are of no known group."""

    attributes: Group
    groups: Mapping[Group, Any]
    unknown: int
    declared: bool
    """Whether a group without people was declared, and so is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapQuestion:
    """What is asked. Exactly one of the limits is set.

    Without a reference a difference is the largest between two groups (`at_most`) and a ratio the lowest over the
    highest (`at_least`). With one, a difference is that of a group from it, whatever its sign, and a ratio group over
    reference.
    """

    at_least: Fraction | None = None
    at_most: Fraction | None = None
    decide: Literal["point", "demonstrated"] = "point"
    alpha: Fraction = Fraction(1, 20)
    reference: Mapping[str, str] | None = None
    min_group: int = 30

    @property
    def limit(self) -> Fraction:
        """The limit, whichever side it is on."""
        limit = self.at_least if self.at_least is not None else self.at_most
        return Fraction(0) if limit is None else limit

    def side(self, low: Fraction | Decimal, high: Fraction | Decimal) -> bool | None:
        """Whether all values between two ends meet the limit, none does (False), or only some do (None)."""
        ends = Fraction(low), Fraction(high)
        if self.at_least is not None:
            return True if ends[0] >= self.at_least else False if ends[1] < self.at_least else None
        return True if ends[1] <= self.limit else False if ends[0] > self.limit else None


@record
class Gap:
    """A comparison of two groups."""

    group: Group
    other: Group
    value: Figure
    """Size of the difference, or the ratio."""
    ends: Ends | None = None
    """Simultaneous interval of it, in mode `demonstrated`."""


@record
class GapLine:
    """One group of a table."""

    group: Group
    people: int
    n: int
    """The smallest denominator of its figure."""
    figure: Figure
    ends: Ends | None
    """Its own interval, for display."""
    small: bool


@record
class GapReason:
    """One thing a verdict rests on."""

    kind: GapKind
    verdict: Verdict
    group: Group = ()
    gap: Gap | None = None
    note: str = ""


@record
class GapTable:
    """One measure over one table of groups."""

    attributes: Group
    measure: str
    compare: str
    lines: tuple[GapLine, ...]
    worst: Gap | None
    verdict: Verdict
    reasons: tuple[GapReason, ...]
    unknown: int


@dataclass(frozen=True, slots=True)
class GapJudgement:
    """All tables and measures of one question."""

    verdict: Verdict
    tables: tuple[GapTable, ...]
    worst: GapTable | None
    family: int
