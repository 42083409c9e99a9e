"""What the cells of a prediction table mean: selected or not, positive or not, which group, or nothing at all.

A message of this module names columns, lines and group labels, never another value of a row.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.tabulation import CellKind, Tabulation
from govern.inputs.scalars import ScalarText

__all__ = ["UNKNOWN_BY_DEFAULT", "GroupValues", "binary_reader", "group_values", "is_missing", "refuse_near_equal"]

_NOT_THERE = ("", "na", "n/a", "<na>", "#n/a", "null", "none", "nat")
_NOT_FINITE = ("nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity")
_MISSING = frozenset([*_NOT_THERE, *_NOT_FINITE])
UNKNOWN_BY_DEFAULT = ("", "nan", "NaN", "NA", "N/A", "<NA>", "null", "NULL")
"""Cells of a bare table whose group is not known."""
_LONGEST_LABEL = 200

Binary = Callable[[str | None], bool | None]


@dataclass(frozen=True, slots=True)
class GroupValues:
    """The groups of one attribute by code point."""

    name: str
    values: tuple[str, ...]
    declared: bool
    unknown: frozenset[str]

    def group(self, cell: str | None) -> str | None:
        """Give the group of a cell, None for unknown."""
        return None if cell is None or cell in self.unknown else cell


def is_missing(cell: str | None) -> bool:
    """Whether a prediction, label or score is not there: empty, null, not a number or infinite."""
    return cell is None or cell.strip().casefold() in _MISSING


def binary_reader(file: str, table: Tabulation, column: str, positive: ScalarText | None) -> Binary:
    """Make the reader of a two-valued column: True for the positive value, False for the other, None for missing.

    Without a declared positive value only a literal 0 and 1 (or booleans) are read. Raises InputError E123 when
    the column is not binary, and E133 when the positive value has another type than the column.
    """
    place = table.columns.index(column)
    kind = table.kinds[place]
    if positive is None:
        words = {"true": True, "false": False} if kind == "flag" else {"1": True, "0": False}
        legal = kind != "real"
        for key in table.combinations:
            if not is_missing(key[place]) and (not legal or key[place] not in words):
                raise _not_binary(file, table, column, "holds something other than 0 and 1", key)
        return lambda cell: None if is_missing(cell) else words[str(cell)]
    wanted = _same_type(file, column, positive, kind)
    others: dict[str, tuple[str | None, ...]] = {}
    for key in table.combinations:
        cell = key[place]
        if cell is not None and cell != wanted and not is_missing(cell):
            others.setdefault(cell, key)
    if len(others) > 1:
        message = f"holds {len(others)} values besides the positive one, where a decision has one"
        raise _not_binary(file, table, column, message, list(others.values())[1])
    return lambda cell: True if cell == wanted else None if is_missing(cell) else False


def _same_type(file: str, column: str, positive: ScalarText, kind: CellKind) -> str:
    text = str(positive)
    if kind == "csv":
        return text
    written: CellKind = "text"
    if positive.plain:
        if text in ("true", "false"):
            written = "flag"
        elif text.lstrip("-").isdecimal():
            written = "whole"
        elif _is_number(text):
            written = "real"
    if kind == "real" and written in ("real", "whole"):
        return repr(float(text))
    if written != kind:
        raise InputError(
            Diagnostic(
                code="E133",
                message=f"the positive value of column `{plain(column)}` is not of the column's type",
                span=Span(file),
                hint='Write a number without quotes ("1" is text), and text as the table has it.',
            )
        )
    return text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _not_binary(file: str, table: Tabulation, column: str, message: str, key: tuple[str | None, ...]) -> InputError:
    return InputError(
        Diagnostic(
            code="E123",
            message=f"column `{plain(column)}` {message}",
            span=Span(file, table.first_line.get(key)),
            hint="Give decisions, not scores, and say with a FairnessRows document which value is positive.",
        )
    )


def group_values(
    file: str, table: Tabulation, column: str, declared: Iterable[str] | None, unknown: Iterable[str] | None
) -> GroupValues:
    """Work out the groups of a column.

    Raises InputError: E124 when two spellings look like one group and were not both declared, E125 for a value
    that the declared groups do not list, E126 for values too long to be groups.
    """
    place = table.columns.index(column)
    tokens = frozenset(UNKNOWN_BY_DEFAULT if unknown is None else ("", *unknown))
    seen: dict[str, tuple[str | None, ...]] = {}
    for key in table.combinations:
        cell = key[place]
        if cell is not None and cell not in tokens:
            seen.setdefault(cell, key)
    listed = None if declared is None else set(declared)
    refuse_near_equal(file, column, set(seen), listed, tokens)
    for value, key in seen.items():
        line = table.first_line.get(key)
        if len(value) > _LONGEST_LABEL:
            message = f"column `{plain(column)}` holds a value of {len(value):,} characters: too long for a group"
            raise InputError(Diagnostic(code="E126", message=message, span=Span(file, line), hint="Use group labels."))
        if listed is not None and value not in listed:
            raise InputError(
                Diagnostic(
                    code="E125",
                    message=f"column `{plain(column)}` holds a value that is not among the declared groups",
                    span=Span(file, line),
                    hint="Declare the group, list the value under unknown, or correct the row.",
                )
            )
    values = tuple(sorted(set(seen) if listed is None else listed))
    return GroupValues(column, values, listed is not None, tokens)


def refuse_near_equal(file: str, column: str, seen: set[str], listed: set[str] | None, tokens: frozenset[str]) -> None:
    """Raise InputError E124 when values that were seen look like one group and were not all declared.

    `listed` are the declared groups, None where none are; `tokens` the spellings of unknown.
    """
    spellings: dict[str, list[str]] = {}
    for value in sorted(seen | (listed or set()) | tokens):
        spellings.setdefault(_folded(value), []).append(value)
    alike: Mapping[str, list[str]] = {
        key: values
        for key, values in spellings.items()
        if len(values) > 1
        and any(value in seen for value in values)
        and not all(value in tokens or (listed is not None and value in listed) for value in values)
    }
    faults = [
        Diagnostic(
            code="E124",
            message=f"column `{plain(column)}`: {_quoted(values, listed, tokens)} look like spellings of one group",
            span=Span(file),
            hint="Correct the table, or declare each spelling under groups.",
        )
        for values in alike.values()
    ]
    if faults:
        raise InputError(faults)


def _folded(value: str) -> str:
    visible = "".join(char for char in unicodedata.normalize("NFKC", value) if unicodedata.category(char) != "Cf")
    return " ".join(visible.casefold().split())


def _quoted(values: list[str], listed: set[str] | None, tokens: frozenset[str]) -> str:
    """Name the spellings; where groups are declared, one that is not is a value of a row and is not named."""
    named = [value for value in values if listed is None or value in listed or value in tokens]
    said = ", ".join(f"'{plain(value, limit=60)}'" for value in named[:10])
    more = len(values) - len(named)
    return said if not more else f"{said} and {more} in the table that {'is' if more == 1 else 'are'} not declared"
