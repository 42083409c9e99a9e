"""Tail probabilities that verdicts rest on, without floating point: two machines cannot disagree.

Binomial and hypergeometric tails are sums of integers relative to the likeliest outcome, of 256 bits each; the normal
tail is a series in decimals. All are rounded by their callers, p-values up.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

__all__ = ["at_least", "at_most", "fisher_greater", "normal_two_sided"]

_BITS = 256
_LIKELIEST = 1 << _BITS


def at_most(k: int, n: int, rate: Fraction) -> Fraction:
    """Chance of k or fewer of n when each counts with chance `rate` (0 <= rate <= 1): the exact binomial test.

    The relative error is below 1e-60 times the number of terms. P(X <= k) <= a says that the upper end of Clopper and
    Pearson's interval (1934) of one-sided level a lies below the rate, or on it.
    """
    return _binomial(k, n, rate, below=True)


def at_least(k: int, n: int, rate: Fraction) -> Fraction:
    """Chance of k or more of n, as `at_most`: the lower end of the interval lies above the rate when it is small."""
    return _binomial(k, n, rate, below=False)


def _binomial(k: int, n: int, rate: Fraction, *, below: bool) -> Fraction:
    if not 0 < rate < 1:
        sure = 0 if rate <= 0 else n
        return Fraction(sure <= k if below else sure >= k)
    hit, miss = rate.numerator, rate.denominator - rate.numerator
    mode = min(n, (n + 1) * hit // (hit + miss))
    total = tail = 0
    term, x = _LIKELIEST, mode
    while term and x <= n:
        total += term
        tail += term if (x <= k if below else x >= k) else 0
        term = term * (n - x) * hit // ((x + 1) * miss)
        x += 1
    term, x = _LIKELIEST * mode * miss // ((n - mode + 1) * hit), mode - 1
    while term and x >= 0:
        total += term
        tail += term if (x <= k if below else x >= k) else 0
        term = term * x * miss // ((n - x + 1) * hit)
        x -= 1
    # Terms too small to be kept are there all the same: a tail of them is no certainty.
    return min(Fraction(1), Fraction(tail + n + 1, total))


def fisher_greater(k1: int, n1: int, k2: int, n2: int) -> Fraction:
    """One-sided p of Fisher's exact test: the chance of k2 or more of n2, given the margins, when both rates are one.

    It can only fall when somebody who counts joins the second group, or somebody who does not joins the first: so its
    value at the most unequal assignment is the least of all assignments, and no two-sided p is below it.
    """
    chosen, total = k1 + k2, n1 + n2
    low, high = max(0, chosen - n1), min(n2, chosen)
    mode = min(high, max(low, (chosen + 1) * (n2 + 1) // (total + 2)))
    kept = tail = 0
    term, x = _LIKELIEST, mode
    while term and x <= high:
        kept += term
        tail += term if x >= k2 else 0
        term = term * (n2 - x) * (chosen - x) // ((x + 1) * (n1 - chosen + x + 1))
        x += 1
    term, x = _LIKELIEST, mode
    while term and x > low:
        term = term * x * (n1 - chosen + x) // ((n2 - x + 1) * (chosen - x + 1))
        x -= 1
        kept += term
        tail += term if x >= k2 else 0
    return Fraction(tail, kept)


def normal_two_sided(square: Fraction) -> Fraction:
    """Chance that a standard normal variable is farther from 0 than the root of `square`, to at least 20 digits.

    1 - erf(z / sqrt 2) by the series of erf (Abramowitz and Stegun 7.1.6), whose terms are all positive. Beyond z = 12
    the chance is below 1e-32 and is given as that.
    """
    if square > 144:
        return Fraction(1, 10**32)
    with localcontext(prec=80):
        half = Decimal(square.numerator) / Decimal(square.denominator) / 2
        root = (half / _pi()).sqrt()
        term, total, step = Decimal(1), Decimal(1), 0
        while term > total.scaleb(-70):
            step += 1
            term *= 2 * half / (2 * step + 1)
            total += term
        erf = 2 * root * (-half).exp() * total
        left = max(Decimal(0), 1 - erf)
        return Fraction(left)


def _pi() -> Decimal:
    """Machin's formula in integers of 90 digits."""
    unit = 10**90

    def inverse_tangent(x: int) -> int:
        power = total = unit // x
        n, sign = 1, 1
        while power:
            power //= x * x
            n, sign = n + 2, -sign
            total += sign * (power // n)
        return total

    return Decimal(4 * (4 * inverse_tangent(5) - inverse_tangent(239))).scaleb(-90)
