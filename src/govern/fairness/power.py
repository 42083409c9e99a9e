"""How many people a rule needs, and what disparity the people there are could have shown: planning, not judging.

Normal approximations of the logarithm of a ratio, of a difference, and of the pooled test, checked by simulation. They
are for finding out beforehand whether evidence can answer a question at all; no verdict uses them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil, exp, log, sqrt
from statistics import NormalDist

__all__ = ["Detectable", "needed_n", "needed_n_for_difference", "needed_n_for_harm", "smallest_detectable"]

_NORMAL = NormalDist()
Number = Fraction | float


def needed_n(
    rate: Number,
    limit: Number,
    *,
    confidence: Number = Fraction(19, 20),
    power: Number = Fraction(4, 5),
    true_ratio: Number = 1,
    comparisons: int = 1,
) -> int:
    """People needed in each group to demonstrate a ratio of at least `limit` with the asked power.

    The one-sided lower bound of the ratio must clear the limit: n = ((1-p1)/p1 + (1-p2)/p2) * ((z_conf + z_power) /
    ln(true/limit))**2, the variance of the logarithm of a ratio (Katz et al. 1978). `comparisons` bounds at once share
    the error (Bonferroni): K(K-1) for K groups against the highest, K-1 against a declared reference. The power is for
    all of them together, and so rather too many people than too few are asked for. Raises ValueError for rates outside
    0..1, a limit that the truth does not exceed, and a power under a half.
    """
    low, high = float(rate) * float(true_ratio), float(rate)
    if not 0 < low < 1 or not 0 < high < 1 or not 0 < float(limit) < float(true_ratio):
        raise ValueError("rates lie between 0 and 1, and the true ratio above the limit")
    spread = (1 - low) / low + (1 - high) / high
    return _whole(spread * (_reach(confidence, power, comparisons) / log(float(true_ratio) / float(limit))) ** 2)


def needed_n_for_difference(
    rate: Number,
    limit: Number,
    *,
    confidence: Number = Fraction(19, 20),
    power: Number = Fraction(4, 5),
    true_difference: Number = 0,
    comparisons: int = 1,
) -> int:
    """People needed in each group to demonstrate a difference of at most `limit`; the rest as for `needed_n`."""
    low, high = float(rate) - float(true_difference), float(rate)
    if not 0 <= low <= high <= 1 or not float(true_difference) < float(limit):
        raise ValueError("rates lie between 0 and 1, and the true difference below the limit")
    spread = low * (1 - low) + high * (1 - high)
    gap = float(limit) - float(true_difference)
    return max(1, _whole(spread * (_reach(confidence, power, comparisons) / gap) ** 2))


def needed_n_for_harm(
    rate: Number,
    true_ratio: Number,
    *,
    limit: Number | None = None,
    confidence: Number = Fraction(19, 20),
    power: Number = Fraction(4, 5),
    comparisons: int = 1,
) -> int:
    """People needed in each of two groups for a true ratio to be found significant (two-sided) with the asked power.

    The pooled test with the continuity correction that makes it Fisher's (Casagrande, Pike and Smith 1978). With a
    limit the ratio must also be seen below it, which near the limit takes more people than significance does.
    """
    low, high = float(rate) * float(true_ratio), float(rate)
    if not 0 <= low < high < 1:
        raise ValueError("rates lie between 0 and 1, and the true ratio below 1")
    if limit is not None and float(true_ratio) >= float(limit):
        raise ValueError("a ratio that is not below the limit is no harm to be found")
    n = 1
    while _harm_power(low, high, n, n, confidence, comparisons, limit) < float(power):
        n *= 2
    return _bisect(n // 2, n, lambda m: _harm_power(low, high, m, m, confidence, comparisons, limit) >= float(power))


@dataclass(frozen=True, slots=True)
class Detectable:
    """What two groups of these sizes can show, at the rate of the higher."""

    first: int
    second: int
    """Which of the sizes are compared."""
    harm: float | None
    """The ratio under which harm is found with the asked power; None when not even a ratio of 0 is."""
    shown: float
    """The highest threshold that two equal rates can be shown to meet with the asked power."""


def smallest_detectable(
    sizes: Sequence[int],
    rate: Number,
    *,
    limit: Number | None = None,
    confidence: Number = Fraction(19, 20),
    power: Number = Fraction(4, 5),
    comparisons: int = 1,
) -> tuple[Detectable, ...]:
    """Give, for each pair of groups, the smallest disparity that this evidence could have shown."""
    if not 0 < float(rate) < 1:
        raise ValueError("the rate lies between 0 and 1")
    high, found = float(rate), []
    for (first, n1), (second, n2) in combinations(enumerate(sizes), 2):
        if not n1 or not n2:
            continue

        def powerful(ratio: float, n1: int = n1, n2: int = n2) -> bool:
            return _harm_power(high * ratio, high, n1, n2, confidence, comparisons, limit) >= float(power)

        harm: float | None = None
        if powerful(0.0):
            inside, beyond = 0.0, 1.0
            for _ in range(40):
                middle = (inside + beyond) / 2
                inside, beyond = (middle, beyond) if powerful(middle) else (inside, middle)
            harm = inside
        spread = sqrt((1 - high) / high * (1 / n1 + 1 / n2))
        found.append(Detectable(first, second, harm, exp(-_reach(confidence, power, comparisons) * spread)))
    return tuple(found)


def _reach(confidence: Number, power: Number, comparisons: int) -> float:
    """Give the sum of both normal quantiles, each rounded up to four digits as tables print them."""
    if not 0.5 <= float(power) < 1 or not 0.5 < float(confidence) < 1 or comparisons < 1:
        raise ValueError("power and confidence lie between a half and 1")
    tails = ((1 - float(confidence)) / comparisons, (1 - float(power)) / comparisons)
    return sum(ceil(10_000 * _NORMAL.inv_cdf(1 - tail) - 1e-9) for tail in tails) / 10_000


def _harm_power(
    low: float, high: float, n1: int, n2: int, confidence: Number, comparisons: int, limit: Number | None
) -> float:
    """Chance that the difference is significant; with a limit, the lesser of that and of being seen below it."""
    z = _NORMAL.inv_cdf(1 - (1 - float(confidence)) / comparisons / 2)
    pooled = (low * n1 + high * n2) / (n1 + n2)
    null = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    real = sqrt(low * (1 - low) / n1 + high * (1 - high) / n2)
    if not real:
        return 1.0
    corrected = (1 / n1 + 1 / n2) / 2
    chance = _NORMAL.cdf((high - low - corrected - z * null) / real)
    if limit is None:
        return chance
    part = float(limit)
    spread = sqrt(low * (1 - low) / n1 + part * part * high * (1 - high) / n2)
    return min(chance, _NORMAL.cdf((part * high - low) / spread))


def _bisect(low: int, high: int, enough: Callable[[int], bool]) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _whole(n: float) -> int:
    return ceil(n - 1e-9)
