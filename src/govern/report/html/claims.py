"""The figures that a model card declares, beside the measured ones, as a table of the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govern.diagnostics import plain
from govern.report.result import OutcomeView, rows

__all__ = ["ClaimRow", "ClaimTable", "claim_table"]

_WORDS = {
    "agrees": ("agrees", "good"),
    "disagrees": ("disagrees", "bad"),
    "unbacked": ("not backed", "none"),
    "ambiguous": ("not comparable", "unsure"),
    "unreadable": ("no plain number", "unsure"),
    "unit_unknown": ("unit unknown", "unsure"),
}


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One declared figure."""

    metric: str
    data: str
    claimed: str
    measured: str
    result: str
    tone: str
    place: str


@dataclass(frozen=True, slots=True)
class ClaimTable:
    """The figures that one rule compared."""

    rule: str
    rows: tuple[ClaimRow, ...]


def claim_table(outcome: OutcomeView, facts: Mapping[str, Any]) -> ClaimTable:
    """Work out the table of facts of kind `card-claims`; what does not fit is left out."""
    return ClaimTable(outcome.rule, tuple(_row(item) for item in rows(facts.get("claims"))))


def _row(item: Mapping[str, Any]) -> ClaimRow:
    line, pointer = item.get("line"), item.get("pointer")
    place = _text(item, "file")
    place += f":{line}" if isinstance(line, int) else f"#{pointer}" if place and isinstance(pointer, str) else ""
    words, tone = _WORDS.get(_text(item, "result"), ("", "none"))
    name = " ".join(filter(None, (_text(item, "average"), _text(item, "metric").replace("_", " "))))
    data = ", ".join(filter(None, (_text(item, "dataset"), _text(item, "split"), _text(item, "slice"))))
    return ClaimRow(
        metric=plain(name),
        data=plain(data) or "not stated",
        claimed=plain(_text(item, "claimed")),
        measured=plain(_text(item, "measured")),
        result=words,
        tone=tone,
        place=plain(place),
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""
