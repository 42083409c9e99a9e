"""Exact intervals, tests of many groups, strata and draws against scipy, statsmodels and the published figures."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness.chi_square import chi_square, chi_square_tail, pearson, pooled_z
from govern.fairness.clopper import clopper_pearson
from govern.fairness.intervals import (
    Interval,
    corrected_ratio_interval,
    difference_interval,
    quantile,
    ratio_interval,
    wilson,
)
from govern.fairness.permutation import DRAWS, Permuting, permutation_test, seed_of
from govern.fairness.rates import Rate, Undefined
from govern.fairness.resampling import bootstrap
from govern.fairness.significance import benjamini_hochberg, fisher_exact, holm, p_text
from govern.fairness.strata import (
    breslow_day,
    common_difference,
    common_difference_interval,
    common_odds_ratio,
    common_ratio,
    common_ratio_interval,
    least_expected_within,
    mantel_haenszel,
    mantel_haenszel_p,
    reversed_strata,
    within,
)

STEP = Decimal("2e-6")


def near(interval: Interval, low: str, high: str) -> bool:
    assert interval.high is not None
    return abs(interval.low - Decimal(low)) <= STEP and abs(interval.high - Decimal(high)) <= STEP


class TestGoldenFigures:
    """Every figure at the end of section 4 of the page on fairness."""

    def test_12_of_40_against_48_of_80(self) -> None:
        one, two = Rate(12, 40), Rate(48, 80)
        assert Fraction(12 * 80, 40 * 48) == Fraction(1, 2)
        assert pooled_z(one, two) == Decimal("-3.098387")
        assert p_text(fisher_exact(12, 40, 48, 80)) in (Decimal("0.003409"), Decimal("0.003410"))
        assert near(ratio_interval(12, 40, 48, 80), "0.293345", "0.793865")
        assert near(corrected_ratio_interval(12, 40, 48, 80), "0.292673", "0.795257")
        assert near(difference_interval(12, 40, 48, 80), "-0.455876", "-0.110768")
        assert near(wilson(12, 40), "0.180748", "0.454300")
        assert near(clopper_pearson(12, 40), "0.165627", "0.465316")

    def test_katz_is_an_oracle_and_no_method(self) -> None:
        from scipy.stats.contingency import relative_risk

        katz = relative_risk(12, 40, 48, 80).confidence_interval(0.95)
        assert (round(katz.low, 6), round(katz.high, 6)) == (0.301433, 0.829372)

    def test_3_of_15_against_25_of_43(self) -> None:
        assert round(Fraction(3 * 43, 15 * 25), 3) == Fraction(344, 1000)
        assert float(fisher_exact(3, 15, 25, 43)) == pytest.approx(0.015928, abs=5e-7)
        assert near(ratio_interval(3, 15, 25, 43), "0.118344", "0.823418")

    def test_2350_of_5000_against_3000_of_6000(self) -> None:
        assert Fraction(2350 * 6000, 5000 * 3000) == Fraction(94, 100) > Fraction(4, 5)
        assert float(fisher_exact(2350, 5000, 3000, 6000)) == pytest.approx(0.001793, abs=5e-7)

    def test_0_of_30_against_10_of_40(self) -> None:
        assert near(ratio_interval(0, 30, 10, 40), "0", "0.466615")
        assert ratio_interval(0, 30, 10, 40).low == 0


class TestClopperPearson:
    @given(st.integers(1, 1500), st.data())
    @settings(max_examples=200, deadline=None)
    def test_is_scipys_rounded_outwards(self, n: int, data: st.DataObject) -> None:
        from scipy.stats import binomtest

        k = data.draw(st.integers(0, n))
        oracle = binomtest(k, n).proportion_ci(0.95)
        low, high = clopper_pearson(k, n)
        assert high is not None
        assert -1e-9 <= oracle.low - float(low) < 1.01e-6
        assert -1e-9 <= float(high) - oracle.high < 1.01e-6

    @pytest.mark.parametrize(("k", "n"), [(12, 40), (0, 7), (7, 7), (333, 1000), (66_000, 200_000)])
    def test_is_statsmodels(self, k: int, n: int) -> None:
        from statsmodels.stats.proportion import proportion_confint

        assert near(clopper_pearson(k, n), *(f"{end:.12f}" for end in proportion_confint(k, n, method="beta")))

    def test_ends_at_exactly_0_and_1(self) -> None:
        assert clopper_pearson(0, 9).low == 0
        assert clopper_pearson(9, 9).high == 1

    def test_both_ways_of_summing_agree(self) -> None:
        from govern.fairness import clopper

        for k, n, place in product((1, 200, 480), (490, 500), (1, 400_000, 999_999)):
            exact, scaled = clopper._at_least(k, n, place), clopper._scaled(k, n, place)
            assert abs(exact - scaled) <= exact / 10**50 + Fraction(1, 10**60)

    @given(st.integers(1, 40), st.data())
    @settings(max_examples=60, deadline=None)
    def test_is_wider_than_wilson_is_sure(self, n: int, data: st.DataObject) -> None:
        """At its ends the tail is alpha/2 at most: the definition, with whole numbers."""
        from math import comb

        k = data.draw(st.integers(1, n))
        end = Fraction(clopper_pearson(k, n).low)
        tail = sum(comb(n, x) * end**x * (1 - end) ** (n - x) for x in range(k, n + 1))
        assert tail <= Fraction(1, 40)


def koopman_by_search(k1: int, n1: int, k2: int, n2: int, t: float) -> float:
    """Koopman's statistic with the likeliest rates of ratio t found by search instead of the quadratic."""
    from scipy.optimize import minimize_scalar

    top = min(1.0, 1 / t)

    def log(k: int, p: float) -> float:
        return k * np.log(max(p, 1e-300)) if k else 0.0

    def less(p: float) -> float:
        return -(log(k1, t * p) + log(n1 - k1, 1 - t * p) + log(k2, p) + log(n2 - k2, 1 - p))

    p2 = minimize_scalar(less, bounds=(0, top), method="bounded", options={"xatol": 1e-12}).x
    p2 = min((p2, top), key=less)
    total = 0.0
    for k, n, p in ((k1, n1, t * p2), (k2, n2, p2)):
        total += n * (1 - p) / p if k == n else (k - n * p) ** 2 / (n * p * (1 - p))
    return total


class TestIntervalsAgainstStatsmodels:
    @given(st.integers(2, 300), st.integers(2, 300), st.data())
    @settings(max_examples=80, deadline=None)
    def test_koopman_and_miettinen_nurminen_where_statsmodels_is_right(
        self, n1: int, n2: int, data: st.DataObject
    ) -> None:
        from statsmodels.stats.proportion import confint_proportions_2indep

        k1, k2 = data.draw(st.integers(1, n1 - 1)), data.draw(st.integers(1, n2 - 1))
        for correction, ours in ((False, ratio_interval), (True, corrected_ratio_interval)):
            low, high = confint_proportions_2indep(
                k1, n1, k2, n2, compare="ratio", method="score", correction=correction
            )
            got = ours(k1, n1, k2, n2)
            assert got.high is not None
            assert float(got.low) == pytest.approx(low, rel=1e-5, abs=3e-6)
            assert float(got.high) == pytest.approx(high, rel=1e-5, abs=3e-6)

    @pytest.mark.parametrize(
        ("four", "end"),
        [((29, 29, 34, 44), 0), ((3, 3, 17, 21), 0), ((1, 1, 1, 2), 0), ((20, 30, 40, 40), 1)],
    )
    def test_where_statsmodels_is_wrong(self, four: tuple[int, int, int, int], end: int) -> None:
        """A full arm: its end lies where the test does not turn, and ours does; worked out from the likelihood."""
        import warnings

        from statsmodels.stats.proportion import confint_proportions_2indep

        ours = ratio_interval(*four)
        assert ours[end] is not None
        square = float(quantile(Fraction(1, 40))) ** 2
        assert koopman_by_search(*four, float(ours[end] or 0)) == pytest.approx(square, abs=2e-3)  # six digits
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            theirs = confint_proportions_2indep(*four, compare="ratio", method="score", correction=False)[end]
        wrong = complex(theirs)
        assert wrong.imag or not abs(wrong.real - float(ours[end] or 0)) < 1e-3

    def test_both_full_and_both_empty(self) -> None:
        square = float(quantile(Fraction(1, 40))) ** 2
        got = ratio_interval(30, 30, 40, 40)
        assert got.high is not None
        assert float(got.low) == pytest.approx(30 / (30 + square), abs=2e-6)
        assert float(got.high) == pytest.approx(1 + square / 40, abs=2e-6)
        assert ratio_interval(0, 30, 0, 40) == (0, None)

    @given(st.integers(1, 300), st.integers(1, 300), st.data())
    @settings(max_examples=200, deadline=None)
    def test_newcombe_and_wilson(self, n1: int, n2: int, data: st.DataObject) -> None:
        from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

        k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
        oracle = confint_proportions_2indep(k1, n1, k2, n2, compare="diff", method="newcomb")
        assert near(difference_interval(k1, n1, k2, n2), *(f"{end:.12f}" for end in oracle))
        assert near(wilson(k1, n1), *(f"{end:.12f}" for end in proportion_confint(k1, n1, method="wilson")))


RATE = st.integers(1, 300).flatmap(lambda n: st.integers(0, n).map(lambda k: Rate(k, n)))


class TestChiSquare:
    @given(st.lists(RATE, min_size=2, max_size=12))
    @settings(max_examples=200, deadline=None)
    def test_is_scipys(self, rates: list[Rate]) -> None:
        from scipy.stats import chi2_contingency

        value = chi_square(rates)
        if isinstance(value, Undefined):
            assert sum(rate.k for rate in rates) in (0, sum(rate.n for rate in rates))
            assert isinstance(pearson(rates), Undefined)
            return
        oracle = chi2_contingency([[r.k for r in rates], [r.n - r.k for r in rates]], correction=False)
        assert float(value) == pytest.approx(oracle.statistic, rel=1e-9, abs=1e-12)
        p = pearson(rates)
        assert isinstance(p, Fraction)
        assert float(p) == pytest.approx(oracle.pvalue, rel=1e-9, abs=2e-12)

    @given(st.fractions(0, 1500, max_denominator=1000), st.integers(1, 255))
    @settings(max_examples=300, deadline=None)
    def test_tail_is_scipys_and_never_below(self, value: Fraction, degrees: int) -> None:
        from scipy.stats import chi2

        oracle = float(chi2.sf(float(value), degrees))
        got = float(chi_square_tail(value, degrees))
        assert -1e-13 - 1e-9 * oracle <= got - oracle <= 1.1e-12 + 1e-9 * oracle

    @given(RATE, RATE)
    @settings(max_examples=200, deadline=None)
    def test_pooled_z_is_statsmodels(self, one: Rate, two: Rate) -> None:
        from statsmodels.stats.proportion import proportions_ztest

        z = pooled_z(one, two)
        if one.k + two.k in (0, one.n + two.n):
            assert isinstance(z, Undefined)
        else:
            assert isinstance(z, Decimal)
            oracle = proportions_ztest([one.k, two.k], [one.n, two.n])[0]
            assert float(z) == pytest.approx(float(oracle), abs=1e-6)

    def test_pooled_z_without_people_or_without_variation(self) -> None:
        assert isinstance(pooled_z(Rate(0, 0), Rate(1, 2)), Undefined)
        assert isinstance(pooled_z(Rate(0, 9), Rate(0, 2)), Undefined)
        assert isinstance(pooled_z(Rate(9, 9), Rate(2, 2)), Undefined)
        assert isinstance(chi_square([Rate(1, 2)]), Undefined)


class TestMultiplicity:
    @given(st.lists(st.fractions(0, 1), min_size=1, max_size=12))
    @settings(max_examples=30, deadline=None)
    def test_is_statsmodels(self, p_values: list[Fraction]) -> None:
        from statsmodels.stats.multitest import multipletests

        floats = [float(p) for p in p_values]
        for ours, name in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
            oracle = multipletests(floats, method=name)[1]
            assert [float(p) for p in ours(p_values)] == pytest.approx(list(oracle), abs=1e-12)

    def test_nothing_to_adjust(self) -> None:
        assert benjamini_hochberg(()) == ()


class TestPermutation:
    def test_two_groups_are_fishers_test_by_distance(self) -> None:
        """12/40 against 48/80: the exact p of |difference| given the margins, within the draws' own doubt."""
        from math import comb

        weights = {x: comb(40, x) * comb(80, 60 - x) for x in range(41)}
        seen = Fraction(48, 80) - Fraction(12, 40)
        far = [x for x in weights if abs(Fraction(60 - x, 80) - Fraction(x, 40)) >= seen]
        exact = Fraction(sum(weights[x] for x in far), sum(weights.values()))
        low, high = permutation_test([Rate(12, 40), Rate(48, 80)], seed=7, draws=DRAWS[1]).ends
        assert low <= exact <= high

    def test_is_scipys_permutation_test(self) -> None:
        from scipy.stats import permutation_test as oracle

        rates = [Rate(9, 30), Rate(16, 30), Rate(11, 25)]
        people = [np.repeat([1.0, 0.0], [rate.k, rate.n - rate.k]) for rate in rates]

        def far(*groups: np.ndarray, axis: int = -1) -> np.ndarray:
            means = np.array([group.mean(axis=axis) for group in groups])
            return np.round(means.max(axis=0) - means.min(axis=0), 12)

        found = oracle(
            people,
            far,
            n_resamples=4000,
            alternative="greater",
            vectorized=True,
            random_state=np.random.RandomState(3),
        )
        ours = float(permutation_test(rates, seed=5).p)
        assert abs(found.pvalue - ours) < 3.3 * (ours * (1 - ours) * (1 / 4000 + 1 / 9999)) ** 0.5

    def test_by_enumeration(self) -> None:
        """Three groups of few people: every way to deal them, weighed exactly."""
        from math import comb

        sizes, counted = (4, 3, 5), (3, 0, 2)
        total = sum(counted)

        def far(dealt: tuple[int, ...]) -> Fraction:
            shares = [Fraction(k, n) for k, n in zip(dealt, sizes, strict=True)]
            return max(shares) - min(shares)

        weights = {
            dealt: comb(4, dealt[0]) * comb(3, dealt[1]) * comb(5, dealt[2])
            for dealt in product(*(range(n + 1) for n in sizes))
            if sum(dealt) == total
        }
        beyond = sum(weight for dealt, weight in weights.items() if far(dealt) >= far(counted))
        exact = Fraction(beyond, sum(weights.values()))
        low, high = permutation_test(
            [Rate(k, n) for k, n in zip(counted, sizes, strict=True)], seed=1, draws=DRAWS[1]
        ).ends
        assert low <= exact <= high

    def test_draws_are_continued_and_repeatable(self) -> None:
        rates = [Rate(30, 100), Rate(28, 100), Rate(45, 120)]
        test = Permuting(rates, 11)
        first, second = test.upto(DRAWS[0]), test.upto(DRAWS[1])
        assert first == permutation_test(rates, seed=11)
        assert second == permutation_test(rates, seed=11, draws=DRAWS[1])
        assert second.beyond >= first.beyond
        assert (second.draws, second.seed) == (DRAWS[1], 11)

    def test_the_frozen_stream(self) -> None:
        """These counts may never change: RandomState is frozen, and so is the order in which we draw from it."""
        rates = [Rate(30, 100), Rate(28, 100), Rate(45, 120)]
        assert seed_of(rates) == seed_of([Rate(30, 100), Rate(28, 100), Rate(45, 120)])
        assert seed_of(rates) != seed_of(rates, "other")
        assert (seed_of(rates), permutation_test(rates, seed=11).beyond) == FROZEN

    def test_nobody_or_everybody_counted_is_no_evidence(self) -> None:
        assert permutation_test([Rate(0, 9), Rate(0, 9)], seed=1).p == 1
        assert permutation_test([Rate(9, 9), Rate(9, 9)], seed=1).p == 1

    def test_what_cannot_be_dealt(self) -> None:
        with pytest.raises(ValueError, match="two groups"):
            permutation_test([Rate(1, 2)], seed=1)
        with pytest.raises(ValueError, match="two groups"):
            permutation_test([Rate(1, 2), Rate(0, 0)], seed=1)
        with pytest.raises(ValueError, match="1000000000"):
            permutation_test([Rate(1, 10**9), Rate(0, 1)], seed=1)


FROZEN = (1196682763, 3123)

STRATA = st.lists(st.tuples(RATE, RATE), min_size=1, max_size=8)


def stratified(strata: list[tuple[Rate, Rate]]) -> object:
    from statsmodels.stats.contingency_tables import StratifiedTable

    tables = [np.array([[a.k, a.n - a.k], [b.k, b.n - b.k]], dtype=float) for a, b in strata]
    return StratifiedTable(tables)


class TestStrata:
    @given(STRATA)
    @settings(max_examples=200, deadline=None)
    def test_mantel_haenszel_is_statsmodels(self, strata: list[tuple[Rate, Rate]]) -> None:
        value = mantel_haenszel(strata)
        if isinstance(value, Undefined):
            assert all(a.k + b.k in (0, a.n + b.n) for a, b in strata)
            assert mantel_haenszel_p(strata) == 1
            return
        with np.errstate(all="ignore"):
            oracle = stratified(strata).test_null_odds(correction=False)  # type: ignore[attr-defined]
        assert float(value) == pytest.approx(float(oracle.statistic), rel=1e-9, abs=1e-12)
        assert float(mantel_haenszel_p(strata)) == pytest.approx(float(oracle.pvalue), abs=2e-12)

    @given(st.lists(st.tuples(RATE, RATE), min_size=2, max_size=8))
    @settings(max_examples=200, deadline=None)
    def test_common_ratios_and_breslow_day(self, strata: list[tuple[Rate, Rate]]) -> None:
        speaking = [(a, b) for a, b in strata if 0 < a.k + b.k < a.n + b.n]
        odds = common_odds_ratio(strata)
        if len(speaking) < 2 or isinstance(odds, Undefined) or not odds:
            return
        with np.errstate(all="ignore"):
            oracle = stratified(speaking)
            assert float(odds) == pytest.approx(oracle.oddsratio_pooled, rel=1e-9)  # type: ignore[attr-defined]
            risk = stratified(strata).riskratio_pooled  # type: ignore[attr-defined]
            ours = common_ratio(strata)
            assert isinstance(ours, Fraction)
            assert float(ours) == pytest.approx(risk, rel=1e-9)
            if abs(odds - 1) < Fraction(1, 10**4):
                return  # its quadratic loses its digits there
            found = oracle.test_equal_odds(adjust=True)  # type: ignore[attr-defined]
        p = breslow_day(strata)
        assert isinstance(p, Fraction)
        assert float(p) == pytest.approx(float(found.pvalue), abs=1e-6)

    def test_an_interval_of_the_common_ratio_by_its_published_formula(self) -> None:
        strata = [(Rate(12, 40), Rate(48, 80)), (Rate(5, 20), Rate(9, 30))]
        top = sum(a.k * b.n / (a.n + b.n) for a, b in strata)
        bottom = sum(b.k * a.n / (a.n + b.n) for a, b in strata)
        variance = sum((a.n * b.n * (a.k + b.k) - a.k * b.k * (a.n + b.n)) / (a.n + b.n) ** 2 for a, b in strata) / (
            top * bottom
        )
        half = 1.959963985 * variance**0.5
        got = common_ratio_interval(strata, quantile(Fraction(1, 40)))
        assert got is not None
        assert near(got, f"{top / bottom * np.exp(-half):.12f}", f"{top / bottom * np.exp(half):.12f}")

    def test_of_one_stratum_it_is_the_logarithms_own(self) -> None:
        """Katz: one stratum has nothing to be common over."""
        got = common_ratio_interval([(Rate(12, 40), Rate(48, 80))], quantile(Fraction(1, 40)))
        assert got is not None
        assert near(got, "0.301433", "0.829372")

    @given(st.integers(40, 400), st.data())
    @settings(max_examples=50, deadline=None)
    def test_satos_interval_is_near_walds_in_one_large_stratum(self, n: int, data: st.DataObject) -> None:
        k1, k2 = (data.draw(st.integers(n // 4, n // 2)) for _ in range(2))
        got = common_difference_interval([(Rate(k1, n), Rate(k2, n))], quantile(Fraction(1, 40)))
        assert got is not None
        assert got.high is not None
        p1, p2 = k1 / n, k2 / n
        half = 1.96 * (p1 * (1 - p1) / n + p2 * (1 - p2) / n) ** 0.5
        assert float(got.high - got.low) == pytest.approx(2 * half, rel=0.02)
        assert float(got.high + got.low) / 2 == pytest.approx(p2 - p1, abs=2e-6)

    def test_nothing_to_say(self) -> None:
        empty = [(Rate(0, 0), Rate(3, 9))]
        assert isinstance(mantel_haenszel(empty), Undefined)
        assert isinstance(common_difference(empty), Undefined)
        assert common_difference_interval(empty, Decimal(2)) is None
        assert common_ratio_interval([(Rate(0, 9), Rate(3, 9))], Decimal(2)) is None
        assert isinstance(breslow_day([(Rate(1, 9), Rate(3, 9))]), Undefined)
        assert isinstance(common_ratio([(Rate(1, 9), Rate(0, 9))]), Undefined)
        assert reversed_strata(empty) == 0

    def test_simpsons_paradox(self) -> None:
        """Like Berkeley 1973: fewer women admitted over all, in each department as many or more."""
        strata = [(Rate(89, 108), Rate(512, 825)), (Rate(202, 593), Rate(120, 325)), (Rate(24, 341), Rate(22, 373))]
        crude_f = Fraction(sum(a.k for a, _ in strata), sum(a.n for a, _ in strata))
        crude_m = Fraction(sum(b.k for _, b in strata), sum(b.n for _, b in strata))
        assert crude_f / crude_m < Fraction(4, 5)
        found = within(strata)
        assert isinstance(found.ratio, Fraction)
        assert found.ratio > 1
        assert isinstance(found.heterogeneity, Fraction)
        assert found.heterogeneity < Fraction(1, 20)
        assert (found.strata, found.turned) == (3, 1)
        assert least_expected_within(strata) > 5


class TestBootstrap:
    RATES = (Rate(30, 100), Rate(60, 120), Rate(2, 3))

    def test_repeats_and_tells_the_undefined(self) -> None:
        one, two = bootstrap(self.RATES, seed=5), bootstrap(self.RATES, seed=5)
        assert one == two
        assert one.rates[0].undefined == 0
        assert 0 < one.rates[2].undefined < Fraction(1, 5)
        assert one.ratio.undefined >= one.rates[2].undefined

    def test_scatter_is_that_of_fairlearn(self) -> None:
        from fairlearn.metrics import MetricFrame, selection_rate

        sizes = {"a": (300, 1000), "b": (500, 1000)}
        group = np.repeat(list(sizes), [n for _, n in sizes.values()])
        chosen = np.concatenate([np.repeat([1, 0], [k, n - k]) for k, n in sizes.values()])
        frame = MetricFrame(
            metrics=selection_rate,
            y_true=chosen,
            y_pred=chosen,
            sensitive_features=group,
            n_boot=200,
            ci_quantiles=[0.025, 0.975],
            random_state=1,
        )
        ours = bootstrap([Rate(k, n) for k, n in sizes.values()], seed=1)
        for place, name in enumerate(sizes):
            ends = (ours.rates[place].low, ours.rates[place].high)
            for end, oracle in zip(ends, frame.by_group_ci, strict=True):
                assert end is not None
                assert float(end) == pytest.approx(oracle[name], abs=0.012)

    def test_nobody_counted_has_no_ratio(self) -> None:
        spread = bootstrap([Rate(0, 9), Rate(0, 9)], seed=1)
        assert (spread.ratio.low, spread.ratio.undefined) == (None, 1)
        assert spread.difference.high == 0
        with pytest.raises(ValueError, match="people"):
            bootstrap([Rate(0, 0)], seed=1)
