"""Tails of the distributions that p-values come from, in decimals: the same digits on every machine."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

__all__ = ["DIGITS", "PRECISION", "chi_square_tail", "kolmogorov_tail", "rounded"]

DIGITS = 25
"""Significant digits of a result; all of them hold, since arithmetic has `PRECISION`."""
PRECISION = 50
_GUARD = 60
"""Further digits where a difference of two near-equal numbers is taken."""
_PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798215"
)
_SERIES_TO = 60
"""Up to this square the error function's series is summed; beyond, the continued fraction is shorter."""


def rounded(value: Decimal) -> Decimal:
    """Round to `DIGITS` significant digits; what is below 1e-40 and came of rounding is not told apart from it."""
    with localcontext() as arithmetic:
        arithmetic.prec = DIGITS
        arithmetic.rounding = ROUND_HALF_EVEN
        return +value


def kolmogorov_tail(square: Fraction) -> Decimal:
    """P(K > x) of Kolmogorov's distribution, given x squared: 2 sum (-1)^(k-1) exp(-2 k^2 x^2) (Kolmogorov, 1933)."""
    if square < Fraction(1, 100):
        return Decimal(1)  # the tail differs from 1 by less than 1e-50 there
    with localcontext() as arithmetic:
        arithmetic.prec = PRECISION + _GUARD
        exponent = -2 * _decimal(square)
        total, sign, k = Decimal(0), 1, 1
        while True:
            term = (exponent * k * k).exp()
            total += sign * term
            if term <= total.scaleb(-PRECISION):
                return rounded(min(2 * total, Decimal(1)))
            sign, k = -sign, k + 1


def chi_square_tail(statistic: Fraction, freedom: int) -> Decimal:
    """P(X >= statistic) of the chi-square distribution with `freedom` degrees of freedom (whole, from 0).

    The regularised upper gamma function Q(f/2, x/2), which is a finite sum for whole f (Abramowitz and Stegun, 26.4.4
    and 26.4.5).
    """
    if freedom == 0 or statistic <= 0:
        return Decimal(1)
    with localcontext() as arithmetic:
        arithmetic.prec = PRECISION + _GUARD
        half = _decimal(statistic / 2)
        if freedom % 2:
            total = _erfc_of_root(half)
            term = (-half).exp() * (half / _PI).sqrt() * 2  # half^(1/2) e^-half / Gamma(3/2)
            step = Decimal("1.5")
        else:
            total = Decimal(0)
            term = (-half).exp()
            step = Decimal(1)
        for _ in range(freedom // 2):
            total += term
            term = term * half / step
            step += 1
        return rounded(min(total, Decimal(1)))


def _erfc_of_root(square: Decimal) -> Decimal:
    """Give erfc(sqrt(square)) for a positive square."""
    bell = (-square).exp() / _PI.sqrt()
    root = square.sqrt()
    if square > _SERIES_TO:
        # e^-z^2 / (z sqrt(pi)) / (1 + (1/2z^2) / (1 + (2/2z^2) / (1 + ...))), from the inside out (7.1.14)
        fraction = Decimal(1)
        for k in range(200, 0, -1):
            fraction = 1 + k / (2 * square * fraction)
        return bell / (root * fraction)
    term = 2 * bell * root  # 2/sqrt(pi) e^-z^2 sum 2^n z^(2n+1) / (2n+1)!! (7.1.6)
    total, n = Decimal(0), 0
    while term > total.scaleb(-PRECISION - _GUARD):
        total += term
        n += 1
        term = term * 2 * square / (2 * n + 1)
    return 1 - total


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)
