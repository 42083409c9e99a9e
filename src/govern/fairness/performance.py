"""Performance of a binary decision or score, exactly: fractions from the confusion cells and from counts by score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from govern.fairness.rates import METRICS, Rate, Tally, Undefined, Value

__all__ = ["CellMetric", "Measured", "ScoreMetric", "from_cells", "from_scores"]

CellMetric = Literal["accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1"]
ScoreMetric = Literal["auc", "brier"]

_RATES = {
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "true_positive_rate",
    "specificity": "true_negative_rate",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """An exact value and the number of cases it rests on: the smallest denominator that enters it."""

    value: Value
    n: int


def from_cells(metric: CellMetric, tally: Tally) -> Measured:
    """Measure from the confusion cells. A quotient without denominator is `Undefined`, never 0."""
    if metric == "f1":
        n = 2 * tally.tp + tally.fp + tally.fn
        value: Value = Fraction(2 * tally.tp, n) if n else Undefined("no positives and nobody selected")
        return Measured(value, tally.n)
    if metric == "balanced_accuracy":
        parts = [METRICS[name].rate(tally) for name in ("true_positive_rate", "true_negative_rate")]
        return Measured(_mean(parts), min(part.n for part in parts))
    rate = METRICS[_RATES[metric]].rate(tally)
    return Measured(rate.value, rate.n)


def _mean(rates: list[Rate]) -> Value:
    total = Fraction(0)
    for rate in rates:
        value = rate.value
        if isinstance(value, Undefined):
            return value
        total += value
    return total / len(rates)


def from_scores(metric: ScoreMetric, by_score: Mapping[Decimal, tuple[int, int]]) -> Measured:
    """Measure from counts of negatives and positives by score.

    The area under the ROC curve is the share of pairs of a positive and a negative that the score orders rightly,
    ties half (Mann and Whitney 1947), summed over distinct scores in integers. Brier's score is the mean squared
    distance of score and label (Brier 1950); it raises ValueError for a score outside 0..1.
    """
    negatives = sum(two[0] for two in by_score.values())
    positives = sum(two[1] for two in by_score.values())
    if metric == "auc":
        if not negatives or not positives:
            return Measured(Undefined("one class only"), min(negatives, positives))
        twice_won = below = 0
        for score in sorted(by_score):
            lost, won = by_score[score]
            twice_won += won * (2 * below + lost)
            below += lost
        return Measured(Fraction(twice_won, 2 * negatives * positives), min(negatives, positives))
    if not negatives + positives:
        return Measured(Undefined("no cases"), 0)
    return Measured(_squared_error(by_score) / (negatives + positives), negatives + positives)


def _squared_error(by_score: Mapping[Decimal, tuple[int, int]]) -> Fraction:
    """Sum n0·s² + n1·(1-s)² over scores as one integer over a power of ten."""
    places = 0
    for score in by_score:
        exponent = score.as_tuple().exponent
        if not isinstance(exponent, int) or not 0 <= score <= 1:
            raise ValueError("a score lies outside 0..1")
        places = max(places, -exponent)
    unit = 10**places
    total = 0
    for score, (negatives, positives) in by_score.items():
        scaled = int(score.scaleb(places))
        total += negatives * scaled * scaled + positives * (unit - scaled) * (unit - scaled)
    return Fraction(total, unit * unit)
