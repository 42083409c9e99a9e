"""Drift: how far two samples of one column lie apart. Statistics only: no files, no policies.

A column is counts of its values; everything is computed from whole numbers. What can be exact is a Fraction;
logarithms, exponentials and roots are decimals of 50 digits or more, rounded to `DIGITS`, so that every machine finds
the same.
"""

from __future__ import annotations

from govern.drift.bins import binned, decile_edges
from govern.drift.counts import Cells, paired
from govern.drift.distances import jensen_shannon, psi, total_variation
from govern.drift.measure import (
    METHODS,
    Categories,
    Column,
    Direction,
    Measure,
    MethodName,
    Numbers,
    UnsuitedError,
    measure,
)
from govern.drift.significance import ChiSquare, Smirnov, chi_square, smirnov
from govern.drift.tails import DIGITS, chi_square_tail, kolmogorov_tail

__all__ = [
    "DIGITS",
    "METHODS",
    "Categories",
    "Cells",
    "ChiSquare",
    "Column",
    "Direction",
    "Measure",
    "MethodName",
    "Numbers",
    "Smirnov",
    "UnsuitedError",
    "binned",
    "chi_square",
    "chi_square_tail",
    "decile_edges",
    "jensen_shannon",
    "kolmogorov_tail",
    "measure",
    "paired",
    "psi",
    "smirnov",
    "total_variation",
]
