"""Forest of comparisons: each group's ratio to, or difference from, another one, with interval, n and limit."""

from __future__ import annotations

from decimal import Decimal

from govern.report.figures.bars import no_rate
from govern.report.figures.svg import figure, line, mark, short, text, ticks
from govern.report.figures.tables import GroupRow, Table

__all__ = ["forest_figure"]

_WIDTH = 480
_LEFT, _RIGHT = 6, 152
_PLOT = _WIDTH - _RIGHT - _LEFT
_ROW = 46
_TOP = 18
_FARTHEST = 3
"""An interval that ends farther out than this many times the largest value is cut, and ends in an arrow."""


def forest_figure(table: Table, *, prefix: str) -> str:
    """Draw value, 95 percent interval and n of each group against the limit of the rule."""
    drawn = [(row, *row.compared(table.compare)) for row in table.groups]
    bottom = _TOP + 4 + _ROW * len(drawn)
    least = Decimal(1) if table.compare == "ratio" else Decimal("0.1")
    values = [value for _row, value, _low, _high in drawn if value is not None]
    farthest = max([least, *values]) * _FARTHEST
    highs = [high for _row, _value, _low, high in drawn if high is not None and high <= farthest]
    lows = [low for _row, _value, low, _high in drawn if low is not None]
    lowest = max(-farthest, min([Decimal(0), *lows, *values]))
    axis = ticks([table.threshold, *values, *highs], least)
    scale = _Scale(lowest, axis[-1])
    parts = []
    for tick in axis:
        x = scale.at(tick)
        parts.append(line(x, _TOP, x, bottom, "fig-axis"))
        parts.append(text(x, bottom + 16, short(tick), "fig-soft", "middle" if x > 4 else "start"))
    even = scale.at(Decimal(1 if table.compare == "ratio" else 0))
    parts.append(line(even, _TOP, even, bottom, "fig-even", 1))
    if table.threshold is not None:
        limit = scale.at(table.threshold)
        parts.append(line(limit, _TOP - 2, limit, bottom, "fig-limit", 1.8, "6 3"))
        anchor = "end" if limit > _PLOT - 30 else "middle"
        parts.append(text(limit, _TOP - 6, f"limit {short(table.threshold)}", "fig-limit-word", anchor))
    for index, (row, value, low, high) in enumerate(drawn):
        parts += _row(table, row, (value, low, high), scale, _TOP + 16 + _ROW * index)
    sign = f"; limit {table.limit}" if table.limit else ""
    title = f"{table.compare} of {table.metric} by {table.attributes}, compared with {table.base}{sign}"
    described = "; ".join(f"{item[0].label}: {_described(table, *item)}" for item in drawn)
    return figure(prefix, (_WIDTH, bottom + 24), title, described, parts)


class _Scale:
    def __init__(self, lowest: Decimal, highest: Decimal) -> None:
        self._lowest, self._highest = lowest, highest

    def at(self, value: Decimal) -> float:
        inside = min(max(value, self._lowest), self._highest)
        return _LEFT + float((inside - self._lowest) / (self._highest - self._lowest)) * _PLOT

    def beyond(self, value: Decimal | None) -> bool:
        """Whether an upper end lies outside; none lies nowhere."""
        return value is None or value > self._highest


def _row(
    table: Table, row: GroupRow, drawn: tuple[Decimal | None, Decimal | None, Decimal | None], scale: _Scale, y: float
) -> list[str]:
    value, low, high = drawn
    n = "" if row.hidden else f" · n {row.counts.rpartition(' ')[2]}"
    parts = [text(0, y, row.label + n, "" if value is not None else "fig-soft")]
    if value is None:
        return [*parts, text(0, y + 19, no_rate(row) if row.rate is None else "not comparable", "fig-note")]
    x, middle = scale.at(value), y + 14
    interval = ""
    if low is not None:
        left, right = scale.at(low), scale.at(high) if high is not None else scale.at(Decimal(10**9))
        parts.append(line(left, middle, right, middle, "fig-whisker", 1.5))
        parts.append(line(left, middle - 4, left, middle + 4, "fig-whisker", 1.5))
        if scale.beyond(high):
            parts += [line(right, middle, right - 5, middle + end, "fig-whisker", 1.5) for end in (-4, 4)]
        else:
            parts.append(line(right, middle - 4, right, middle + 4, "fig-whisker", 1.5))
        interval = f" [{short(low)}, {'unbounded' if high is None else short(high)}]"
    met = table.met(value)
    parts.append(mark(x, middle, met=met, small=row.small))
    parts.append(text(_WIDTH, y + 1, short(value, table.threshold) + interval, anchor="end"))
    word = "too few to compare" if row.small else _word(table, value, low, met=met)
    return [*parts, text(_WIDTH, y + 18, word, "fig-soft", "end")]


def _word(table: Table, value: Decimal, low: Decimal | None, *, met: bool) -> str:
    if low is None and value == (1 if table.compare == "ratio" else 0):
        return "compared with"
    if table.threshold is None:
        return ""
    return "meets the limit" if met else "misses the limit"


def _described(table: Table, row: GroupRow, value: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    if value is None:
        return no_rate(row) if row.rate is None else "not comparable"
    if low is None:
        return short(value)
    return (
        f"{short(value, table.threshold)}, 95 % interval {short(low)} to {'unbounded' if high is None else short(high)}"
    )
