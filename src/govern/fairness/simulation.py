"""How often a rule would be wrong: its verdicts on tables drawn from a truth that is known.

A gate is an instrument, and its error rates depend on how many people there are. Every draw is a seeded binomial per
group; every verdict is the judge's (see `vectorised`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from govern.fairness.disparity import Question
from govern.fairness.vectorised import FAIL, INCONCLUSIVE, PASS, verdicts

__all__ = ["ErrorRates", "error_rates"]

_MOST_PEOPLE = 10**9
_STREAMS = 2**31
_PAIRS_AT_ONCE = 300_000


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """What a rule said of `runs` tables drawn with one true disparity."""

    true_ratio: Fraction
    """Rate of the first group over the rate of all others, which are alike."""
    meets: bool
    """Whether the truth meets the rule's threshold."""
    passed: int
    failed: int
    inconclusive: int
    runs: int
    seed: int

    @property
    def false_block(self) -> Fraction | None:
        """Share of tables failed although the truth meets the threshold; None when it does not."""
        return Fraction(self.failed, self.runs) if self.meets else None

    @property
    def false_pass(self) -> Fraction | None:
        """Share of tables passed although the truth misses the threshold; None when it does not."""
        return None if self.meets else Fraction(self.passed, self.runs)

    def margin(self, share: Fraction) -> float:
        """Three standard errors of a share of the runs, or of one run in all where the share is 0 or 1."""
        p = float(min(max(share, Fraction(1, self.runs)), 1 - Fraction(1, self.runs)))
        return 3 * float((p * (1 - p) / self.runs) ** 0.5)


def _parts(counted: Any, groups: int) -> Iterator[Any]:
    """Cut the runs into parts whose pairs fit into little memory."""
    size = max(1, _PAIRS_AT_ONCE // (groups * (groups - 1) // 2))
    return (counted[start : start + size] for start in range(0, len(counted), size))


def error_rates(
    question: Question,
    sizes: Sequence[int],
    rate: Fraction,
    true_ratios: Sequence[Fraction],
    runs: int = 2_000,
    seed: int = 0,
) -> tuple[ErrorRates, ...]:
    """Judge `runs` tables for each true ratio: the first group has `rate` times the ratio, the others have `rate`.

    With a declared reference the last group is the reference. The question is judged as if it asked for one table
    alone; a rule on several attributes corrects for all of them, and says less often fail or pass. Raises ValueError
    for rates outside 0..1, fewer than two groups, and what `vectorised.verdicts` does not simulate.
    """
    import numpy as np

    if len(sizes) < 2 or not all(0 < size <= _MOST_PEOPLE for size in sizes):
        raise ValueError("at least two groups of 1 to 1,000,000,000 people are simulated")
    if runs < 1 or not 0 <= seed < _STREAMS:
        raise ValueError("at least one run, and a seed from 0 to 2**31 - 1")
    found = []
    for place, ratio in enumerate(true_ratios):
        rates = [rate * ratio, *[rate] * (len(sizes) - 1)]
        if not all(0 <= one <= 1 for one in rates):
            raise ValueError("a rate lies outside 0..1")
        stream = np.random.RandomState([seed, place])
        counted = np.stack([stream.binomial(n, float(p), size=runs) for n, p in zip(sizes, rates, strict=True)], axis=1)
        said = np.concatenate([verdicts(question, part, sizes, seed=seed) for part in _parts(counted, len(sizes))])
        counts = {verdict: int(np.count_nonzero(said == verdict)) for verdict in (PASS, FAIL, INCONCLUSIVE)}
        value = min(rates) / max(rates) if max(rates) and question.reference is None else ratio
        if question.compare == "difference":
            value = abs(rates[0] - rates[-1])
        found.append(
            ErrorRates(ratio, question.met(value), counts[PASS], counts[FAIL], counts[INCONCLUSIVE], runs, seed)
        )
    return tuple(found)
