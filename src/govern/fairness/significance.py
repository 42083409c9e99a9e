"""Exact tests of equality, and the correction for asking many questions at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

__all__ = ["benjamini_hochberg", "fisher_exact", "holm", "least_expected", "p_text"]

_EXACT_TO = 2_000
"""Above this many people terms are fixed-point numbers of `_BITS` bits instead of full integers."""
_BITS = 256


def fisher_exact(k1: int, n1: int, k2: int, n2: int) -> Fraction:
    """Two-sided p of k1 of n1 against k2 of n2: all tables with the same margins that are not likelier than this one.

    Exact to 2,000 people. Beyond, each term is kept to 256 bits relative to the likeliest table: the relative error
    is below 1e-60, and terms that close to the observed one count as equally likely, which can only raise p.
    """
    selected, lowest, highest = k1 + k2, max(0, k1 + k2 - n2), min(n1, k1 + k2)
    if lowest == highest:
        return Fraction(1)
    mode = min(highest, max(lowest, (selected + 1) * (n1 + 1) // (n1 + n2 + 2)))
    terms = _exact_terms if n1 + n2 <= _EXACT_TO else _scaled_terms
    return _share(terms(mode, lowest, highest, (selected, n1, n2)), k1, exact=n1 + n2 <= _EXACT_TO)


def _exact_terms(mode: int, lowest: int, highest: int, margins: tuple[int, int, int]) -> dict[int, int]:
    from math import comb

    selected, n1, n2 = margins
    term = comb(n1, lowest) * comb(n2, selected - lowest)
    terms = {lowest: term}
    for x in range(lowest, highest):
        term = term * (n1 - x) * (selected - x) // ((x + 1) * (n2 - selected + x + 1))
        terms[x + 1] = term
    return terms


def _scaled_terms(mode: int, lowest: int, highest: int, margins: tuple[int, int, int]) -> dict[int, int]:
    selected, n1, n2 = margins
    terms = {mode: 1 << _BITS}
    term = terms[mode]
    for x in range(mode, highest):
        term = term * (n1 - x) * (selected - x) // ((x + 1) * (n2 - selected + x + 1))
        if not term:
            break
        terms[x + 1] = term
    term = terms[mode]
    for x in range(mode, lowest, -1):
        term = term * x * (n2 - selected + x) // ((n1 - x + 1) * (selected - x + 1))
        if not term:
            break
        terms[x - 1] = term
    return terms


def _share(terms: dict[int, int], observed: int, *, exact: bool) -> Fraction:
    at = terms.get(observed, 0)
    limit = at if exact else at + (at >> 200) + (1 << 32)
    return Fraction(sum(term for term in terms.values() if term <= limit), sum(terms.values()))


def least_expected(k1: int, n1: int, k2: int, n2: int) -> Fraction:
    """Smallest expected count of the four cells when both groups had one rate."""
    selected, total = k1 + k2, n1 + n2
    return Fraction(min(n1, n2) * min(selected, total - selected), total)


def holm(p_values: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Adjust a family of p-values so that the chance of any false alarm stays under alpha (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: (p_values[place], place))
    adjusted = [Fraction(1)] * len(p_values)
    running = Fraction(0)
    for rank, place in enumerate(order):
        running = max(running, min(Fraction(1), p_values[place] * (len(p_values) - rank)))
        adjusted[place] = running
    return tuple(adjusted)


def benjamini_hochberg(p_values: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Adjust p-values so that the expected share of false alarms among all alarms stays under alpha.

    Benjamini and Hochberg (1995). It orders a display; a verdict takes `holm`, which stands by each alarm.
    """
    order = sorted(range(len(p_values)), key=lambda place: (p_values[place], place), reverse=True)
    adjusted = [Fraction(1)] * len(p_values)
    running = Fraction(1)
    for rank, place in zip(range(len(p_values), 0, -1), order, strict=True):
        running = min(running, p_values[place] * len(p_values) / rank)
        adjusted[place] = running
    return tuple(adjusted)


def p_text(p: Fraction) -> Decimal:
    """Round a p-value up to six digits; a verdict compares this value with alpha."""
    return Decimal(-((-p.numerator * 10**6) // p.denominator)).scaleb(-6)
