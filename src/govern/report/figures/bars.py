"""Rate bars: one a group, with its 95 percent interval."""

from __future__ import annotations

from decimal import Decimal

from govern.report.figures.svg import figure, hatch, line, rect, short, text, ticks
from govern.report.figures.tables import GroupRow, Table

__all__ = ["name_of", "no_rate", "rate_figure"]

_WIDTH = 480
_RIGHT = 116
"""Room for the figure's numbers right of the plot."""
_PLOT = _WIDTH - _RIGHT
_ROW = 46
_TOP = 18


def rate_figure(table: Table, *, prefix: str) -> str:
    """Draw a bar for each group's rate with its 95 percent interval. `prefix` starts the ids.

    Where the rule limits the rate itself its limit is drawn through the bars.
    """
    bottom = _TOP + 4 + _ROW * len(table.groups)
    own = table.threshold if table.compare == "rate" else None
    axis = ticks([own, *(value for row in table.groups for value in (row.rate, row.high))], Decimal("0.05"))
    top = axis[-1]
    parts = [hatch(prefix)]
    for number, tick in enumerate(axis):
        x = _PLOT * number / (len(axis) - 1)
        parts.append(line(x, _TOP, x, bottom, "fig-axis"))
        parts.append(text(x, bottom + 16, short(tick), "fig-soft", "middle" if number else "start"))
    for index, row in enumerate(table.groups):
        y = _TOP + 16 + _ROW * index
        parts.append(text(0, y, name_of(row), "" if row.rate is not None else "fig-soft"))
        if row.rate is None:
            parts.append(text(0, y + 19, no_rate(row), "fig-note"))
            continue
        parts.append(_bar(row, float(row.rate / top) * _PLOT, y + 7, prefix))
        if row.low is not None and row.high is not None:
            left, right = float(row.low / top) * _PLOT, float(row.high / top) * _PLOT
            parts.append(line(left, y + 14, right, y + 14, "fig-whisker", 1.5))
            parts.extend(line(end, y + 10, end, y + 18, "fig-whisker", 1.5) for end in (left, right))
        parts.append(text(_WIDTH, y + 1, short(row.rate), anchor="end"))
        parts.append(text(_WIDTH, y + 18, row.counts, "fig-soft", "end"))
    if own is not None:
        limit = float(own / top) * _PLOT
        parts.append(line(limit, _TOP - 2, limit, bottom, "fig-limit", 1.8, "6 3"))
        parts.append(text(limit, _TOP - 6, f"limit {short(own)}", "fig-limit-word", "middle"))
    title = f"{table.metric} by {table.attributes}"
    described = "; ".join(f"{name_of(row)}: {_described(row)}" for row in table.groups)
    return figure(prefix, (_WIDTH, bottom + 24), title, described, parts)


def name_of(row: GroupRow) -> str:
    """Name a group, with what keeps it from being read as the others."""
    return row.label + (" · too few to compare" if row.small else "")


def no_rate(row: GroupRow) -> str:
    """Say why a group has no rate."""
    if row.hidden:
        return "not shown, to protect a small group"
    return f"undefined: {row.undefined or 'no rate'}"


def _bar(row: GroupRow, length: float, y: float, prefix: str) -> str:
    long = max(length, 1)
    if row.small:
        return rect(0, y, long, 14, more=f' fill="url(#{prefix}h)"') + rect(0, y, long, 14, "fig-frame")
    return rect(0, y, long, 14, "fig-worst" if row.worst else "fig-bar")


def _described(row: GroupRow) -> str:
    if row.rate is None:
        return no_rate(row)
    if row.low is None or row.high is None:
        return short(row.rate)
    return f"{short(row.rate)}, 95 % interval {short(row.low)} to {short(row.high)}, {row.counts}"
