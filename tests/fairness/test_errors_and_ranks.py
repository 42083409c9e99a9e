"""Errors of numeric predictions and places in lists: exact sums and counts against plain arithmetic and numpy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.evidence.exact_sums import ExactSums
from govern.fairness import Axis, Undefined
from govern.fairness.ranking import RankCounts, exposure, rank_table, top_k
from govern.fairness.regression import (
    ErrorCounts,
    ErrorSums,
    error_table,
    mean_residual,
    mean_residual_ends,
    rmse,
    rmse_ends,
)
from govern.fairness.scores import UNIT, LabelSums

SEX = Axis("sex", ("F", "M"))
TAIL = Fraction(1, 40)
NUMBERS = st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(st.integers(0, 2), NUMBERS, NUMBERS), min_size=1, max_size=30)


def sums_of(values: list[float]) -> LabelSums:
    made = ExactSums()
    made.grow(1)
    for value in values:
        made.add(0, value)
    return LabelSums(made.n[0], made.total[0], made.squares[0], made.rounded[0])


def errors_of(rows: list[tuple[int, float, float]]) -> ErrorCounts:
    cells = {}
    for group in sorted({row[0] for row in rows}):
        mine = [(truth, predicted) for key, truth, predicted in rows if key == group]
        units = [(round(truth * UNIT) - round(predicted * UNIT)) for truth, predicted in mine]
        moved = sum(round(t * UNIT) != t * UNIT or round(p * UNIT) != p * UNIT for t, p in mine)
        residual = LabelSums(len(mine), sum(units), sum(unit * unit for unit in units), moved)
        squared = sums_of([(unit / UNIT) ** 2 for unit in units])
        cells[(group,)] = ErrorSums(residual, squared, sums_of([p for _t, p in mine]), sums_of([t for t, _p in mine]))
    return ErrorCounts((SEX,), cells, 0, len(rows))


@given(PAIRS, PAIRS)
def test_sums_of_two_sites_add_up_to_the_whole(one, other):
    assert errors_of(one) + errors_of(other) == errors_of([*one, *other])


@given(PAIRS)
def test_mean_residual_and_error_hold_the_exact_ones(rows):
    groups, unknown = error_table(errors_of(rows), ("sex",))
    assert unknown == sum(row[0] == 2 for row in rows)
    for place, sex in enumerate(("F", "M")):
        exact = [Fraction(truth) - Fraction(predicted) for key, truth, predicted in rows if key == place]
        if not exact:
            assert mean_residual(groups[(sex,)]) == rmse(groups[(sex,)]) == Undefined("nobody in the group")
            continue
        figure = mean_residual(groups[(sex,)])
        assert figure.low <= sum(exact) / len(exact) <= figure.high
        square = sum(value * value for value in exact) / len(exact)
        figure = rmse(groups[(sex,)])
        assert figure.low**2 <= square <= figure.high**2
        assert figure.high - figure.low <= Fraction(4, UNIT)


def test_intervals_of_errors_are_those_of_scipy_and_hold_in_repetition():
    from scipy import stats

    random = np.random.RandomState(6)
    held = [0, 0]
    for _ in range(200):
        residuals = random.normal(0.5, 2, 150)
        group = errors_of([(0, float(value), 0.0) for value in residuals]).cells[(0,)]
        mean, error = mean_residual_ends(group, TAIL), rmse_ends(group, TAIL)
        held[0] += mean.low <= 0.5 <= mean.high
        held[1] += error.low <= np.sqrt(4.25) <= error.high
    assert 180 <= held[0] <= 199
    assert 178 <= held[1] <= 199
    wanted = stats.norm.interval(0.95, residuals.mean(), residuals.std(ddof=1) / np.sqrt(len(residuals)))
    assert [float(mean.low), float(mean.high)] == pytest.approx(wanted, abs=2e-6)


def test_one_person_has_no_interval():
    group = errors_of([(0, 1.0, 0.5)]).cells[(0,)]
    assert mean_residual_ends(group, TAIL) is None
    assert rmse_ends(group, TAIL) is None


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3000)), min_size=1, max_size=40))
def test_exposure_and_first_places(rows):
    cells: dict[tuple[int, ...], dict[int, int]] = {}
    for key, rank in rows:
        cell = cells.setdefault((key,), {})
        cell[rank] = cell.get(rank, 0) + 1
    counts = RankCounts((SEX,), cells, 0, len(rows))
    groups, unknown = rank_table(counts + counts, ("sex",))
    assert unknown == 2 * sum(key == 2 for key, _rank in rows)
    for place, sex in enumerate(("F", "M")):
        mine = np.array([rank for key, rank in rows if key == place])
        if not len(mine):
            assert exposure(groups[(sex,)]) == Undefined("no members")
            assert top_k(groups[(sex,)], 5).value == Undefined("no members")
            continue
        figure = exposure(groups[(sex,)])
        assert float(figure.middle) == pytest.approx((1 / np.log2(1 + mine)).mean(), rel=1e-12)
        assert 0 < figure.half_width < Fraction(1, 10**29)
        assert top_k(groups[(sex,)], 10).value == Fraction(int((mine <= 10).sum()), len(mine))


@pytest.mark.parametrize("rank", [1, 3, 7, 1023])
def test_exposure_of_a_power_of_two_lies_within_its_bounds(rank):
    figure = exposure({rank: 1})
    assert figure.low <= Fraction(1, (rank + 1).bit_length() - 1) <= figure.high


@pytest.mark.parametrize("ranks", [{0: 1}, {5: 0}, {2_000_000: 1}])
def test_what_is_no_rank_makes_no_counts(ranks):
    with pytest.raises(ValueError, match="rank"):
        RankCounts((SEX,), {(0,): ranks}, 0, sum(ranks.values()))
