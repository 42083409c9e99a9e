"""Published audits for tests: a clean one in the tidy CSV layout, and how to make one from counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from govern.checks.fairness.published import figures_of
from govern.evidence.published_raw import RACE, SEX
from govern.evidence.published_table import read_published
from govern.fairness.published import Fault, Limits
from govern.fairness.published_audit import audit_faults

TABLES = ((SEX,), (RACE,), (SEX, RACE))
HEADER = "table,sex,race_ethnicity,applicants,selected,rate,impact_ratio,excluded,justification"
Cells = Mapping[tuple[str | None, str | None], tuple[int, int]]
"""People and selected by sex and race, None for unknown."""

PEOPLE: Cells = {
    ("Female", "Asian"): (120, 60),
    ("Female", "Black"): (150, 66),
    ("Female", "White"): (300, 150),
    ("Male", "Asian"): (110, 58),
    ("Male", "Black"): (140, 63),
    ("Male", "White"): (320, 170),
    ("Female", None): (12, 5),
    (None, "Asian"): (7, 3),
}
"""Twelve rows of three tables come of it: two sexes, three races, six crossings, and the numbers of unknown people."""


def decimal(value: Fraction, places: int = 4) -> str:
    scaled = str(round(value * 10**places)).rjust(places + 1, "0")
    return f"{scaled[:-places]}.{scaled[-places:]}"


def summed(cells: Cells, which: tuple[int, ...]) -> tuple[dict[tuple[str, ...], tuple[int, int]], int]:
    """Sum cells to a table; the number of people who are in none of its categories."""
    groups: dict[tuple[str, ...], tuple[int, int]] = {}
    unknown = 0
    for pair, (n, k) in cells.items():
        parts = [pair[place] for place in which]
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts):
            unknown += n
            continue
        before = groups.get(known, (0, 0))
        groups[known] = (before[0] + n, before[1] + k)
    return groups, unknown


def published(cells: Cells = PEOPLE, *, places: int = 4, selected: bool = True) -> list[str]:
    """The lines of a clean CSV."""
    lines = [HEADER]
    for name, which in (("sex", (0,)), ("race_ethnicity", (1,)), ("sex x race_ethnicity", (0, 1))):
        groups, unknown = summed(cells, which)
        highest = max((Fraction(k, n) for n, k in groups.values() if n), default=Fraction(0))
        for group, (n, k) in sorted(groups.items()):
            sex = group[which.index(0)] if 0 in which else ""
            race = group[which.index(1)] if 1 in which else ""
            rate = decimal(Fraction(k, n), places) if n else "N/A"
            ratio = decimal(Fraction(k, n) / highest, places) if n and highest else "N/A"
            lines.append(f"{name},{sex},{race},{n},{k if selected else ''},{rate},{ratio},,")
        sex, race = ("unknown" if place in which else "" for place in (0, 1))
        lines.append(f"{name},{sex},{race},{unknown},,,,,")
    return lines


def lint(text: str | list[str], **limits: object) -> tuple[Fault, ...]:
    data = ("\n".join(text) + "\n" if isinstance(text, list) else text).encode()
    reading = figures_of(read_published(data, file="table.csv"))
    given: dict[str, object] = {"tables": TABLES, "used_on": date(2026, 6, 1)} | limits
    return (*reading.faults, *audit_faults(reading.audit, Limits(**given)))  # type: ignore[arg-type]


def codes(faults: tuple[Fault, ...]) -> list[str]:
    return [fault.code for fault in faults]
