"""The table of `data.validation` for reports: every item of every result, as far as a page can hold them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from govern.canonical import Json, fraction_text
from govern.diagnostics import plain

if TYPE_CHECKING:
    from govern.checks.tool_evidence import Item
    from govern.evidence.tools.quality import DataQuality, QualityItem
    from govern.policy.outcomes import EvidenceRef

__all__ = ["facts_of"]

_MOST_ITEMS = 500


def facts_of(
    files: Sequence[Item[DataQuality]], refs: Sequence[EvidenceRef], counts: Callable[[QualityItem], bool]
) -> Json:
    """Give the facts; `counts` says whether a rule judges an item."""
    bound = {ref.file for ref in refs if ref.bound}
    results: list[Json] = [_result(file, file.file in bound, counts) for file in files]
    return {"kind": "data-validation", "results": results}


def _result(file: Item[DataQuality], bound: bool, counts: Callable[[QualityItem], bool]) -> Json:
    body = file.body
    items = sorted(body.items, key=_order)
    return {
        "file": file.file,
        "tool": plain(file.evidence.tool, limit=80),
        "suite": None if body.suite is None else plain(body.suite, limit=160),
        "produced_at": file.evidence.produced_at,
        "data": None if body.data_hint is None else plain(body.data_hint, limit=160),
        "bound": bound,
        "evaluated": body.evaluated,
        "passed": body.passed,
        "failed": body.failed,
        "left_out": max(0, len(items) - _MOST_ITEMS),
        "items": [_item(item, counts(item)) for item in items[:_MOST_ITEMS]],
    }


def _order(item: QualityItem) -> int:
    return ("error", "fail", "not_evaluated", "pass").index(item.verdict)


def _item(item: QualityItem, counts: bool) -> Json:
    return {
        "type": plain(item.type, limit=160),
        "column": None if item.column is None else plain(item.column, limit=160),
        "severity": item.severity if item.severity in ("critical", "warning", "info") else None,
        "verdict": item.verdict,
        "counts": counts,
        "observed": None if item.observed is None else plain(item.observed, limit=200),
        "expected": None if item.expected is None else plain(item.expected, limit=200),
        "mostly": None if item.mostly is None else fraction_text(item.mostly, 6),
        "unexpected": item.unexpected,
        "of": item.of,
    }
