"""Predictions of many classes, counted once by outcome and decision, and each class against all others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import GroupValues, is_missing
from govern.evidence.prediction_source import PredictionSource, no_column
from govern.evidence.predictions import Predictions, groups_of, refuse_wrong_rows
from govern.evidence.tables import tabulate

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.counts_document import FairnessCounts
    from govern.evidence.tabulation import Row, Tabulation

__all__ = ["ClassCounts", "read_class_counts", "read_classes"]

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """How many of each group had which outcome and got which decision."""

    source: PredictionSource
    groups: tuple[GroupValues, ...]
    labelled: bool
    cells: Mapping[tuple[Group, str, str], int]
    """By the group of each attribute (None for unknown), the outcome ("" where there are no labels), the decision."""
    rows: int
    missing_y_pred: int
    missing_y_true: int
    missing_rows: int

    def against_the_rest(self, name: str) -> Predictions:
        """Give one class as predictions of two values: a decision for it is selected, a label of it is positive."""
        cells: dict[Group, list[int]] = {}
        for (group, outcome, decision), count in self.cells.items():
            cells.setdefault(group, [0, 0, 0, 0])[2 * (outcome == name) + (decision == name)] += count
        return Predictions(
            source=self.source,
            groups=self.groups,
            labelled=self.labelled,
            cells={group: (four[0], four[1], four[2], four[3]) for group, four in cells.items()},
            rows=self.rows,
            missing_y_pred=self.missing_y_pred,
            missing_y_true=self.missing_y_true,
            missing_rows=self.missing_rows,
        )


def read_classes(
    bundle: Bundle, source: PredictionSource, attributes: Sequence[str]
) -> Mapping[str, Predictions] | Diagnostic:
    """Count by the given attributes, for each class of `source.classes` in their order. As `read_class_counts`."""
    counts = read_class_counts(bundle, source, attributes)
    if isinstance(counts, Diagnostic):
        return counts
    return {name: counts.against_the_rest(name) for name in source.classes}


def read_class_counts(bundle: Bundle, source: PredictionSource, attributes: Sequence[str]) -> ClassCounts | Diagnostic:
    """Count a table of classes by the given attributes, one pass, or take what a document of counts states.

    A Diagnostic (E122) says that an attribute is not there. Raises InputError E123 for a label or decision that is none
    of the classes, and as `read_predictions` does.
    """
    absent = [name for name in attributes if name not in source.attributes]
    if absent:
        return no_column(source.file, absent, source.attributes)
    if source.counts is not None:
        return _stated(source, source.counts, attributes)
    columns = [*attributes, source.y_pred, *([source.y_true] if source.y_true else [])]
    unique = source.manifest.columns.row_id if source.manifest is not None else None
    table = tabulate(bundle, source.file, columns, unique=unique)
    refuse_wrong_rows(source, table)
    for column in columns[len(attributes) :]:
        _refuse_strangers(source, table, column)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    cells: dict[tuple[Group, str, str], int] = {}
    width, labelled = len(attributes), source.y_true is not None
    no_pred = no_true = lost = 0
    for key, times in table.combinations.items():
        decision, outcome = _known(key[width]), _known(key[width + 1]) if labelled else ""
        no_pred += times if decision is None else 0
        no_true += times if outcome is None else 0
        if decision is None or outcome is None:
            lost += times
            continue
        group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=False))
        cells[group, outcome, decision] = cells.get((group, outcome, decision), 0) + times
    return ClassCounts(source, groups, labelled, cells, table.rows, no_pred, no_true, lost)


def _stated(source: PredictionSource, counts: FairnessCounts, attributes: Sequence[str]) -> ClassCounts:
    document = counts.document
    places = [counts.names.index(name) for name in attributes]
    labels = [(*group.values, None) for group in counts.groups]
    cells: dict[tuple[Group, str, str], int] = {}
    for key, count in counts.tensor.items():
        group = tuple(labels[place][key[place]] for place in places)
        outcome = document.classes[key[-2]] if document.y_true else ""
        cell = (group, outcome, document.classes[key[-1]])
        cells[cell] = cells.get(cell, 0) + count
    return ClassCounts(
        source=source,
        groups=tuple(counts.groups[place] for place in places),
        labelled=document.y_true,
        cells=cells,
        rows=document.rows,
        missing_y_pred=document.missing.y_pred,
        missing_y_true=document.missing.y_true,
        missing_rows=counts.missing_rows,
    )


def _known(cell: str | None) -> str | None:
    return None if is_missing(cell) else cell


def _refuse_strangers(source: PredictionSource, table: Tabulation, column: str) -> None:
    place = table.columns.index(column)
    strangers: list[Row] = [key for key in table.combinations if not _expected(source, key[place])]
    if strangers:
        lines = [table.first_line[key] for key in strangers if key in table.first_line]
        raise InputError(
            Diagnostic(
                code="E123",
                message=f"column `{plain(column)}` holds a value that is none of the classes",
                span=Span(source.file, min(lines, default=None)),
                hint="List every class in the FairnessRows document, or correct the row.",
            )
        )


def _expected(source: PredictionSource, cell: str | None) -> bool:
    return is_missing(cell) or cell in source.classes
