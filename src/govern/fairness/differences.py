"""Whether any two groups differ both significantly and in practice.

`fisher` is the exact test given the margins; `z` is the pooled one of the "two standard deviations" of the courts
(Castaneda v. Partida, 430 U.S. 482, 1977). All comparisons of a question are one family, corrected by Holm (1979).
Passing means: not significant, or of no practical size, among people enough that each cell of the 2x2 table is expected
to hold five. With fewer nothing is said; and a pass never says that the rates are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from govern.fairness.rates import Rate, Undefined, Value
from govern.fairness.significance import fisher_exact, holm, least_expected, p_text
from govern.fairness.tails import fisher_greater, normal_two_sided
from govern.records import record

__all__ = [
    "Difference",
    "DifferenceJudgement",
    "DifferenceTable",
    "Differing",
    "judge_differences",
    "matters",
    "ratio_of",
]

_LEAST_EXPECTED = 5
"""Fewest people expected in each cell of a 2x2 table before a difference is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """What is asked: that no two groups differ significantly, and by so much that it matters."""

    metric: str
    test: Literal["fisher", "z"] = "fisher"
    alpha: Fraction = Fraction(1, 20)
    practical: Fraction | None = None
    """Ratio of the lower rate to the higher below which a significant difference counts; None: it always counts."""
    min_n: int = 30
    small_groups: Literal["exclude", "inconclusive"] = "inconclusive"
    missing_bounds: Literal["none", "worst_case"] = "worst_case"


@record
class Difference:
    """Two groups compared. `group` has the lower rate, unless `other` is a declared reference."""

    group: Group
    other: Group
    rate: Rate
    other_rate: Rate
    ratio: Value
    """Of the lower rate to the higher."""
    p: Decimal
    """Two-sided, after Holm's correction over the whole question, rounded up to six digits."""
    enough: bool
    """Whether each cell of the 2x2 table is expected to hold five."""


@record
class DifferenceTable:
    """One rate over one table of groups."""

    rates: RateTable
    pairs: tuple[Difference, ...]
    """Clearest first."""
    result: TableVerdict
    draws: int | None = None
    """Permutations drawn, where the test is one of them."""
    seed: int | None = None
    """Seed of the draws, made from the counts."""


@record
class DifferenceJudgement:
    """All tables of one question."""

    verdict: Verdict
    tables: tuple[DifferenceTable, ...]
    family: int
    """Comparisons that the correction was made for."""


def judge_differences(
    question: Differing, tables: Sequence[GroupTable], reference: Mapping[str, str] | None = None
) -> DifferenceJudgement:
    """Compare every two groups, or each with the reference. Raises KeyError for a metric that is no rate."""
    made = rate_tables(tables, question.metric, min_n=question.min_n, reference=reference)
    cells = [[(item.rates[one], item.rates[two]) for one, two in item.pairs()] for item in made]
    family = sum(map(len, cells))
    adjusted = iter(holm([_p(question.test, *pair) for table in cells for pair in table]))
    calm = not any(_could_reject(question, item, pair, family) for item in made for pair in item.pairs())
    judged = []
    for item, pairs in zip(made, cells, strict=True):
        found = [_compared(names, pair, next(adjusted)) for names, pair in zip(item.pairs(), pairs, strict=True)]
        judged.append(_table(question, item, found, family, calm=calm))
    return DifferenceJudgement(strongest([item.result.verdict for item in judged]), tuple(judged), family)


def _p(test: str, one: Rate, two: Rate) -> Fraction:
    if test == "fisher":
        return fisher_exact(one.k, one.n, two.k, two.n)
    square = _z_square(one, two)
    return Fraction(1) if square is None else normal_two_sided(square)


def _z_square(one: Rate, two: Rate) -> Fraction | None:
    """Square of the pooled z; None where the pooled rate is 0 or 1 and nothing can differ."""
    counted, people = one.k + two.k, one.n + two.n
    if counted in (0, people):
        return None
    apart = one.k * two.n - two.k * one.n
    return Fraction(apart * apart * people, one.n * two.n * counted * (people - counted))


def _compared(names: tuple[Group, Group], pair: tuple[Rate, Rate], p: Fraction) -> Difference:
    one, two = pair
    expected = least_expected(one.k, one.n, two.k, two.n)
    return Difference(*names, one, two, ratio_of(one, two), p_text(p), expected >= _LEAST_EXPECTED)


def ratio_of(one: Rate, two: Rate) -> Value:
    """Give the ratio of the lower rate to the higher, both of somebody."""
    low, high = sorted((one.k * two.n, two.k * one.n))
    return Fraction(low, high) if high else Undefined("both rates are 0")


def _table(
    question: Differing, item: RateTable, found: list[Difference], family: int, *, calm: bool
) -> DifferenceTable:
    pairs = tuple(sorted(found, key=lambda pair: (pair.p, _size(pair.ratio), pair.group, pair.other)))
    notes = list(population_notes(item, question.small_groups, least_judged=2))
    if not pairs and not notes:
        notes.append(Note("not_comparable", Verdict.INCONCLUSIVE))
    unknown = question.missing_bounds == "worst_case" and item.unknown.n > 0
    for pair in pairs:
        said = _said(question, pair)
        if unknown and said != "too_few_expected" and not _settled(question, item, pair, family, said, calm=calm):
            notes.append(Note("unknown_decides", Verdict.INCONCLUSIVE, pair.group, pair.other, count=item.unknown.n))
        elif said == "differs":
            notes.append(Note("differs", Verdict.FAIL, pair.group, pair.other))
        elif said is not None:
            notes.append(Note("too_few_expected", Verdict.INCONCLUSIVE, pair.group, pair.other))
    verdict = strongest([note.verdict for note in notes] + [Verdict.PASS] * len(pairs))
    return DifferenceTable(item, pairs, TableVerdict(item.attributes, item.metric.name, verdict, tuple(notes)))


def _said(question: Differing, pair: Difference) -> Literal["differs", "too_few_expected"] | None:
    if not pair.enough:
        return "too_few_expected"
    if Fraction(pair.p) <= question.alpha and matters(question, pair.ratio):
        return "differs"
    return None


def matters(question: Differing, ratio: Value) -> bool:
    """Whether a significant difference of this size counts."""
    return isinstance(ratio, Fraction) and (question.practical is None or ratio < question.practical)


def _size(ratio: Value) -> Fraction:
    return ratio if isinstance(ratio, Fraction) else Fraction(1)


# --- records of unknown group


def _settled(
    question: Differing, item: RateTable, pair: Difference, family: int, said: str | None, *, calm: bool
) -> bool:
    """Whether what is said of a pair stands wherever the records of unknown group belong.

    Nothing is said as long as no assignment makes the pair significant and unequal in practice: by a bound below which
    no p-value falls, uncorrected, or corrected where no pair at all can be significant (`calm`, Holm's first step). A
    difference stands when it is there at the most equal assignment, under Bonferroni's correction.
    """
    orders = ((pair.rate, pair.other_rate), (pair.other_rate, pair.rate))
    if said == "differs":
        return any(_differs_at_best(question, item.unknown, family, *order) for order in orders)
    return calm or not any(_could_differ(question, item.unknown, *order) for order in orders)


def _differs_at_best(question: Differing, unknown: Unknown, family: int, low: Rate, high: Rate) -> bool:
    helped, hurt = raised(low, unknown), thinned(high, unknown)
    if helped.k * hurt.n >= hurt.k * helped.n:
        return False
    p = p_text(min(Fraction(1), family * _p(question.test, helped, hurt)))
    return Fraction(p) <= question.alpha and matters(question, ratio_of(helped, hurt))


def _could_differ(question: Differing, unknown: Unknown, low: Rate, high: Rate) -> bool:
    hurt, helped = thinned(low, unknown), raised(high, unknown)
    if hurt.k * helped.n > helped.k * hurt.n:
        return False  # even so the first is not below the second
    return _least_p(question.test, hurt, helped) <= question.alpha and matters(question, ratio_of(hurt, helped))


def _could_reject(question: Differing, item: RateTable, names: tuple[Group, Group], family: int) -> bool:
    """Whether Holm's first step could find a pair significant, wherever the records of unknown group belong."""
    rates = [item.rates[name] for name in names]
    for low, high in (rates, reversed(rates)):
        hurt, helped = thinned(low, item.unknown), raised(high, item.unknown)
        if family * _least_p(question.test, hurt, helped) <= question.alpha:
            return True
    return False


def _least_p(test: str, hurt: Rate, helped: Rate) -> Fraction:
    """No p-value of any assignment at which the first rate is the lower one is below this."""
    return fisher_greater(hurt.k, hurt.n, helped.k, helped.n) if test == "fisher" else _p(test, hurt, helped)
