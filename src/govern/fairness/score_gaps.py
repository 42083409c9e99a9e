"""How well scores tell the labels of a group apart, and how far two groups' scores lie apart, with proven bounds.

From a histogram a figure is known between two fractions: pairs, or people, within one bin are the only doubt. An
interval of confidence is put around these bounds and never inside them.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

from govern.fairness.bounded import PRECISION, Bounded, Ends, Figure, decimal_of, ends_of, exactly, root
from govern.fairness.figure_intervals import score_interval
from govern.fairness.intervals import quantile
from govern.fairness.rates import Undefined
from govern.fairness.score_groups import GroupScores
from govern.fairness.score_tensor import UNIT, LabelSums

__all__ = ["auc", "auc_ends", "ks", "ks_ends", "mean", "roc", "smd", "smd_ends", "variance_of"]

ONE_CLASS = Undefined("one class only")
_ROC_STEPS = 64


def auc(group: GroupScores) -> Figure:
    """Area under the ROC curve: the share of pairs of a positive and a negative that the score orders rightly.

    Pairs of different bins are decided (Mann and Whitney 1947); pairs within a bin are all lost at the lower bound and
    all won at the upper one, so that the half width is sum pos_b·neg_b / (2·P·N).
    """
    pairs = group.positives * group.negatives
    if not pairs:
        return ONE_CLASS
    won = within = below = 0
    for negatives, positives in group.by_bin.values():
        won += positives * below
        within += positives * negatives
        below += negatives
    return Bounded(Fraction(won, pairs), Fraction(won + within, pairs))


def auc_ends(group: GroupScores, tail: Fraction) -> Ends | None:
    """Interval of the area that leaves `tail` on each side: the wider of DeLong's (1988) and Newcombe's (2006)."""
    figure = auc(group)
    if isinstance(figure, Undefined):
        return None
    by_score = {Decimal(place): two for place, two in group.by_bin.items()}
    found = score_interval("auc", by_score, quantile(tail))
    assert found is not None  # both classes are there
    half = decimal_of(figure.half_width)
    return ends_of(figure, max(Decimal(0), found.low - half), min(Decimal(1), found.high + half))


def ks(group: GroupScores) -> Figure:
    """Kolmogorov and Smirnov's distance between the scores of positives and of negatives.

    At the edges of bins the distance is exact, a lower bound; within a bin no distance is larger than that of one class
    at the upper edge from the other at the lower edge, an upper bound.
    """
    positives, negatives = group.positives, group.negatives
    if not positives or not negatives:
        return ONE_CLASS
    least = most = upto_negatives = upto_positives = 0
    for lost, won in group.by_bin.values():
        before = upto_positives * negatives, upto_negatives * positives
        upto_positives += won
        upto_negatives += lost
        after = upto_positives * negatives, upto_negatives * positives
        least = max(least, abs(after[0] - after[1]))
        most = max(most, after[0] - before[1], after[1] - before[0])
    return Bounded(Fraction(least, positives * negatives), Fraction(max(least, most), positives * negatives))


def ks_ends(group: GroupScores, tail: Fraction) -> Ends | None:
    """Interval for any distribution of scores (Dvoretzky, Kiefer and Wolfowitz 1956; Massart 1990), class by class."""
    figure = ks(group)
    if isinstance(figure, Undefined):
        return None
    with localcontext(prec=PRECISION):
        spread = (2 / decimal_of(tail)).ln() / 2
        half = (spread / group.positives).sqrt() + (spread / group.negatives).sqrt()
        low, high = decimal_of(figure.low) - half, decimal_of(figure.high) + half
        return ends_of(figure, max(Decimal(0), low), min(Decimal(1), high))


def mean(sums: LabelSums) -> Figure:
    """Mean of scores, or of predictions; each that was rounded is off by at most 2**-33."""
    if not sums.n:
        return Undefined("nobody in the group")
    return exactly(Fraction(sums.total, sums.n * UNIT)).widened(Fraction(sums.rounded, sums.n * 2 * UNIT))


def variance_of(n: int, total: int, squares: int) -> Fraction:
    """Sample variance of n > 1 numbers from their sums in units of 2**-32 and 2**-64."""
    return Fraction(n * squares - total * total, n * (n - 1) * UNIT * UNIT)


def smd(one: LabelSums, other: LabelSums) -> Figure:
    """Standardised mean difference: mean of one less mean of the other, over the pooled standard deviation.

    A score moved by at most 2**-33 moves the deviation, which is a length, by less than 2**-32.
    """
    means = mean(one), mean(other)
    for figure in means:
        if isinstance(figure, Undefined):
            return figure
    free = one.n + other.n - 2
    if free < 1:
        return Undefined("one person in each group")
    parts = [variance_of(part.n, part.total, part.squares) * (part.n - 1) for part in (one, other) if part.n > 1]
    deviation = root(sum(parts, Fraction(0)) / free)
    if one.rounded + other.rounded:
        deviation = deviation.widened(Fraction(2, UNIT))
    if deviation.low <= 0:
        return Undefined("every score is the same")
    a, b = means
    assert isinstance(a, Bounded)
    assert isinstance(b, Bounded)
    difference = a.minus(b)
    quotients = [end / by for end in (difference.low, difference.high) for by in (deviation.low, deviation.high)]
    return Bounded(min(quotients), max(quotients))


def smd_ends(one: LabelSums, other: LabelSums, tail: Fraction) -> Ends | None:
    """Large-sample interval of the standardised mean difference (Hedges and Olkin 1985, chapter 5, equation 14)."""
    figure = smd(one, other)
    if isinstance(figure, Undefined):
        return None
    with localcontext(prec=PRECISION):
        size = decimal_of(figure.middle)
        spread = Decimal(one.n + other.n) / (one.n * other.n) + size * size / (2 * (one.n + other.n))
        half = quantile(tail) * spread.sqrt()
        return ends_of(figure, decimal_of(figure.low) - half, decimal_of(figure.high) + half)


def roc(group: GroupScores, least: int = 1) -> tuple[tuple[Fraction, Fraction], ...] | None:
    """False and true positive rates at thresholds from the highest down, at most 65 points; None for one class only.

    Every point is exact: thresholds are edges of bins. Between two points there are at least `least` people of each
    class, or none of it.
    """
    positives, negatives = group.positives, group.negatives
    if not positives or not negatives:
        return None
    step = max(1, group.bins // _ROC_STEPS)
    parts: dict[int, tuple[int, int]] = {}
    for place, (lost, won) in group.by_bin.items():
        two = parts.get(place // step, (0, 0))
        parts[place // step] = (two[0] + lost, two[1] + won)
    points, last = [(0, 0)], (0, 0)
    for part in sorted(parts, reverse=True):
        last = last[0] + parts[part][0], last[1] + parts[part][1]
        if _apart(points[-1], last, least):
            points.append(last)
    while points[-1] != last:  # the rest joins the step before, until that is large enough
        if len(points) > 1:
            points.pop()
        if len(points) == 1 or _apart(points[-1], last, least):
            points.append(last)
    return tuple((Fraction(lost, negatives), Fraction(won, positives)) for lost, won in points)


def _apart(one: tuple[int, int], other: tuple[int, int], least: int) -> bool:
    steps = [b - a for a, b in zip(one, other, strict=True)]
    return any(steps) and all(step == 0 or step >= least for step in steps)
