"""Two prediction tables joined by row id: the same cases, as two models decided them. Joined once, and forgotten.

No value of a row leaves this module; a message names columns and numbers of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import binary_reader, is_missing
from govern.evidence.predictions import positives_of, refuse_wrong_rows, score_of
from govern.evidence.tables import tabulate

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.predictions import PredictionSource

__all__ = ["PairedRows", "read_paired", "row_id_of"]

USUAL_ID = "row_id"
"""Column of row ids of a bare table."""


@dataclass(frozen=True, slots=True)
class PairedRows:
    """The cases of two tables as counts."""

    cells: Mapping[tuple[bool, bool, bool], int]
    """By label, the candidate's decision, the baseline's."""
    scores: Mapping[tuple[bool, Decimal, Decimal], int]
    """By label, the candidate's score, the baseline's; empty when a table has no scores."""
    rows: int
    left_out: int
    """Cases without label, decision or score in either table."""


class _Row(NamedTuple):
    label: bool | None
    decision: bool | None
    score: Decimal | None


def row_id_of(source: PredictionSource) -> str | None:
    """Give the column that tells cases apart, if the table has one."""
    if source.manifest is not None:
        return source.manifest.columns.row_id
    return USUAL_ID if USUAL_ID in source.header and source.counts is None else None


def read_paired(
    bundle: Bundle, candidate: PredictionSource, baseline: PredictionSource, *, scores: bool
) -> PairedRows | Diagnostic | None:
    """Join two tables; None when one has no row ids. `scores` asks for scores rather than decisions.

    A Diagnostic (E146) says that the tables do not hold the same cases with the same labels. Raises InputError as
    `read_predictions` and `read_scores` do, E126 for more than a million rows among them, and E128 for ids that repeat.
    """
    ids = row_id_of(candidate), row_id_of(baseline)
    if ids[0] is None or ids[1] is None:
        return None
    own = _rows(bundle, candidate, ids[0], scores=scores)
    other = _rows(bundle, baseline, ids[1], scores=scores)
    if own.keys() != other.keys():
        apart = len(own.keys() ^ other.keys())
        return _elsewhere(baseline, f"{apart:,} row ids are in one of the two tables only")
    unlike = sum(row.label != other[name].label for name, row in own.items())
    if unlike:
        return _elsewhere(baseline, f"the labels of {unlike:,} cases differ between the two tables")
    return _joined(own, other, scores=scores)


def _elsewhere(source: PredictionSource, message: str) -> Diagnostic:
    return Diagnostic("E146", message, Span(source.file, 1), "Let both models predict the very same cases.")


def _joined(own: Mapping[str, _Row], other: Mapping[str, _Row], *, scores: bool) -> PairedRows:
    cells: dict[tuple[bool, bool, bool], int] = {}
    pairs: dict[tuple[bool, Decimal, Decimal], int] = {}
    lost = 0
    for name, row in own.items():
        label, theirs = row.label, other[name]
        if scores:
            if label is None or row.score is None or theirs.score is None:
                lost += 1
                continue
            pair = (label, row.score, theirs.score)
            pairs[pair] = pairs.get(pair, 0) + 1
        else:
            if label is None or row.decision is None or theirs.decision is None:
                lost += 1
                continue
            cell = (label, row.decision, theirs.decision)
            cells[cell] = cells.get(cell, 0) + 1
    return PairedRows(cells, pairs, len(own), lost)


def _rows(bundle: Bundle, source: PredictionSource, identity: str, *, scores: bool) -> dict[str, _Row]:
    assert source.y_true is not None  # the caller has asked
    told = source.score if scores and source.score is not None else source.y_pred
    columns = list(dict.fromkeys((identity, source.y_true, told)))
    if len(columns) < 3:
        message = f"column `{plain(identity)}` is the row id and something else"
        raise InputError(Diagnostic("E128", message, Span(source.file, 1), "Give row ids a column of their own."))
    table = tabulate(bundle, source.file, columns, unique=identity)
    refuse_wrong_rows(source, table)
    if table.repeated is not None:
        message = f"column `{plain(identity)}` repeats a value: a case is counted twice"
        raise InputError(Diagnostic("E128", message, Span(source.file, table.repeated or None), "Keep one row a case."))
    positive_pred, positive_true = positives_of(source)
    truth = binary_reader(source.file, table, source.y_true, positive_true)
    decide = None if scores else binary_reader(source.file, table, source.y_pred, positive_pred)
    found: dict[str, _Row] = {}
    for key in table.combinations:
        name, cell = key[0], key[2]
        if name is None or is_missing(name):
            message = f"column `{plain(identity)}` has a row without id"
            line = table.first_line.get(key)
            raise InputError(Diagnostic("E128", message, Span(source.file, line), "Give every row an id."))
        score = None
        if scores and cell is not None and not is_missing(cell):
            score = score_of(source, cell, table.first_line.get(key))
        found[name] = _Row(truth(key[1]), None if decide is None else decide(cell), score)
    return found
