"""Intervals and tests against golden figures, scipy and definitions worked out independently."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import comb, inf, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness.intervals import Z95, difference_interval, quantile, ratio_interval, wilson
from govern.fairness.significance import fisher_exact, holm, least_expected, p_text

SIZES = st.integers(1, 400)


@st.composite
def two_rates(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n1, n2 = draw(SIZES), draw(SIZES)
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def near(interval: tuple[Decimal, Decimal | None], low: str, high: str) -> bool:
    assert interval[1] is not None
    return abs(interval[0] - Decimal(low)) <= Decimal("2e-6") and abs(interval[1] - Decimal(high)) <= Decimal("2e-6")


def test_golden_figures() -> None:
    assert near(ratio_interval(12, 40, 48, 80), "0.293345", "0.793865")
    assert near(difference_interval(12, 40, 48, 80), "-0.455876", "-0.110768")
    assert near(wilson(12, 40), "0.180748", "0.454300")
    assert float(fisher_exact(12, 40, 48, 80)) == pytest.approx(0.003409, abs=5e-7)
    assert near(ratio_interval(3, 15, 25, 43), "0.118344", "0.823418")
    assert float(fisher_exact(3, 15, 25, 43)) == pytest.approx(0.015928, abs=5e-7)
    assert float(fisher_exact(2350, 5000, 3000, 6000)) == pytest.approx(0.001793, abs=5e-7)
    assert near(ratio_interval(0, 30, 10, 40), "0", "0.466615")


@given(two_rates())
def test_ends_are_rounded_outwards(four: tuple[int, int, int, int]) -> None:
    k, n = four[:2]
    z = 1.959963985
    centre, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * sqrt(k * (n - k) / n + z * z / 4)
    low, high = wilson(k, n)
    assert high is not None
    assert 0 <= centre - half - float(low) + 1e-12 < 1.001e-6
    assert 0 <= float(high) - (centre + half) + 1e-12 < 1.001e-6


@given(two_rates())
@settings(max_examples=150, deadline=None)
def test_wilson_is_scipys(four: tuple[int, int, int, int]) -> None:
    from scipy.stats import binomtest

    k, n = four[:2]
    oracle = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert near(wilson(k, n), f"{oracle.low:.12f}", f"{oracle.high:.12f}")


@given(two_rates())
@settings(max_examples=150, deadline=None)
def test_newcombe_from_its_definition(four: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = four
    z = 1.959963984540054

    def score(k: int, n: int) -> tuple[float, float]:
        p = k / n
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return ((p + z * z / (2 * n) - half) / (1 + z * z / n), (p + z * z / (2 * n) + half) / (1 + z * z / n))

    (l1, u1), (l2, u2), d = score(k1, n1), score(k2, n2), k1 / n1 - k2 / n2
    low = d - sqrt((k1 / n1 - l1) ** 2 + (u2 - k2 / n2) ** 2)
    high = d + sqrt((u1 - k1 / n1) ** 2 + (k2 / n2 - l2) ** 2)
    assert near(difference_interval(k1, n1, k2, n2), f"{low:.12f}", f"{high:.12f}")


def chi_square(k1: int, n1: int, k2: int, n2: int, t: float) -> float:
    """Koopman's statistic by maximising the likelihood numerically instead of solving the quadratic."""
    from scipy.optimize import brentq

    def score(p: float) -> float:
        return k1 / p - t * (n1 - k1) / (1 - t * p) + k2 / p - (n2 - k2) / (1 - p)

    top = min(1.0, 1 / t)
    p2 = brentq(score, 1e-13, top * (1 - 1e-13), xtol=1e-15)
    p1 = t * p2
    return (k1 - n1 * p1) ** 2 / (n1 * p1 * (1 - p1)) + (k2 - n2 * p2) ** 2 / (n2 * p2 * (1 - p2))


@given(st.integers(2, 300), st.integers(2, 300), st.data())
@settings(max_examples=100, deadline=None)
def test_koopman_ends_lie_where_the_test_turns(n1: int, n2: int, data: st.DataObject) -> None:
    k1, k2 = data.draw(st.integers(1, n1 - 1)), data.draw(st.integers(1, n2 - 1))
    low, high = ratio_interval(k1, n1, k2, n2)
    assert high is not None
    step = 3e-6
    limit = float(Z95) ** 2
    assert chi_square(k1, n1, k2, n2, float(low) + step) < limit
    assert chi_square(k1, n1, k2, n2, float(high) - step) < limit
    if float(low) > 2 * step:
        assert chi_square(k1, n1, k2, n2, float(low) - step) > limit
    assert chi_square(k1, n1, k2, n2, float(high) + step) > limit


@given(two_rates())
@settings(max_examples=300, deadline=None)
def test_koopman_holds_the_estimate_and_inverts(four: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = four
    low, high = ratio_interval(k1, n1, k2, n2)
    estimate = (k1 * n2) / (n1 * k2) if k2 else inf
    if k1 or k2:
        assert float(low) <= estimate <= (inf if high is None else float(high))
    assert low == 0 if k1 == 0 else low >= 0
    assert (high is None) is (k2 == 0)
    back_low, back_high = ratio_interval(k2, n2, k1, n1)
    if back_high is not None and back_high > Decimal("0.01"):
        assert float(low) == pytest.approx(1 / float(back_high), abs=2e-6 * (1 + float(low) ** 2))
    if high is not None and back_low > Decimal("0.01"):
        assert float(high) == pytest.approx(1 / float(back_low), abs=2e-6 * (1 + float(high) ** 2))


@given(two_rates(), st.sampled_from([Fraction(1, 40), Fraction(1, 20), Fraction(1, 1320)]))
@settings(max_examples=150, deadline=None)
def test_koopman_does_not_hang_on_the_guess(four: tuple[int, int, int, int], tail: Fraction) -> None:
    """Without a guess, or with a wrong one, the search in exact arithmetic finds the same ends."""
    from unittest.mock import patch

    from govern.fairness import intervals

    z = quantile(tail)
    found = ratio_interval(*four, z)
    for wrong in (None, 0.37):
        with patch.object(intervals, "guessed_end", lambda *_args, wrong=wrong, **_kwargs: wrong):
            assert ratio_interval(*four, z) == found


def test_koopman_when_everybody_is_selected() -> None:
    square = float(Z95) ** 2
    low, high = ratio_interval(30, 30, 40, 40)
    assert high is not None
    assert float(low) == pytest.approx(30 / (30 + square), abs=2e-6)
    assert float(high) == pytest.approx(1 + square / 40, abs=2e-6)
    one_sided = ratio_interval(20, 30, 40, 40)
    assert one_sided.low < Decimal(20) / 30
    assert one_sided.high is not None
    assert one_sided.high > Decimal(20) / 30
    assert ratio_interval(0, 30, 0, 40) == (0, None)


def test_katz_would_have_given_another_verdict() -> None:
    """12/40 against 48/80: the log interval ends at 0.829, above four fifths; the score interval below."""
    high = ratio_interval(12, 40, 48, 80).high
    assert high is not None
    assert high < Decimal("0.8")


@given(two_rates())
@settings(max_examples=300, deadline=None)
def test_fisher_is_scipys(four: tuple[int, int, int, int]) -> None:
    from scipy.stats import fisher_exact as oracle

    k1, n1, k2, n2 = four
    assert float(fisher_exact(*four)) == pytest.approx(oracle([[k1, n1 - k1], [k2, n2 - k2]])[1], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "four",
    [
        (2350, 5000, 3000, 6000),
        (10, 50_000, 40, 60_000),
        (900, 1000, 1000, 1001),
        (1, 3000, 0, 3000),
        (500, 2000, 500, 2000),
    ],
)
def test_fisher_above_two_thousand(four: tuple[int, int, int, int]) -> None:
    from scipy.stats import fisher_exact as oracle

    k1, n1, k2, n2 = four
    assert float(fisher_exact(*four)) == pytest.approx(oracle([[k1, n1 - k1], [k2, n2 - k2]])[1], rel=1e-9, abs=1e-12)


def test_fisher_exact_and_scaled_agree() -> None:
    from govern.fairness import significance

    for k1, n1, k2, n2 in [(12, 40, 48, 80), (0, 7, 7, 7), (3, 15, 25, 43), (400, 900, 350, 900)]:
        lowest, highest = max(0, k1 + k2 - n2), min(n1, k1 + k2)
        mode = (k1 + k2 + 1) * (n1 + 1) // (n1 + n2 + 2)
        scaled = significance._scaled_terms(mode, lowest, highest, (k1 + k2, n1, n2))
        assert abs(significance._share(scaled, k1, exact=False) - fisher_exact(k1, n1, k2, n2)) < Fraction(1, 10**50)


def test_fisher_by_enumeration() -> None:
    for n1, n2 in product(range(1, 7), repeat=2):
        for k1, k2 in product(range(n1 + 1), range(n2 + 1)):
            weights = {x: comb(n1, x) * comb(n2, k1 + k2 - x) for x in range(n1 + 1) if 0 <= k1 + k2 - x <= n2}
            p = Fraction(sum(w for w in weights.values() if w <= weights[k1]), sum(weights.values()))
            assert fisher_exact(k1, n1, k2, n2) == p


@given(st.lists(st.fractions(0, 1), max_size=12))
def test_holm_rejects_as_the_step_down_procedure(p_values: list[Fraction]) -> None:
    adjusted = holm(p_values)
    alpha, rejected = Fraction(1, 20), set()
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda place: (p_values[place], place))):
        if p_values[place] * (len(p_values) - rank) > alpha:
            break
        rejected.add(place)
    assert {place for place, p in enumerate(adjusted) if p <= alpha} == rejected
    assert all(p <= a <= 1 for p, a in zip(p_values, adjusted, strict=True))


def test_holm_figures() -> None:
    assert holm([Fraction(1, 100), Fraction(4, 100), Fraction(3, 100)]) == (
        Fraction(3, 100),
        Fraction(6, 100),
        Fraction(6, 100),
    )


def test_p_values_are_rounded_up() -> None:
    assert p_text(Fraction(1, 20)) == Decimal("0.05")
    assert p_text(Fraction(1, 20) + Fraction(1, 10**30)) == Decimal("0.050001")
    assert p_text(Fraction(1, 10**40)) == Decimal("0.000001")


def test_least_expected() -> None:
    assert least_expected(12, 40, 48, 80) == 20
    assert least_expected(1, 10, 1, 10) == 1


@pytest.mark.parametrize("tail", [Fraction(1, 40), Fraction(1, 20), Fraction(1, 660), Fraction(1, 2_000_000)])
def test_quantiles(tail: Fraction) -> None:
    from scipy.stats import norm

    assert float(quantile(tail)) == pytest.approx(norm.isf(float(tail)), abs=6e-10)
