"""The count tensor: everything fairness needs to know of a prediction table, in a few kilobytes of integers.

One pass over the rows makes the full cross-product of the sensitive attributes; every table asked for later is a
sum over axes. Cells are kept sparsely; the dense size is capped all the same, because a column that breaks the
cap is an identifier and no attribute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod
from typing import TypeAlias

from govern.fairness.rates import NO_TALLY, Tally
from govern.records import record

__all__ = ["MAX_CELLS", "MAX_GROUPS", "Axis", "Counts", "GroupTable", "Missing", "dense_size"]

MAX_CELLS = 1_000_000
"""Most cells of the dense tensor, the unknown values and the four confusion cells included."""
MAX_GROUPS = 256
"""Most groups of one table that are compared pair by pair."""


Cells: TypeAlias = Mapping[tuple[int, ...], Tally]
"""Tallies by the index of each attribute's value."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One sensitive attribute and its values by code point; the index after the last one means unknown."""

    name: str
    values: tuple[str, ...]
    declared: bool = False
    """Whether the values were declared beforehand, so that one without rows is noticed."""

    def __post_init__(self) -> None:
        if list(self.values) != sorted(set(self.values)):
            raise ValueError("values of an axis are distinct and sorted by code point")


@record
class Missing:
    """Rows left out of the tensor: no usable prediction, no usable label, and how many rows that makes."""

    y_pred: int = 0
    y_true: int = 0
    rows: int = 0


@record
class GroupTable:
    """Tallies of one attribute or of several crossed, groups by code point, empty groups kept."""

    attributes: tuple[str, ...]
    groups: Mapping[tuple[str, ...], Tally]
    unknown: Tally
    """Rows of which at least one of the attributes is not known."""
    absent: tuple[tuple[str, ...], ...] = ()
    """Declared groups of a single attribute without any row."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Attributes x true outcome x decision. Without labels, see `Tally`."""

    axes: tuple[Axis, ...]
    labelled: bool
    cells: Cells
    missing: Missing
    rows: int
    """Rows of the table, those left out included."""
    salt: str | None = None
    """What is kept beside the counts, lest the digest of a record of them be guessed from the few counts there can be;
    it means nothing."""

    def __post_init__(self) -> None:
        if len({axis.name for axis in self.axes}) != len(self.axes):
            raise ValueError("two axes of one name")
        if dense_size(self.axes) > MAX_CELLS:
            raise ValueError(f"more than {MAX_CELLS} cells")
        for key, tally in self.cells.items():
            if len(key) != len(self.axes) or any(
                not 0 <= index <= len(axis.values) for index, axis in zip(key, self.axes, strict=True)
            ):
                raise ValueError("a cell outside the axes")
            if min(tally) < 0:
                raise ValueError("a negative count")
        if sum(tally.n for tally in self.cells.values()) != self.rows - self.missing.rows:
            raise ValueError("counts do not add up to the rows less the missing ones")

    def __add__(self, other: Counts) -> Counts:
        """Add the counts of another site. Raises ValueError unless axes and labels are the same."""
        if self.axes != other.axes or self.labelled != other.labelled:
            raise ValueError("only count tensors over the same axes can be added")
        cells = dict(self.cells)
        for key, tally in other.cells.items():
            cells[key] = cells.get(key, NO_TALLY).plus(tally)
        missing = Missing(
            self.missing.y_pred + other.missing.y_pred,
            self.missing.y_true + other.missing.y_true,
            self.missing.rows + other.missing.rows,
        )
        return Counts(self.axes, self.labelled, cells, missing, self.rows + other.rows)

    @property
    def total(self) -> Tally:
        """All counted rows together, those of unknown groups included."""
        total = NO_TALLY
        for tally in self.cells.values():
            total = total.plus(tally)
        return total

    def axis(self, name: str) -> Axis | None:
        """Give the axis of that name, or None."""
        return next((axis for axis in self.axes if axis.name == name), None)

    def table(self, attributes: tuple[str, ...]) -> GroupTable:
        """Sum the tensor down to one attribute, or to several crossed.

        Raises KeyError for an attribute without axis and ValueError above `MAX_GROUPS` groups.
        """
        chosen = self._chosen(attributes)
        return _grouped(chosen, _summed(self.cells, [place for place, _axis in chosen]))

    def lattice(self, attributes: tuple[str, ...]) -> Mapping[tuple[str, ...], GroupTable]:
        """Give the table of every non-empty subset of some attributes: single ones first, all of them crossed last.

        A table is summed from the smallest one with one attribute more, so that the cells are gone through once.
        Raises KeyError for an attribute without axis and ValueError above `MAX_GROUPS` groups of all of them crossed.
        """
        chosen = self._chosen(attributes)
        every = tuple(range(len(chosen)))
        cells = {every: _summed(self.cells, [place for place, _axis in chosen])}
        for size in range(len(chosen) - 1, 0, -1):
            for subset in combinations(every, size):
                above = min(
                    (wider for wider in cells if len(wider) == size + 1 and set(subset) < set(wider)),
                    key=lambda wider: len(cells[wider]),
                )
                cells[subset] = _summed(cells[above], [above.index(place) for place in subset])
        return {
            tuple(attributes[place] for place in subset): _grouped([chosen[place] for place in subset], cells[subset])
            for size in range(1, len(chosen) + 1)
            for subset in combinations(every, size)
        }

    def _chosen(self, attributes: tuple[str, ...]) -> list[tuple[int, Axis]]:
        places = {axis.name: place for place, axis in enumerate(self.axes)}
        chosen = [(places[name], self.axes[places[name]]) for name in attributes]
        size = prod(len(axis.values) for _place, axis in chosen)
        if size > MAX_GROUPS:
            raise ValueError(f"{size} groups, at most {MAX_GROUPS} are compared")
        return chosen


def _summed(cells: Cells, places: Sequence[int]) -> Cells:
    """Sum over every axis but those at some places, in their order."""
    summed: dict[tuple[int, ...], Tally] = {}
    for key, tally in cells.items():
        part = tuple([key[place] for place in places])
        found = summed.get(part)
        summed[part] = tally if found is None else found.plus(tally)
    return summed


def _grouped(chosen: Sequence[tuple[int, Axis]], cells: Cells) -> GroupTable:
    """Name the groups of cells over exactly these axes."""
    axes = [axis for _place, axis in chosen]
    groups = {tuple(key): NO_TALLY for key in product(*(axis.values for axis in axes))}
    unknown = NO_TALLY
    for key, tally in cells.items():
        if any(index == len(axis.values) for index, axis in zip(key, axes, strict=True)):
            unknown = unknown.plus(tally)
        else:
            groups[tuple(axis.values[index] for index, axis in zip(key, axes, strict=True))] = tally
    alone = len(axes) == 1 and axes[0].declared
    absent = tuple(group for group, tally in groups.items() if alone and tally.n == 0)
    return GroupTable(tuple(axis.name for axis in axes), groups, unknown, absent)


def dense_size(axes: tuple[Axis, ...]) -> int:
    """Count the cells of the dense tensor over these axes."""
    size = 4
    for axis in axes:
        size *= len(axis.values) + 1
    return size
