"""What public sums tell of unknown counts: whether they fix one, and how large they let it be. Exact fractions.

The unknowns are numbers from 0 up of which some sums are known. Every solution is a point of a polytope; `System` keeps
it as a dictionary of the simplex method (Chvátal, Linear Programming, 1983, chapters 2 and 3), so that many questions
are asked of one elimination.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

__all__ = ["System"]

_ZERO, _ONE = Fraction(0), Fraction(1)
Row = dict[int, Fraction]
"""Coefficients by unknown; those of 0 are not kept."""
_CONSTANT = -1
"""Where a row keeps its constant."""
_ARTIFICIAL = -2


class System:
    """Unknowns of which some sums are known. A sum is the numbers of the unknowns in it, each once, and its value."""

    def __init__(self, sums: Iterable[tuple[Sequence[int], int]], unknowns: int) -> None:
        self._basic: dict[int, Row] = {}
        """Basic unknown -> itself as a constant plus the others. The others are free."""
        for held, value in sums:
            row = self._substituted({**dict.fromkeys(held, _ONE), _CONSTANT: Fraction(-value)})
            lead = min((name for name in row if name != _CONSTANT), default=None)
            if lead is not None:
                self._solve(lead, row)
        self._free = set(range(unknowns)) - self._basic.keys()
        self._start()

    def fixes(self, held: Sequence[int]) -> bool:
        """Whether the known sums fix the sum of these unknowns."""
        return not self._substituted(dict.fromkeys(held, _ONE)).keys() - {_CONSTANT}

    def reaches(self, held: Sequence[int], goal: int) -> bool:
        """Whether the sum of these unknowns can be `goal` or more."""
        return self._maximised(dict.fromkeys(held, _ONE), goal) >= goal

    # --- dictionaries

    def _substituted(self, row: Row) -> Row:
        """Write a row by the free unknowns alone."""
        made: Row = {}
        for name, value in row.items():
            for inner, factor in self._basic[name].items() if name in self._basic else ((name, _ONE),):
                _add(made, inner, value * factor)
        return made

    def _solve(self, name: int, row: Row) -> None:
        """Make `name` basic by the equation row = 0, and put it into every other row."""
        factor = -row.pop(name)
        made = {inner: value / factor for inner, value in row.items()}
        for other in self._basic.values():
            share = other.pop(name, None)
            if share is not None:
                for inner, value in made.items():
                    _add(other, inner, share * value)
        self._basic[name] = made

    def _pivot(self, enters: int, leaves: int) -> None:
        row = self._basic.pop(leaves)
        row[leaves] = -_ONE
        self._free.remove(enters)
        self._free.add(leaves)
        self._solve(enters, row)

    def _start(self) -> None:
        """Find a point where no unknown is negative: lift all by an artificial one, made as small as can be."""
        lowest = min(self._basic, key=lambda name: (self._basic[name].get(_CONSTANT, _ZERO), name), default=None)
        if lowest is None or self._basic[lowest].get(_CONSTANT, _ZERO) >= 0:
            return
        for row in self._basic.values():
            row[_ARTIFICIAL] = _ONE
        self._free.add(_ARTIFICIAL)
        self._pivot(_ARTIFICIAL, lowest)
        self._maximised({_ARTIFICIAL: -_ONE}, 0)
        if _ARTIFICIAL in self._basic:
            row = self._basic[_ARTIFICIAL]
            enters = min((name for name in row if name != _CONSTANT), default=None)
            if enters is None:
                del self._basic[_ARTIFICIAL]
                return
            self._pivot(enters, _ARTIFICIAL)
        self._free.remove(_ARTIFICIAL)
        for row in self._basic.values():
            row.pop(_ARTIFICIAL, None)

    def _maximised(self, aim: Row, enough: int) -> Fraction:
        """Walk to the highest value of a row, or until it is enough. Bland's rule, which cannot go round in circles."""
        while True:
            row = self._substituted(aim)
            value = row.get(_CONSTANT, _ZERO)
            enters = min((name for name, share in row.items() if name != _CONSTANT and share > 0), default=None)
            if value >= enough or enters is None:
                return value
            limits = [
                (-held.get(_CONSTANT, _ZERO) / held[enters], name)
                for name, held in self._basic.items()
                if held.get(enters, _ZERO) < 0
            ]
            if not limits:
                return Fraction(enough)  # nothing bounds it
            self._pivot(enters, min(limits)[1])


def _add(row: Row, name: int, value: Fraction) -> None:
    total = row.get(name, _ZERO) + value
    if total:
        row[name] = total
    else:
        row.pop(name, None)
