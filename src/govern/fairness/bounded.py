"""Figures known between two fractions: the exact value of the rows lies inside, and a verdict uses the ends."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from math import isqrt
from typing import TypeAlias

from govern.fairness.rates import Undefined
from govern.records import record

__all__ = ["PRECISION", "Bounded", "Ends", "Figure", "decimal_of", "ends_of", "exactly", "mover", "root"]

PRECISION = 40
"""Decimal digits of every computation of an interval."""
_PLACES = Decimal("0.000001")
_ROOT_BITS = 80


@record
class Bounded:
    """A figure and its proven bounds: low <= exact value <= high. Equal ends: the value itself."""

    low: Fraction
    high: Fraction

    @property
    def middle(self) -> Fraction:
        """The middle, which is shown."""
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> Fraction:
        """How far the exact value can be from the middle."""
        return (self.high - self.low) / 2

    def widened(self, by: Fraction) -> Bounded:
        """Move both ends outwards."""
        return Bounded(self.low - by, self.high + by)

    def minus(self, other: Bounded) -> Bounded:
        """Bound the difference."""
        return Bounded(self.low - other.high, self.high - other.low)

    def size(self) -> Bounded:
        """Bound the absolute value."""
        return Bounded(max(Fraction(0), self.low, -self.high), max(abs(self.low), abs(self.high)))

    def over(self, other: Bounded) -> Bounded:
        """Bound the quotient of two figures that are not negative, the lower end of the divisor above 0."""
        return Bounded(self.low / other.high, self.high / other.low)


Figure: TypeAlias = Bounded | Undefined


def exactly(value: Fraction) -> Bounded:
    """Give a figure that is known exactly."""
    return Bounded(value, value)


def root(value: Fraction) -> Bounded:
    """Bound the square root of a fraction that is not negative, to 2**-80; exact for the square of a fraction."""
    above, below = isqrt(value.numerator), isqrt(value.denominator)
    if above * above == value.numerator and below * below == value.denominator:
        return exactly(Fraction(above, below))
    scaled = isqrt((value.numerator << (2 * _ROOT_BITS)) // value.denominator)
    return Bounded(Fraction(scaled, 1 << _ROOT_BITS), Fraction(scaled + 1, 1 << _ROOT_BITS))


@record
class Ends:
    """A confidence interval, rounded outwards to six digits; it holds the proven bounds."""

    low: Decimal
    high: Decimal


def decimal_of(value: Fraction) -> Decimal:
    """Divide in the precision of the context."""
    return Decimal(value.numerator) / value.denominator


def ends_of(figure: Bounded, low: Decimal, high: Decimal) -> Ends:
    """Round an interval outwards; where it does not hold the proven bounds it is widened to them."""
    with localcontext(prec=PRECISION):
        low, high = min(low, decimal_of(figure.low)), max(high, decimal_of(figure.high))
        return Ends(low.quantize(_PLACES, rounding=ROUND_FLOOR), high.quantize(_PLACES, rounding=ROUND_CEILING))


def mover(one: tuple[Bounded, Ends], other: tuple[Bounded, Ends]) -> Ends:
    """Interval of the difference of two independent figures from their own intervals (Zou and Donner 2008)."""
    with localcontext(prec=PRECISION):
        (a, of_a), (b, of_b) = one, other
        a_low, a_high, b_low, b_high = (decimal_of(end) for end in (a.low, a.high, b.low, b.high))
        below = ((a_low - of_a.low) ** 2 + (of_b.high - b_high) ** 2).sqrt()
        above = ((of_a.high - a_high) ** 2 + (b_low - of_b.low) ** 2).sqrt()
        return ends_of(a.minus(b), a_low - b_high - below, a_high - b_low + above)
