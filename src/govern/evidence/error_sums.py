"""A table of numeric predictions (`task: regression`), reduced on reading to exact sums by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic
from govern.evidence.cells import GroupValues
from govern.evidence.exact_sums import ExactSums
from govern.evidence.keyed_rows import KeyedRows
from govern.evidence.number_parts import not_a_number, parts_of
from govern.evidence.prediction_source import PredictionSource, needs_rows, no_column
from govern.evidence.predictions import groups_of, refuse_wrong_rows

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.number_parts import Part

__all__ = ["ErrorTable", "read_errors"]

Four = tuple[int, int, int, int]
"""How many, sum in 2**-32, squares in 2**-64, how many were rounded."""

_UNIT = 2.0**32
_LARGEST = 2.0**50
"""Numbers beyond are refused."""


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """Numeric predictions as sums."""

    source: PredictionSource
    groups: tuple[GroupValues, ...]
    sums: Mapping[tuple[str | None, ...], tuple[Four, Four, Four, Four]]
    """By the group of each attribute, None for unknown: of residuals, squared residuals, predictions and truths."""
    rows: int
    missing_rows: int
    """Rows without prediction or truth."""


def read_errors(bundle: Bundle, source: PredictionSource, attributes: Sequence[str]) -> ErrorTable | Diagnostic:
    """Sum predictions and errors by the given attributes, in one pass. A Diagnostic (E122) names a column not there.

    Raises InputError E130 for what is no number or beyond 2**50, and as `read_predictions` does.
    """
    if source.counts is not None:
        return needs_rows(source, "each error is asked for")
    absent = [name for name in attributes if name not in source.attributes]
    if absent or source.y_true is None:
        return no_column(source.file, absent or ["y_true"], source.attributes)
    rows = KeyedRows(source, tuple(attributes))
    errors = _Errors(source)
    for part in parts_of(bundle, source.file, rows.columns, (source.y_true, source.y_pred), rows.unique):
        errors.add(part, rows.take(part))
    table = rows.tabulation()
    refuse_wrong_rows(source, table)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    found: dict[tuple[str | None, ...], list[Four]] = {}
    for place, key in enumerate(rows.keys):
        group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=True))
        held = found.setdefault(group, [(0, 0, 0, 0)] * 4)
        found[group] = [_added(mine, more) for mine, more in zip(held, errors.sums(place), strict=True)]
    sums = {group: (four[0], four[1], four[2], four[3]) for group, four in found.items() if four[0][0]}
    return ErrorTable(source, groups, sums, table.rows, sum(errors.missing))


def _added(one: Four, other: Four) -> Four:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


class _Errors:
    """Collects sums by the number of a key."""

    def __init__(self, source: PredictionSource) -> None:
        self._source = source
        self._parts = tuple(ExactSums() for _ in range(4))
        self.missing: list[int] = []

    def sums(self, key: int) -> list[Four]:
        """Give the four sums of a key."""
        return [(part.n[key], part.total[key], part.squares[key], part.rounded[key]) for part in self._parts]

    def add(self, part: Part, numbers: Sequence[int]) -> None:
        """Add the rows of a part, whose keys have these numbers."""
        keys = max([len(self.missing), *(number + 1 for number in numbers)])
        self.missing.extend([0] * (keys - len(self.missing)))
        for sums in self._parts:
            sums.grow(keys)
        if isinstance(part.who, list):
            self._add_listed(part.who, part.numbers[0], part.numbers[1], numbers)
        else:
            self._add_arrays(part, numbers)

    def _add_listed(self, who: Sequence[int], truths: Any, predictions: Any, numbers: Sequence[int]) -> None:
        for at, truth, predicted in zip(who, truths, predictions, strict=True):
            key = numbers[at]
            if truth != truth or predicted != predicted:  # NaN: one of the two is not there
                self.missing[key] += 1
                continue
            if abs(truth) > _LARGEST or abs(predicted) > _LARGEST:
                raise not_a_number(self._source.file, self._source.y_pred)
            units = round(truth * _UNIT), round(predicted * _UNIT)
            moved = units[0] != truth * _UNIT or units[1] != predicted * _UNIT
            residual = units[0] - units[1]
            self._parts[0].add_units(key, residual, rounded=moved)
            apart = residual / _UNIT
            self._parts[1].add(key, apart * apart)
            self._parts[2].add(key, predicted)
            self._parts[3].add(key, truth)

    def _add_arrays(self, part: Part, numbers: Sequence[int]) -> None:
        import numpy as np

        who, (truths, predictions) = np.array(numbers, np.int64)[part.who], part.numbers
        there = ~(np.isnan(truths) | np.isnan(predictions))
        for key, more in enumerate(np.bincount(who[~there], minlength=len(self.missing)).tolist()):
            self.missing[key] += more
        who, truths, predictions = who[there], truths[there], predictions[there]
        units = np.rint(truths * _UNIT), np.rint(predictions * _UNIT)
        large = np.maximum(np.abs(units[0]), np.abs(units[1])) >= 2.0**51
        if large.any():
            keys = list(range(len(self.missing)))
            self._add_listed(who[large].tolist(), truths[large].tolist(), predictions[large].tolist(), keys)
            who, truths, predictions = who[~large], truths[~large], predictions[~large]
            units = units[0][~large], units[1][~large]
        residuals = (units[0] - units[1]) / _UNIT
        moved = (units[0] != truths * _UNIT) | (units[1] != predictions * _UNIT)
        self._parts[0].add_many(who, residuals)
        for key, more in enumerate(np.bincount(who[moved], minlength=len(self.missing)).tolist()):
            self._parts[0].rounded[key] += more
        self._parts[1].add_many(who, residuals * residuals)
        self._parts[2].add_many(who, predictions)
        self._parts[3].add_many(who, truths)
