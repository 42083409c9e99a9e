"""Declared numbers that are not plainly numbers: kept as written, and said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.model import Metric

__all__ = ["oddly_written"]

_MOST = 20
_HINT = "Write a plain decimal, such as 0.91."
_RATIOS = frozenset(
    [
        *("accuracy", "auc", "auc roc", "auprc", "auroc", "average precision", "balanced accuracy", "f1", "f1 score"),
        *("precision", "recall", "roc auc", "sensitivity", "specificity"),
    ]
)
"""Metrics whose values lie between 0 and 1, so that a larger number without a sign has an unknown unit."""


def oddly_written(metrics: Iterable[Metric]) -> Iterator[Diagnostic]:
    """Say of each structured number what keeps it from being compared: no value, or no unit. A percentage is noted."""
    count = 0
    for item in metrics:
        why = _why(item)
        if why is None or item.locator.pointer is None:
            continue
        count += 1
        if count > _MOST:
            return
        place = item.locator
        severity = Severity.NOTE if item.unit == "percent" else Severity.WARNING
        message = f"{place.pointer} says {item.name} {item.raw!r}: {why}"
        yield Diagnostic(
            "E224", message, Span(place.file, place.line), "Write a plain decimal, such as 0.91.", severity
        )


def _why(item: Metric) -> str | None:
    if item.value is None:
        return "not a plain number, so it is not compared with anything"
    if item.unit == "percent":
        return "read as a fraction of one"
    if item.unit is None and item.name in _RATIOS:
        return "its unit is unknown, so it is not compared with a ratio"
    return None
