"""A published audit as it was printed, what is asked of it, and what can be wrong with it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TypeAlias

from govern.fairness.printed import Figure
from govern.records import record

__all__ = ["Audit", "Category", "Fault", "Limits", "PrintedRow", "PrintedTable", "add_year", "label_of"]

Category: TypeAlias = tuple[str, ...]


@record(kw_only=True)
class PrintedRow:
    """One category as it was printed; None for a cell that shows no figure."""

    category: Category
    n: int | None
    selected: int | None
    rate: Figure | None
    ratio: Figure | None
    excluded: bool = False
    justification: str | None = None
    line: int | None = None
    place: str = ""
    """Where it stands in a document without lines."""


@record(kw_only=True)
class PrintedTable:
    """One table as it was printed."""

    attributes: tuple[str, ...]
    rows: tuple[PrintedRow, ...]
    unknown: int | None = None
    line: int | None = None

    @property
    def name(self) -> str:
        """What it is by, e.g. `sex x race_ethnicity`."""
        return " x ".join(self.attributes)

    @property
    def people(self) -> int:
        """How many people its categories hold."""
        return sum(row.n or 0 for row in self.rows)


@record(kw_only=True)
class Audit:
    """A published audit."""

    tables: tuple[PrintedTable, ...]
    unknown: int | None = None
    """People of unknown category, where one number was given for all tables."""
    audit_date: date | None = None
    data_type: str | None = None
    """`historical` or `test`, where it says."""
    test_reason: str | None = None

    def table(self, attributes: tuple[str, ...]) -> PrintedTable | None:
        """Give the table by these attributes, in whatever order they were crossed."""
        return next((item for item in self.tables if set(item.attributes) == set(attributes)), None)


@record(kw_only=True)
class Limits:
    """What is asked of a published audit beside sound arithmetic."""

    tables: tuple[tuple[str, ...], ...]
    tolerance: Fraction = Fraction(0)
    max_excluded_share: Fraction = Fraction(1, 50)
    unknown_reported: bool = True
    all_pairs: bool = True
    """Whether a crossed table must print every pair, those without people too."""
    used_on: date | None = None


@record(kw_only=True)
class Fault:
    """One thing that is wrong, or worth a note."""

    code: str
    detail: str
    table: str = ""
    category: Category = ()
    line: int | None = None
    place: str = ""
    observed: str | None = None
    required: str | None = None
    note: bool = False
    """Whether it is only told: the figure is not wrong."""


def label_of(category: Category) -> str:
    """Write a category in one line."""
    return " / ".join(category)


def add_year(day: date) -> date:
    """Give the same day of the next year; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
