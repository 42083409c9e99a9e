"""The tables of data-validation results: one a result, the items that did not hold first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govern.diagnostics import plain
from govern.report.result import OutcomeView, facts_of, rows

__all__ = ["QualityRow", "QualityTable", "quality_tables"]

_WORDS = {"pass": "held", "fail": "failed", "error": "crashed", "not_evaluated": "not evaluated"}
_TONES = {"pass": "good", "fail": "bad", "error": "bad"}
_MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One expectation."""

    type: str
    column: str
    state: str
    tone: str
    severity: str
    counts: bool
    observed: str
    expected: str
    mostly: str


@dataclass(frozen=True, slots=True)
class QualityTable:
    """One result of a tool, as one rule saw it."""

    rule: str
    file: str
    tool: str
    suite: str
    when: str
    bound: bool
    count: str
    rows: tuple[QualityRow, ...]
    left_out: int


def quality_tables(outcomes: Sequence[OutcomeView]) -> tuple[QualityTable, ...]:
    """Work out the tables of every rule that judged data-validation results."""
    return tuple(_tables(outcomes))


def _tables(outcomes: Sequence[OutcomeView]) -> Iterator[QualityTable]:
    for outcome in outcomes:
        facts = facts_of(outcome, "data-validation") or {}
        for held in rows(facts.get("results")):
            made = [_row(item) for item in rows(held.get("items"))]
            yield QualityTable(
                rule=outcome.rule,
                file=_text(held, "file"),
                tool=_text(held, "tool"),
                suite=_text(held, "suite"),
                when=_text(held, "produced_at") or "undated",
                bound=held.get("bound") is True,
                count=f"{_number(held, 'passed')} of {_number(held, 'evaluated')}",
                rows=tuple(made[:_MOST_ROWS]),
                left_out=_number(held, "left_out") + max(0, len(made) - _MOST_ROWS),
            )


def _row(item: Mapping[str, Any]) -> QualityRow:
    verdict = _text(item, "verdict")
    counts = item.get("counts") is True
    return QualityRow(
        type=_text(item, "type"),
        column=_text(item, "column"),
        state=_WORDS.get(verdict, "unknown"),
        tone=_TONES.get(verdict, "unsure") if counts or verdict == "pass" else "none",
        severity=_text(item, "severity") or "none given",
        counts=counts,
        observed=_text(item, "observed"),
        expected=_text(item, "expected"),
        mostly=_text(item, "mostly"),
    )


def _text(held: Mapping[str, Any], name: str) -> str:
    value = held.get(name)
    return plain(value, limit=200) if isinstance(value, str) else ""


def _number(held: Mapping[str, Any], name: str) -> int:
    value = held.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
