"""The Boston mortgage table: reading, encoding and splitting it, the same on every machine."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

MEANS_ROW = 2381
"""The last row of the table holds column means; it is not an applicant."""

NUMBERS = ("dir", "hir", "lvr", "ccs", "mcs", "uria", "comdominiom")
FLAGS = ("pbcr", "dmi", "self", "single", "black")


@dataclass(frozen=True, slots=True)
class Application:
    """One row: its number, every column as the table spells it, and the decision of the lender."""

    row: int
    columns: dict[str, str]

    @property
    def approved(self) -> bool:
        return self.columns["deny"] == "no"

    @property
    def black(self) -> bool:
        return self.columns["black"] == "yes"

    @property
    def stratum(self) -> tuple[bool, bool]:
        return self.black, self.approved

    def feature(self, name: str) -> float:
        """Give a column as a number: yes is 1, no is 0, and what is neither (`NA`) raises ValueError."""
        text = self.columns[name]
        if name in NUMBERS:
            return float(text)
        if text not in ("yes", "no"):
            raise ValueError(f"row {self.row}: {name} is neither yes nor no")
        return 1.0 if text == "yes" else 0.0


def read_table(path: Path) -> list[Application]:
    """Read every row of the table, the row of means included."""
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
    return [Application(int(row[""]), {name: text for name, text in row.items() if name}) for row in rows]


def applicants(rows: Iterable[Application]) -> list[Application]:
    """Leave out what is not an applicant: the row of means, known by a credit score that is no whole number."""
    return [one for one in rows if one.columns["ccs"].isdigit()]


def shuffled(rows: Iterable[Application], salt: str) -> list[Application]:
    """Order rows by a hash of salt and row number: a shuffle without a random generator, stable for ever."""
    return sorted(rows, key=lambda one: hashlib.sha256(f"{salt}:{one.row}".encode()).hexdigest())


def by_stratum(rows: Iterable[Application]) -> list[list[Application]]:
    """Group rows by race and decision, in a fixed order."""
    groups: dict[tuple[bool, bool], list[Application]] = {}
    for one in rows:
        groups.setdefault(one.stratum, []).append(one)
    return [groups[key] for key in sorted(groups)]


def halve(rows: Iterable[Application], salt: str) -> tuple[list[Application], list[Application]]:
    """Split into training and hold-out halves; within each stratum an odd row goes to training."""
    train: list[Application] = []
    holdout: list[Application] = []
    for group in by_stratum(rows):
        mixed = shuffled(group, salt)
        cut = (len(mixed) + 1) // 2
        train += mixed[:cut]
        holdout += mixed[cut:]
    order: Callable[[Application], int] = lambda one: one.row  # noqa: E731 - a key used twice
    return sorted(train, key=order), sorted(holdout, key=order)


def folds(rows: Iterable[Application], salt: str, count: int) -> dict[int, int]:
    """Give every row number a fold, evenly within each stratum."""
    return {one.row: place % count for group in by_stratum(rows) for place, one in enumerate(shuffled(group, salt))}


def as_csv(rows: Iterable[Application], columns: tuple[str, ...]) -> bytes:
    """Write rows with the table's own spelling: `application` (the row number), then the columns asked for."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("application", *columns))
    writer.writerows((one.row, *(one.columns[name] for name in columns)) for one in rows)
    return text.getvalue().encode()
