"""Two groups compared within strata (site, job, year), so that how people spread over strata cannot pass for a gap.

A stratum gives evidence only of what happens inside it: the test of Cochran (1954) and Mantel and Haenszel (1959)
adds up what is seen in each against what is expected there. The common ratios weigh strata as Mantel and Haenszel do;
the test of Breslow and Day (1980) asks whether one common odds ratio describes them at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

from govern.fairness.chi_square import chi_square_tail
from govern.fairness.intervals import Interval
from govern.fairness.rates import Rate, Undefined, Value

__all__ = [
    "Within",
    "breslow_day",
    "common_difference",
    "common_difference_interval",
    "common_odds_ratio",
    "common_ratio",
    "common_ratio_interval",
    "least_expected_within",
    "mantel_haenszel",
    "mantel_haenszel_p",
    "reversed_strata",
    "within",
]

Stratum = tuple[Rate, Rate]
"""The rate of the group and of the one it is compared with, in one stratum."""

_PRECISION = 40
_PLACES = Decimal("0.000001")
_LEAST = 5


@dataclass(frozen=True, slots=True)
class Within:
    """A comparison within strata."""

    strata: int
    """Strata in which both groups have somebody; the others say nothing."""
    ratio: Value
    """Common ratio of group to other."""
    difference: Value
    """Common difference of other less group."""
    odds_ratio: Value
    heterogeneity: Fraction | Undefined
    """p of Breslow and Day's test that one odds ratio holds in all of them."""
    turned: int
    """Strata of which the difference has the other sign than the common one, with enough people to say so."""


def within(strata: Sequence[Stratum]) -> Within:
    """Give the common figures of a comparison."""
    used = _used(strata)
    return Within(
        strata=len(used),
        ratio=common_ratio(used),
        difference=common_difference(used),
        odds_ratio=common_odds_ratio(used),
        heterogeneity=breslow_day(used),
        turned=reversed_strata(used),
    )


def _used(strata: Sequence[Stratum]) -> list[Stratum]:
    return [(one, two) for one, two in strata if one.n and two.n]


def mantel_haenszel(strata: Sequence[Stratum]) -> Value:
    """Give the chi-square of one degree that the group's rate is the other's in every stratum, without correction.

    Undefined when nothing varies in any stratum that holds both groups.
    """
    excess, variance = Fraction(0), Fraction(0)
    for one, two in _used(strata):
        n, k = one.n + two.n, one.k + two.k
        excess += one.k - Fraction(one.n * k, n)
        if n > 1:
            variance += Fraction(one.n * two.n * k * (n - k), n * n * (n - 1))
    return excess * excess / variance if variance else Undefined("nothing varies within any stratum")


def mantel_haenszel_p(strata: Sequence[Stratum]) -> Fraction:
    """Give the p-value of `mantel_haenszel`, 1 when it is undefined: then there is no evidence of anything."""
    square = mantel_haenszel(strata)
    return Fraction(1) if isinstance(square, Undefined) else chi_square_tail(square, 1)


def least_expected_within(strata: Sequence[Stratum]) -> Fraction:
    """Smallest expected count, added over strata, of the four cells (the rule of Mantel and Fleiss 1980, simplified).

    Also the room between what is expected and what the margins allow must be five; the smaller of all is given.
    """
    used = _used(strata)
    cells = [Fraction(0)] * 4
    low = high = 0
    for one, two in used:
        n, k = one.n + two.n, one.k + two.k
        for place, (row, column) in enumerate(((one.n, k), (one.n, n - k), (two.n, k), (two.n, n - k))):
            cells[place] += Fraction(row * column, n)
        low += max(0, k - two.n)
        high += min(one.n, k)
    return min(*cells, cells[0] - low, high - cells[0])


def common_odds_ratio(strata: Sequence[Stratum]) -> Value:
    """Give the common odds ratio of group to other (Mantel and Haenszel 1959)."""
    return _quotient(
        sum((Fraction(a.k * (b.n - b.k), a.n + b.n) for a, b in _used(strata)), Fraction(0)),
        sum((Fraction(b.k * (a.n - a.k), a.n + b.n) for a, b in _used(strata)), Fraction(0)),
    )


def common_ratio(strata: Sequence[Stratum]) -> Value:
    """Give the common ratio of the rates, group over other (Rothman and Boice 1979, weights of Mantel and Haenszel)."""
    return _quotient(*_ratio_sums(strata))


def _ratio_sums(strata: Sequence[Stratum]) -> tuple[Fraction, Fraction]:
    top = sum((Fraction(a.k * b.n, a.n + b.n) for a, b in _used(strata)), Fraction(0))
    bottom = sum((Fraction(b.k * a.n, a.n + b.n) for a, b in _used(strata)), Fraction(0))
    return top, bottom


def _quotient(top: Fraction, bottom: Fraction) -> Value:
    return top / bottom if bottom else Undefined("the rate compared with is 0 in every stratum")


def common_difference(strata: Sequence[Stratum]) -> Value:
    """Give the common difference, other less group, with weights n1*n2/n (Greenland and Robins 1985)."""
    weight = sum((Fraction(a.n * b.n, a.n + b.n) for a, b in _used(strata)), Fraction(0))
    if not weight:
        return Undefined("no stratum holds both groups")
    top, bottom = _ratio_sums(strata)
    return (bottom - top) / weight


def common_ratio_interval(strata: Sequence[Stratum], z: Decimal) -> Interval | None:
    """Give the interval of `common_ratio` by the variance of its logarithm (Greenland and Robins 1985).

    None when either sum is 0: then a logarithm has no value.
    """
    top, bottom = _ratio_sums(strata)
    if not top or not bottom:
        return None
    spread = sum(
        (Fraction(a.n * b.n * (a.k + b.k) - a.k * b.k * (a.n + b.n), (a.n + b.n) ** 2) for a, b in _used(strata)),
        Fraction(0),
    )
    with localcontext(prec=_PRECISION):
        half = z * _decimal(spread / (top * bottom)).sqrt()
        middle = _decimal(top / bottom)
        return _outwards(middle * (-half).exp(), middle * half.exp())


def common_difference_interval(strata: Sequence[Stratum], z: Decimal) -> Interval | None:
    """Give the interval of `common_difference` by Sato's variance (1989), which stands both few and large strata."""
    used = _used(strata)
    value = common_difference(used)
    if isinstance(value, Undefined):
        return None
    weight, first, second = Fraction(0), Fraction(0), Fraction(0)
    for low, high in used:  # Sato's first group is the one subtracted from: the other
        a, n1, c, n0 = high.k, high.n, low.k, low.n
        n = n1 + n0
        weight += Fraction(n1 * n0, n)
        first += Fraction(n1 * n1 * c - n0 * n0 * a, n * n) + Fraction(n1 * n0 * (n0 - n1), 2 * n * n)
        second += Fraction(a * (n0 - c) + c * (n1 - a), 2 * n)
    spread = (value * first + second) / weight**2
    with localcontext(prec=_PRECISION):
        half = z * _decimal(max(spread, Fraction(0))).sqrt()
        return _outwards(_decimal(value) - half, _decimal(value) + half)


def breslow_day(strata: Sequence[Stratum]) -> Fraction | Undefined:
    """Give the p-value of Breslow and Day's test that the strata have one odds ratio, with Tarone's correction (1985).

    Undefined with fewer than two strata that can differ, or when the common odds ratio is 0 or has no value.
    """
    odds = common_odds_ratio(strata)
    speaking = [(a, b) for a, b in _used(strata) if 0 < a.k + b.k < a.n + b.n]
    if isinstance(odds, Undefined) or not odds:
        return Undefined("the common odds ratio has no value or is 0")
    if len(speaking) < 2:
        return Undefined("fewer than two strata can differ")
    with localcontext(prec=_PRECISION):
        statistic = gap = total = Decimal(0)
        for one, two in speaking:
            expected, variance = _expected(one, two, _decimal(odds))
            statistic += (one.k - expected) ** 2 / variance
            gap += one.k - expected
            total += variance
        statistic -= gap * gap / total
        return chi_square_tail(Fraction(max(statistic, Decimal(0))), len(speaking) - 1)


def _expected(one: Rate, two: Rate, odds: Decimal) -> tuple[Decimal, Decimal]:
    """Count expected of the group, and its variance, when the odds ratio of the stratum is `odds`."""
    k = one.k + two.k
    low, high = Decimal(max(0, k - two.n)), Decimal(min(one.n, k))
    if odds == 1:
        found = Decimal(one.n) * k / (one.n + two.n)
    else:
        a, b, c = odds - 1, -(odds * (one.n + k) + two.n - k), odds * one.n * k
        root = max(Decimal(0), b * b - 4 * a * c).sqrt()
        found = 2 * c / (-b + root)  # the root between the margins, without cancellation
    found = min(max(found, low), high)
    cells = (found, one.n - found, k - found, two.n - k + found)
    return found, 1 / sum((1 / cell for cell in cells), Decimal(0))


def reversed_strata(strata: Sequence[Stratum]) -> int:
    """Count the strata whose difference has the other sign than the common one, five people expected in each cell."""
    value = common_difference(strata)
    if isinstance(value, Undefined) or not value:
        return 0
    turned = 0
    for one, two in _used(strata):
        n, k = one.n + two.n, one.k + two.k
        enough = min(one.n, two.n) * min(k, n - k) >= _LEAST * n
        turned += enough and (Fraction(two.k, two.n) - Fraction(one.k, one.n)) * value < 0
    return turned


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _outwards(low: Decimal, high: Decimal) -> Interval:
    return Interval(low.quantize(_PLACES, rounding=ROUND_FLOOR), high.quantize(_PLACES, rounding=ROUND_CEILING))
