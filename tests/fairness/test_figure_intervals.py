"""Intervals of performance figures and of differences, against other implementations and what they must never be."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness import Tally, from_cells, from_scores
from govern.fairness.figure_intervals import cell_interval, score_interval, z_of
from govern.fairness.intervals import Z95
from govern.fairness.paired import apart, paired_cells, paired_scores, tango

CELLS = st.tuples(*[st.integers(0, 60)] * 4).map(lambda four: Tally(*four))
RATES = ("accuracy", "precision", "recall", "specificity", "f1", "balanced_accuracy")
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 10), st.integers(0, 10)), min_size=4, max_size=60)


def by_score(rows, place):
    found: dict[Decimal, tuple[int, int]] = {}
    for row in rows:
        score = Decimal(row[place]) / 10
        lost, won = found.get(score, (0, 0))
        found[score] = (lost + (not row[0]), won + row[0])
    return found


def paired(rows):
    found: dict[tuple[bool, Decimal, Decimal], int] = {}
    for label, own, other in rows:
        key = (label, Decimal(own) / 10, Decimal(other) / 10)
        found[key] = found.get(key, 0) + 1
    return found


def delong_covariance(rows, places):
    """The textbook form: structural components of every row, O(P·N)."""
    components = []
    for place in places:
        positives = [row[place] for row in rows if row[0]]
        negatives = [row[place] for row in rows if not row[0]]
        wins = np.array([[(p > n) + 0.5 * (p == n) for n in negatives] for p in positives])
        components.append((wins.mean(axis=1), wins.mean(axis=0)))
    over_positives = np.atleast_2d(np.cov([item[0] for item in components]))
    over_negatives = np.atleast_2d(np.cov([item[1] for item in components]))
    return over_positives / len(components[0][0]) + over_negatives / len(components[0][1])


def test_the_quantile_of_95_percent():
    assert z_of(Decimal("0.95")) == Z95


@pytest.mark.parametrize("metric", RATES)
@given(tally=CELLS)
@settings(max_examples=60, deadline=None)
def test_the_figure_lies_inside_and_no_interval_is_a_point(metric, tally):
    ends, value = cell_interval(metric, tally, Z95), from_cells(metric, tally).value
    assert (ends is None) == (not isinstance(value, Fraction))
    if ends is not None:
        assert 0 <= ends.low <= value <= ends.high <= 1
        assert ends.low < ends.high


@pytest.mark.parametrize("metric", RATES)
@given(tally=CELLS)
@settings(max_examples=30, deadline=None)
def test_more_confidence_is_never_narrower(metric, tally):
    wide, narrow = cell_interval(metric, tally, z_of(Decimal("0.99"))), cell_interval(metric, tally, Z95)
    if wide is not None:
        assert wide.low <= narrow.low
        assert wide.high >= narrow.high


def test_f1_has_the_ends_of_its_share():
    from scipy.stats import binomtest

    low, high = binomtest(30, 50).proportion_ci(method="wilson")
    ends = cell_interval("f1", Tally(100, 12, 8, 30), Z95)
    assert float(ends.low) == pytest.approx(2 * low / (1 + low), abs=2e-6)
    assert float(ends.high) == pytest.approx(2 * high / (1 + high), abs=2e-6)


def test_a_perfect_area_is_not_certain():
    """DeLong's variance is 0 here: ten cases that are ordered rightly do not show an area of 1."""
    scores = {Decimal(number) / 10: (number < 5, number >= 5) for number in range(10)}
    ends = score_interval("auc", {key: (int(a), int(b)) for key, (a, b) in scores.items()}, Z95)
    assert ends.high == 1
    assert ends.low < Decimal("0.75")


@given(ROWS)
@settings(max_examples=80, deadline=None)
def test_the_area_is_at_least_as_wide_as_delong(rows):
    found = by_score(rows, 1)
    ends, value = score_interval("auc", found, Z95), from_scores("auc", found).value
    if ends is None:
        assert not isinstance(value, Fraction)
        return
    assert ends.low <= value <= ends.high
    if min(sum(row[0] for row in rows), sum(not row[0] for row in rows)) > 1:
        half = 1.959963985 * math.sqrt(delong_covariance(rows, (1,))[0, 0])
        assert float(ends.low) <= max(0.0, float(value) - half) + 1e-6
        assert float(ends.high) >= min(1.0, float(value) + half) - 1e-6


def test_newcombes_ends_solve_his_equation():
    """Method 5 of Newcombe (2006): |A - a| = z sqrt(V(a)), with the variance of the exponential model at a."""
    scores = {Decimal(number): (30 - number, 10 + number) for number in range(20)}
    ends, value = score_interval("auc", scores, Z95), float(from_scores("auc", scores).value)
    n, p = sum(a for a, _ in scores.values()), sum(b for _, b in scores.values())
    more = (n + p) / 2 - 1

    def distance(a):
        v = a * (1 - a) * (1 + more * (1 - a) / (2 - a) + more * a / (1 + a)) / (n * p)
        return abs(value - a) - 1.959963985 * math.sqrt(v)

    rows = [(True, number, 0) for number, (_, b) in scores.items() for _ in range(b)]
    rows += [(False, number, 0) for number, (a, _) in scores.items() for _ in range(a)]
    half = 1.959963985 * math.sqrt(delong_covariance(rows, (1,))[0, 0])
    for end, delong in ((float(ends.low), value - half), (float(ends.high), value + half)):
        assert min(abs(distance(end)), abs(end - delong)) < 1e-5


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_the_squared_error_lies_inside(rows):
    found = by_score(rows, 1)
    ends, value = score_interval("brier", found, Z95), from_scores("brier", found).value
    assert ends.low <= value <= ends.high
    assert ends.low < ends.high


# --- differences


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_tango_at_nothing_is_mcnemar(better, worse, same):
    n = better + worse + same
    if not n:
        return
    low, high = tango(better, worse, n, Z95)
    assert -1 <= low <= Fraction(better - worse, n) <= high <= 1
    statistic = (better - worse) ** 2 / (better + worse) if better + worse else 0
    if abs(statistic - float(Z95) ** 2) > 1e-6:
        assert (low <= 0 <= high) == (statistic < float(Z95) ** 2)


@pytest.mark.parametrize(("better", "worse", "n"), [(12, 2, 50), (5, 0, 30), (0, 9, 40), (20, 25, 200)])
def test_tango_is_the_constrained_score_test(better, worse, n):
    """Ends found by maximising the likelihood under p21 - p12 = -delta numerically, with scipy."""
    from scipy.optimize import brentq, minimize_scalar

    def statistic(delta):
        def loss(worse_share):  # shares: worse_share, worse_share + delta, the rest
            better_share, rest = worse_share + delta, 1 - 2 * worse_share - delta
            pieces = [(better, better_share), (worse, worse_share), (n - better - worse, rest)]
            return -sum(k * math.log(max(p, 1e-300)) for k, p in pieces if k)

        lowest, highest = max(0.0, -delta), (1 - delta) / 2
        share = minimize_scalar(loss, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}).x
        spread = n * (2 * share + delta - delta * delta)
        return (better - worse - n * delta) / math.sqrt(spread)

    estimate, z = (better - worse) / n, float(Z95)
    low, high = tango(better, worse, n, Z95)
    assert float(low) == pytest.approx(brentq(lambda d: statistic(d) - z, -0.999, estimate - 1e-9), abs=1e-5)
    assert float(high) == pytest.approx(brentq(lambda d: statistic(d) + z, estimate + 1e-9, 0.999), abs=1e-5)


@given(ROWS)
@settings(max_examples=80, deadline=None)
def test_areas_of_the_same_cases_have_delongs_variance(rows):
    found = paired_scores("auc", paired(rows), Z95)
    if min(sum(row[0] for row in rows), sum(not row[0] for row in rows)) < 2:
        assert found.ends is None
        return
    spread = delong_covariance(rows, (1, 2))
    half = 1.959963985 * math.sqrt(max(0.0, spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]))
    if found.ends is None:
        assert half == pytest.approx(0, abs=1e-7)
        return
    assert float(found.ends.low) == pytest.approx(max(-1, float(found.value) - half), abs=3e-6)
    assert float(found.ends.high) == pytest.approx(min(1, float(found.value) + half), abs=3e-6)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_squares_of_the_same_cases(rows):
    found = paired_scores("brier", paired(rows), Z95)
    gaps = [(own / 10 - label) ** 2 - (other / 10 - label) ** 2 for label, own, other in rows]
    assert float(found.value) == pytest.approx(np.mean(gaps), abs=1e-12)
    half = 1.959963985 * np.std(gaps, ddof=1) / math.sqrt(len(gaps))
    if found.ends is None:
        assert half == pytest.approx(0, abs=1e-9)
        return
    assert float(found.ends.high) == pytest.approx(min(1, np.mean(gaps) + half), abs=3e-6)


TRIPLES = st.dictionaries(st.tuples(st.booleans(), st.booleans(), st.booleans()), st.integers(1, 40), min_size=2)


@pytest.mark.parametrize("metric", RATES)
@given(cells=TRIPLES)
@settings(max_examples=60, deadline=None)
def test_a_difference_lies_inside_and_turns_with_its_sides(metric, cells):
    found = paired_cells(metric, cells, Z95)
    turned = paired_cells(metric, {(a, c, b): times for (a, b, c), times in cells.items()}, Z95)
    if found.ends is None:
        assert turned.ends is None
        return
    assert -1 <= found.ends.low <= found.value <= found.ends.high <= 1
    assert found.value == -turned.value
    assert found.ends.low == pytest.approx(-turned.ends.high, abs=Decimal("0.000002"))


def test_precision_has_the_variance_of_each_cases_influence():
    """Against a bootstrap of the same table: 4,000 draws, seeded."""
    cells = {(True, True, True): 120, (True, True, False): 40, (True, False, True): 20, (False, True, True): 30}
    cells |= {(False, True, False): 20, (False, False, True): 45, (False, False, False): 300, (True, False, False): 25}
    found = paired_cells("precision", cells, Z95)
    keys, counts = list(cells), np.array(list(cells.values()))
    draws = np.random.RandomState(7).multinomial(counts.sum(), counts / counts.sum(), size=4000)

    def precision(draw, place):
        chosen = sum(draw[i] for i, key in enumerate(keys) if key[place])
        return sum(draw[i] for i, key in enumerate(keys) if key[place] and key[0]) / chosen

    spread = np.std([precision(draw, 1) - precision(draw, 2) for draw in draws])
    assert float(found.ends.high - found.ends.low) / 2 == pytest.approx(1.96 * spread, rel=0.05)


def test_answers_that_never_differ_show_no_certainty():
    same = {(True, True, True): 8, (False, False, False): 8, (False, True, True): 2}
    assert paired_cells("precision", same, Z95).ends is None
    ends = paired_cells("accuracy", same, Z95).ends
    assert ends.low < Decimal("-0.1")
    assert ends.high > Decimal("0.1")


def test_cases_that_are_not_paired_are_less_sure():
    cells = {(True, True, True): 80, (True, True, False): 12, (True, False, True): 4, (False, False, False): 80}
    cells |= {(False, True, True): 20, (False, False, True): 6}
    together = paired_cells("accuracy", cells, Z95)
    tallies = [Tally(86, 20, 4, 92), Tally(80, 26, 12, 84)]
    one, two = (from_cells("accuracy", tally) for tally in tallies)
    other = apart(one, cell_interval("accuracy", tallies[0], Z95), two, cell_interval("accuracy", tallies[1], Z95))
    assert other.value == together.value
    assert other.ends.low < together.ends.low
    assert other.ends.high > together.ends.high
