"""Predictions of many classes, each against all others: one pass over the table, one set of confusion cells a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import is_missing
from govern.evidence.prediction_source import PredictionSource, no_column
from govern.evidence.predictions import Predictions, groups_of, refuse_wrong_rows
from govern.evidence.tables import tabulate

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.tabulation import Row, Tabulation

__all__ = ["read_classes"]


def read_classes(
    bundle: Bundle, source: PredictionSource, attributes: Sequence[str]
) -> Mapping[str, Predictions] | Diagnostic:
    """Count the table by the given attributes, for each class of `source.classes` in their order.

    "Selected" is a decision for the class, "positive" a label of it. A Diagnostic (E122) says that an attribute is not
    there. Raises InputError E123 for a label or decision that is none of the classes, and as `read_predictions` does.
    """
    absent = [name for name in attributes if name not in source.attributes]
    if absent:
        return no_column(source.file, absent, source.attributes)
    columns = [*attributes, source.y_pred, *([source.y_true] if source.y_true else [])]
    unique = source.manifest.columns.row_id if source.manifest is not None else None
    table = tabulate(bundle, source.file, columns, unique=unique)
    refuse_wrong_rows(source, table)
    for column in columns[len(attributes) :]:
        _refuse_strangers(source, table, column)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    cells: dict[str, dict[tuple[str | None, ...], list[int]]] = {name: {} for name in source.classes}
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
        for name, found in cells.items():
            place = 2 * (labelled and outcome == name) + (decision == name)
            found.setdefault(group, [0, 0, 0, 0])[place] += times
    return {
        name: Predictions(
            source=source,
            groups=groups,
            labelled=labelled,
            cells={group: (four[0], four[1], four[2], four[3]) for group, four in found.items()},
            rows=table.rows,
            missing_y_pred=no_pred,
            missing_y_true=no_true,
            missing_rows=lost,
        )
        for name, found in cells.items()
    }


def _known(cell: str | None) -> str | None:
    return None if is_missing(cell) else cell


def _refuse_strangers(source: PredictionSource, table: Tabulation, column: str) -> None:
    place = table.columns.index(column)
    strangers: list[Row] = [key for key in table.combinations if not _expected(source, key[place])]
    if strangers:
        raise InputError(
            Diagnostic(
                code="E123",
                message=f"column `{plain(column)}` holds a value that is none of the classes",
                span=Span(
                    source.file,
                    min((table.first_line[key] for key in strangers if key in table.first_line), default=None),
                ),
                hint="List every class in the FairnessRows document, or correct the row.",
            )
        )


def _expected(source: PredictionSource, cell: str | None) -> bool:
    return is_missing(cell) or cell in source.classes
