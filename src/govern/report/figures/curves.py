"""Curves of scores by group: receiver operating characteristic and calibration, told apart by dashes and marks."""

from __future__ import annotations

from collections.abc import Sequence

from govern.report.figures.scores import ReliabilityBin, ScoreRow, ScoreTable
from govern.report.figures.svg import figure, line, path, rect, safe, short, text

__all__ = ["MOST_CURVES", "calibration_figure", "roc_figure"]

MOST_CURVES = 6
"""Groups drawn into one figure, those of most people first; all are in the table."""
_DASHES = ("", "8 4", "2 4", "10 3 2 3", "5 5", "1 3")
_SIDE = 280
_FIFTHS = ("0", "0.2", "0.4", "0.6", "0.8", "1")
_LEFT, _TOP = 40, 12
_LEGEND = 22
_PANEL, _GAP = 132, 26


def roc_figure(table: ScoreTable, *, prefix: str) -> str | None:
    """Draw each group's curve of true against false positive rate; None where no group has one."""
    drawn = _largest([row for row in table.groups if len(row.roc) > 1])
    if not drawn:
        return None
    bottom = _TOP + _SIDE
    parts = [rect(_LEFT, _TOP, _SIDE, _SIDE, "fig-frame"), line(_LEFT, bottom, _LEFT + _SIDE, _TOP, "fig-axis", 1)]
    for number in range(6):
        at = _SIDE * number / 5
        label = _FIFTHS[number]
        parts.append(text(_LEFT + at, bottom + 16, label, "fig-soft", "middle"))
        parts.append(text(_LEFT - 6, bottom - at + 4, label, "fig-soft", "end"))
    parts.append(text(_LEFT + _SIDE / 2, bottom + 34, "false positive rate", "fig-soft", "middle"))
    parts.append(_upright(10, _TOP + _SIDE / 2, "true positive rate"))
    x = _LEFT + _SIDE + 18
    for index, row in enumerate(drawn):
        points = [(_LEFT + float(across) * _SIDE, bottom - float(up) * _SIDE) for across, up in row.roc]
        parts.append(path(points, "fig-curve", 2 if index % 2 == 0 else 1.4, _DASHES[index]))
        y = _TOP + 12 + _LEGEND * 2 * index
        parts.append(line(x, y - 4, x + 30, y - 4, "fig-curve", 2 if index % 2 == 0 else 1.4, _DASHES[index]))
        parts.append(text(x + 38, y, row.label))
        value = "" if row.value is None else f"{table.column} {short(row.value)}, "
        parts.append(text(x + 38, y + 17, f"{value}n {row.n}", "fig-soft"))
    title = f"Receiver operating characteristic by {table.attributes}"
    described = "; ".join(f"{row.label}: {_said(row)}" for row in table.groups)
    return figure(prefix, (560, bottom + 44), title, described, parts)


def calibration_figure(table: ScoreTable, *, prefix: str) -> str | None:
    """Draw each group's rate of positives in bands of the score, with 95 percent intervals; None without bands."""
    drawn = _largest([row for row in table.groups if any(_drawable(held) for held in row.bins)])
    if not drawn:
        return None
    across = min(3, len(drawn))
    parts = []
    for index, row in enumerate(drawn):
        x = 34 + (index % across) * (_PANEL + _GAP)
        y = 24 + (index // across) * (_PANEL + 52)
        parts += _panel(row, x, y)
    height = 24 + ((len(drawn) + across - 1) // across) * (_PANEL + 52)
    title = f"Calibration by {table.attributes}: rate of positives against mean score"
    described = "; ".join(f"{row.label}: {_bands(row.bins)}" for row in drawn)
    return figure(prefix, (34 + 3 * (_PANEL + _GAP), height), title, described, parts)


def _panel(row: ScoreRow, x: float, y: float) -> list[str]:
    bottom = y + _PANEL
    parts = [
        text(x, y - 8, row.label if len(row.label) < 22 else row.label[:20] + "…"),
        rect(x, y, _PANEL, _PANEL, "fig-frame"),
        line(x, bottom, x + _PANEL, y, "fig-axis", 1),
        text(x, bottom + 14, "0", "fig-soft"),
        text(x + _PANEL / 2, bottom + 14, "mean score", "fig-soft", "middle"),
        text(x + _PANEL, bottom + 14, "1", "fig-soft", "end"),
        text(x - 5, y + 10, "1", "fig-soft", "end"),
        text(x - 5, bottom, "0", "fig-soft", "end"),
    ]
    points = []
    for held in row.bins:
        if held.mean_score is None or held.rate is None or not _drawable(held):
            continue
        at, up = x + float(held.mean_score) * _PANEL, bottom - float(held.rate) * _PANEL
        points.append((at, up))
        if held.low is not None and held.high is not None:
            ends = [bottom - float(end) * _PANEL for end in (held.low, held.high)]
            parts.append(line(at, ends[0], at, ends[1], "fig-whisker", 1))
        parts.append(f'<circle class="fig-dot" cx="{at:g}" cy="{up:g}" r="3.5" stroke-width="1"/>')
    return [*parts, path(points, "fig-curve", 1.2)] if len(points) > 1 else parts


def _drawable(held: ReliabilityBin) -> bool:
    ends = (held.mean_score, held.rate)
    return all(value is not None and 0 <= value <= 1 for value in ends)


def _largest(held: Sequence[ScoreRow]) -> list[ScoreRow]:
    chosen = sorted(held, key=lambda row: (-int(row.n) if row.n.isdigit() else 0, row.label))[:MOST_CURVES]
    return [row for row in held if row in chosen]


def _upright(x: float, y: float, words: str) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" class="fig-soft" text-anchor="middle" transform="rotate(-90 {x:g} {y:g})">'
        f"{safe(words)}</text>"
    )


def _said(row: ScoreRow) -> str:
    if row.hidden:
        return "not shown"
    if row.value is None:
        return f"undefined, {row.undefined or 'no value'}"
    interval = "" if row.low is None or row.high is None else f", {short(row.low)} to {short(row.high)}"
    return f"{short(row.value)}{interval}, {row.n} people"


def _bands(bins: Sequence[ReliabilityBin]) -> str:
    return ", ".join(
        f"{short(held.mean_score)} gives {short(held.rate)}"
        for held in bins
        if held.mean_score is not None and held.rate is not None
    )
