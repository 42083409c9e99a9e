"""Worst-case bounds against trying every assignment, and changed decisions against trying every change."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govern.fairness.bounds import Unknown, highest_difference, highest_ratio_at_best, lowest_ratio
from govern.fairness.rates import Rate, Undefined
from govern.fairness.robustness import changes_until_missed, selections_needed


@st.composite
def rates(draw: st.DrawFn, least: int = 2, most: int = 3) -> list[Rate]:
    made = []
    for _ in range(draw(st.integers(least, most))):
        n = draw(st.integers(1, 8))
        made.append(Rate(draw(st.integers(0, n)), n))
    return made


def assignments(groups: list[Rate], unknown: Unknown) -> list[list[Rate]]:
    """Every way to spread hits and misses over the groups."""

    def spreads(total: int) -> list[tuple[int, ...]]:
        return [split for split in product(range(total + 1), repeat=len(groups)) if sum(split) == total]

    return [
        [Rate(rate.k + h, rate.n + h + m) for rate, h, m in zip(groups, hits, misses, strict=True)]
        for hits in spreads(unknown.hits)
        for misses in spreads(unknown.misses)
    ]


UNKNOWN = st.builds(Unknown, st.integers(0, 4), st.integers(0, 4))


def exact(rate: Rate) -> Fraction:
    return Fraction(rate.k, rate.n)


@given(rates(), UNKNOWN)
@settings(max_examples=150, deadline=None)
def test_ratio_to_the_highest_is_sharp(groups: list[Rate], unknown: Unknown) -> None:
    seen = []
    for assigned in assignments(groups, unknown):
        top = max(exact(rate) for rate in assigned)
        if not top:
            return
        seen.append(exact(assigned[0]) / top)
    others = groups[1:]
    lowest = [lowest_ratio(groups[0], other, unknown) for other in others]
    defined = [value for value in lowest if isinstance(value, Fraction)]
    assert min([Fraction(1), *defined]) == min(seen) or len(defined) < len(lowest)
    assert highest_ratio_at_best(groups[0], others, unknown) == max(seen)


@given(rates(2, 3), UNKNOWN)
@settings(max_examples=100, deadline=None)
def test_difference_is_sharp(groups: list[Rate], unknown: Unknown) -> None:
    seen = [exact(assigned[1]) - exact(assigned[0]) for assigned in assignments(groups, unknown)]
    assert highest_difference(groups[0], groups[1], unknown) == max(seen)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), min_size=2, max_size=4), st.integers(1001, 4000))
@settings(max_examples=40, deadline=None)
def test_levelling_equals_filling_one_by_one(cells: list[tuple[int, int]], misses: int) -> None:
    groups = [Rate(k, k + rest) for k, rest in cells if k + rest]
    assume(len(groups) >= 2)
    filled = [[rate.k, rate.n] for rate in groups[1:]]
    for _ in range(misses):
        highest = max(filled, key=lambda two: Fraction(two[0], two[1]))
        if not highest[0]:
            break
        highest[1] += 1
    own = exact(groups[0])
    top = max(own, *(Fraction(k, n) for k, n in filled))
    expected = own / top if top else None
    got = highest_ratio_at_best(groups[0], groups[1:], Unknown(0, misses))
    assert got == expected if expected is not None else isinstance(got, Undefined)


def test_unknown_records_without_anybody_else() -> None:
    assert isinstance(lowest_ratio(Rate(1, 2), Rate(0, 3), Unknown(0, 5)), Undefined)
    assert lowest_ratio(Rate(1, 2), Rate(1, 2), Unknown(1, 2)) == Fraction(3, 8)


@given(rates(2, 3), st.fractions(Fraction(1, 10), 1), st.booleans())
@settings(max_examples=150, deadline=None)
def test_changed_decisions_by_trying_all(groups: list[Rate], limit: Fraction, ratio: bool) -> None:
    def misses(changed: list[int]) -> bool:
        values = [Fraction(k, rate.n) for k, rate in zip(changed, groups, strict=True)]
        low, high = min(values), max(values)
        return low < limit * high if ratio else high - low > limit

    start = [rate.k for rate in groups]
    pairs = [(one, two) for one in groups for two in groups if one is not two]
    assume(not misses(start))
    least = min(
        (
            sum(abs(a - b) for a, b in zip(changed, start, strict=True))
            for changed in product(*(range(rate.n + 1) for rate in groups))
            if misses(list(changed))
        ),
        default=None,
    )
    assert changes_until_missed(pairs, limit, ratio=ratio) == least


def test_selections_needed_to_meet() -> None:
    assert selections_needed(Rate(30, 100), Rate(60, 100), Fraction(4, 5), ratio=True) == 18
    assert selections_needed(Rate(30, 100), Rate(60, 100), Fraction(1, 10), ratio=False) == 20
    assert selections_needed(Rate(0, 10), Rate(10, 10), Fraction(1), ratio=True) == 10
