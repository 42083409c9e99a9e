"""Predictions of a bundle, reduced on reading to counts: by group, label and decision, and by score and label.

Three things are read. A FairnessRows document says what the columns and values of a table mean, what the table's bytes
are and which model made it. A bare table must have a column `y_pred` of literal 0 and 1, may have
`y_true` of the same and `score`; any other column can be a group. A FairnessCounts document holds the counts alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import GroupValues, binary_reader, group_values, is_missing
from govern.evidence.prediction_source import PredictionSource, find_predictions, needs_rows, no_column
from govern.evidence.tables import tabulate
from govern.evidence.tabulation import Tabulation

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.counts_document import FairnessCounts
    from govern.inputs.scalars import ScalarText

__all__ = [
    "Cells",
    "PredictionSource",
    "Predictions",
    "Scores",
    "find_predictions",
    "groups_of",
    "narrowed",
    "one_of_many",
    "positives_of",
    "read_predictions",
    "read_scores",
    "refuse_wrong_rows",
    "score_of",
]

Cells = tuple[int, int, int, int]
"""tn, fp, fn, tp. Without labels: not selected, selected, 0, 0."""

_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_LONGEST_NUMBER = 64
_LARGEST_EXPONENT = 330
"""A double reaches down to 1e-324; beyond, exact sums of scores would only grow."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """A prediction table as counts."""

    source: PredictionSource
    groups: tuple[GroupValues, ...]
    labelled: bool
    cells: Mapping[tuple[str | None, ...], Cells]
    """By the group of each attribute, None for unknown."""
    rows: int
    missing_y_pred: int
    missing_y_true: int
    missing_rows: int
    """Rows without decision or without label: in no cell."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How often each score goes with each label."""

    source: PredictionSource
    by_score: Mapping[Decimal, tuple[int, int]]
    """Negatives and positives by the exact value that is written in the table."""
    rows: int
    missing_rows: int
    """Rows without score or label."""


def read_predictions(bundle: Bundle, source: PredictionSource, attributes: Sequence[str]) -> Predictions | Diagnostic:
    """Count the table by the given attributes, one pass. A Diagnostic (E122) says that an attribute is not there.

    Raises InputError with file and line for every cell, column or table that cannot be taken at its word.
    """
    absent = [name for name in attributes if name not in source.attributes]
    if absent:
        return no_column(source.file, absent, source.attributes)
    if source.classes:
        return one_of_many(source)
    if source.counts is not None:
        return narrowed(_stated(source, source.counts), attributes)
    manifest = source.manifest
    columns = [*attributes, source.y_pred, *([source.y_true] if source.y_true else [])]
    table = tabulate(bundle, source.file, columns, unique=manifest.columns.row_id if manifest else None)
    refuse_wrong_rows(source, table)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    return _counted(source, table, groups)


def _stated(source: PredictionSource, counts: FairnessCounts) -> Predictions:
    """Take what a FairnessCounts document states, by all of its axes."""
    document = counts.document
    return Predictions(
        source=source,
        groups=counts.groups,
        labelled=document.y_true,
        cells=counts.cells_by_group,
        rows=document.rows,
        missing_y_pred=document.missing.y_pred,
        missing_y_true=document.missing.y_true,
        missing_rows=counts.missing_rows,
    )


def narrowed(wide: Predictions, attributes: Sequence[str]) -> Predictions:
    """Sum over the attributes that are not named: what `read_predictions` would have counted by the named ones.

    Raises KeyError for an attribute that was not counted by.
    """
    places = {group.name: place for place, group in enumerate(wide.groups)}
    kept = [places[name] for name in attributes]
    cells: dict[tuple[str | None, ...], Cells] = {}
    for group, (tn, fp, fn, tp) in wide.cells.items():
        key = tuple(group[place] for place in kept)
        was = cells.get(key, (0, 0, 0, 0))
        cells[key] = (was[0] + tn, was[1] + fp, was[2] + fn, was[3] + tp)
    return replace(wide, groups=tuple(wide.groups[place] for place in kept), cells=cells)


def _counted(source: PredictionSource, table: Tabulation, groups: tuple[GroupValues, ...]) -> Predictions:
    positive_pred, positive_true = positives_of(source)
    decide = binary_reader(source.file, table, source.y_pred, positive_pred)
    truth = binary_reader(source.file, table, source.y_true, positive_true) if source.y_true else None
    cells: dict[tuple[str | None, ...], list[int]] = {}
    no_pred = no_true = lost = 0
    width = len(groups)
    for key, times in table.combinations.items():
        decision = decide(key[width])
        outcome = truth(key[width + 1]) if truth is not None else False
        no_pred += times if decision is None else 0
        no_true += times if outcome is None else 0
        if decision is None or outcome is None:
            lost += times
            continue
        group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=False))
        cells.setdefault(group, [0, 0, 0, 0])[2 * outcome + decision] += times
    return Predictions(
        source=source,
        groups=groups,
        labelled=truth is not None,
        cells={group: (four[0], four[1], four[2], four[3]) for group, four in cells.items()},
        rows=table.rows,
        missing_y_pred=no_pred,
        missing_y_true=no_true,
        missing_rows=lost,
    )


def read_scores(bundle: Bundle, source: PredictionSource, within: tuple[str, str] | None = None) -> Scores | Diagnostic:
    """Count the table by score and label; with `within`, only rows whose column has a value.

    A Diagnostic (E122) says that a column is not there. Raises InputError E126 beyond a million different scores, and
    as `read_predictions` does.
    """
    if source.classes:
        return one_of_many(source)
    if source.score is None or source.y_true is None:
        return no_column(source.file, ["score" if source.score is None else "y_true"], source.header)
    if source.counts is not None:
        return needs_rows(source, "each score is asked for")
    if within is not None and within[0] not in source.attributes:
        return no_column(source.file, [within[0]], source.attributes)
    table = tabulate(bundle, source.file, [source.score, source.y_true, *(within or ())[:1]])
    refuse_wrong_rows(source, table)
    truth = binary_reader(source.file, table, source.y_true, positives_of(source)[1])
    groups = None if within is None else groups_of(source, table, within[0])
    by_score: dict[Decimal, list[int]] = {}
    lost = 0
    for key, times in table.combinations.items():
        outcome = truth(key[1])
        group = None if groups is None else groups.group(key[2])
        if within is not None and group not in (None, within[1]):
            continue
        if outcome is None or key[0] is None or is_missing(key[0]) or (within is not None and group is None):
            lost += times
        else:
            number = score_of(source, key[0], table.first_line.get(key))
            by_score.setdefault(number, [0, 0])[outcome] += times
    return Scores(source, {score: (two[0], two[1]) for score, two in by_score.items()}, table.rows, lost)


def groups_of(source: PredictionSource, table: Tabulation, name: str) -> GroupValues:
    """Work out the groups of a column by what the document declares. Raises as `group_values` does."""
    manifest = source.manifest
    return group_values(
        source.file,
        table,
        name,
        manifest.groups.get(name) if manifest else None,
        manifest.unknown if manifest else None,
    )


def score_of(source: PredictionSource, text: str, line: int | None) -> Decimal:
    """Read a score exactly. Raises InputError E130 for what is no number."""
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None
    if number is None or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise InputError(
            Diagnostic(
                code="E130",
                message=f"column `{plain(source.score or '')}` holds something that is no number",
                span=Span(source.file, line),
                hint="Write scores with a decimal point, such as 0.91.",
            )
        )
    return number


def one_of_many(source: PredictionSource) -> Diagnostic:
    """Say that a table of many classes has no positive value: a rule has to name the classes that it judges."""
    return Diagnostic(
        code="E123",
        message=f"the labels have {len(source.classes)} classes, of which none is the positive one",
        span=Span(source.described_by or source.file),
        hint="Judge classes one by one: `classes: [all]` of fairness.disparity.",
    )


def positives_of(source: PredictionSource) -> tuple[ScalarText | None, ScalarText | None]:
    """Give the positive value of decisions and of labels, where a document declares them.

    Raises InputError E123 for a table of many classes, of which none is the positive one.
    """
    if source.classes:
        raise InputError(one_of_many(source))
    if source.manifest is None or source.manifest.positive is None:
        return None, None
    return source.manifest.positive.y_pred, source.manifest.positive.y_true


def refuse_wrong_rows(source: PredictionSource, table: Tabulation) -> None:
    """Raise InputError E128 for a case that is counted twice, E127 for more or fewer rows than the document says."""
    manifest = source.manifest
    if manifest is None:
        return
    if table.repeated is not None:
        raise InputError(
            Diagnostic(
                code="E128",
                message=f"column `{plain(manifest.columns.row_id or '')}` repeats a value: a case is counted twice",
                span=Span(source.file, table.repeated or None),
                hint="Keep one row a case.",
            )
        )
    if manifest.file.rows is not None and manifest.file.rows != table.rows:
        raise InputError(
            Diagnostic(
                code="E127",
                message=f"the table has {table.rows:,} rows, its document says {manifest.file.rows:,}",
                span=Span(source.described_by or source.file),
                hint="Write the document for the table that is in the bundle.",
            )
        )
