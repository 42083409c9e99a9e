"""A figure as it was printed: its value, what its last digit is worth, and whether an exact value fits it.

A published table shows rounded figures, and some truncate: the worked example of 6 RCNY 5-301 prints 64.2 for 18 of 28.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from govern.records import record

__all__ = ["Figure", "Fit", "count_of", "figure_of"]

_NUMBER = re.compile(r"([-+]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}))\s*(%?)", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4}", re.ASCII)
_BLANK = frozenset(
    ["", "-", "--", "n/a", "na", "n.a.", "none", "null", "undefined", "not calculated", "not applicable", "excluded"]
)
_DASHES = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2212": "-"})


class Fit(StrEnum):
    """How an exact value goes with a printed figure."""

    ROUNDED = "rounded"
    TRUNCATED = "truncated"
    NOT = "not"


@record
class Figure:
    """A number with the digits that were printed."""

    value: Fraction
    unit: Fraction
    """What one step of the last printed digit is worth."""
    signed: bool = False
    """Whether a percent sign was printed behind it."""

    def scaled(self, factor: Fraction) -> Figure:
        """Give the figure in another unit, e.g. 1/100 for what was printed in percent."""
        return Figure(self.value * factor, self.unit * factor, self.signed)

    @property
    def low(self) -> Fraction:
        """The least exact value that can be behind it."""
        return self.value - self.unit / 2

    @property
    def high(self) -> Fraction:
        """What every exact value behind it is at most, were it truncated."""
        return self.value + self.unit

    def fit(self, exact: Fraction, tolerance: Fraction = Fraction(0)) -> Fit:
        """Say whether the exact value rounds to it (either way at a half), lies in the tolerance, or was cut off."""
        off = abs(exact - self.value)
        if 2 * off <= self.unit or off <= tolerance:
            return Fit.ROUNDED
        return Fit.TRUNCATED if 0 < exact - self.value < self.unit else Fit.NOT


def figure_of(text: str | None) -> Figure | None:
    """Read a printed figure; None for a cell that shows none, e.g. `N/A`. Raises ValueError for other text."""
    plain = "" if text is None else " ".join(text.translate(_DASHES).split())
    if plain.casefold() in _BLANK:
        return None
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise ValueError("not a number")
    digits = found[1]
    places = len(digits.partition(".")[2])
    figure = Figure(Fraction(Decimal(digits)), Fraction(1, 10**places))
    return Figure(figure.value / 100, figure.unit / 100, True) if found[2] else figure


def count_of(text: str | None) -> int | None:
    """Read a printed number of people; None for a cell that shows none. Raises ValueError for other text."""
    plain = "" if text is None else " ".join(text.translate(_DASHES).split())
    if plain.casefold() in _BLANK:
        return None
    if _COUNT.fullmatch(plain) is None:
        raise ValueError("not a number of people")
    return int(plain.replace(",", ""))
