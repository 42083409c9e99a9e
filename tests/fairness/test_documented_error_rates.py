"""The table of error rates in docs/fairness.md is that of the simulation; the exact pairs of four fifths come out right."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from govern.fairness import Axis, Counts, Missing, Question, Tally, Verdict, judge
from govern.fairness.simulation import error_rates
from govern.fairness.vectorised import FAIL, PASS, verdicts

DOCS = Path(__file__).resolve().parents[2] / "docs" / "fairness.md"
FOUR_FIFTHS = Fraction(4, 5)
ROWS = re.findall(
    r"^\| (\d+) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+)% \| ([\d.]+)% / ([\d.]+)% \| ([\d.]+)% / ([\d.]+)% \|$",
    DOCS.read_text(encoding="utf-8"),
    re.MULTILINE,
)


def question(decide: str) -> Question:
    return Question(
        metric="selection_rate",
        compare="ratio",
        attributes=(("g",),),
        at_least=FOUR_FIFTHS,
        decide=decide,  # type: ignore[arg-type]
        min_n=1,
    )


def test_every_row_is_read() -> None:
    assert len(ROWS) == 10


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}x{row[1]}@{row[2]}")
def test_a_documented_row_is_simulated_within_three_standard_errors(row: tuple[str, ...]) -> None:
    groups, n, ratio = int(row[0]), int(row[1].replace(",", "")), Fraction(row[2])
    runs, seen = 1_500, []
    for decide in ("point", "evidence_of_harm", "demonstrated"):
        (found,) = error_rates(question(decide), [n] * groups, Fraction(3, 10), [ratio], runs=runs, seed=77)
        seen += {
            "point": [found.failed],
            "evidence_of_harm": [found.failed, found.inconclusive],
            "demonstrated": [found.passed, found.failed],
        }[decide]
    for documented, count in zip(map(float, row[3:]), seen, strict=True):
        p = min(max(documented / 100, 1 / runs), 1 - 1 / runs)
        assert abs(count / runs - documented / 100) <= 3 * (p * (1 - p) * (1 / runs + 1 / 20_000)) ** 0.5 + 0.0005


def exact_pairs() -> list[tuple[int, int, int, int]]:
    """Every k/n against K/N with n, N up to 60 whose ratio is exactly four fifths."""
    by_rate: dict[Fraction, list[tuple[int, int]]] = {}
    for n in range(1, 61):
        for k in range(1, n + 1):
            by_rate.setdefault(Fraction(k, n), []).append((k, n))
    return [
        (*low, *high) for rate, tops in by_rate.items() for low in by_rate.get(rate * FOUR_FIFTHS, []) for high in tops
    ]


def test_all_exact_pairs_of_four_fifths_meet_it() -> None:
    pairs = exact_pairs()
    assert len(pairs) == 3_666
    asked = question("point")
    for k1, n1, k2, n2 in pairs:
        assert verdicts(asked, np.array([[k1, k2]]), [n1, n2]).tolist() == [PASS]
    for k1, n1, k2, n2 in pairs[::12]:
        cells = {(0,): Tally(n1 - k1, k1, 0, 0), (1,): Tally(n2 - k2, k2, 0, 0)}
        counts = Counts((Axis("g", ("a", "b")),), False, cells, Missing(), n1 + n2)
        assert judge(asked, counts).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("four", "verdict"),
    [((3, 5, 3, 4), PASS), ((48, 100, 60, 100), PASS), ((799, 1000, 1000, 1000), FAIL), ((12, 20, 15, 20), PASS)],
)
def test_named_boundaries(four: tuple[int, int, int, int], verdict: int) -> None:
    k1, n1, k2, n2 = four
    assert verdicts(question("point"), np.array([[k1, k2]]), [n1, n2]).tolist() == [verdict]
