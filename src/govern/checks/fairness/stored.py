"""Judging groups again from the counts that a result keeps: no rows, no files, the same exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.canonical import Json
from govern.checks.fairness.declared import stands_for_more
from govern.fairness import METRICS, GroupTable, Judgement, Tally, Verdict, components, judge
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
    """The tables of a result, as far as `judge` reads them."""

    tables: Mapping[tuple[str, ...], GroupTable]
    missing: Fraction
    """Share of rows that could not be counted."""
    labelled: bool = True

    def table(self, attributes: tuple[str, ...]) -> GroupTable:
        """Give a table. Raises KeyError for attributes that were not asked for when the result was made."""
        return self.tables[attributes]

    def judge(self, params: DisparityParams) -> Judgement:
        """Judge by these parameters. Raises KeyError as `table` does.

        Where they name groups by what the model record declares, the result was made by the same names, and the tables
        that it holds are those that they stand for.
        """
        if stands_for_more(params.tables):
            params = params.model_copy(update={"attributes": tuple(self.tables)})
        return judge(params.question(), self)  # type: ignore[arg-type]  # what judge reads of Counts: table, labelled

    def outcome(self, params: DisparityParams) -> Outcome:
        """Give the outcome that the check would come to. Raises KeyError as `table` does."""
        if self.missing > Fraction(params.max_missing):
            return Outcome.INCONCLUSIVE
        return _OUTCOMES[self.judge(params).verdict]

    def counted(self, attributes: tuple[str, ...], group: tuple[str, ...], metric: str, more: int) -> StoredCounts:
        """Give the tables with `more` people of a group counted by a rate; the group stays as large as it is."""
        held, table = METRICS[metric], self.tables[attributes]
        cells = table.groups[group]._asdict()
        cells[held.numerator[0]] += more
        cells[_among(held)] -= more
        return self._with(attributes, group, Tally(**cells))

    def grown(self, attributes: tuple[str, ...], group: tuple[str, ...], factor: Fraction) -> StoredCounts:
        """Give the tables with one group as large as `factor` says, at the same rates as near as whole people allow."""
        cells = self.tables[attributes].groups[group]
        return self._with(attributes, group, Tally(*(round(cell * factor) for cell in cells)))

    def _with(self, attributes: tuple[str, ...], group: tuple[str, ...], tally: Tally) -> StoredCounts:
        table = self.tables[attributes]
        groups = {**table.groups, group: tally}
        made = GroupTable(attributes, groups, table.unknown, table.absent)
        return StoredCounts({**self.tables, attributes: made}, self.missing)


def stored_counts(facts: Json, metric: str) -> StoredCounts | None:
    """Read the tables of the facts of `fairness.disparity`; None where they do not hold all that a verdict rests on.

    Records of unknown group and groups without people take part in verdicts by more than the facts keep of them.
    """
    if not isinstance(facts, Mapping) or facts.get("kind") != "fairness-table" or facts.get("metric") != metric:
        return None
    held: Any = facts
    try:
        rows, gone = int(held["rows"]), int(held["missing"]["rows"])
        tables = _tables(held["tables"], metric)
    except (KeyError, TypeError, ValueError):
        return None
    return None if tables is None or rows <= 0 else StoredCounts(tables, Fraction(gone, rows))


def _tables(items: Sequence[Any], metric: str) -> dict[tuple[str, ...], GroupTable] | None:
    wanted = {item.name for item in components(metric)}
    cells: dict[tuple[str, ...], dict[tuple[str, ...], Tally]] = {}
    for item in items:
        attributes = tuple(item["attributes"])
        if item["unknown"] or item["metric"] not in wanted:
            return None
        groups = cells.setdefault(attributes, {})
        for line in item["groups"]:
            group = tuple(line["group"][name] for name in attributes)
            k, n = int(line["numerator"]), int(line["denominator"])
            if not 0 <= k <= n or not line["n"]:
                return None
            groups[group] = groups.get(group, Tally(0, 0, 0, 0)).plus(_tally(METRICS[item["metric"]], k, n))
    return {
        attributes: GroupTable(attributes, dict(sorted(groups.items())), Tally(0, 0, 0, 0))
        for attributes, groups in cells.items()
    }


def _tally(metric: RateMetric, k: int, n: int) -> Tally:
    """Put a rate into one confusion cell it counts and one it counts among: all that a verdict on it needs."""
    cells = dict.fromkeys(("tn", "fp", "fn", "tp"), 0) | {metric.numerator[0]: k, _among(metric): n - k}
    return Tally(**cells)


def _among(metric: RateMetric) -> str:
    return next(name for name in metric.denominator if name not in metric.numerator)
