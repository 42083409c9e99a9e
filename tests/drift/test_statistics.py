"""Drift statistics against scipy, golden figures worked out by hand, and what must hold of any distance."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from govern.drift import (
    METHODS,
    Categories,
    Cells,
    Numbers,
    UnsuitedError,
    binned,
    chi_square,
    chi_square_tail,
    decile_edges,
    jensen_shannon,
    kolmogorov_tail,
    measure,
    paired,
    psi,
    smirnov,
    total_variation,
)

COUNTS = st.integers(0, 2_000)
CELLS = st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=12).filter(
    lambda pairs: sum(a for a, _ in pairs) > 0 and sum(b for _, b in pairs) > 0
)
NUMBERS = st.dictionaries(
    st.decimals(-1_000, 1_000, places=2, allow_nan=False), st.integers(1, 40), min_size=1, max_size=30
)
COUNTED = ("psi", "jensen_shannon", "total_variation", "chi_square")


def spread(values: dict[Decimal, int]) -> list[float]:
    return [float(value) for value, times in values.items() for _ in range(times)]


class TestGolden:
    def test_psi_by_hand(self):
        # p = .5, .3, .2 and q = .4, .4, .2: (-.1) ln .8 + .1 ln (4/3) = .022314355 + .028768207
        assert float(psi(Cells(((50, 40), (30, 40), (20, 20))))) == pytest.approx(0.0510825624, abs=1e-10)

    def test_cells_that_are_alike_are_each_a_cell(self):
        # A column of identifiers: no value comes again. Shares are 1/3, against half a row of 3: 1/6.
        alike = Cells(((1, 0), (1, 0), (1, 0), (0, 1), (0, 1), (0, 1)))
        assert float(psi(alike)) == pytest.approx(6 * (1 / 3 - 1 / 6) * math.log(2), abs=1e-10)
        assert float(jensen_shannon(alike)) == pytest.approx(math.sqrt(math.log(2)), abs=1e-10)

    def test_an_empty_cell_counts_as_half_a_row_of_its_own_sample(self):
        # reference 90/10/0 of 100, current 80/10/10 of 100: the empty cell is 1/200, all other shares stay.
        wanted = -0.1 * math.log(0.8 / 0.9) + (0.1 - 0.005) * math.log(0.1 / 0.005)
        assert float(psi(Cells(((90, 80), (10, 10), (0, 10))))) == pytest.approx(wanted, abs=1e-12)

    def test_an_empty_cell_weighs_more_the_more_rows_show_it(self):
        small, large = (psi(Cells(((90 * k, 80 * k), (10 * k, 10 * k), (0, 10 * k)))) for k in (1, 100))
        assert large > small

    def test_jensen_shannon_of_samples_without_a_common_cell_is_the_root_of_ln_2(self):
        assert float(jensen_shannon(Cells(((7, 0), (0, 3))))) == pytest.approx(math.sqrt(math.log(2)), abs=1e-15)

    def test_total_variation_is_exact(self):
        assert total_variation(Cells(((1, 0), (2, 3)))) == Fraction(1, 3)

    def test_smirnov_is_exact_with_ties(self):
        found = smirnov({Decimal(1): 2, Decimal(2): 1}, {Decimal(2): 1, Decimal(3): 1})
        assert found.statistic == Fraction(2, 3)

    def test_chi_square_statistic_is_exact(self):
        found = chi_square(Cells(((10, 20), (30, 20))))
        assert (found.statistic, found.freedom) == (Fraction(16, 3), 1)
        assert float(found.p) == pytest.approx(0.0209213, abs=1e-7)

    def test_a_single_cell_cannot_differ(self):
        found = chi_square(Cells(((10, 900),)))
        assert (found.statistic, found.freedom, found.p) == (0, 0, 1)

    def test_deciles_are_values_of_the_reference(self):
        assert decile_edges({Decimal(n): 1 for n in range(1, 11)}) == tuple(Decimal(n) for n in range(1, 10))
        assert decile_edges({Decimal(0): 5, Decimal(1): 5}) == (Decimal(0), Decimal(1))

    def test_bins_close_on_the_right_and_end_with_what_is_missing(self):
        edges = (Decimal(0), Decimal(1))
        values = {Decimal(-1): 1, Decimal(0): 2, Decimal("0.5"): 4, Decimal(1): 8, Decimal(2): 16}
        assert binned(values, 32, edges) == (3, 12, 16, 32)

    def test_tiny_tails_keep_their_size(self):
        assert chi_square_tail(Fraction(5000), 3).adjusted() == -1084
        assert kolmogorov_tail(Fraction(1000)).adjusted() == -869
        assert kolmogorov_tail(Fraction(1, 200)) == 1


class TestOracles:
    @settings(max_examples=150, deadline=None)
    @given(pairs=CELLS)
    def test_jensen_shannon_and_chi_square_are_scipy_s(self, pairs):
        cells = Cells(tuple(pairs))
        table = np.array(cells.pairs).T
        assert float(jensen_shannon(cells)) == pytest.approx(jensenshannon(*table), abs=1e-7)
        if len(cells.pairs) > 1:
            wanted = scipy.stats.chi2_contingency(table, correction=False)
            found = chi_square(cells)
            assert float(found.statistic) == pytest.approx(wanted.statistic, rel=1e-9, abs=1e-9)
            assert (found.freedom, float(found.p)) == (wanted.dof, pytest.approx(wanted.pvalue, rel=1e-8, abs=1e-300))

    @settings(max_examples=150, deadline=None)
    @given(before=NUMBERS, now=NUMBERS)
    def test_smirnov_is_scipy_s(self, before, now):
        found = smirnov(before, now)
        n, m = sum(before.values()), sum(now.values())
        with np.errstate(all="ignore"):  # of two rows scipy divides by zero, for its p, which is not looked at
            wanted = scipy.stats.ks_2samp(spread(before), spread(now), method="asymp")
        assert float(found.statistic) == pytest.approx(wanted.statistic, abs=1e-12)
        limit = scipy.stats.kstwobign.sf(float(found.statistic) * math.sqrt(n * m / (n + m)))
        assert float(found.p) == pytest.approx(limit, rel=1e-9, abs=1e-15)

    @pytest.mark.parametrize("shift", [0, 0.05, 0.1, 0.15])
    def test_with_500_rows_the_limit_is_near_the_exact_p(self, shift):
        rng = np.random.default_rng(int(shift * 100))
        before, now = rng.normal(0, 1, 500), rng.normal(shift, 1, 500)
        found = smirnov(*({Decimal(repr(float(value))): 1 for value in side} for side in (before, now)))
        exact = scipy.stats.ks_2samp(before, now, method="exact").pvalue
        assert float(found.p) == pytest.approx(exact, rel=0.02)

    @settings(max_examples=150, deadline=None)
    @given(statistic=st.fractions(0, 3_000), freedom=st.integers(1, 60))
    def test_the_chi_square_tail_is_scipy_s(self, statistic, freedom):
        wanted = scipy.stats.chi2.sf(float(statistic), freedom)
        assert float(chi_square_tail(statistic, freedom)) == pytest.approx(wanted, rel=1e-9, abs=1e-300)


class TestProperties:
    @given(pairs=CELLS)
    def test_the_same_in_both_directions_and_in_any_order(self, pairs):
        cells, turned = Cells(tuple(pairs)), Cells(tuple((b, a) for a, b in pairs))
        shuffled = Cells(tuple(reversed(pairs)))
        for distance in (psi, jensen_shannon, total_variation):
            assert distance(cells) == distance(turned) == distance(shuffled)
        assert chi_square(cells) == chi_square(turned) == chi_square(shuffled)

    @given(counts=st.lists(st.integers(1, 500), min_size=1, max_size=12), times=st.integers(1, 9))
    def test_equal_shares_are_no_drift(self, counts, times):
        cells = Cells(tuple((count, count * times) for count in counts))
        assert psi(cells) == jensen_shannon(cells) == total_variation(cells) == 0
        assert chi_square(cells).statistic == 0
        assert chi_square(cells).p == 1

    @given(pairs=CELLS)
    def test_distances_keep_their_bounds(self, pairs):
        cells = Cells(tuple(pairs))
        assert psi(cells) >= 0
        assert 0 <= jensen_shannon(cells) <= Decimal("0.8325546111576977563531646449")
        assert 0 <= total_variation(cells) <= 1
        assert 0 <= chi_square(cells).p <= 1

    @given(values=NUMBERS, missing=st.integers(0, 50))
    def test_a_sample_does_not_drift_from_itself(self, values, missing):
        for method, direction in METHODS.items():
            found = measure(method, Numbers(values, missing), Numbers(dict(reversed(values.items())), missing))
            assert found.score == (1 if direction in ("<", "<=") else 0), method
            assert (found.unseen, found.emptied) == (0, 0)

    @given(values=NUMBERS, missing=st.integers(1, 50))
    def test_missing_cells_are_drift_of_their_own(self, values, missing):
        for method in METHODS:
            whole = measure(method, Numbers(values), Numbers(values))
            holes = measure(method, Numbers(values), Numbers(values, missing))
            assert (holes.statistic or holes.score) != (whole.statistic or whole.score), method

    def test_a_category_that_the_reference_does_not_have_is_counted(self):
        found = measure("psi", Categories({"a": 90, "b": 10}), Categories({"a": 90, "c": 10}))
        assert (found.unseen, found.emptied) == (1, 1)
        assert found.score > Decimal("0.25")


class TestRefusals:
    @pytest.mark.parametrize("method", sorted(METHODS))
    def test_nothing_is_not_compared(self, method):
        with pytest.raises(ValueError, match="empty"):
            measure(method, Numbers({}), Numbers({Decimal(1): 1}))

    @pytest.mark.parametrize("method", ["ks", "ks_statistic"])
    def test_categories_have_no_order(self, method):
        with pytest.raises(UnsuitedError):
            measure(method, Categories({"a": 1}), Categories({"a": 1}))

    @pytest.mark.parametrize("method", sorted(METHODS))
    def test_numbers_are_not_held_against_categories(self, method):
        with pytest.raises(UnsuitedError):
            measure(method, Numbers({Decimal(1): 1}), Categories({"a": 1}))

    def test_a_negative_count_is_a_mistake_of_the_caller(self):
        with pytest.raises(ValueError, match="negative"):
            Cells(((1, -1), (1, 3)))

    def test_cells_that_are_empty_in_both_say_nothing(self):
        assert paired({"a": 1, "b": 0}, {"a": 2, "b": 0}).pairs == ((1, 2),)
