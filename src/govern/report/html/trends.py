"""How the worst comparison of each table of groups moved over the versions that were handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import plain
from govern.report.figures.tables import Table, tables_of
from govern.report.figures.trend import TrendPoint, point_of, trend_figure
from govern.report.result import Result, facts_of

if TYPE_CHECKING:
    from markupsafe import Markup

__all__ = ["Trend", "trends"]

_MOST_VERSIONS = 12

Key = tuple[str, str, str, str]
"""Rule, metric, attributes, and how two rates are compared."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One table of groups over versions."""

    title: str
    rule: str
    compare: str
    drawing: Markup
    points: tuple[TrendPoint, ...]


def trends(result: Result, earlier: Sequence[Result]) -> tuple[Trend, ...]:
    """Compare each table of a result with the same rule's of earlier results, oldest first; none without earlier ones.

    Order is that of the decisions' clocks; of more than twelve versions the latest are shown.
    """
    from markupsafe import Markup

    before = sorted(earlier, key=lambda item: (item.clock, item.model.version or ""))[-(_MOST_VERSIONS - 1) :]
    histories = [(item, _tables(item)) for item in (*before, result)]
    found: list[Trend] = []
    for key, table in histories[-1][1].items():
        points = [
            point_of(plain(item.model.version or "?", limit=40), item.clock, held[key])
            for item, held in histories
            if key in held
        ]
        if len(points) < 2:
            continue
        rule, metric, attributes, compare = key
        title = f"Worst {compare} of {metric} by {attributes} over versions"
        prefix = f"tr{len(found) + 1}"
        # The drawing escapes every text itself.
        drawing = Markup(trend_figure(points, prefix=prefix, title=title, ratio=compare == "ratio"))  # noqa: S704
        found.append(Trend(title, rule, table.compare, drawing, tuple(points)))
    return tuple(found)


def _tables(result: Result) -> Mapping[Key, Table]:
    found: dict[Key, Table] = {}
    for outcome in result.outcomes:
        facts = facts_of(outcome, "fairness-table")
        for table in tables_of(facts) if facts is not None else ():
            if table.compare in ("ratio", "difference"):
                found.setdefault((outcome.rule, table.metric, table.attributes, table.compare), table)
    return found
