"""Figures of the report as hand-written SVG: no plotting library, no script, no `style` attribute.

Each is an image with title and description; the same numbers stand in a table beside it. Nothing is told by colour
alone: a group that is too small is hatched and says so, an undefined rate is the word and not a bar of length 0.
"""

from __future__ import annotations

from govern.report.figures.bars import rate_figure
from govern.report.figures.curves import calibration_figure, roc_figure
from govern.report.figures.forest import forest_figure
from govern.report.figures.heatmap import heat_map
from govern.report.figures.scores import ScoreTable, score_tables_of
from govern.report.figures.svg import STYLE
from govern.report.figures.tables import GroupRow, Table, Worst, tables_of
from govern.report.figures.trend import TrendPoint, point_of, trend_figure

__all__ = [
    "STYLE",
    "GroupRow",
    "ScoreTable",
    "Table",
    "TrendPoint",
    "Worst",
    "calibration_figure",
    "forest_figure",
    "heat_map",
    "point_of",
    "rate_figure",
    "roc_figure",
    "score_tables_of",
    "tables_of",
    "trend_figure",
]
