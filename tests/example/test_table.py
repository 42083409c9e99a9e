"""The mortgage table is the published one, and its trap is where SOURCE.md says."""

from __future__ import annotations

import csv
import hashlib
from fractions import Fraction
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "mortgage"
TABLE = EXAMPLE / "data" / "boston_hmda.csv"


def rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def approved(table: list[dict[str, str]], black: str) -> tuple[int, int]:
    group = [row for row in table if row["black"] == black]
    return sum(row["deny"] == "no" for row in group), len(group)


def test_bytes_are_those_of_the_source() -> None:
    digest = hashlib.sha256(TABLE.read_bytes()).hexdigest()
    assert digest == "8cea35def75b658a54e045234f6aaed40d7ce29f636d4ab6d7ae8a266f7e3572"
    assert digest in (TABLE.parent / "SOURCE.md").read_text(encoding="utf-8")


def test_published_counts_without_the_row_of_means() -> None:
    table = rows()[:-1]
    others, black = approved(table, "no"), approved(table, "yes")
    assert (others, black) == ((1852, 2041), (243, 339))
    assert round(Fraction(*black) / Fraction(*others), 3) == Fraction("0.790")


def test_last_row_holds_means() -> None:
    table = rows()
    last = table[-1]
    assert len(table) == 2381
    assert (last[""], last["pbcr"], last["self"]) == ("2381", "NA", "NA")
    mean = sum(float(row["ccs"]) for row in table[:-1]) / 2380
    assert abs(float(last["ccs"]) - mean) < 1e-9
    assert [row[""] for row in table if not row["ccs"].isdigit()] == ["2381"]
