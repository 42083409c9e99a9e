"""What both layouts of Evidently share: numbers, statuses, times, and a score held against the tool's own verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from govern.diagnostics import Diagnostic, Severity, plain
from govern.evidence.tools.drift import DriftColumn
from govern.evidence.tools.interface import Document, Tool, Verdict
from govern.evidence.tools.times import instant_of

__all__ = [
    "MOST_ROWS",
    "STATUSES",
    "agreed",
    "disagree",
    "number",
    "number_or_none",
    "same_columns",
    "status_of",
    "tool_and_time",
    "warned",
    "whole",
    "worst",
]

STATUSES: Mapping[str, Verdict] = MappingProxyType(
    {"SUCCESS": "pass", "FAIL": "fail", "WARNING": "pass", "ERROR": "error", "SKIPPED": "not_evaluated"}
)
MOST_ROWS = 2**53
"""Counts below it are exact in the tool's own numbers."""
_SLACK = Decimal("1e-9")
_RANK: tuple[Verdict, ...] = ("pass", "not_evaluated", "fail", "error")
Steps = tuple[str | int, ...]


def number(document: Document, *steps: str | int) -> Decimal:
    """Give a number. Raises InputError E102 and E103."""
    return _as_decimal(document.get((int, Decimal), *steps))


def number_or_none(document: Document, *steps: str | int) -> Decimal | None:
    """Give a number, None where the tool wrote null or nothing. Raises InputError E103."""
    parent = document.get(dict, *steps[:-1])
    value = parent.get(steps[-1])
    return None if value is None else _as_decimal(document.of_type(value, (int, Decimal), *steps))


def _as_decimal(value: object) -> Decimal:
    assert isinstance(value, int | Decimal)
    return Decimal(value)


def whole(document: Document, *steps: str | int) -> int:
    """Give a count; 1.0 is one. Raises InputError E102 and E103."""
    value = number(document, *steps)
    if value != value.to_integral_value() or not 0 <= value < MOST_ROWS:
        raise document.fault("E103", f"a count of {value:.6g} cannot be", *steps)
    return int(value)


def status_of(document: Document, *steps: str | int) -> Verdict:
    """Give the verdict of a test's status. Raises InputError E102, and E103 for a status that is not known."""
    status = document.get(str, *steps)
    if status not in STATUSES:
        raise document.fault("E103", f"unknown status {plain(status)}", *steps)
    return STATUSES[status]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst of some verdicts; of none, that nothing was evaluated."""
    return max(verdicts, key=_RANK.index, default="not_evaluated")


def warned(document: Document, name: str, *steps: str | int) -> Diagnostic:
    """Make the note of a test that the tool passed with a warning."""
    message = f"the tool passed the test {plain(name)} with a warning"
    return Diagnostic("E178", message, document.span(*steps), severity=Severity.WARNING)


def disagree(document: Document, message: str, *steps: str | int) -> Exception:
    """Make the InputError of a file that contradicts itself."""
    return document.fault("E171", message, *steps, hint="Write the file again with the tool, and do not edit it.")


def agreed(document: Document, column: DriftColumn, detected: bool) -> None:
    """Hold the tool's verdict on a column against its own score and threshold. Raises InputError E171."""
    if column.threshold_of_tool is None:
        return
    found = column.beyond(column.threshold_of_tool)
    if found is not None and found != detected:
        said = "drifted" if detected else "not drifted"
        message = f"column {plain(column.name)} is called {said}, and its score says otherwise"
        raise disagree(document, message, *column.steps)


def same_columns(document: Document, columns: Iterable[DriftColumn]) -> tuple[DriftColumn, ...]:
    """Keep each column and method once.

    Raises InputError E171 when two places give one of them different results, and E103 for a score that none can be.
    """
    kept: dict[tuple[str, str | None], DriftColumn] = {}
    for column in columns:
        _possible(document, column)
        other = kept.setdefault((column.name, column.method), column)
        near = abs(other.score - column.score) <= max(other.within, column.within)
        verdicts = {other.verdict_of_tool, column.verdict_of_tool} - {"not_evaluated"}
        if not near or len(verdicts) > 1:
            message = f"column {plain(column.name)} has two results of one method"
            raise disagree(document, message, *column.steps)
        if column.within < other.within:
            kept[column.name, column.method] = column
    return tuple(kept.values())


def _possible(document: Document, column: DriftColumn) -> None:
    """Refuse a distance below 0 and what is no probability; a little beyond may come of the tool's own arithmetic."""
    low, high = column.score - column.within, column.score + column.within
    if column.direction is None or (high >= -_SLACK and (column.direction in (">=", ">") or low <= 1 + _SLACK)):
        return
    what = "a distance" if column.direction in (">=", ">") else "a p-value"
    raise document.fault("E103", f"column {plain(column.name)}: {what} of {column.score:.6g} cannot be", *column.steps)


def tool_and_time(document: Document) -> tuple[Tool, str | None, bool]:
    """Give the tool, when the file was made, and whether the time had a zone.

    Evidently writes local time without a zone: then it is the oldest instant it can mean. Raises InputError E103.
    """
    root = document.get(dict)
    version = root.get("version")
    if version is not None:
        document.of_type(version, str, "version")
    tool = Tool("evidently", version)
    stamp = root.get("timestamp")
    if stamp is None:
        return tool, None, True
    found = instant_of(document.of_type(stamp, str, "timestamp"))
    if found is None:
        raise document.fault("E103", f"{plain(str(stamp), limit=40)} is no time", "timestamp")
    return tool, *found
