"""Whether every group meets a limit by itself: one rate, one limit, no comparison with others.

Tests are exact binomial ones of each group alone (Clopper and Pearson 1934), corrected by Bonferroni over every group
that the question judges; the p-value that is compared with alpha is the corrected one, rounded up to six digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from govern.fairness.bounds import Unknown, raised, thinned
from govern.fairness.counts import GroupTable
from govern.fairness.disparity import Verdict
from govern.fairness.rate_tables import (
    Group,
    Note,
    RateTable,
    TableVerdict,
    population_notes,
    rate_tables,
    strongest,
)
from govern.fairness.rates import Rate
from govern.fairness.significance import p_text
from govern.fairness.tails import at_least, at_most
from govern.records import record

__all__ = ["Floor", "FloorJudgement", "FloorTable", "GroupFloor", "judge_floor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What is asked of every group. Exactly one of `at_least` and `at_most` is set."""

    metric: str
    """A simple rate."""
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    decide: Literal["evidence_of_harm", "point", "demonstrated"] = "demonstrated"
    alpha: Fraction = Fraction(1, 20)
    min_n: int = 30
    small_groups: Literal["exclude", "inconclusive"] = "inconclusive"
    missing_bounds: Literal["none", "worst_case"] = "worst_case"

    @property
    def limit(self) -> Fraction:
        """The limit, whichever side it is on."""
        limit = self.at_least if self.at_least is not None else self.at_most
        assert limit is not None
        return limit

    def met(self, rate: Rate) -> bool:
        """Whether a rate meets the limit; exactly on it does."""
        value = Fraction(rate.k, rate.n)
        return value >= self.limit if self.at_least is not None else value <= self.limit


@record
class GroupFloor:
    """One group held against the limit."""

    group: Group
    rate: Rate
    met: bool
    p: Decimal | None
    """Corrected p of the hypothesis that the group truly meets the limit (`evidence_of_harm`), or misses it
    (`demonstrated`); None where nothing is tested."""


@record
class FloorTable:
    """One table of groups held against the limit."""

    rates: RateTable
    lines: tuple[GroupFloor, ...]
    """Judged groups, worst first."""
    result: TableVerdict


@record
class FloorJudgement:
    """All tables of one question."""

    verdict: Verdict
    tables: tuple[FloorTable, ...]
    family: int
    """Groups that the correction was made for."""


def judge_floor(question: Floor, tables: Sequence[GroupTable]) -> FloorJudgement:
    """Hold each group of each table against the limit. Raises KeyError for a metric that is no rate."""
    made = rate_tables(tables, question.metric, min_n=question.min_n)
    family = sum(len(item.judged) for item in made)
    judged = tuple(_table(question, item, family) for item in made)
    return FloorJudgement(strongest([item.result.verdict for item in judged]), judged, family)


def _table(question: Floor, item: RateTable, family: int) -> FloorTable:
    notes = list(population_notes(item, question.small_groups, least_judged=1))
    lines = _worst_first(question, (_line(question, item, group, family) for group in item.judged))
    notes += [note for line in lines for note in _notes(question, item, line, family)]
    verdict = strongest([note.verdict for note in notes] + [Verdict.PASS] * len(lines))
    return FloorTable(item, lines, TableVerdict(item.attributes, item.metric.name, verdict, tuple(notes)))


def _worst_first(question: Floor, lines: Iterable[GroupFloor]) -> tuple[GroupFloor, ...]:
    sign = 1 if question.at_least is not None else -1
    return tuple(sorted(lines, key=lambda line: (sign * Fraction(line.rate.k, line.rate.n), line.group)))


def _unknown(question: Floor, item: RateTable) -> Unknown:
    """The records of unknown group that have a say."""
    return item.unknown if question.missing_bounds == "worst_case" else Unknown(0, 0)


def _line(question: Floor, item: RateTable, group: Group, family: int) -> GroupFloor:
    rate, unknown = item.rates[group], _unknown(question, item)
    p = None
    if question.decide == "demonstrated":
        p = _corrected(_chance_if_missed(question, _at_worst(question, rate, unknown)), family)
    elif question.decide == "evidence_of_harm":
        p = _corrected(_chance_if_met(question, _at_best(question, rate, unknown)), family)
    return GroupFloor(group, rate, question.met(rate), p)


def _notes(question: Floor, item: RateTable, line: GroupFloor, family: int) -> list[Note]:
    unknown = _unknown(question, item)
    worst, best = _at_worst(question, line.rate, unknown), _at_best(question, line.rate, unknown)
    if question.decide == "demonstrated":
        return _demonstrated(question, line, best, family, unknown)
    if question.met(worst):
        return []
    if question.met(best):
        return [Note("unknown_decides", Verdict.INCONCLUSIVE, line.group, count=unknown.n)]
    if question.decide == "evidence_of_harm" and not _small(line.p, question):
        return [Note("not_significant", Verdict.INCONCLUSIVE, line.group)]
    return [Note("missed", Verdict.FAIL, line.group)]


def _demonstrated(question: Floor, line: GroupFloor, best: Rate, family: int, unknown: Unknown) -> list[Note]:
    if _small(line.p, question):
        return []
    if not question.met(best) and _small(_corrected(_chance_if_met(question, best), family), question):
        return [Note("missed", Verdict.FAIL, line.group)]
    alone = _corrected(_chance_if_missed(question, line.rate), family)
    if unknown.n and _small(alone, question):
        return [Note("unknown_decides", Verdict.INCONCLUSIVE, line.group, count=unknown.n)]
    return [Note("not_demonstrated", Verdict.INCONCLUSIVE, line.group)]


def _small(p: Decimal | None, question: Floor) -> bool:
    return p is not None and Fraction(p) <= question.alpha


def _corrected(p: Fraction, family: int) -> Decimal:
    return p_text(min(Fraction(1), p * family))


def _at_worst(question: Floor, rate: Rate, unknown: Unknown) -> Rate:
    return thinned(rate, unknown) if question.at_least is not None else raised(rate, unknown)


def _at_best(question: Floor, rate: Rate, unknown: Unknown) -> Rate:
    return raised(rate, unknown) if question.at_least is not None else thinned(rate, unknown)


def _chance_if_missed(question: Floor, rate: Rate) -> Fraction:
    """Chance of so good a rate, or a better one, if the true one lay on the wrong side, just off the limit."""
    test = at_least if question.at_least is not None else at_most
    return test(rate.k, rate.n, question.limit)


def _chance_if_met(question: Floor, rate: Rate) -> Fraction:
    """Chance of so bad a rate, or a worse one, if the true one lay on the limit."""
    test = at_most if question.at_least is not None else at_least
    return test(rate.k, rate.n, question.limit)
