"""Reading a FairnessCounts document strictly: one that does not add up to itself is refused, never mended.

`FairnessCounts` is what was read; the counts a rule needs are sums of its cells. No message names a
count or a group, except two group names that look like spellings of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from govern.diagnostics import Diagnostic, InputError, Span
from govern.evidence.cells import GroupValues, is_missing, refuse_near_equal
from govern.evidence.counts_format import LARGEST_COUNT, CountsFile
from govern.evidence.rows_manifest import MOST_CLASSES
from govern.inputs.json import parse_json
from govern.inputs.limits import JSON_BYTES

if TYPE_CHECKING:
    from govern.evidence.counts_format import CountsAxis

__all__ = ["COUNTS_BYTES", "MOST_COUNTS", "FairnessCounts", "Four", "parse_counts"]

COUNTS_BYTES = JSON_BYTES
_DEPTH = 12
MOST_COUNTS = 1_000_000
"""Most cells of the dense tensor."""
_LONGEST_LABEL = 200
_CODES = {"missing": "E102", "extra_forbidden": "E101"}

Four = tuple[int, int, int, int]
"""tn, fp, fn, tp. Without labels: not selected, selected, 0, 0."""


@dataclass(frozen=True, slots=True)
class FairnessCounts:
    """Counts of predictions by group, outcome and decision, as a document states them."""

    document: CountsFile
    groups: tuple[GroupValues, ...]
    """One for each axis, in the document's order."""
    tensor: Mapping[tuple[int, ...], int]
    """Every count that is not 0 by its indices: of each axis, the one after the last value for unknown, then of outcome
    (where it is counted) and decision."""
    missing_rows: int

    @property
    def cells(self) -> dict[tuple[int, ...], Four]:
        """Confusion cells by the index on each axis, of a document on two values."""
        return _by_group(self.tensor, labelled=self.document.y_true)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes."""
        return tuple(group.name for group in self.groups)

    @property
    def cells_by_group(self) -> dict[tuple[str | None, ...], Four]:
        """The cells by the value on each axis, None for unknown."""
        labels = [(*group.values, None) for group in self.groups]
        return {
            tuple(values[index] for values, index in zip(labels, key, strict=True)): four
            for key, four in self.cells.items()
        }


def parse_counts(data: bytes, *, file: str) -> FairnessCounts:
    """Read a FairnessCounts document.

    Raises InputError: I1, I2 for what is not strict JSON, E101 to E103 for another shape of document, E195 when the
    shape is not that of the axes or a count is none, E196 when the counts do not add up, E197 for an axis that is none,
    E124 when two values of an axis look like spellings of one group and were not declared as two.
    """
    value = parse_json(data, file=file, max_bytes=COUNTS_BYTES, max_depth=_DEPTH, utf16=False)
    if not isinstance(value, dict) or value.get("kind") != "FairnessCounts":
        hint = "Make one: govern fairness summarize TABLE -o counts.json."
        raise _fault("E101", file, "expected an object with kind: FairnessCounts", hint)
    try:
        document = CountsFile.model_validate(value)
    except ValidationError as fault:
        raise InputError([_diagnostic(file, detail) for detail in fault.errors(include_url=False)]) from fault
    for number, axis in enumerate(document.axes):
        _check_axis(file, number, axis)
    if len({axis.name for axis in document.axes}) < len(document.axes):
        raise _fault("E197", file, "two axes have one name", "Give every attribute one axis.")
    if document.positive is not None and not _scalars(document.positive.y_pred, document.positive.y_true):
        raise _fault("E103", file, "positive: expected one value each", "Write the value as the table has it.")
    if document.classes:
        _check_classes(file, document)
    tensor = _tensor(file, document)
    return FairnessCounts(
        document=document,
        groups=tuple(GroupValues(a.name, a.values, a.declared is not False, frozenset()) for a in document.axes),
        tensor=tensor,
        missing_rows=_missing_rows(file, document, sum(tensor.values())),
    )


def _fault(code: str, file: str, message: str, hint: str) -> InputError:
    return InputError(Diagnostic(code=code, message=message, span=Span(file), hint=hint))


def _diagnostic(file: str, detail: Any) -> Diagnostic:
    name = ".".join(str(step) for step in detail["loc"]) or "the document"
    said = {"missing": "is missing", "extra_forbidden": "is not a key of this document"}.get(detail["type"])
    return Diagnostic(
        code=_CODES.get(detail["type"], "E103"),
        message=f"{name} {said}" if said else f"{name}: {detail['msg']}",
        span=Span(file),
        hint="See the keys of FairnessCounts in the reference.",
    )


def _scalars(*values: object) -> bool:
    return all(value is None or isinstance(value, str | int) for value in values)


def _check_axis(file: str, number: int, axis: CountsAxis) -> None:
    values = axis.values
    if list(values) != sorted(set(values)) or "" in values:
        raise _fault(
            "E197",
            file,
            f"axes.{number}.values: expected different texts in the order of their code points, none of them empty",
            "Sort the values and the counts with them; rows of unknown group are counted at the index after the last.",
        )
    if any(len(value) > _LONGEST_LABEL for value in values):
        raise _fault("E197", file, f"axes.{number}.values: a value is too long for a group", "Use group labels.")
    if not axis.declared:
        refuse_near_equal(file, axis.name, set(values), None, frozenset())


def _check_classes(file: str, document: CountsFile) -> None:
    names = document.classes
    if not 2 <= len(names) <= MOST_CLASSES or len(set(names)) < len(names) or any(map(is_missing, names)):
        message = f"classes: expected from 2 to {MOST_CLASSES} different texts, none of them like a missing value"
        raise _fault("E197", file, message, "List every value of outcomes and decisions once.")
    if document.positive is not None:
        raise _fault("E103", file, "positive: classes stand in its place", "Leave positive out.")


def _tensor(file: str, document: CountsFile) -> dict[tuple[int, ...], int]:
    """Read `counts` or `cells` by the indices of each cell."""
    lengths = tuple(len(axis.values) + 1 for axis in document.axes)
    values = len(document.classes) or 2
    wanted = (*lengths, *((values, values) if document.y_true else (values,)))
    if document.shape != wanted:
        hint = "A length for each axis is the number of its values and one more for unknown; then y_true, y_pred."
        raise _fault("E195", file, "shape is not the one of the axes", hint)
    size = 1
    for length in wanted:
        size *= length
    if size > MOST_COUNTS:
        hint = "Count by fewer attributes, or by attributes of fewer values."
        raise _fault("E195", file, f"{size:,} cells; at most {MOST_COUNTS:,} are read", hint)
    if (document.counts is None) == (document.cells is None):
        raise _fault("E195", file, "expected either counts or cells", "Keep one of the two.")
    given = document.counts if document.counts is not None else document.cells
    if not isinstance(given, list):
        raise _fault("E103", file, "counts: expected a list", "Write one number a cell.")
    return _sparse(file, given, wanted) if document.counts is None else _dense(file, given, wanted, size)


def _dense(file: str, counts: list[Any], shape: tuple[int, ...], size: int) -> dict[tuple[int, ...], int]:
    if len(counts) != size:
        hint = "Write one number for each cell, the last index running fastest, or only full cells under `cells`."
        raise _fault("E195", file, f"counts has {len(counts):,} numbers, and the shape {size:,} cells", hint)
    if not all(map(_is_count, counts)):
        raise _no_count(file)
    keys = product(*map(range, shape))
    return {key: count for key, count in zip(keys, counts, strict=True) if count}


def _sparse(file: str, rows: list[Any], shape: tuple[int, ...]) -> dict[tuple[int, ...], int]:
    if len(rows) > MOST_COUNTS:
        raise _fault("E195", file, f"more than {MOST_COUNTS:,} cells", "Count by fewer attributes.")
    found: dict[tuple[int, ...], int] = {}
    for row in rows:
        if not isinstance(row, list) or len(row) != len(shape) + 1 or not all(map(_is_count, row)):
            raise _no_count(file)
        key = tuple(row[:-1])
        if any(index >= length for index, length in zip(key, shape, strict=True)) or key in found:
            hint = "Give each cell once, its indices counted from 0."
            raise _fault("E195", file, "a cell lies outside the shape, or is given twice", hint)
        found[key] = row[-1]
    return {key: found[key] for key in sorted(found) if found[key]}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_COUNT


def _no_count(file: str) -> InputError:
    return _fault("E195", file, "a count or an index is no whole number from 0 on", "Write counts of rows.")


def _by_group(found: Mapping[tuple[int, ...], int], *, labelled: bool) -> dict[tuple[int, ...], Four]:
    made: dict[tuple[int, ...], list[int]] = {}
    for key, count in found.items():
        group, inner = (key[:-2], 2 * key[-2] + key[-1]) if labelled else (key[:-1], key[-1])
        made.setdefault(group, [0, 0, 0, 0])[inner] += count
    return {group: cast("Four", tuple(made[group])) for group in sorted(made)}


def _missing_rows(file: str, document: CountsFile, counted: int) -> int:
    """Give the rows that are in no cell. Raises InputError E196 when they cannot be as many as the document says."""
    missing = document.missing
    rows = document.rows - counted
    if not document.y_true and missing.y_true:
        raise _fault("E196", file, "labels are missing where none are counted", "Write missing.y_true: 0.")
    least, most = max(missing.y_pred, missing.y_true), missing.y_pred + missing.y_true
    if not least <= rows <= most or missing.rows not in (None, rows):
        raise _fault(
            "E196",
            file,
            "the counts do not add up to the rows less the missing ones",
            "Make the document again from the rows; do not edit counts.",
        )
    return rows
