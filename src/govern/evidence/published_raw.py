"""The cells of a published audit, as text: what its readers give, whatever the layout."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govern.records import record

__all__ = ["MOST_ROWS", "RACE", "SEX", "RawAudit", "RawRow", "RawTable", "attribute_role", "plain_text", "slug_of"]

SEX, RACE = "sex", "race_ethnicity"
MOST_ROWS = 20_000
"""Most rows of all tables of an audit together."""
_ATTRIBUTES = {
    SEX: ("sex", "gender", "sex_category", "sex_categories", "sex_gender", "gender_sex"),
    RACE: (
        *("race", "ethnicity", "race_ethnicity", "ethnicity_race", "race_and_ethnicity", "race_or_ethnicity"),
        *("race_category", "race_ethnicity_category", "race_ethnicity_categories"),
    ),
}


@record(kw_only=True)
class RawRow:
    """The cells of one category."""

    category: tuple[str, ...]
    cells: Mapping[str, str]
    """Of `n`, `selected`, `rate`, `ratio`, `excluded` and `justification`, those that the document has."""
    line: int | None = None
    place: str = ""


@record(kw_only=True)
class RawTable:
    """One table."""

    attributes: tuple[str, ...]
    rows: tuple[RawRow, ...]
    unknown: tuple[str, ...] = ()
    """Numbers of people of unknown category, as text."""
    line: int | None = None


@record(kw_only=True)
class RawAudit:
    """A published audit."""

    file: str
    tables: tuple[RawTable, ...]
    percent: frozenset[str] = frozenset()
    """Columns whose header says that they are in percent."""
    unknown: str | None = None
    audit_date: str | None = None
    data_type: str | None = None
    test_reason: str | None = None


def attribute_role(name: str) -> str:
    """Give the name under which an attribute is known here: `sex`, `race_ethnicity`, or its own."""
    slug = slug_of(name)
    return next((role for role, names in _ATTRIBUTES.items() if slug in names), slug)


def slug_of(text: str) -> str:
    """Give a name in lower case with `_` for everything that is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")


def plain_text(text: str) -> str:
    """Give a text with single blanks."""
    return " ".join(text.split())
