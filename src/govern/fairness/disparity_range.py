"""The disparity of one rate over one table as a single figure, and what it could be when records lack their group.

Without records of unknown group the three figures are one. With them, the ends are bounds in the sense of Manski: no
assignment of those records gives a figure outside, though the ends of several pairs may need different assignments.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from govern.fairness.bounds import highest_difference, highest_ratio_at_best, lowest_ratio, raised, thinned
from govern.fairness.rate_tables import Group, RateTable
from govern.fairness.rates import Undefined, Value
from govern.records import record

__all__ = ["DisparityRange", "disparity_range"]


@record
class DisparityRange:
    """How far apart the groups are: more is worse, whether a ratio or a difference is compared.

    A difference is itself; a ratio of the lower rate to the higher is taken from 1.
    """

    least: Fraction
    value: Fraction
    most: Fraction
    group: Group
    """The group with the lower rate of the worst pair as it is seen."""
    other: Group


def disparity_range(
    item: RateTable, compare: Literal["ratio", "difference"], *, worst_case: bool
) -> DisparityRange | Undefined:
    """Give the disparity of the table's worst pair. Undefined without a pair, or when no rate is above 0.

    With a declared reference each group is compared with it, either way round: a group far above it counts as well.
    """
    pairs = item.pairs()
    if not pairs:
        return Undefined("fewer than two groups can be compared")
    seen = [(_apart(item, *pair, compare), pair) for pair in pairs]
    known = [(value, pair) for value, pair in seen if isinstance(value, Fraction)]
    if not known or (item.reference is not None and len(known) < len(seen)):
        return Undefined("the rate to compare with is 0")
    value, (group, other) = max(known, key=lambda one: (one[0], one[1]))
    if item.value(group) > item.value(other):
        group, other = other, group
    if not worst_case or not item.unknown.n:
        return DisparityRange(value, value, value, group, other)
    return DisparityRange(_least(item, compare), value, _most(item, compare), group, other)


def _apart(item: RateTable, one: Group, two: Group, compare: str) -> Value:
    low, high = sorted((item.value(one), item.value(two)))
    if compare == "difference":
        return high - low
    return 1 - low / high if high else Undefined("both rates are 0")


def _orders(item: RateTable) -> list[tuple[Group, Group]]:
    return [order for one, two in item.pairs() for order in ((one, two), (two, one))]


def _most(item: RateTable, compare: str) -> Fraction:
    """No assignment makes a pair more unequal than this; a ratio that could be undefined counts as 0."""
    found = [Fraction(0)]
    for one, two in _orders(item):
        low, high = item.rates[one], item.rates[two]
        if compare == "difference":
            value = highest_difference(low, high, item.unknown)
            found.append(value if isinstance(value, Fraction) else Fraction(1))
        else:
            ratio = lowest_ratio(low, high, item.unknown)
            found.append(1 - ratio if isinstance(ratio, Fraction) else Fraction(1))
    return max(found)


def _least(item: RateTable, compare: str) -> Fraction:
    """Every assignment leaves some pair at least this unequal."""
    found = [Fraction(0)]
    for one, two in _orders(item):
        low, high = raised(item.rates[one], item.unknown), thinned(item.rates[two], item.unknown)
        if compare == "difference":
            found.append(Fraction(high.k, high.n) - Fraction(low.k, low.n))
        else:
            ratio = highest_ratio_at_best(item.rates[one], [item.rates[two]], item.unknown)
            found.append(1 - ratio if isinstance(ratio, Fraction) else Fraction(0))
    return max(found)
