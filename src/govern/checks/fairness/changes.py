"""The smallest change of counts that would let `fairness.disparity` pass, or decide: by judging again, not guessing.

Two things can be lacking. A rate that misses its threshold needs favourable outcomes; a table that is too small to
decide needs people. Both are searched for on the counts of the facts with the check's own judgement, all else equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.checks.fairness.shown import Shown, shown_of
from govern.checks.fairness.stored import StoredCounts, stored_counts
from govern.fairness import METRICS, ReasonKind, TableJudgement, Verdict, group_label
from govern.policy.outcomes import CheckResult, Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.disparity import DisparityParams

__all__ = ["disparity_changes"]

_DOUBT = (
    ReasonKind.SMALL_GROUP,
    ReasonKind.NOT_COMPARABLE,
    ReasonKind.NOT_SIGNIFICANT,
    ReasonKind.NOT_DEMONSTRATED,
)
_CELLS = 4
"""Cells of a confusion matrix: a rate among all of them is a rate among everybody."""
_MOST_PEOPLE = 1 << 17
"""How many more people are thought of at most."""


def disparity_changes(params: DisparityParams, result: CheckResult) -> Iterator[str | None]:
    """Yield the changes, a group at a time; None for what the counts do not show."""
    counts = stored_counts(result.facts, params.metric)
    if counts is None or params.stratum is not None or result.outcome not in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        yield None
        return
    if counts.missing > Fraction(params.max_missing):
        facts: Any = result.facts
        yield f"rows without a prediction or label: {facts['missing']['rows']} -> {_most_missing(params, facts)}"
        return
    judgement = counts.judge(params)
    shown = shown_of(params.question(), counts.counts, judgement, params.smallest_shown)
    for table in judgement.tables:
        if shown.withheld(table):
            yield None  # what the compared groups lack would tell of one that is not shown
        elif table.verdict is Verdict.FAIL:
            yield from _favourable(params, counts, table)
        elif table.verdict is not Verdict.PASS:
            yield from _people(params, counts, table, shown)


def _most_missing(params: DisparityParams, facts: Mapping[str, Any]) -> int:
    return int(Fraction(params.max_missing) * int(facts["rows"]))


def _favourable(params: DisparityParams, counts: StoredCounts, table: TableJudgement) -> Iterator[str | None]:
    """What a failing table lacks: `needed` is computed by the judgement itself, for its worst comparison."""
    worst = table.worst
    if worst is None or table.needed is None:
        yield None
        return
    label, rate = group_label(table.attributes, worst.group), worst.rate
    metric = table.metric.replace("_", " ")
    more = f"{table.needed} more counted in {label} ({rate.k} -> {rate.k + table.needed} of {rate.n})"
    yield f"{metric}: {more} to meet the threshold"
    moved = counts.counted(table.attributes, worst.group, table.metric, table.needed)
    if _same(params, moved, table).verdict is not Verdict.PASS:
        yield None  # another group misses it too, or so many are not enough to demonstrate it


def _people(params: DisparityParams, counts: StoredCounts, table: TableJudgement, shown: Shown) -> Iterator[str | None]:
    doubts = [reason for reason in table.reasons if reason.verdict is not Verdict.PASS]
    known = all(reason.kind in _DOUBT for reason in doubts)
    alone = list(dict.fromkeys(reason.group for reason in doubts if reason.group))
    everybody = [line.group for line in table.lines]
    # Growing one group cannot narrow what its counterpart leaves open: then all of them are thought of.
    tries = (_decided(params, counts, table, groups) for groups in (alone, everybody) if known)
    grown = next((item for item in tries if item is not None), None)
    if grown is None:
        yield None
        return
    before = {line.group: line.rate.n for line in table.lines}
    after = {line.group: line.rate.n for line in _same(params, grown, table).lines}
    everyone = len(METRICS[table.metric].denominator) == _CELLS
    among = "in" if everyone else f"that the {table.metric.replace('_', ' ')} is counted among in"
    if any(after[group] > before[group] for group in shown.hidden(table)):
        yield None  # how many it takes would tell how many there are
        return
    for group, now in before.items():
        more = after[group] - now
        if more == 0:
            continue
        label = group_label(table.attributes, group)
        yield f"{more} more records {among} {label} to decide ({now} -> {now + more}, at the same rates)"


def _same(params: DisparityParams, counts: StoredCounts, table: TableJudgement) -> TableJudgement:
    found = counts.judge(params).tables
    return next(item for item in found if item.attributes == table.attributes and item.metric == table.metric)


def _decided(
    params: DisparityParams, counts: StoredCounts, table: TableJudgement, groups: list[tuple[str, ...]]
) -> StoredCounts | None:
    """Grow the groups together until the table decides, and give the smallest such tables that bisection finds."""
    people = max((counts.table(table.attributes).groups[group].n for group in groups), default=0)
    if people == 0:
        return None

    def grown(more: int) -> StoredCounts:
        made = counts
        for group in groups:
            made = made.grown(table.attributes, group, Fraction(people + more, people))
        return made

    def decides(more: int) -> bool:
        return _same(params, grown(more), table).verdict is not Verdict.INCONCLUSIVE

    high = 1
    while not decides(high):
        high *= 2
        if high > _MOST_PEOPLE:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return grown(high)
