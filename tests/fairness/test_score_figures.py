"""Figures of scores against the libraries that have them, computed from the raw scores: the truth lies in the bounds."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness import Undefined
from govern.fairness.bounded import Bounded
from govern.fairness.calibration import brier, brier_ends, ece, intercept, reliability, slope, term_ends
from govern.fairness.score_gaps import auc, auc_ends, ks, ks_ends, mean, roc, smd, smd_ends
from govern.fairness.score_groups import GroupScores, score_table
from govern.fairness.scores import LabelSums
from support.scores import counts_of

TAIL = Fraction(1, 40)


def group_of(labels, scores) -> GroupScores:
    counts = counts_of([(0, int(label), float(score)) for label, score in zip(labels, scores, strict=True)])
    return score_table(counts, ("sex",))[0][("F",)]


def sums_of(scores) -> LabelSums:
    return group_of([0] * len(scores), scores).sums.both


def simulated(n: int, seed: int, shift: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(seed)
    logits = random.normal(-0.5, shift, n)
    labels = random.random_sample(n) < 1 / (1 + np.exp(-(0.3 + 0.7 * logits)))
    return labels.astype(int), 1 / (1 + np.exp(-logits))


def holds(figure, truth: float, slack: float = 1e-9) -> bool:
    assert isinstance(figure, Bounded)
    return float(figure.low) - slack <= truth <= float(figure.high) + slack


LABELLED = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=60).filter(
    lambda rows: len({label for label, _score in rows}) == 2
)
COARSE = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 40).map(lambda k: k / 16384)), min_size=2, max_size=60
).filter(lambda rows: len({label for label, _score in rows}) == 2)


@settings(max_examples=60)
@given(LABELLED | COARSE)
def test_the_area_of_the_scores_lies_within_its_bounds(rows):
    from sklearn.metrics import roc_auc_score

    labels, scores = zip(*rows, strict=True)
    figure = auc(group_of(labels, scores))
    assert holds(figure, roc_auc_score(labels, scores))
    pairs: dict[int, list[int]] = {}
    for label, score in rows:
        pairs.setdefault(min(int(score * 4096), 4095), [0, 0])[label] += 1
    within = sum(two[0] * two[1] for two in pairs.values())
    assert figure.half_width == Fraction(within, 2 * sum(labels) * (len(labels) - sum(labels)))


@settings(max_examples=60)
@given(LABELLED | COARSE)
def test_the_distance_of_the_scores_lies_within_its_bounds(rows):
    from scipy.stats import ks_2samp

    labels, scores = zip(*rows, strict=True)
    groups = [[score for label, score in rows if label == wanted] for wanted in (0, 1)]
    assert holds(ks(group_of(labels, scores)), ks_2samp(*groups, method="exact").statistic)


@settings(max_examples=60)
@given(LABELLED)
def test_briers_score_and_the_mean_are_those_of_the_scores(rows):
    from sklearn.metrics import brier_score_loss

    labels, scores = zip(*rows, strict=True)
    group = group_of(labels, scores)
    assert holds(brier(group), brier_score_loss(labels, scores))
    exact = sum((Fraction(score) - label) ** 2 for label, score in rows) / len(rows)
    assert brier(group).low <= exact <= brier(group).high
    exact = sum(map(Fraction, scores)) / len(scores)
    assert mean(group.sums.both).low <= exact <= mean(group.sums.both).high
    assert brier(group).half_width <= Fraction(1, 2**32)


@settings(max_examples=60)
@given(LABELLED, st.sampled_from([2, 8, 10, 16]))
def test_calibration_error_lies_within_its_bounds(rows, bins):
    labels, scores = zip(*rows, strict=True)
    group = group_of(labels, scores)
    edges = [held.start for held in reliability(group, bins)]
    apart: dict[int, Fraction] = {}
    for label, score in rows:
        place = sum(Fraction(score) >= edge for edge in edges)
        apart[place] = apart.get(place, Fraction(0)) + label - Fraction(score)
    exact = sum(abs(value) for value in apart.values()) / len(rows)
    figure = ece(group, bins)
    assert figure.low <= exact <= figure.high
    assert figure.high - figure.low <= Fraction(1, 4096)


def test_a_reliability_table_is_scikit_learns():
    from sklearn.calibration import calibration_curve

    labels, scores = simulated(4000, 5)
    rates, means = calibration_curve(labels, scores, n_bins=16)
    held = [row for row in reliability(group_of(labels, scores), 16) if row.n]
    assert [row.positives / row.n for row in held] == pytest.approx(rates, abs=1e-12)
    for row, wanted in zip(held, means, strict=True):
        assert float(row.scores.low) / row.n <= wanted <= float(row.scores.high) / row.n


@pytest.mark.parametrize("seed", range(4))
def test_slope_and_intercept_are_statsmodels(seed):
    import statsmodels.api as sm

    labels, scores = simulated(3000, seed)
    middles = (np.minimum((scores * 4096).astype(int), 4095) + 0.5) / 4096
    logits = np.log(middles / (1 - middles))
    group = group_of(labels, scores)
    found = sm.Logit(labels, sm.add_constant(logits)).fit(disp=0, tol=1e-12)
    assert float(slope(group).middle) == pytest.approx(found.params[1], abs=1e-8)
    ends = term_ends(group, TAIL, fixed=False)
    assert [float(ends.low), float(ends.high)] == pytest.approx(found.conf_int()[1], abs=2e-6)
    alone = sm.GLM(labels, np.ones(len(labels)), family=sm.families.Binomial(), offset=logits).fit(tol=1e-12)
    assert float(intercept(group).middle) == pytest.approx(alone.params[0], abs=1e-7)
    ends = term_ends(group, TAIL, fixed=True)
    assert [float(ends.low), float(ends.high)] == pytest.approx(alone.conf_int()[0], abs=2e-6)


def test_the_binned_recalibration_is_close_to_that_of_the_scores():
    import statsmodels.api as sm

    labels, scores = simulated(3000, 9)
    found = sm.Logit(labels, sm.add_constant(np.log(scores / (1 - scores)))).fit(disp=0, tol=1e-12)
    assert float(slope(group_of(labels, scores)).middle) == pytest.approx(found.params[1], abs=1e-4)


@settings(max_examples=60)
@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=30),
    st.lists(st.floats(0, 1), min_size=3, max_size=30),
)
def test_standardised_difference_is_that_of_the_scores(ours, theirs):
    one, other = np.array(ours), np.array(theirs)
    squares = (len(ours) - 1) * one.var(ddof=1) + (len(theirs) - 1) * other.var(ddof=1)
    deviation = np.sqrt(squares / (len(ours) + len(theirs) - 2))
    figure = smd(sums_of(ours), sums_of(theirs))
    if deviation > 1e-4:
        assert holds(figure, (one.mean() - other.mean()) / deviation, slack=1e-9)
    elif deviation == 0:
        assert isinstance(figure, Undefined) or figure.high - figure.low > 0


def test_equal_scores_have_no_standardised_difference():
    one, other = sums_of([0.5, 0.5]), sums_of([0.25, 0.25])
    assert smd(one, one) == Undefined("every score is the same")
    assert smd(one, other) == Undefined("every score is the same")


def test_a_standardised_difference_that_is_exact_is_told_exactly():
    one, other = sums_of([0.25, 0.75]), sums_of([0.0, 0.5])
    assert smd(one, other).low ** 2 <= Fraction(1, 2) <= smd(one, other).high ** 2
    same = smd(one, one)
    assert (same.low, same.high) == (0, 0)


def test_intervals_hold_their_bounds_and_shrink_with_people():
    small, large = (group_of(*simulated(n, 3)) for n in (200, 20_000))
    for figure, ends in (
        (auc, auc_ends),
        (ks, ks_ends),
        (brier, brier_ends),
        (slope, lambda group, tail: term_ends(group, tail, fixed=False)),
    ):
        widths = []
        for group in (small, large):
            value, interval = figure(group), ends(group, TAIL)
            assert interval.low <= value.low
            assert value.high <= interval.high
            widths.append(interval.high - interval.low)
        assert widths[1] < widths[0] / 4
    wide = smd_ends(small.sums.both, group_of(*simulated(200, 8)).sums.both, TAIL)
    assert wide.low < 0 < wide.high


def test_one_class_only_has_none_of_these():
    group = group_of([1, 1, 1], [0.2, 0.4, 0.9])
    for figure in (auc, ks, brier, slope, intercept):
        assert figure(group) == Undefined("one class only")
    assert ece(group, 10) == Undefined("one class only")
    assert roc(group) is None
    assert auc_ends(group, TAIL) is None


def test_separated_labels_have_no_slope():
    assert isinstance(slope(group_of([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])), Undefined)
    assert isinstance(slope(group_of([1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9])), Undefined)
    assert isinstance(slope(group_of([0, 1], [0.5, 0.5])), Undefined)
    assert isinstance(slope(group_of([0, 1, 0, 1], [0.1, 0.3, 0.7, 0.9])), Bounded)


def test_a_roc_curve_has_at_most_65_points_each_of_them_on_the_curve():
    from sklearn.metrics import roc_curve

    labels, scores = simulated(5000, 2)
    points = roc(group_of(labels, scores))
    assert 60 <= len(points) <= 65
    assert points[0] == (0, 0)
    assert points[-1] == (1, 1)
    fpr, tpr, _thresholds = roc_curve(labels, scores, drop_intermediate=False)
    on_it = {(round(x, 9), round(y, 9)) for x, y in zip(fpr, tpr, strict=True)}
    assert all((round(float(x), 9), round(float(y), 9)) in on_it for x, y in points)
    thinned = roc(group_of(labels[:60], scores[:60]), least=11)
    assert len(thinned) <= 7
    assert thinned[-1] == (1, 1)


def test_intervals_hold_the_truth_in_repetition():
    """Calibrated up to a slope of 0.8: area, Brier score and slope of 100 samples of 150."""
    random = np.random.RandomState(5)

    def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
        scores = random.beta(2, 2, n)
        share = 1 / (1 + np.exp(-(0.2 + 0.8 * np.log(scores / (1 - scores)))))
        return (random.random_sample(n) < share).astype(int), scores

    from sklearn.metrics import brier_score_loss, roc_auc_score

    labels, scores = drawn(500_000)
    truths = roc_auc_score(labels, scores), brier_score_loss(labels, scores), 0.8
    held = [0, 0, 0]
    for _ in range(100):
        group = group_of(*drawn(150))
        found = auc_ends(group, TAIL), brier_ends(group, TAIL), term_ends(group, TAIL, fixed=False)
        for place, (ends, truth) in enumerate(zip(found, truths, strict=True)):
            held[place] += float(ends.low) <= truth <= float(ends.high)
    assert all(88 <= count <= 100 for count in held), held
