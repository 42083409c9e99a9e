"""How many decisions may be changed before a met threshold is missed: exact, from counts.

A changed decision moves one person of a group between the counted and the others of a rate; the people that a rate is
counted among stay. Records of unknown group are put where they hurt each comparison most beforehand: no change of one
of them does more than a change of a known one (if k of the group is 0 the ratio is 0 already, and if everybody of the
other group counts its rate is 1 already).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from govern.fairness.bounds import raised, thinned
from govern.fairness.counts import GroupTable
from govern.fairness.disparity import Question
from govern.fairness.rate_tables import RateTable, rate_tables
from govern.fairness.rates import Rate
from govern.fairness.robustness import changes_until_missed

__all__ = ["changes_that_turn"]


def changes_that_turn(question: Question, table: GroupTable) -> int | None:
    """Give the smallest number of changed decisions after which a table no longer meets the threshold.

    0 when it does not meet it now; None when no number of changes turns it. The question's threshold is the literal
    one, whatever its `decide`. Raises ValueError for a rate whose denominator a changed decision moves, too.
    """
    made = rate_tables([table], question.metric, min_n=question.min_n, reference=question.reference)
    if not all(item.metric.steerable for item in made):
        raise ValueError(f"a changed decision moves more than the numerator of {question.metric}")
    turns = [_turns(question, item) for item in made]
    known = [item for item in turns if item is not None]
    return min(known) if known else None


def _turns(question: Question, item: RateTable) -> int | None:
    ratio, limit = question.compare == "ratio", question.limit
    orders = _orders(question, [(item.rates[one], item.rates[two]) for one, two in item.pairs()])
    missed: int | None = 0  # at most a ratio of 0: one more of the group misses it
    if not ratio or question.at_most is None:
        missed = _until_missed(question, item, orders, limit)
    elif limit:
        missed = _until_missed(question, item, [(two, one) for one, two in orders], 1 / limit)
    known = [one for one in (missed, _until_undefined(item, ratio=ratio)) if one is not None]
    return min(known) if known else None


def _orders(question: Question, pairs: Sequence[tuple[Rate, Rate]]) -> list[tuple[Rate, Rate]]:
    """Both ways round, except for a ratio to a declared reference."""
    both = question.reference is None or question.compare == "difference" or question.metric == "equalized_odds"
    return [*pairs, *((two, one) for one, two in pairs)] if both else list(pairs)


def _until_missed(
    question: Question, item: RateTable, orders: Sequence[tuple[Rate, Rate]], limit: Fraction
) -> int | None:
    if question.missing_bounds == "worst_case" and item.unknown.n:
        orders = [(thinned(low, item.unknown), raised(high, item.unknown)) for low, high in orders]
    return changes_until_missed(orders, limit, ratio=question.compare == "ratio")


def _until_undefined(item: RateTable, *, ratio: bool) -> int | None:
    """How many changes take away everybody whom the comparison needs: then it says nothing, and is no pass.

    A ratio needs somebody counted in the reference; without one it compares every two groups, and of two groups without
    anybody counted it says nothing. Of selections a difference needs somebody in any group.
    """
    if ratio and item.reference is not None:
        return item.rates[item.reference].k if item.reference in item.rates else 0
    counted = sorted(item.rates[group].k for group in item.judged)
    if ratio:
        return sum(counted[:2])
    return sum(counted) if item.metric.name == "selection_rate" else None
