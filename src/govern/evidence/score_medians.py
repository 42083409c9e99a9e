"""Scores of a table, reduced on reading to who scored above the median of the full sample, by group.

The median is exact, and is that of everybody with a score: people whose group is not known stay in it. "Above" is
strict, so that whoever scored exactly the median is not counted (6 RCNY 5-300, "scoring rate").
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic
from govern.evidence.cells import is_missing
from govern.evidence.prediction_source import PredictionSource, no_column
from govern.evidence.predictions import Predictions, groups_of, refuse_wrong_rows, score_of
from govern.evidence.tables import tabulate

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["read_above_median"]


def read_above_median(bundle: Bundle, source: PredictionSource, attributes: Sequence[str]) -> Predictions | Diagnostic:
    """Count the table by the given attributes and by "scored above the median", which stands where a decision stands.

    Rows without a score are missing. A Diagnostic (E122) says that a column is not there. Raises InputError as
    `read_scores` does, E126 beyond a million different scores among the groups.
    """
    if source.score is None:
        return no_column(source.file, ["score"], source.header)
    absent = [name for name in attributes if name not in source.attributes]
    if absent:
        return no_column(source.file, absent, source.attributes)
    manifest = source.manifest
    unique = manifest.columns.row_id if manifest else None
    table = tabulate(bundle, source.file, [*attributes, source.score], unique=unique)
    refuse_wrong_rows(source, table)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    scores: dict[str, Decimal] = {}
    times: dict[Decimal, int] = {}
    lost = 0
    for key, count in table.combinations.items():
        cell = key[-1]
        if cell is None or is_missing(cell):
            lost += count
            continue
        if cell not in scores:
            scores[cell] = score_of(source, cell, table.first_line.get(key))
        times[scores[cell]] = times.get(scores[cell], 0) + count
    median = _median(times)
    cells: dict[tuple[str | None, ...], list[int]] = {}
    for key, count in table.combinations.items():
        if key[-1] in scores and median is not None:
            group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=False))
            cells.setdefault(group, [0, 0])[Fraction(scores[key[-1]]) > median] += count
    return Predictions(
        source=source,
        groups=groups,
        labelled=False,
        cells={group: (two[0], two[1], 0, 0) for group, two in cells.items()},
        rows=table.rows,
        missing_y_pred=lost,
        missing_y_true=0,
        missing_rows=lost,
    )


def _median(times: dict[Decimal, int]) -> Fraction | None:
    """Give the middle value; of an even number, the mean of the two in the middle."""
    total = sum(times.values())
    ends: list[Fraction] = []
    seen = 0
    for value in sorted(times):
        before, seen = seen, seen + times[value]
        ends += [Fraction(value) for place in ((total - 1) // 2, total // 2) if before <= place < seen]
    return (ends[0] + ends[1]) / 2 if total else None
