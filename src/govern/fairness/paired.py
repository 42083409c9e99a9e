"""Two models on the same cases: how much better one is, and how sure that is.

Where each case has an answer of both, what they share cancels: shares of right answers have Tango's score interval
(1998), which is McNemar's test turned round; areas under the curve have DeLong's paired variance (1988); quotients
whose denominator differs between the models, and means of squares, have the variance of each case's influence. Where
the cases cannot be paired, the intervals of both figures are put together by their squares, which is wider.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from govern.fairness.figure_intervals import Ends, interval_of_measured, outwards, placements, summed, variance
from govern.fairness.performance import CellMetric, Measured, ScoreMetric, from_cells, from_scores
from govern.fairness.rates import Tally, Undefined, Value

__all__ = ["Difference", "PairedCells", "PairedScores", "apart", "paired_cells", "paired_scores", "tango"]

PairedCells = Mapping[tuple[bool, bool, bool], int]
"""Cases by label, the candidate's decision and the baseline's."""
PairedScores = Mapping[tuple[bool, Decimal, Decimal], int]
"""Cases by label, the candidate's score and the baseline's."""

_PRECISION = 40
_MINUS_ONE = -1


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of two models, and the interval of candidate minus baseline when one can be given."""

    candidate: Measured
    baseline: Measured
    ends: Ends | None
    paired: bool

    @property
    def value(self) -> Value:
        """Candidate minus baseline, exactly; undefined when either is."""
        first, second = self.candidate.value, self.baseline.value
        if isinstance(first, Undefined):
            return first
        return second if isinstance(second, Undefined) else first - second


def apart(candidate: Measured, own: Ends | None, baseline: Measured, other: Ends | None) -> Difference:
    """Compare figures of cases that are not paired (Zou and Donner 2008); wider than the paired interval as a rule."""
    first, second = interval_of_measured(candidate, own), interval_of_measured(baseline, other)
    ends = None
    if first is not None and second is not None:
        with localcontext(prec=_PRECISION):
            low, high = summed([first, (-second[0], -second[2], -second[1])])
            ends = outwards(low, high, "both intervals put together, cases not paired", least=_MINUS_ONE)
    return Difference(candidate, baseline, ends, paired=False)


def paired_cells(metric: CellMetric, cells: PairedCells, z: Decimal) -> Difference:
    """Compare a figure of decisions case by case."""
    candidate = from_cells(metric, _tally(cells, 1))
    baseline = from_cells(metric, _tally(cells, 2))
    defined = isinstance(candidate.value, Fraction) and isinstance(baseline.value, Fraction)
    ends = _cell_ends(metric, cells, z) if defined else None
    return Difference(candidate, baseline, ends, paired=True)


def _tally(cells: PairedCells, place: int) -> Tally:
    four = [0, 0, 0, 0]
    for key, times in cells.items():
        four[2 * key[0] + key[place]] += times
    return Tally(*four)


def _cell_ends(metric: CellMetric, cells: PairedCells, z: Decimal) -> Ends | None:
    if metric in ("precision", "f1"):
        return _quotients(metric, cells, z)
    if metric == "balanced_accuracy":
        parts = []
        for label in (True, False):
            better, worse, n = _discordant(cells, (label,))
            low, high = tango(better, worse, n, z)
            parts.append((Decimal(better - worse) / n / 2, low / 2, high / 2))
        with localcontext(prec=_PRECISION):
            return outwards(*summed(parts), "Tango, two rates put together", least=_MINUS_ONE)
    labels = {"accuracy": (True, False), "recall": (True,), "specificity": (False,)}[metric]
    low, high = tango(*_discordant(cells, labels), z)
    return outwards(low, high, "Tango, case by case", least=_MINUS_ONE)


def _discordant(cells: PairedCells, labels: tuple[bool, ...]) -> tuple[int, int, int]:
    """Give how many cases only the candidate has right, how many only the baseline, and how many there are."""
    better = worse = n = 0
    for (label, candidate, baseline), times in cells.items():
        if label in labels:
            n += times
            better += times * (candidate == label and baseline != label)
            worse += times * (candidate != label and baseline == label)
    return better, worse, n


def tango(better: int, worse: int, n: int, z: Decimal) -> tuple[Decimal, Decimal]:
    """Give the score interval of (better - worse)/n, n > 0, for answers on the same cases (Tango 1998).

    All differences are inside that the constrained score test does not refuse; at 0 its statistic is McNemar's.
    """
    with localcontext(prec=_PRECISION):
        estimate = Decimal(better - worse) / n

        def refused(delta: Decimal) -> bool:
            a, b = Decimal(2 * n), -better - worse + (2 * n - better + worse) * delta
            c = -worse * delta * (1 - delta)
            share = (max(Decimal(0), b * b - 4 * a * c).sqrt() - b) / (2 * a)
            spread = n * (2 * share + delta * (1 - delta))
            distance = (better - worse - n * delta) ** 2
            return distance > z * z * spread if spread > 0 else distance > 0

        return _turning(estimate, Decimal(-1), refused), _turning(estimate, Decimal(1), refused)


def _turning(inside: Decimal, beyond: Decimal, refused: Callable[[Decimal], bool]) -> Decimal:
    if not refused(beyond):
        return beyond
    for _ in range(60):
        middle = (inside + beyond) / 2
        if refused(middle):
            beyond = middle
        else:
            inside = middle
    return beyond


def _quotients(metric: CellMetric, cells: PairedCells, z: Decimal) -> Ends | None:
    """Precision is the sum of y·d over the sum of d, F1 that of 2·y·d over y+d: each case's influence, subtracted."""

    def parts(label: bool, decision: bool) -> tuple[int, int]:
        return (2 * (label and decision), label + decision) if metric == "f1" else (label and decision, int(decision))

    n = sum(cells.values())
    influence: dict[tuple[bool, bool, bool], Fraction] = dict.fromkeys(cells, Fraction(0))
    for place, sign in ((1, 1), (2, -1)):
        over = sum(parts(key[0], key[place])[0] * times for key, times in cells.items())
        under = sum(parts(key[0], key[place])[1] * times for key, times in cells.items())
        for key in cells:
            above, below = parts(key[0], key[place])
            influence[key] += sign * (above - Fraction(over, under) * below) * n / under
    tally_c, tally_b = from_cells(metric, _tally(cells, 1)).value, from_cells(metric, _tally(cells, 2)).value
    assert isinstance(tally_c, Fraction)
    assert isinstance(tally_b, Fraction)
    spread = sum((value * value * cells[key] for key, value in influence.items()), Fraction(0)) / (n * n)
    return _around(tally_c - tally_b, spread, z, "influence of each case")


def paired_scores(metric: ScoreMetric, scores: PairedScores, z: Decimal) -> Difference:
    """Compare a figure of scores case by case. Raises ValueError as `from_scores` does."""
    own, other = _marginal(scores, 1), _marginal(scores, 2)
    candidate, baseline = from_scores(metric, own), from_scores(metric, other)
    first, second = candidate.value, baseline.value
    ends = None
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        spread = _delong_difference(scores, own, other) if metric == "auc" else _brier_difference(scores)
        words = "DeLong, case by case" if metric == "auc" else "squares, case by case"
        ends = None if spread is None else _around(first - second, spread, z, words)
    return Difference(candidate, baseline, ends, paired=True)


def _marginal(scores: PairedScores, place: int) -> dict[Decimal, tuple[int, int]]:
    found: dict[Decimal, list[int]] = {}
    for key, times in scores.items():
        score = key[place]
        assert isinstance(score, Decimal)
        found.setdefault(score, [0, 0])[key[0]] += times
    return {score: (two[0], two[1]) for score, two in found.items()}


def _delong_difference(
    scores: PairedScores, own: Mapping[Decimal, tuple[int, int]], other: Mapping[Decimal, tuple[int, int]]
) -> Fraction | None:
    (own_won, own_beaten), (other_won, other_beaten) = placements(own), placements(other)
    positives: dict[int, int] = {}
    negatives: dict[int, int] = {}
    for (label, mine, theirs), times in scores.items():
        if label:
            gap = own_won[mine] - other_won[theirs]
            positives[gap] = positives.get(gap, 0) + times
        else:
            gap = own_beaten[mine] - other_beaten[theirs]
            negatives[gap] = negatives.get(gap, 0) + times
    p, n = sum(positives.values()), sum(negatives.values())
    first, second = variance(positives), variance(negatives)
    if first is None or second is None:
        return None
    return first / (4 * n * n * p) + second / (4 * p * p * n)


def _brier_difference(scores: PairedScores) -> Fraction | None:
    places = max(_decimals(score) for key in scores for score in key[1:])
    unit = 10**places
    gaps: dict[int, int] = {}
    for (label, mine, theirs), times in scores.items():
        a, b = int(mine.scaleb(places)), int(theirs.scaleb(places))
        gap = (a - unit * label) ** 2 - (b - unit * label) ** 2
        gaps[gap] = gaps.get(gap, 0) + times
    spread = variance(gaps)
    return None if spread is None else spread / (Fraction(unit) ** 4 * sum(gaps.values()))


def _decimals(score: object) -> int:
    assert isinstance(score, Decimal)
    exponent = score.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _around(value: Fraction, spread: Fraction, z: Decimal, method: str) -> Ends | None:
    """Give value plus and minus z standard errors; None when nothing varies, for that shows no certainty."""
    if not spread:
        return None
    with localcontext(prec=_PRECISION):
        half = z * (Decimal(spread.numerator) / spread.denominator).sqrt()
        centre = Decimal(value.numerator) / value.denominator
        return outwards(centre - half, centre + half, method, least=_MINUS_ONE)
