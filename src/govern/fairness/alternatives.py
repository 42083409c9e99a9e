"""Whether one of several models, counted on the same people, is a less discriminatory alternative to the chosen one.

An alternative counts when its usefulness is at most a given loss below the chosen one's, and when it is at least as
even in every table and more even in one. Records of unknown group widen each disparity to its bounds: then an
alternative may be one for certain, perhaps, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from govern.fairness.disparity_range import DisparityRange
from govern.fairness.rates import Undefined
from govern.records import record

__all__ = ["Compared", "Standing", "standing_of"]


class Standing(StrEnum):
    """What an alternative is to the chosen model."""

    BETTER = "better"
    """Less discriminatory, and useful enough."""
    PERHAPS = "perhaps"
    """It could be, depending on records of unknown group."""
    NOT = "not"
    UNDEFINED = "undefined"
    """It has no disparity, or the chosen one has none, in some table."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One model's figures."""

    utility: Fraction
    """More is better."""
    disparities: tuple[DisparityRange | Undefined, ...]
    """One for each rate over each table, in one order for all models."""


@record
class _Ends:
    least: Fraction
    most: Fraction


def standing_of(chosen: Compared, other: Compared, *, max_loss: Fraction) -> Standing:
    """Hold an alternative against the chosen model."""
    if chosen.utility - other.utility > max_loss:
        return Standing.NOT
    mine, theirs = _ends(chosen.disparities), _ends(other.disparities)
    if mine is None or theirs is None:
        return Standing.UNDEFINED
    pairs = list(zip(mine, theirs, strict=True))
    if all(two.most <= one.least for one, two in pairs) and any(two.most < one.least for one, two in pairs):
        return Standing.BETTER
    if all(two.least <= one.most for one, two in pairs) and any(two.least < one.most for one, two in pairs):
        return Standing.PERHAPS
    return Standing.NOT


def _ends(disparities: Sequence[DisparityRange | Undefined]) -> list[_Ends] | None:
    found = [_Ends(item.least, item.most) for item in disparities if isinstance(item, DisparityRange)]
    return found if found and len(found) == len(disparities) else None
