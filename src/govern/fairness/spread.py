"""Whether the groups of a table differ at all, asked once a table: highest less lowest rate, by permutation.

One test stands for all pairs of a table, so that many groups cost less than corrected pairs do; it does not say which
of them differ, only that the lowest and the highest rate are farther apart than chance makes them. Tables are corrected
by Holm (1979). No verdict hangs on the random stream: where alpha lies within the doubt that the draws leave, more are
drawn, and at last nothing is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from govern.fairness.counts import GroupTable
from govern.fairness.differences import Difference, DifferenceJudgement, DifferenceTable, Differing, matters, ratio_of
from govern.fairness.disparity import Verdict
from govern.fairness.permutation import DRAWS, MOST_PEOPLE, Permutation, Permuting, seed_of
from govern.fairness.rate_tables import Note, RateTable, TableVerdict, population_notes, rate_tables, strongest
from govern.fairness.rates import Rate
from govern.fairness.significance import holm, p_text

__all__ = ["judge_spread"]

_LEAST_EXPECTED = 5
"""Fewest people of a group expected on either side before its table is judged."""


def judge_spread(question: Differing, tables: Sequence[GroupTable]) -> DifferenceJudgement:
    """Test each table as a whole. Raises KeyError for a metric that is no rate."""
    made = rate_tables(tables, question.metric, min_n=question.min_n)
    tested = [place for place, item in enumerate(made) if len(item.judged) > 1 and _people(item) < MOST_PEOPLE]
    found = _permuted(question, [made[place] for place in tested])
    adjusted = dict(zip(tested, zip(found, *_corrected(found), strict=True), strict=True))
    judged = tuple(_table(question, item, adjusted.get(place)) for place, item in enumerate(made))
    return DifferenceJudgement(strongest([item.result.verdict for item in judged]), judged, len(tested))


def _people(item: RateTable) -> int:
    return sum(item.rates[group].n for group in item.judged)


def _rates(item: RateTable) -> list[Rate]:
    return [item.rates[group] for group in item.judged]


def _permuted(question: Differing, items: Sequence[RateTable]) -> list[Permutation]:
    """Draw for every table, and more as long as some verdict hangs on the draws."""
    streams = [
        Permuting(rates, seed_of(rates, f"{item.metric.name}:{','.join(item.attributes)}"))
        for item in items
        for rates in [_rates(item)]
    ]
    found: list[Permutation] = []
    for draws in DRAWS:
        found = [stream.upto(draws) for stream in streams]
        _ps, lows, highs = _corrected(found)
        if not any(low <= question.alpha < high for low, high in zip(lows, highs, strict=True)):
            break
    return found


def _corrected(found: Sequence[Permutation]) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Give the corrected p-values, and the ends between which those of endless draws lie."""
    lows, highs = [item.ends[0] for item in found], [item.ends[1] for item in found]
    return holm([item.p for item in found]), holm(lows), holm(highs)


def _table(
    question: Differing, item: RateTable, found: tuple[Permutation, Fraction, Fraction, Fraction] | None
) -> DifferenceTable:
    notes = list(population_notes(item, question.small_groups, least_judged=2))
    if found is None:
        if len(item.judged) > 1:
            notes.append(Note("undefined", Verdict.INCONCLUSIVE, why="so many people are not dealt: use fisher"))
        verdict = strongest([note.verdict for note in notes])
        return DifferenceTable(item, (), TableVerdict(item.attributes, item.metric.name, verdict, tuple(notes)))
    drawn, p, low, high = found
    pair = _extremes(item, p)
    notes += _notes(question, item, pair, low, high)
    verdict = strongest([Verdict.PASS, *(note.verdict for note in notes)])
    result = TableVerdict(item.attributes, item.metric.name, verdict, tuple(notes))
    return DifferenceTable(item, (pair,), result, draws=drawn.draws, seed=drawn.seed)


def _extremes(item: RateTable, p: Fraction) -> Difference:
    ordered = sorted(item.judged, key=lambda group: (item.value(group), group))
    low, high = ordered[0], ordered[-1]
    one, two = item.rates[low], item.rates[high]
    counted = sum(rate.k for rate in _rates(item))
    fewest = min(min(counted, _people(item) - counted) * rate.n for rate in _rates(item))
    enough = fewest >= _LEAST_EXPECTED * _people(item)
    return Difference(low, high, one, two, ratio_of(one, two), p_text(p), enough)


def _notes(question: Differing, item: RateTable, pair: Difference, low: Fraction, high: Fraction) -> list[Note]:
    if not pair.enough:
        return [Note("too_few_expected", Verdict.INCONCLUSIVE, pair.group, pair.other)]
    counts = matters(question, pair.ratio)
    if question.missing_bounds == "worst_case" and item.unknown.n:
        return [Note("unknown_decides", Verdict.INCONCLUSIVE, count=item.unknown.n)]
    if counts and low <= question.alpha < high:
        why = "the permutations drawn leave in doubt on which side of alpha the p-value lies"
        return [Note("undefined", Verdict.INCONCLUSIVE, why=why)]
    if counts and Fraction(pair.p) <= question.alpha:
        return [Note("differs", Verdict.FAIL, pair.group, pair.other)]
    return []
