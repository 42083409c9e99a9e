"""Trend: the worst comparison of one table over versions of a model, with interval and the limit of each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from govern.report.figures.svg import figure, line, mark, short, text, ticks
from govern.report.figures.tables import Table, number_of

__all__ = ["TrendPoint", "point_of", "trend_figure"]

_WIDTH, _HEIGHT = 480, 220
_LEFT, _TOP, _BOTTOM = 44, 22, 44
_LONGEST = 14


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """One version."""

    version: str
    decided: str
    """When the gate decided."""
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    pair: str
    limit: Decimal | None
    verdict: str
    met: bool


def point_of(version: str, decided: str, table: Table) -> TrendPoint:
    """Read the point of a table; a comparison that is not shown or undefined has no value."""
    worst = table.worst if table.worst is not None and table.worst.shown else None
    value = None if worst is None else number_of(worst.value)
    return TrendPoint(
        version=version,
        decided=decided,
        value=value,
        low=None if worst is None else number_of(worst.low),
        high=None if worst is None else number_of(worst.high),
        pair="not shown" if worst is None else f"{worst.group} against {worst.reference}",
        limit=table.threshold,
        verdict=table.verdict,
        met=value is not None and table.met(value),
    )


def trend_figure(points: Sequence[TrendPoint], *, prefix: str, title: str, ratio: bool) -> str:
    """Draw the versions from left to right in the order given."""
    values = [value for item in points for value in (item.value, item.limit)]
    most = max([Decimal(1 if ratio else 0), *(value for value in values if value is not None)])
    highs = [item.high for item in points if item.high is not None and item.high <= 2 * most]
    axis = ticks([*values, *highs], Decimal(1) if ratio else Decimal("0.1"))
    plot = _HEIGHT - _TOP - _BOTTOM

    def up(value: Decimal) -> float:
        return _TOP + plot - float(min(max(value, Decimal(0)), axis[-1]) / axis[-1]) * plot

    step = (_WIDTH - _LEFT - 10) / len(points)
    parts = []
    for tick in axis:
        parts.append(line(_LEFT, up(tick), _WIDTH, up(tick), "fig-axis"))
        parts.append(text(_LEFT - 8, up(tick) + 4, short(tick), "fig-soft", "end"))
    for number, item in enumerate(points):
        x = _LEFT + step * (number + 0.5)
        if item.limit is not None:
            parts.append(line(x - step / 2, up(item.limit), x + step / 2, up(item.limit), "fig-limit", 1.6, "6 3"))
        if item.value is None:
            parts.append(text(x, _TOP + plot / 2, "not shown", "fig-note", "middle"))
        else:
            if item.low is not None:
                high = axis[-1] if item.high is None else item.high
                parts.append(line(x, up(item.low), x, up(high), "fig-whisker", 1.5))
            parts.append(mark(x, up(item.value), met=item.met, small=False))
            parts.append(text(x + 10, up(item.value) + 4, short(item.value, item.limit)))
        cut = item.version if len(item.version) <= _LONGEST else item.version[: _LONGEST - 1] + "…"
        parts.append(text(x, _HEIGHT - 24, cut, anchor="middle"))
        parts.append(text(x, _HEIGHT - 8, item.verdict, "fig-soft", "middle"))
    described = "; ".join(f"{item.version}: {_said(item)}" for item in points)
    return figure(prefix, (_WIDTH, _HEIGHT), title, described, parts)


def _said(item: TrendPoint) -> str:
    if item.value is None:
        return f"not shown, {item.verdict}"
    ends = (
        "" if item.low is None else f", {short(item.low)} to {'unbounded' if item.high is None else short(item.high)}"
    )
    return f"{short(item.value, item.limit)}{ends}, {item.verdict}"
