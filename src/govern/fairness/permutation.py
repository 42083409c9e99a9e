"""Are K rates one? A permutation test of highest less lowest, given how many people and how many counted there are.

The counted people are dealt anew to the groups, each group keeping its size: sequential hypergeometric draws. The
stream is numpy's `RandomState`, which is frozen (NEP 19), with a seed made from the counts themselves: nobody can
choose it, and everybody gets the same. No verdict hangs on the stream: where alpha lies within the doubt that it
leaves, more is drawn, and at last nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from govern.fairness.intervals import wilson
from govern.fairness.rates import Rate

__all__ = ["DRAWS", "MOST_PEOPLE", "Permutation", "Permuting", "permutation_test", "seed_of"]

DRAWS = (9_999, 99_999, 999_999)
"""How many draws are made: the next number only while alpha lies within the doubt that the draws leave."""
MOST_PEOPLE = 1_000_000_000
"""Above this many people numpy's frozen stream has no hypergeometric draws."""

_Z999 = Decimal("3.290526731")
"""Two-sided 99.9 percent."""
_CHUNK = 90_000
"""Draws made at once after the first: the stream is dealt out in the same pieces whoever asks."""


@dataclass(frozen=True, slots=True)
class Permutation:
    """What a permutation test found. `p` is (1 + beyond) / (1 + draws) (Phipson and Smyth 2010)."""

    beyond: int
    """Draws whose highest rate less lowest rate is at least that observed."""
    draws: int
    seed: int

    @property
    def p(self) -> Fraction:
        """The p-value: never 0, because the table itself is one of the ways to deal."""
        return Fraction(1 + self.beyond, 1 + self.draws)

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Where the p-value of endless draws lies, with 99.9 percent (Wilson)."""
        low, high = wilson(self.beyond, self.draws, _Z999)
        assert high is not None  # only a ratio has no upper end
        return Fraction(low), Fraction(high)


def seed_of(rates: Sequence[Rate], salt: str = "") -> int:
    """Make a seed of 32 bits from the counts and a text, the same on every machine."""
    text = salt + "|" + ",".join(f"{rate.k}/{rate.n}" for rate in rates)
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


class Permuting:
    """A test whose draws can be continued: more of the same stream, nothing drawn twice."""

    def __init__(self, rates: Sequence[Rate], seed: int) -> None:
        if len(rates) < 2 or not all(rate.n for rate in rates):
            raise ValueError("at least two groups of people are compared")
        if sum(rate.n for rate in rates) >= MOST_PEOPLE:
            raise ValueError(f"at most {MOST_PEOPLE} people can be dealt")
        # Largest group last: it gets what is left, so that its draw is saved.
        self._rates = sorted(rates, key=lambda rate: rate.n)
        self._seed = seed
        self._draw = _dealer(self._rates, seed)
        self._beyond = self._drawn = 0

    def upto(self, draws: int) -> Permutation:
        """Draw until there are so many draws in all, and give what was found."""
        while self._drawn < draws:
            size = min(_CHUNK if self._drawn else DRAWS[0], draws - self._drawn)
            self._beyond += self._draw(size)
            self._drawn += size
        return Permutation(self._beyond, self._drawn, self._seed)


def _dealer(rates: Sequence[Rate], seed: int) -> Callable[[int], int]:
    """Give a function that draws so many times and counts the draws at least as far apart as the rates are."""
    import numpy as np

    stream = np.random.RandomState(seed)
    counted, people = sum(rate.k for rate in rates), sum(rate.n for rate in rates)
    observed = float(max(Fraction(r.k, r.n) for r in rates) - min(Fraction(r.k, r.n) for r in rates))
    least = observed - 1e-12  # a draw as far apart as this counts, whatever the last bit says: p can only rise

    def draw(size: int) -> int:
        if counted in (0, people):
            return size
        left = np.full(size, counted, dtype=np.int64)
        rest = people
        highest, lowest = np.zeros(size), np.ones(size)
        for place, rate in enumerate(rates):
            rest -= rate.n
            if place < len(rates) - 1:
                # numpy refuses to draw from nobody: then nothing of what is left goes to the group
                dealt = stream.hypergeometric(rate.n, rest, np.maximum(left, 1))
                dealt = np.where(left > 0, dealt, 0)
            else:
                dealt = left
            left = left - dealt
            share = dealt / rate.n
            np.maximum(highest, share, out=highest)
            np.minimum(lowest, share, out=lowest)
        return int(np.count_nonzero(highest - lowest >= least))

    return draw


def permutation_test(rates: Sequence[Rate], *, seed: int, draws: int = DRAWS[0]) -> Permutation:
    """Test K rates of one kind at once. Raises ValueError for fewer than two groups, an empty one, or 1e9 people."""
    return Permuting(rates, seed).upto(draws)
