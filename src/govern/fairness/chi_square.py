"""Chi-square tests on counts: K groups at once, and the pooled test of two rates known as two standard deviations.

The statistic is an exact fraction; its tail is computed with 60 decimal digits from `exp` and `sqrt` alone, which
are correctly rounded everywhere, so that no machine's libm can change a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

from govern.fairness.rates import Rate, Undefined, Value

__all__ = ["chi_square", "chi_square_tail", "pearson", "pooled_z"]

_PRECISION = 60
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
_FAR = 400
"""A statistic beyond this has a tail far below the sixth digit."""


def pooled_z(one: Rate, two: Rate) -> Decimal | Undefined:
    """Give the difference of two rates in standard deviations of the pooled rate, without continuity correction.

    Negative when the first rate is the lower. Undefined when a group is empty, and when the pooled rate is 0 or 1:
    then nothing varies. Beyond plus or minus 1.96 is the "two standard deviations" of Castaneda v. Partida (1977) and
    Hazelwood (1977). Rounded to six digits; its square is `pearson` of the two.
    """
    square = chi_square((one, two))
    if isinstance(square, Undefined):
        return square
    with localcontext(prec=_PRECISION):
        size = (Decimal(square.numerator) / square.denominator).sqrt()
        sign = 1 if one.k * two.n >= two.k * one.n else -1
        return (sign * size).quantize(Decimal("0.000001"))


def chi_square(rates: Sequence[Rate]) -> Value:
    """Give Pearson's statistic of K rates against one common rate, exactly; undefined as in `pooled_z`."""
    if len(rates) < 2:
        return Undefined("fewer than two groups")
    if not all(rate.n for rate in rates):
        return Undefined("an empty group")
    k, n = sum(rate.k for rate in rates), sum(rate.n for rate in rates)
    if k in (0, n):
        return Undefined("all are alike")
    spread = sum((Fraction(rate.k * rate.k, rate.n) for rate in rates), Fraction(0)) - Fraction(k * k, n)
    return spread * n * n / (k * (n - k))


def pearson(rates: Sequence[Rate]) -> Fraction | Undefined:
    """Give the p-value of K rates being one, by the chi-square distribution of K - 1 degrees (Pearson 1900).

    Good where every cell is expected to hold five; the value is rounded up to 1e-12.
    """
    square = chi_square(rates)
    return square if isinstance(square, Undefined) else chi_square_tail(square, len(rates) - 1)


def chi_square_tail(value: Fraction, degrees: int) -> Fraction:
    """Give the probability of a chi-square variable of whole `degrees` >= 1 above `value` >= 0, rounded up to 1e-12.

    Q(a + 1, x) = Q(a, x) + x**a exp(-x) / Gamma(a + 1), from Q(1, x) = exp(-x) or Q(1/2, x) = erfc(sqrt x).
    """
    if value > _FAR + 2 * degrees:
        return Fraction(1, 10**12)
    with localcontext(prec=_PRECISION):
        x = Decimal(value.numerator) / value.denominator / 2
        decay = (-x).exp()
        if degrees % 2 == 0:
            a, total, term = Decimal(1), decay, decay * x
        else:
            a, total = Decimal("0.5"), _erfc(x, decay)
            term = decay * x.sqrt() * 2 / _PI.sqrt()
        while 2 * a < degrees:
            total += term
            a += 1
            term = term * x / a
        return min(Fraction(1), Fraction(int(total.scaleb(12).to_integral_value(ROUND_CEILING)), 10**12))


def _erfc(square: Decimal, decay: Decimal) -> Decimal:
    """Give erfc of the root of `square` as one less the series of erf, whose terms are all positive."""
    term = total = Decimal(1)
    n = 0
    while term > total.scaleb(-_PRECISION):
        n += 1
        term = term * 2 * square / (2 * n + 1)
        total += term
    return 1 - 2 * square.sqrt() * decay / _PI.sqrt() * total
