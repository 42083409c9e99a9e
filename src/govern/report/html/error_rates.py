"""How often a rule would err with groups of the sizes that it judged: simulated when the page is made.

Only what is public is asked: sizes and rates of the groups that are shown. The runs, the seed and the standard error
are printed, and the same result gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.diagnostics import plain
from govern.report.figures.tables import GroupRow, Table, tables_of
from govern.report.result import rows

if TYPE_CHECKING:
    from govern.fairness.disparity import Question
    from govern.fairness.simulation import ErrorRates as Simulated

__all__ = ["ErrorLine", "ErrorRates", "error_rate_table"]

_RUNS, _SEED = 1_000, 1
_RATIOS = (Fraction(1), Fraction(9, 10), Fraction(4, 5), Fraction(7, 10))
_MOST_GROUPS = 8
_MOST_PEOPLE = 10_000_000


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """What the rule said of tables drawn with one true ratio."""

    ratio: str
    meets: bool
    """Whether that truth meets the rule's limit."""
    passes: str
    fails: str
    undecided: str
    error: str
    """Largest Monte Carlo standard error of the three shares."""


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """A small table of a rule's errors."""

    sizes: str
    rate: str
    runs: int
    seed: int
    lines: tuple[ErrorLine, ...]


def error_rate_table(facts: Mapping[str, Any]) -> ErrorRates | None:
    """Simulate the rule of these facts on groups of the sizes of its first table; None where that cannot be done.

    The group of the worst comparison has the rate times the true ratio, all others have the highest rate shown.
    """
    table = next(iter(tables_of(facts)), None)
    metric = next((item.get("metric") for item in rows(facts.get("tables"))), None)
    if table is None or table.compare not in ("ratio", "difference") or not isinstance(metric, str):
        return None
    held = _compared(table)
    if held is None:
        return None
    groups, sizes = held
    rate = max(Fraction(row.rate) for row in groups if row.rate is not None)
    if not 0 < rate < 1:
        return None
    try:
        question = _question(facts, metric, table)
        from govern.fairness.simulation import error_rates

        found = error_rates(question, sizes, rate, _RATIOS, _RUNS, _SEED)
    except (ImportError, KeyError, TypeError, ValueError):
        return None  # numpy is not installed, or the rule is of a form that is not simulated
    shown = ", ".join(f"{row.label} {size:,}" for row, size in zip(groups, sizes, strict=True))
    return ErrorRates(shown, f"{float(rate):.3f}", _RUNS, _SEED, tuple(map(_line, found)))


def _compared(table: Table) -> tuple[list[GroupRow], list[int]] | None:
    """Give the shown groups that are compared, the one in question first and a declared reference last."""
    groups = [row for row in table.groups if row.rate is not None and not row.small]
    sizes = {row.label: int(row.counts.rpartition(" ")[2]) for row in groups}
    if not 2 <= len(groups) <= _MOST_GROUPS or sum(sizes.values()) > _MOST_PEOPLE or min(sizes.values()) < 1:
        return None
    if table.reference:
        bases = [row for row in groups if row.difference_low is None]
        if len(bases) != 1:
            return None
        groups = [row for row in groups if row is not bases[0]] + bases
    groups.sort(key=lambda row: not row.worst)
    if table.reference and not groups[0].worst:
        return None
    return groups, [sizes[row.label] for row in groups]


def _question(facts: Mapping[str, Any], metric: str, table: Table) -> Question:
    """Ask what the rule asks, of one table alone. Raises ValueError for what makes no sense."""
    from govern.fairness.disparity import Question

    if table.threshold is None or facts.get("stratum") is not None:
        raise ValueError("there is no limit, or there are strata")
    limit = Fraction(table.threshold)
    decide, test, gap = facts["decide"], facts.get("test", "fisher"), facts.get("significant_gap", "report")
    if decide not in ("evidence_of_harm", "point", "demonstrated") or test not in ("fisher", "permutation"):
        raise ValueError("no mode or test of this version")
    return Question(
        metric=metric,  # type: ignore[arg-type]  # a KeyError tells of another
        compare="ratio" if table.compare == "ratio" else "difference",
        attributes=(("group",),),
        at_least=limit if table.direction == "at_least" else None,
        at_most=limit if table.direction == "at_most" else None,
        decide=decide,
        alpha=Fraction(str(facts["alpha"])),
        reference={"group": "reference"} if table.reference else None,
        min_n=int(facts["min_n"]),
        test=test,
        significant_gap="fail" if gap == "fail" else "report",
    )


def _line(found: Simulated) -> ErrorLine:
    shares = [Fraction(number, found.runs) for number in (found.passed, found.failed, found.inconclusive)]
    words: Sequence[str] = [f"{float(share):.1%}" for share in shares]
    # `margin` is three standard errors.
    error = max(found.margin(share) for share in shares) / 3
    ratio = plain(f"{float(found.true_ratio):g}")
    return ErrorLine(ratio, found.meets, words[0], words[1], words[2], f"{error:.1%}")
