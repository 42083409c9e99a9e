"""Judging groups again from the counts that a result keeps: no rows, no files, the same exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.canonical import Json
from govern.checks.fairness.declared import stands_for_more
from govern.checks.fairness.facts import counts_of_restricted
from govern.fairness import METRICS, Counts, GroupTable, Judgement, Tally, Verdict, judge
from govern.policy.outcomes import Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.disparity import DisparityParams
    from govern.fairness.rates import RateMetric

__all__ = ["StoredCounts", "stored_counts"]

_OUTCOMES = {
    Verdict.PASS: Outcome.PASS,
    Verdict.FAIL: Outcome.FAIL,
    Verdict.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Verdict.ABSENT: Outcome.MISSING_EVIDENCE,
}


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """The counts of a result, as far as `judge` reads them, and what was thought to be different about some tables."""

    counts: Counts
    asked: tuple[tuple[str, ...], ...]
    """The tables of the result, in its order."""
    thought: Mapping[tuple[str, ...], GroupTable] = field(default_factory=dict)

    @property
    def missing(self) -> Fraction:
        """Share of rows that could not be counted."""
        return Fraction(self.counts.missing.rows, self.counts.rows)

    @property
    def labelled(self) -> bool:
        """Whether the true outcome is known."""
        return self.counts.labelled

    def table(self, attributes: tuple[str, ...]) -> GroupTable:
        """Give a table. Raises KeyError for attributes that were not counted when the result was made."""
        return self.thought.get(attributes) or self.counts.table(attributes)

    def judge(self, params: DisparityParams) -> Judgement:
        """Judge by these parameters. Raises KeyError as `table` does.

        Where they name groups by what the model record declares, the result was made by the same names, and the tables
        that it holds are those that they stand for.
        """
        if stands_for_more(params.tables):
            params = params.model_copy(update={"attributes": self.asked})
        if not self.thought:
            return judge(params.question(), self.counts)
        return judge(params.question(), self)  # type: ignore[arg-type]  # what judge reads of Counts: table, labelled

    def outcome(self, params: DisparityParams) -> Outcome:
        """Give the outcome that the check would come to. Raises KeyError as `table` does."""
        if self.missing > Fraction(params.max_missing):
            return Outcome.INCONCLUSIVE
        return _OUTCOMES[self.judge(params).verdict]

    def counted(self, attributes: tuple[str, ...], group: tuple[str, ...], metric: str, more: int) -> StoredCounts:
        """Give the tables with `more` people of a group counted by a rate; the group stays as large as it is."""
        held, table = METRICS[metric], self.table(attributes)
        cells = table.groups[group]._asdict()
        cells[held.numerator[0]] += more
        cells[_among(held)] -= more
        return self._with(attributes, group, Tally(**cells))

    def grown(self, attributes: tuple[str, ...], group: tuple[str, ...], factor: Fraction) -> StoredCounts:
        """Give the tables with one group as large as `factor` says, at the same rates as near as whole people allow."""
        cells = self.table(attributes).groups[group]
        return self._with(attributes, group, Tally(*(round(cell * factor) for cell in cells)))

    def _with(self, attributes: tuple[str, ...], group: tuple[str, ...], tally: Tally) -> StoredCounts:
        table = self.table(attributes)
        groups = {**table.groups, group: tally}
        made = GroupTable(attributes, groups, table.unknown, table.absent)
        return StoredCounts(self.counts, self.asked, {**self.thought, attributes: made})


def stored_counts(facts: Json, metric: str) -> StoredCounts | None:
    """Read the restricted counts of the facts of `fairness.disparity`; None where they do not hold them."""
    if not isinstance(facts, Mapping) or facts.get("kind") != "fairness-table" or facts.get("metric") != metric:
        return None
    held: Any = facts
    try:
        counts = counts_of_restricted(held["restricted"])
        asked = tuple(dict.fromkeys(tuple(table["attributes"]) for table in held["tables"]))
    except (KeyError, TypeError, ValueError):
        return None
    known = {axis.name for axis in counts.axes}
    return StoredCounts(counts, asked) if counts.rows and all(set(names) <= known for names in asked) else None


def _among(metric: RateMetric) -> str:
    return next(name for name in metric.denominator if name not in metric.numerator)
