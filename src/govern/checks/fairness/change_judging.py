"""Two models' disparities over the same tables of groups, and whether the second is worse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.fairness import Counts, Undefined, Verdict
from govern.fairness.disparity_range import DisparityRange, disparity_range
from govern.fairness.rate_tables import Note, RateTable, TableVerdict, population_notes, rate_tables, strongest

if TYPE_CHECKING:
    from govern.checks.fairness.change import WorseningParams

__all__ = ["ChangePair", "judged_change", "same_people", "worst_change"]


@dataclass(frozen=True, slots=True)
class ChangePair:
    """One rate over one table of groups, by both models."""

    ours: RateTable
    theirs: RateTable
    now: DisparityRange | Undefined
    before: DisparityRange | Undefined
    result: TableVerdict
    others: tuple[Note, ...]
    """Who is not there, or too few, in the other model's table."""

    @property
    def worsening(self) -> Fraction | None:
        """How much farther apart the groups are; below 0 they are closer."""
        if isinstance(self.now, Undefined) or isinstance(self.before, Undefined):
            return None
        return self.now.value - self.before.value


def judged_change(params: WorseningParams, ours: Counts, theirs: Counts) -> tuple[ChangePair, ...]:
    """Judge each rate over each table by the counts of the candidate and of the other model."""
    asked = [
        rate_tables(
            [counts.table(names) for names in params.tables],
            params.metric,
            min_n=params.min_n,
            reference=params.references,
        )
        for counts in (ours, theirs)
    ]
    return tuple(_pair(params, one, two) for one, two in zip(*asked, strict=True))


def _pair(params: WorseningParams, ours: RateTable, theirs: RateTable) -> ChangePair:
    worst = params.missing_bounds == "worst_case"
    now, before = (disparity_range(item, params.compare, worst_case=worst) for item in (ours, theirs))
    notes = list(population_notes(ours, params.small_groups, least_judged=2))
    said = {(note.said, note.group) for note in notes}
    others = [
        note
        for note in population_notes(theirs, params.small_groups, least_judged=2)
        if (note.said, note.group) not in said
    ]
    if _known(ours) != _known(theirs):
        notes.append(Note("undefined", Verdict.ABSENT, why="other-groups"))
    elif ours.judged != theirs.judged:
        # One of the models leaves out a group that the other judges: their worst pairs are of other groups.
        notes.append(Note("undefined", Verdict.INCONCLUSIVE, why="other-judged"))
    else:
        notes += _compared(params, ours, now, before)
    verdict = strongest([Verdict.PASS, *(note.verdict for note in (*notes, *others))])
    result = TableVerdict(ours.attributes, ours.metric.name, verdict, tuple(notes))
    return ChangePair(ours, theirs, now, before, result, tuple(others))


def _known(item: RateTable) -> set[tuple[str, ...]]:
    return {group for group, tally in item.table.groups.items() if tally.n}


def _compared(
    params: WorseningParams, ours: RateTable, now: DisparityRange | Undefined, before: DisparityRange | Undefined
) -> Iterator[Note]:
    if len(ours.judged) < 2:
        return  # said already
    for one in (now, before):
        if isinstance(one, Undefined):
            yield Note("undefined", Verdict.INCONCLUSIVE, why=one.reason)
    if isinstance(now, Undefined) or isinstance(before, Undefined):
        return
    most = Fraction(params.max_worsening)
    if now.least - before.most > most:
        yield Note("worse", Verdict.FAIL, now.group, now.other)
    elif now.most - before.least > most:
        yield Note("unknown_decides", Verdict.INCONCLUSIVE, count=ours.unknown.n)


def same_people(params: WorseningParams, ours: Counts, theirs: Counts) -> bool:
    """Whether each group has as many people, and as many of each true outcome, by both tables: else other cases."""
    if ours.missing.rows or theirs.missing.rows:
        return True  # rows are left out on either side: what is left may differ
    labels = ours.labelled and theirs.labelled
    return all(_sizes(ours, names, labels) == _sizes(theirs, names, labels) for names in params.tables)


def _sizes(counts: Counts, names: tuple[str, ...], labels: bool) -> dict[tuple[str, ...], tuple[int, int]]:
    table = counts.table(names)
    groups = {**table.groups, (): table.unknown}
    return {group: (tally.n, tally.fn + tally.tp if labels else 0) for group, tally in groups.items()}


def worst_change(pairs: tuple[ChangePair, ...]) -> ChangePair | None:
    """Give the table that got worst; None where none has a disparity by both models."""
    known = [(pair.worsening, pair) for pair in pairs if pair.worsening is not None]
    return (
        max(known, key=lambda item: (item[0], item[1].ours.attributes, item[1].ours.metric.name))[1] if known else None
    )
