"""Whether two prediction tables hold the very same cases: equal row ids with equal groups and true outcomes.

No value of a row leaves this module; a message names numbers of rows and columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import binary_reader, is_missing
from govern.evidence.paired_rows import row_id_of
from govern.evidence.predictions import positives_of, refuse_wrong_rows
from govern.evidence.tables import tabulate

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.predictions import Predictions

__all__ = ["differing_cases"]

_Cases = dict[str, tuple[str | bool | None, ...]]


def differing_cases(bundle: Bundle, one: Predictions, two: Predictions) -> Diagnostic | int | None:
    """Compare two tables case by case: the number of cases when they are the same, None when one has no row ids.

    Both were counted by the same attributes. A Diagnostic (E146) says in how many rows they differ. Raises InputError
    as `read_predictions` does, E126 for more than a million rows, and E128 for a row without id or an id that repeats.
    """
    ids = row_id_of(one.source), row_id_of(two.source)
    if ids[0] is None or ids[1] is None:
        return None
    labels = one.labelled and two.labelled
    own, other = _cases(bundle, one, ids[0], labels=labels), _cases(bundle, two, ids[1], labels=labels)
    if own.keys() != other.keys():
        return _elsewhere(two, f"{len(own.keys() ^ other.keys()):,} row ids are in one of the two tables only")
    unlike = sum(case != other[name] for name, case in own.items())
    if unlike:
        return _elsewhere(two, f"the group or the true outcome of {unlike:,} cases differs between the two tables")
    return len(own)


def _elsewhere(predictions: Predictions, message: str) -> Diagnostic:
    return Diagnostic("E146", message, Span(predictions.source.file, 1), "Let both models predict the very same cases.")


def _cases(bundle: Bundle, predictions: Predictions, identity: str, *, labels: bool) -> _Cases:
    source, names = predictions.source, [group.name for group in predictions.groups]
    truth_column = [source.y_true] if labels and source.y_true is not None else []
    columns = [identity, *names, *truth_column]
    if len(set(columns)) < len(columns):
        message = f"column `{plain(identity)}` is the row id and something else"
        raise InputError(Diagnostic("E128", message, Span(source.file, 1), "Give row ids a column of their own."))
    table = tabulate(bundle, source.file, columns, unique=identity)
    refuse_wrong_rows(source, table)
    if table.repeated is not None:
        message = f"column `{plain(identity)}` repeats a value: a case is counted twice"
        raise InputError(Diagnostic("E128", message, Span(source.file, table.repeated or None), "Keep one row a case."))
    truth = binary_reader(source.file, table, truth_column[0], positives_of(source)[1]) if truth_column else None
    found: _Cases = {}
    for key in table.combinations:
        name = key[0]
        if name is None or is_missing(name):
            message = f"column `{plain(identity)}` has a row without id"
            raise InputError(
                Diagnostic("E128", message, Span(source.file, table.first_line.get(key)), "Give every row an id.")
            )
        groups = [values.group(cell) for values, cell in zip(predictions.groups, key[1:], strict=False)]
        found[name] = (*groups, *([truth(key[-1])] if truth is not None else []))
    return found
