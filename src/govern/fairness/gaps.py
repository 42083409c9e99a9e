"""The judgement whether a measure of scores, errors or ranks differs between groups by more than a limit.

Two modes. `point`: the exact value meets the limit; where the value is known between bounds, both must, and a limit
between them leaves the verdict open. `demonstrated`: the simultaneous interval (Bonferroni over all ordered comparisons
of the question) meets it. An interval holds the bounds, so that what is demonstrated also passes as a point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from govern.fairness.bounded import Bounded, Ends, Figure
from govern.fairness.disparity import Verdict
from govern.fairness.gap_terms import Gap, GapJudgement, GapKind, GapLine, GapQuestion, GapReason, GapTable, Groups
from govern.fairness.measures import Measure
from govern.fairness.rates import Undefined

__all__ = ["Gap", "GapJudgement", "GapKind", "GapLine", "GapQuestion", "GapReason", "GapTable", "Groups", "judge_gaps"]

Group = tuple[str, ...]


def judge_gaps(question: GapQuestion, measures: Sequence[Measure], tables: Sequence[Groups]) -> GapJudgement:
    """Judge each measure over each table; the family of their comparisons is all of them together."""
    measures = [_remembering(measure) for measure in measures]
    pairs = {
        (measure.name, table.attributes): _pairs(question, measure, table) for measure in measures for table in tables
    }
    family = 2 * sum(len(found) for found in pairs.values())
    judged = tuple(
        _Judge(question, measure, table, family).judged(pairs[measure.name, table.attributes])
        for measure in measures
        for table in tables
    )
    verdicts = [table.verdict for table in judged]
    order = (Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE)
    verdict = next((one for one in order if one in verdicts), Verdict.PASS)
    worst = max(
        (table for table in judged if table.worst), key=lambda table: badness(question, table.worst), default=None
    )
    return GapJudgement(verdict, judged, worst, family)


def _remembering(measure: Measure) -> Measure:
    """Give the measure with each group's figure and intervals worked out once; groups stay where they are meanwhile."""
    figures: dict[int, Figure] = {}
    intervals: dict[tuple[int, Fraction], Ends | None] = {}
    own = measure.ends

    def figure(held: Any) -> Figure:
        if id(held) not in figures:
            figures[id(held)] = measure.figure(held)
        return figures[id(held)]

    def ends(held: Any, tail: Fraction) -> Ends | None:
        key = id(held), tail
        if own is not None and key not in intervals:
            intervals[key] = own(held, tail)
        return intervals.get(key)

    return replace(measure, figure=figure, ends=None if own is None else ends)


def _pairs(question: GapQuestion, measure: Measure, table: Groups) -> list[tuple[Group, Group]]:
    able = [
        group
        for group, held in table.groups.items()
        if measure.least(held) >= max(1, question.min_group) and not isinstance(measure.figure(held), Undefined)
    ]
    if question.reference is not None:
        base = tuple(question.reference[name] for name in table.attributes)
        return [(group, base) for group in able if group != base] if base in able else []
    return [(one, other) for place, one in enumerate(able) for other in able[place + 1 :]]


def badness(question: GapQuestion, gap: Gap | None) -> Fraction:
    """How far the worse end of a comparison is on the wrong side of the limit; undefined ones come last."""
    if gap is None or isinstance(gap.value, Undefined):
        return Fraction(-(10**18))
    if question.at_least is not None:
        return question.limit - gap.value.low
    return gap.value.high - question.limit


class _Judge:
    """One measure over one table."""

    def __init__(self, question: GapQuestion, measure: Measure, table: Groups, family: int) -> None:
        self._question, self._measure, self._table = question, measure, table
        self._tail = question.alpha / max(1, family)

    def judged(self, pairs: Sequence[tuple[Group, Group]]) -> GapTable:
        """Compare the pairs, and say what cannot be compared."""
        gaps = [self._gap(one, other) for one, other in pairs]
        reasons = [*self._population(), *self._comparisons(gaps)]
        order = (Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE)
        verdicts = [reason.verdict for reason in reasons]
        return GapTable(
            attributes=self._table.attributes,
            measure=self._measure.name,
            compare=self._measure.compare,
            lines=tuple(self._line(group) for group in self._table.groups),
            worst=max(gaps, key=lambda gap: badness(self._question, gap), default=None),
            verdict=next((one for one in order if one in verdicts), Verdict.PASS),
            reasons=tuple(reasons),
            unknown=self._table.unknown,
        )

    def _line(self, group: Group) -> GapLine:
        held, measure = self._table.groups[group], self._measure
        figure, n = measure.figure(held), measure.least(held)
        ends = None
        if measure.ends is not None and not isinstance(figure, Undefined):
            ends = measure.ends(held, self._question.alpha / 2)
        return GapLine(group, _people(held), n, figure, ends, n < self._question.min_group)

    def _population(self) -> Iterator[GapReason]:
        question, table = self._question, self._table
        able = 0
        for group, held in table.groups.items():
            n, figure = self._measure.least(held), self._measure.figure(held)
            nobody = not _people(held)
            if nobody and (self._is_reference(group) or table.declared):
                yield GapReason(GapKind.ABSENT_GROUP, Verdict.ABSENT, group)
            elif nobody:
                continue  # a combination of values that nobody has
            elif isinstance(figure, Undefined):
                yield GapReason(GapKind.UNDEFINED, Verdict.INCONCLUSIVE, group, note=figure.reason)
            elif n < question.min_group:
                yield GapReason(GapKind.SMALL_GROUP, Verdict.INCONCLUSIVE, group)
            else:
                able += 1
        if question.reference is not None:
            base = tuple(question.reference[name] for name in table.attributes)
            if base not in table.groups:
                yield GapReason(GapKind.ABSENT_GROUP, Verdict.ABSENT, base)
        if able < 2:
            yield GapReason(GapKind.NOT_COMPARABLE, Verdict.INCONCLUSIVE)

    def _is_reference(self, group: Group) -> bool:
        reference = self._question.reference
        return reference is not None and group == tuple(reference[name] for name in self._table.attributes)

    def _comparisons(self, gaps: Sequence[Gap]) -> Iterator[GapReason]:
        for gap in sorted(gaps, key=lambda gap: (-badness(self._question, gap), gap.group, gap.other)):
            if isinstance(gap.value, Undefined):
                yield GapReason(GapKind.UNDEFINED, Verdict.INCONCLUSIVE, gap=gap, note=gap.value.reason)
                continue
            met = self._question.side(gap.value.low, gap.value.high)
            if self._question.decide == "point":
                if met is not True:
                    kind = GapKind.STRADDLED if met is None else GapKind.MISSED
                    yield GapReason(kind, Verdict.INCONCLUSIVE if met is None else Verdict.FAIL, gap=gap)
                continue
            shown = None if gap.ends is None else self._question.side(gap.ends.low, gap.ends.high)
            if shown is not True:
                kind = GapKind.NOT_DEMONSTRATED if shown is None else GapKind.MISSED
                yield GapReason(kind, Verdict.INCONCLUSIVE if shown is None else Verdict.FAIL, gap=gap)

    def _gap(self, one: Group, other: Group) -> Gap:
        first, second = self._table.groups[one], self._table.groups[other]

        def ends(one: Any, other: Any) -> Ends | None:
            asked = self._question.decide == "demonstrated"
            return self._measure.compared_ends(one, other, self._tail) if asked else None

        if self._measure.compare == "difference":
            value = self._measure.compared(first, second)
            sized = value if isinstance(value, Undefined) else value.size()
            return Gap(one, other, sized, _sized(ends(first, second)))
        if self._question.reference is not None:
            return Gap(one, other, self._measure.compared(first, second), ends(first, second))
        there, back = self._measure.compared(first, second), self._measure.compared(second, first)
        return Gap(one, other, _folded(there, back), _folded_ends(ends(first, second), ends(second, first)))


def _people(held: Any) -> int:
    return int(held.n if hasattr(held, "n") else sum(held.values()))


def _sized(ends: Ends | None) -> Ends | None:
    if ends is None:
        return None
    return Ends(max(Decimal(0), ends.low, -ends.high), max(abs(ends.low), abs(ends.high)))


def _folded(there: Figure, back: Figure) -> Figure:
    """The lower over the higher; 0 where only one of the two directions divides by 0."""
    if isinstance(there, Undefined) or isinstance(back, Undefined):
        return back if isinstance(there, Undefined) else there
    return Bounded(min(there.low, back.low), min(Fraction(1), _lower(there.high, back.high, there.low)))


def _lower(high: Fraction, back: Fraction, low: Fraction) -> Fraction:
    return Fraction(1) if low <= 1 <= high else min(high, back)


def _folded_ends(there: Ends | None, back: Ends | None) -> Ends | None:
    if there is None or back is None:
        held = there or back
        return None if held is None else Ends(held.low, min(Decimal(1), held.high))
    high = Decimal(1) if there.low <= 1 <= there.high else min(there.high, back.high)
    return Ends(min(there.low, back.low), min(Decimal(1), high))
