"""Whether a score of 0.3 means three in ten: calibration of one group, from its histogram and sums.

The scores must be probabilities (a range within 0..1), and both labels must occur.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

from govern.fairness.bounded import PRECISION, Bounded, Ends, Figure, decimal_of, ends_of, exactly
from govern.fairness.intervals import quantile, wilson
from govern.fairness.rates import Undefined
from govern.fairness.recalibration import recalibrate
from govern.fairness.score_groups import GroupScores
from govern.fairness.score_tensor import UNIT

__all__ = ["ReliabilityBin", "brier", "brier_ends", "ece", "intercept", "reliability", "slope", "term_ends"]

_NO_PROBABILITIES = Undefined("the range of the scores is not within 0..1")
_ONE_CLASS = Undefined("one class only")
_FITTED = Fraction(1, 10**12)
"""Fitted terms are correct to better than this."""


def _unusable(group: GroupScores) -> Undefined | None:
    if not group.probabilities:
        return _NO_PROBABILITIES
    return None if group.positives and group.negatives else _ONE_CLASS


class ReliabilityBin(NamedTuple):
    """People whose scores lie between two edges."""

    start: Fraction
    end: Fraction
    n: int
    positives: int
    scores: Bounded
    """Sum of their scores: every score lies between the edges of its bin of the histogram."""

    def spread(self, z: Decimal) -> tuple[Decimal, Decimal] | None:
        """Wilson's interval of the share of positives; None for an empty bin."""
        if not self.n:
            return None
        low, high = wilson(self.positives, self.n, z)
        assert high is not None  # only a ratio has no upper end
        return low, high


def reliability(group: GroupScores, bins: int) -> tuple[ReliabilityBin, ...]:
    """Put the histogram's bins into `bins` groups of equal width, cut at its edges at or above k/bins."""
    people, won = [0] * bins, [0] * bins
    low, high = [Fraction(0)] * bins, [Fraction(0)] * bins
    for place, (negatives, positives) in group.by_bin.items():
        at, n = place * bins // group.bins, negatives + positives
        people[at] += n
        won[at] += positives
        low[at] += n * group.edge(place)
        high[at] += n * group.edge(place + 1)
    edges = [group.edge(-(-at * group.bins // bins)) for at in range(bins + 1)]
    return tuple(
        ReliabilityBin(edges[at], edges[at + 1], people[at], won[at], Bounded(low[at], high[at])) for at in range(bins)
    )


def ece(group: GroupScores, bins: int) -> Figure:
    """Expected calibration error: the sum over bins of |positives - sum of scores|, over n (Naeini et al. 2015).

    The exact value over the same bins lies within the bounds, at most (high - low)/4096 apart. It has no interval of
    confidence here: the figure is biased upwards in small samples, and its distribution is not known.
    """
    unusable = _unusable(group)
    if unusable is not None:
        return unusable
    low = high = Fraction(0)
    for held in reliability(group, bins):
        apart = exactly(Fraction(held.positives)).minus(held.scores).size()
        low += apart.low
        high += apart.high
    return Bounded(low / group.n, high / group.n)


def brier(group: GroupScores) -> Figure:
    """Mean squared distance of score and label (Brier 1950), from sums; a rounded score moves it by < 2**-32 / n."""
    unusable = _unusable(group)
    if unusable is not None:
        return unusable
    ones, both = group.sums.positives, group.sums.both
    squares = both.squares - 2 * ones.total * UNIT + ones.n * UNIT * UNIT
    value = exactly(Fraction(squares, group.n * UNIT * UNIT)).widened(Fraction(both.rounded, group.n * UNIT))
    return Bounded(max(Fraction(0), value.low), value.high)


def brier_ends(group: GroupScores, tail: Fraction) -> Ends | None:
    """Normal interval of a mean, with an upper bound of the variance: each score at the worse edge of its bin."""
    figure = brier(group)
    if isinstance(figure, Undefined):
        return None
    fourth = Fraction(0)
    for place, (negatives, positives) in group.by_bin.items():
        fourth += negatives * group.edge(place + 1) ** 4 + positives * (1 - group.edge(place)) ** 4
    spread = max(Fraction(0), fourth / group.n - figure.low**2)
    with localcontext(prec=PRECISION):
        half = quantile(tail) * (decimal_of(spread) / group.n).sqrt()
        low, high = decimal_of(figure.low) - half, decimal_of(figure.high) + half
        return ends_of(figure, max(Decimal(0), low), min(Decimal(1), high))


def slope(group: GroupScores) -> Figure:
    """Slope of the logistic recalibration logit P(y = 1) = a + b·logit(score) (Cox 1958); 1 when well calibrated.

    Defined on scores in the middle of their bin, since a score of 0 or 1 has no logit.
    """
    return _term(group, fixed=False)


def intercept(group: GroupScores) -> Figure:
    """Calibration in the large: a in logit P(y = 1) = a + logit(score) (Cox 1958); 0 when well calibrated.

    Defined on scores in the middle of their bin.
    """
    return _term(group, fixed=True)


def _term(group: GroupScores, *, fixed: bool) -> Figure:
    unusable = _unusable(group)
    if unusable is not None:
        return unusable
    found = recalibrate(group, fixed=fixed)
    if isinstance(found, Undefined):
        return found
    return exactly(Fraction(found.value)).widened(_FITTED)


def term_ends(group: GroupScores, tail: Fraction, *, fixed: bool) -> Ends | None:
    """Wald's interval of the slope, or with `fixed` of the intercept, by the inverse of Fisher's information."""
    if _unusable(group) is not None:
        return None
    found = recalibrate(group, fixed=fixed)
    if isinstance(found, Undefined):
        return None
    with localcontext(prec=PRECISION):
        half = quantile(tail) * found.error
        return ends_of(exactly(Fraction(found.value)).widened(_FITTED), found.value - half, found.value + half)
