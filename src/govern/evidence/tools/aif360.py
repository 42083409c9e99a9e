"""What AIF360's `MetricJSONExplainer` writes: a sentence with the value in it, and the counts beside.

The value is computed again from the counts, whose names differ from metric to metric; the sentence is only compared.
One object a metric; a file may hold one, or several by any names.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, Severity, plain
from govern.evidence.tools.figures import GroupCounts, GroupMetric, GroupMetrics
from govern.evidence.tools.interface import Document, Reader, Readout, Tool

if TYPE_CHECKING:
    from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_GROUPS = ("Unprivileged", "Privileged")
_NAMES = (("numPositivePredictions", "num"), ("numPositives", "numInstances"))
"""How numerator and denominator are called: disparate impact, and parity difference."""
_STATED = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]{1,3})?)\s*$", re.ASCII)
_CLOSE = Fraction(1, 10**9)


def _is_metric(value: object) -> bool:
    return isinstance(value, dict) and {"metric", "message", "description", "ideal"} <= set(value)


def _claims(value: object) -> bool:
    """Whether an object means to be a metric, whole or not."""
    return isinstance(value, dict) and ("message" in value or "metric" in value)


def _recognise(root: JsonValue) -> bool:
    if not isinstance(root, dict):
        return False
    return _is_metric(root) or any(_is_metric(value) for value in root.values())


def _read(document: Document) -> Readout:
    root = document.get(dict)
    places: list[tuple[str | int, ...]] = [()] if _is_metric(root) else [(key,) for key in root if _claims(root[key])]
    items: list[GroupMetric] = []
    notes: list[Diagnostic] = []
    for place in places:
        item = _item(document, place)
        items.append(item)
        notes += _disagreement(document, item)
    return Readout(bodies=(GroupMetrics(items=tuple(items)),), tool=Tool("aif360"), notes=tuple(notes))


def _item(document: Document, place: tuple[str | int, ...]) -> GroupMetric:
    value = document.get(dict, *place)
    name = document.get(str, *place, "metric").strip().casefold().replace(" ", "_")
    message = document.get(str, *place, "message")
    for over, under in _NAMES:
        keys = [f"{part}{group}" for group in _GROUPS for part in (over, under)]
        if any(key in value for key in keys):
            counts = [_count(document, *place, key) for key in keys]
            privileges = {
                group.casefold(): _counts(document, counts[2 * index], counts[2 * index + 1], place)
                for index, group in enumerate(_GROUPS)
            }
            return GroupMetric(name=name, counts=privileges, stated=_stated(message), steps=place)
    return GroupMetric(name=name, stated=_stated(message), steps=place)


def _count(document: Document, *place: str | int) -> int:
    value = document.number(*place)
    if value != value.to_integral_value() or not 0 <= value < 10**15:
        raise document.fault(
            "E103", "expected a count of people", *place, hint="Weighted data give no counts: leave weights out."
        )
    return int(value)


def _counts(document: Document, k: int, n: int, place: tuple[str | int, ...]) -> GroupCounts:
    if k > n:
        raise document.fault("E186", f"{k} of {n} people cannot be", *place, hint="Write the file again with the tool.")
    return GroupCounts(k, n)


def _stated(message: str) -> Decimal | None:
    found = _STATED.search(message)
    return Decimal(found[1]) if found is not None and len(found[1]) < 60 else None


def _disagreement(document: Document, item: GroupMetric) -> list[Diagnostic]:
    """Say when the sentence holds another value than the counts give."""
    if item.stated is None or not item.counts:
        return []
    less, more = item.counts["unprivileged"], item.counts["privileged"]
    if not less.n or not more.n:
        return []
    ratio = item.name == "disparate_impact"
    if ratio and not more.k:
        return []
    first, second = Fraction(less.k, less.n), Fraction(more.k, more.n)
    value = first / second if ratio else first - second
    if item.name not in ("disparate_impact", "statistical_parity_difference", "mean_difference"):
        return []
    if abs(value - Fraction(item.stated)) <= _CLOSE:
        return []
    message = f"{plain(item.name)}: the sentence says {item.stated}, the counts give {float(value):.6f}"
    hint = "Somebody edited the file; run the tool again."
    return [Diagnostic("E186", message, document.span(*item.steps), hint, Severity.WARNING)]


READERS = (
    Reader(
        id="aif360",
        gives=(GroupMetrics,),
        recognise=_recognise,
        read=_read,
        markers=(b'"ideal"',),
    ),
)
"""The readers of this module."""
