"""Rates and comparisons equal fairlearn's to the last digit wherever it defines them, on many random tables.

A rate is k/n: the division of two whole numbers is rounded correctly, and so is `float(Fraction)`, so that equal means
equal. Differences and ratios of fairlearn are made of rounded rates; here they are exact, so ours are compared as
fairlearn would have made them, and the exact value to within the rounding of those steps.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness import METRICS, Axis, Counts, Missing, Question, Tally, Undefined, judge
from govern.fairness.rates import NO_TALLY

Metric = Callable[[Any, Any], float]


def _share(part: Callable[[Any, Any], Any], whole: Callable[[Any, Any], Any]) -> Metric:
    """A rate that neither library has by name, from numpy masks."""

    def rate(truth: Any, decision: Any) -> float:
        among = whole(truth, decision)
        return float(np.sum(part(truth, decision) & among) / np.sum(among)) if np.any(among) else math.nan

    return rate


LIBRARY: dict[str, Metric] = {
    "selection_rate": fl.selection_rate,
    "true_positive_rate": fl.true_positive_rate,
    "false_negative_rate": fl.false_negative_rate,
    "false_positive_rate": fl.false_positive_rate,
    "true_negative_rate": fl.true_negative_rate,
    "accuracy": sk.accuracy_score,
    "precision": lambda t, p: sk.precision_score(t, p, zero_division=np.nan),
    "negative_predictive_value": lambda t, p: sk.precision_score(t, p, pos_label=0, zero_division=np.nan),
    "false_discovery_rate": _share(lambda t, _p: t == 0, lambda _t, p: p == 1),
    "false_omission_rate": _share(lambda t, _p: t == 1, lambda _t, p: p == 0),
    "prevalence": lambda t, _p: float(np.mean(t)),
}


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_every_metric_has_an_oracle() -> None:
    assert LIBRARY.keys() == METRICS.keys()


TABLES = st.integers(0, 2**32 - 1).flatmap(
    lambda seed: st.tuples(st.just(seed), st.integers(2, 60), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9))
)


def table(seed: int, rows: int, groups: int, positives: int, selected: int) -> tuple[Any, Any, Any]:
    random = np.random.RandomState(seed)
    truth = (random.randint(0, 10, rows) < positives).astype(int)
    decision = (random.randint(0, 10, rows) < selected).astype(int)
    return truth, decision, random.randint(0, groups, rows)


def counts_of(truth: Any, decision: Any, group: Any) -> Counts:
    values = tuple(sorted({str(value) for value in group.tolist()}))
    cells = {}
    for place, value in enumerate(values):
        mine = group == int(value)
        four = [int(np.sum(mine & (truth == t) & (decision == p))) for t in (0, 1) for p in (0, 1)]
        cells[(place,)] = Tally(*four)
    return Counts((Axis("g", values),), True, cells, Missing(), len(group))


def agree(truth: Any, decision: Any, group: Any) -> int:
    """Compare every rate of every group and all comparisons; give how many numbers were compared."""
    counts = counts_of(truth, decision, group)
    tallies = counts.table(("g",)).groups
    frame = fl.MetricFrame(metrics=LIBRARY, y_true=truth, y_pred=decision, sensitive_features=group)
    compared = 0
    for name, metric in METRICS.items():
        exact = {label: metric.rate(tally) for (label,), tally in tallies.items()}
        total = NO_TALLY
        for tally in tallies.values():
            total = total.plus(tally)
        overall = metric.rate(total).value
        if not isinstance(overall, Undefined):
            assert float(overall) == frame.overall[name], name
        defined = [rate for rate in exact.values() if rate.n]
        for label, rate in exact.items():
            found = frame.by_group[name][int(label)]
            if rate.n:
                assert float(Fraction(rate.k, rate.n)) == found, (name, label)
                compared += 1
            else:
                assert isinstance(rate.value, Undefined)
        if len(defined) < len(exact):
            continue  # where a rate is undefined fairlearn's comparison is a number all the same
        values = [Fraction(rate.k, rate.n) for rate in defined]
        low, high = min(values), max(values)
        assert float(high) - float(low) == frame.difference()[name], name
        assert math.isclose(float(high - low), frame.difference()[name], abs_tol=2**-52)
        if high:
            assert float(low) / float(high) == frame.ratio()[name], name
            assert math.isclose(float(low / high), frame.ratio()[name], rel_tol=2**-51)
        compared += 2
    return compared + odds(truth, decision, group, counts)


def odds(truth: Any, decision: Any, group: Any, counts: Counts) -> int:
    tallies = counts.table(("g",)).groups.values()
    if any(not (tally.tp + tally.fn and tally.fp + tally.tn) for tally in tallies) or len(tallies) < 2:
        return 0
    question = Question(
        metric="equalized_odds",
        compare="difference",
        attributes=(("g",),),
        at_most=Fraction(1),
        decide="point",
        min_n=1,
    )
    judgement = judge(question, counts)
    ours = []
    for part in judgement.tables:
        assert part.worst is not None
        one, other = (rate.k / rate.n for rate in (part.worst.rate, part.worst.other_rate))
        ours.append(abs(other - one))
        assert not isinstance(part.worst.difference, Undefined)
    assert max(ours) == fl.equalized_odds_difference(truth, decision, sensitive_features=group)
    assert judgement.worst is not None
    return 1


@given(TABLES)
@settings(max_examples=200, deadline=None)
def test_equal_on_small_random_tables(drawn: tuple[int, int, int, int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert agree(*table(*drawn)) > 0


@pytest.mark.parametrize(
    ("seed", "rows", "groups"), [(1, 5_000, 3), (2, 11_111, 7), (3, 20_000, 2), (4, 20_000, 12), (5, 19_997, 5)]
)
def test_equal_on_larger_tables(seed: int, rows: int, groups: int) -> None:
    assert agree(*table(seed, rows, groups, 3, 4)) == len(METRICS) * (groups + 2) + 1


@given(st.integers(1, 2**53), st.integers(0, 2**53))
@settings(max_examples=300, deadline=None)
def test_a_rate_is_the_correctly_rounded_quotient(n: int, k: int) -> None:
    k %= n + 1
    assert float(Fraction(k, n)) == k / n == float(np.float64(k) / np.float64(n))
