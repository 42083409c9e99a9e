"""The drift tables of the page: each column with its score, the rule's limit and the tool's own verdict beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from govern.diagnostics import plain
from govern.report.result import OutcomeView, facts_of, rows

__all__ = ["DriftRow", "DriftTable", "drift_tables"]

_MOST = 200
_NAME = 160
_RANK = {"error": 0, "drifted": 1, "undecided": 2}
_TONES = {"error": "bad", "drifted": "bad", "undecided": "none", "stable": "good"}
_TOOL = {"pass": "no drift", "fail": "drift", "error": "error", "not_evaluated": "no verdict"}


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One column."""

    name: str
    role: str
    state: str
    tone: str
    method: str
    score: str
    required: str
    tool: str


@dataclass(frozen=True, slots=True)
class DriftTable:
    """The columns of one report, or of the two tables."""

    rule: str
    file: str
    how: str
    tool_says: str
    rows: tuple[DriftRow, ...]
    left_out: int


def drift_tables(outcomes: Iterable[OutcomeView]) -> tuple[DriftTable, ...]:
    """Give a table for each result of each rule about drift; what has another shape is passed over."""
    found = []
    for outcome in outcomes:
        facts = facts_of(outcome, "drift")
        for result in rows(facts.get("results")) if facts is not None else ():
            listed = sorted((_row(item) for item in rows(result.get("columns"))), key=_order)
            how = "computed again from both tables" if facts and facts.get("source") == "tables" else "as reported"
            found.append(
                DriftTable(
                    outcome.rule,
                    plain(str(result.get("file", ""))),
                    how,
                    plain(str(result.get("tool_says") or "")),
                    tuple(listed[:_MOST]),
                    max(0, len(listed) - _MOST),
                )
            )
    return tuple(found)


def _order(row: DriftRow) -> tuple[int, str]:
    return _RANK.get(row.state, 3), row.name


def _row(item: Mapping[str, Any]) -> DriftRow:
    state = str(item.get("state", ""))
    threshold = item.get("tool_threshold")
    tool = _TOOL.get(str(item.get("tool_verdict")), "")
    return DriftRow(
        name=plain(str(item.get("name", "")), limit=_NAME),
        role=plain(str(item.get("role", ""))),
        state=plain(state),
        tone=_TONES.get(state, "none"),
        method=plain(str(item.get("method", "")), limit=_NAME),
        score=plain(str(item.get("score") or "")),
        required=plain(str(item.get("required") or "")),
        tool=f"{tool} (at {plain(str(threshold))})" if tool and threshold is not None else tool,
    )
