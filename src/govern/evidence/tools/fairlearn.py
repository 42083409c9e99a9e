"""Values of a fairlearn `MetricFrame` in the layout that docs/engineer.md gives, for fairlearn has no serialiser.

    {"overall": {metric: value}, "by_group": {group: {metric: value, "count": n}}, "ratio": {...}, "difference": {...}}

A rate and the number of people behind it give the people counted, exactly; a ratio or difference of `count` means
nothing and is dropped.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, Severity, plain
from govern.evidence.tools.figures import GroupCounts, GroupMetric, GroupMetrics, MetricItem, Metrics
from govern.evidence.tools.interface import Document, Reader, Readout, Tool
from govern.evidence.tools.metric_names import metric_of

if TYPE_CHECKING:
    from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_COUNT = "count"
_SHARES = frozenset(["selection_rate", "accuracy", "accuracy_score"])
"""Rates whose denominator is the whole group: only these and the group's size give a count."""
_CLOSE = Fraction(1, 10**9)


def _recognise(root: JsonValue) -> bool:
    return isinstance(root, dict) and all(isinstance(root.get(key), dict) for key in ("overall", "by_group"))


def _read(document: Document) -> Readout:
    overall = document.get(dict, "overall")
    groups = document.get(dict, "by_group")
    items = []
    for name in overall:
        if name == _COUNT:
            continue
        written, split = metric_of(name)
        value = document.number("overall", name)
        items.append(MetricItem(name=written, value=value, split=split, steps=("overall", name)))
    names = sorted({name for group in groups for name in document.get(dict, "by_group", group)} - {_COUNT})
    made = [_metric(document, name, list(groups)) for name in names]
    notes = [note for item in made for note in _disagreement(document, item)]
    return Readout(
        bodies=(Metrics(items=tuple(items)), GroupMetrics(items=tuple(made))),
        tool=Tool("fairlearn"),
        notes=tuple(notes),
    )


def _metric(document: Document, name: str, groups: list[str]) -> GroupMetric:
    counts: dict[str, GroupCounts] = {}
    values: dict[str, Decimal] = {}
    for group in groups:
        value = document.number("by_group", group, name)
        n = _people(document, group) if name in _SHARES else None
        if n is None:
            values[group] = value
            continue
        k = round(value * n)
        if not 0 <= k <= n or abs(Fraction(k, n) - Fraction(value)) > _CLOSE:
            message = f"{plain(name)} of {plain(group)} is no share of {n} people"
            raise document.fault("E186", message, "by_group", group, name, hint="Write the values of one MetricFrame.")
        counts[group] = GroupCounts(k, n)
    stated = _stated(document, "ratio", name)
    return GroupMetric(name=metric_of(name)[0], counts=counts, values=values, stated=stated, steps=("ratio", name))


def _people(document: Document, group: str) -> int | None:
    if _COUNT not in document.get(dict, "by_group", group):
        return None
    value = document.number("by_group", group, _COUNT)
    if value != value.to_integral_value() or not 0 < value < 10**15:
        raise document.fault("E103", "expected the number of people of a group", "by_group", group, _COUNT)
    return int(value)


def _stated(document: Document, part: str, name: str) -> Decimal | None:
    held = document.get(dict).get(part)
    value = held.get(name) if isinstance(held, dict) else None
    return Decimal(value) if isinstance(value, Decimal | int) and not isinstance(value, bool) else None


def _disagreement(document: Document, item: GroupMetric) -> list[Diagnostic]:
    rates = [Fraction(two.k, two.n) for two in item.counts.values()]
    if item.stated is None or len(rates) < 2 or not max(rates):
        return []
    ratio = min(rates) / max(rates)
    if abs(ratio - Fraction(item.stated)) <= _CLOSE:
        return []
    message = f"{plain(item.name)}: the file says a ratio of {item.stated}, its groups give {float(ratio):.6f}"
    hint = "Write the values of one MetricFrame, all at once."
    return [Diagnostic("E186", message, document.span(*item.steps), hint, Severity.WARNING)]


READERS = (
    Reader(
        id="fairlearn",
        gives=(Metrics, GroupMetrics),
        recognise=_recognise,
        read=_read,
        markers=(b'"by_group"',),
    ),
)
"""The readers of this module."""
