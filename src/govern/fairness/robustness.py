"""How many records would have to be decided otherwise before a verdict turns."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from govern.fairness.rates import Rate

__all__ = ["changes_until_missed", "selections_needed"]


def changes_until_missed(pairs: Sequence[tuple[Rate, Rate]], limit: Fraction, *, ratio: bool) -> int | None:
    """Smallest number of changed decisions after which some pair (group, other) misses the limit; None if none can.

    A pair misses when rate(group)/rate(other) < limit, or rate(other) - rate(group) > limit. A changed decision
    takes one from the group's numerator or adds one to the other's. The condition is linear in how the changes are
    split between the two, so only the ends need trying, and a capped end spills over to the other side.
    """
    found: int | None = None
    for group, other in pairs:
        most = group.k + other.n - other.k
        high = most if found is None else min(most, found)
        low = 0
        if not _missed(group, other, limit, high, ratio=ratio):
            continue
        while low < high:
            middle = (low + high) // 2
            if _missed(group, other, limit, middle, ratio=ratio):
                high = middle
            else:
                low = middle + 1
        found = high
    return found


def _missed(group: Rate, other: Rate, limit: Fraction, changes: int, *, ratio: bool) -> bool:
    from_group = min(changes, group.k)
    to_other = min(changes, other.n - other.k)
    splits = ((from_group, min(changes - from_group, other.n - other.k)), (min(changes - to_other, group.k), to_other))
    for taken, added in splits:
        low, high = group.k - taken, other.k + added
        if ratio:
            if low * other.n * limit.denominator < limit.numerator * high * group.n:
                return True
        elif Fraction(high, other.n) - Fraction(low, group.n) > limit:
            return True
    return False


def selections_needed(group: Rate, other: Rate, limit: Fraction, *, ratio: bool) -> int | None:
    """How many more the group's numerator needs for the pair to meet the limit, all else equal; None if it cannot."""
    target = Fraction(other.k, other.n)
    wanted = target * limit if ratio else target - limit
    needed = -(-wanted.numerator * group.n // wanted.denominator) - group.k
    return needed if group.k + needed <= group.n else None
