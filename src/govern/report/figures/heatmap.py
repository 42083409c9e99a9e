"""Heat map of two crossed attributes: the rate and n of every cell, hatched where too few or not shown."""

from __future__ import annotations

from decimal import Decimal

from govern.report.figures.svg import figure, hatch, rect, short, text
from govern.report.figures.tables import GroupRow, Table

__all__ = ["heat_map"]

_LABEL = 104
_COLUMN, _ROW = 92, 50
_HEAD = 40
_MOST_COLUMNS, _MOST_ROWS = 9, 30
_STEPS = 5


def heat_map(table: Table, *, prefix: str) -> str | None:
    """Draw the rates of a table of two attributes; None for any other table, and for one too large to be read.

    The attribute of more values goes down. The depth of a cell is the rate in five steps from the lowest to the highest
    shown; the rate itself and the people it is counted among are written in it.
    """
    if len(table.names) != 2 or any(not row.values for row in table.groups):
        return None
    values = [sorted({row.values[at] for row in table.groups}) for at in (0, 1)]
    down, across = (0, 1) if len(values[0]) >= len(values[1]) else (1, 0)
    rows, columns = values[down], values[across]
    if len(columns) > _MOST_COLUMNS or len(rows) > _MOST_ROWS or len(rows) * len(columns) != len(table.groups):
        return None
    held = {(row.values[down], row.values[across]): row for row in table.groups}
    shown = [row.rate for row in table.groups if row.rate is not None]
    low, high = (min(shown), max(shown)) if shown else (Decimal(0), Decimal(0))
    parts = [hatch(prefix), text(0, 14, f"{table.names[down]} ↓  {table.names[across]} →", "fig-soft")]
    for number, column in enumerate(columns):
        parts.append(text(_LABEL + _COLUMN * number + _COLUMN / 2, _HEAD - 8, _cut(column, 13), anchor="middle"))
    for index, name in enumerate(rows):
        y = _HEAD + _ROW * index
        parts.append(text(_LABEL - 10, y + 29, _cut(name, 14), anchor="end"))
        for number, column in enumerate(columns):
            parts += _cell(held[name, column], _LABEL + _COLUMN * number, y, (low, high), prefix)
    size = (max(480, _LABEL + _COLUMN * len(columns)), _HEAD + _ROW * len(rows) + 4)
    title = f"{table.metric} by {table.attributes} as a map"
    described = "; ".join(f"{row.label}: {_said(row)}" for row in table.groups)
    return figure(prefix, size, title, described, parts)


def _cell(row: GroupRow, x: float, y: float, ends: tuple[Decimal, Decimal], prefix: str) -> list[str]:
    wide, high, middle = _COLUMN - 4, _ROW - 4, x + _COLUMN / 2 - 2
    frame = rect(x, y, wide, high, "fig-frame")
    if row.rate is None:
        words = "not shown" if row.hidden else "n 0" if row.people == "0" else "undefined"
        mesh = rect(x, y, wide, high, more=f' fill="url(#{prefix}h)" fill-opacity="0.45"') if row.hidden else ""
        plate = rect(middle - 33, y + 13, 66, 20, "fig-outline", ' stroke-width="0"') if row.hidden else ""
        return [mesh, plate, frame, text(middle, y + 28, words, "fig-soft", "middle")]
    low, top = ends
    step = int((row.rate - low) / (top - low) * (_STEPS - 1) + Decimal("0.5")) if top > low else 0
    fill = rect(x, y, wide, high, "fig-bar", f' fill-opacity="{0.12 + 0.14 * step:g}"')
    parts = [fill]
    if row.small:
        parts.append(rect(x, y + high - 6, wide, 6, more=f' fill="url(#{prefix}h)"'))
    parts.append(frame)
    parts.append(text(middle, y + 20, short(row.rate), "fig-strong", "middle"))
    n = row.counts.rpartition(" ")[2]
    return [*parts, text(middle, y + 36, f"n {n}, too few" if row.small else f"n {n}", "fig-soft", "middle")]


def _said(row: GroupRow) -> str:
    if row.hidden:
        return "not shown"
    if row.rate is None:
        return f"undefined, {row.undefined or 'no rate'}"
    return f"{short(row.rate)}, {row.counts}{', too few to compare' if row.small else ''}"


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
