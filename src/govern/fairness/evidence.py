"""The statistics of every comparison of a question: p-values and bounds, corrected over all its tables at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from govern.fairness.disparity import Pair, Question
from govern.fairness.intervals import Interval, difference_interval, quantile, ratio_interval
from govern.fairness.permutation import DRAWS, MOST_PEOPLE, Permutation, Permuting, seed_of
from govern.fairness.rates import Rate
from govern.fairness.sheets import Sheet, folded, paired_strata
from govern.fairness.significance import fisher_exact, holm, least_expected, p_text
from govern.fairness.strata import (
    common_difference_interval,
    common_ratio_interval,
    least_expected_within,
    mantel_haenszel_p,
)

__all__ = ["LEAST_EXPECTED", "bounded", "bounds_of", "family_of", "tested"]

LEAST_EXPECTED = 5
"""Fewest people expected in every cell of a table before a missed threshold may count as harm."""


def family_of(question: Question, sheets: Sequence[Sheet]) -> int:
    """Count what the correction is made for: bounds or tests, over all tables and rates of the question."""
    pairs = sum(len(sheet.pairs) for sheet in sheets)
    if question.decide == "demonstrated":
        return pairs * (2 if folded(question) else 1) * (2 if question.stratum is not None else 1)
    return sum(bool(sheet.pairs) for sheet in sheets) if question.test == "permutation" else pairs


def tested(question: Question, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Give every comparison its p-value, corrected over the whole family (Holm)."""
    if question.test == "permutation":
        return _permuted(question, sheets)
    found: list[tuple[Fraction, bool]] = []
    for sheet in sheets:
        for pair in sheet.pairs:
            if sheet.strata is None:
                four = (pair.rate.k, pair.rate.n, pair.other_rate.k, pair.other_rate.n)
                found.append((fisher_exact(*four), least_expected(*four) >= LEAST_EXPECTED))
            else:
                strata = paired_strata(sheet.strata, pair)
                found.append((mantel_haenszel_p(strata), least_expected_within(strata) >= LEAST_EXPECTED))
    adjusted = iter(holm([p for p, _enough in found]))
    enough = iter([enough for _p, enough in found])
    return [
        replace(
            sheet,
            pairs=tuple(replace(pair, p=p_text(next(adjusted)), expected_ok=next(enough)) for pair in sheet.pairs),
        )
        for sheet in sheets
    ]


def _permuted(question: Question, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Test every table once. Its p-value is held by the pair that is farthest apart, and by no other."""
    tests = [_permuting(sheet) for sheet in sheets if sheet.pairs]
    results = _settled(question, [test for test in tests if test is not None])
    adjusted = iter(holm([result.p for result in results]))
    undecided = iter(_open(question, results))
    found = iter(results)
    made, which = [], iter(tests)
    for sheet in sheets:
        if not sheet.pairs:
            made.append(sheet)
            continue
        if next(which) is None:
            made.append(_with(sheet, None, None, undecided=True))
        else:
            made.append(_with(sheet, next(adjusted), next(found), undecided=next(undecided)))
    return made


def _permuting(sheet: Sheet) -> Permuting | None:
    rates = [sheet.rates[group] for group in sheet.compared]
    if sum(rate.n for rate in rates) >= MOST_PEOPLE:
        return None
    return Permuting(rates, seed_of(rates, f"{sheet.metric.name}|{'+'.join(sheet.table.attributes)}"))


def _settled(question: Question, tests: Sequence[Permuting]) -> list[Permutation]:
    """Draw more where alpha lies within the doubt of some adjusted p-value, if a verdict can hang on it."""
    results = [test.upto(DRAWS[0]) for test in tests]
    if question.decide == "evidence_of_harm" or question.significant_gap == "fail":
        for draws in DRAWS[1:]:
            if not any(_open(question, results)):
                break
            results = [test.upto(draws) for test in tests]
    return results


def _open(question: Question, results: Sequence[Permutation]) -> list[bool]:
    """Say of each test whether alpha lies between the ends of its adjusted p-value: Holm's step rises with each p."""
    low = holm([result.ends[0] for result in results])
    high = holm([result.ends[1] for result in results])
    return [one <= question.alpha < two for one, two in zip(low, high, strict=True)]


def _with(sheet: Sheet, p: Fraction | None, found: Permutation | None, *, undecided: bool) -> Sheet:
    farthest = max(sheet.pairs, key=lambda pair: (_apart(pair), pair.group, pair.other))
    n, k = sum(sheet.rates[g].n for g in sheet.compared), sum(sheet.rates[g].k for g in sheet.compared)
    smallest = min(sheet.rates[group].n for group in sheet.compared)
    enough = Fraction(smallest * min(k, n - k), n) >= LEAST_EXPECTED
    held = replace(
        farthest,
        p=None if p is None else p_text(p),
        expected_ok=enough,
        permutation=found,
        undecided=undecided,
    )
    return replace(sheet, pairs=tuple(held if pair is farthest else pair for pair in sheet.pairs))


def _apart(pair: Pair) -> Fraction:
    return abs(Fraction(pair.rate.k, pair.rate.n) - Fraction(pair.other_rate.k, pair.other_rate.n))


def bounded(question: Question, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Give every comparison bounds that hold for the whole family at once (Bonferroni over one-sided bounds)."""
    family = family_of(question, sheets)
    if not family:
        return list(sheets)
    if question.decide != "demonstrated":
        return [replace(sheet, family=family) for sheet in sheets]
    z = quantile(question.alpha / family)
    return [
        replace(sheet, family=family, pairs=tuple(_bounded_pair(question, sheet, pair, z) for pair in sheet.pairs))
        for sheet in sheets
    ]


def _bounded_pair(question: Question, sheet: Sheet, pair: Pair, z: Decimal) -> Pair:
    within = None if sheet.strata is None else _within_bounds(question, paired_strata(sheet.strata, pair), z)
    return replace(pair, bounds=bounds_of(question, pair.rate, pair.other_rate, z), within_bounds=within)


def bounds_of(question: Question, rate: Rate, other: Rate, z: Decimal) -> Interval:
    """Give the bounds of a compared value at a quantile, folded as the question folds it."""
    if question.compare == "difference":
        low, high = difference_interval(other.k, other.n, rate.k, rate.n, z)
        return Interval(low, max(-low, high if high is not None else Decimal(1)))
    there = ratio_interval(rate.k, rate.n, other.k, other.n, z)
    if not folded(question):
        return there
    back = ratio_interval(other.k, other.n, rate.k, rate.n, z)
    return Interval(min(there.low, back.low), there.high)


def _within_bounds(question: Question, strata: list[tuple[Rate, Rate]], z: Decimal) -> Interval | None:
    if question.compare == "difference":
        found = common_difference_interval(strata, z)
        if found is None or found.high is None:
            return None
        return Interval(max(found.low, -found.high), max(-found.low, found.high))
    there = common_ratio_interval(strata, z)
    if there is None or not folded(question):
        return there
    back = common_ratio_interval([(two, one) for one, two in strata], z)
    if back is None or back.high is None or there.high is None:
        return None
    return Interval(min(there.low, back.low), min(there.high, back.high))
