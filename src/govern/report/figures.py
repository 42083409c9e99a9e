"""Figures of the report as hand-written SVG: no plotting library, no script, no `style` attribute.

Each is an image with title and description; the same numbers stand in a table beside it. Nothing is told by colour
alone: a group that is too small is hatched and says so, an undefined rate is the word, not a bar of length 0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any
from xml.sax.saxutils import escape

from govern.diagnostics import plain
from govern.report.result import rows

__all__ = ["STYLE", "GroupRow", "Table", "comparison_figure", "rate_figure", "tables_of"]

STYLE = """
.fig{display:block;width:100%;height:auto;color:var(--ink);font-family:inherit}
.fig text{fill:currentColor;font-size:13px}
.fig .fig-soft{fill:var(--soft);font-size:12px}
.fig .fig-note{fill:var(--soft);font-size:12px;font-style:italic}
.fig-bar{fill:var(--bar)}
.fig-worst{fill:var(--bar-strong)}
.fig-hatch{stroke:var(--soft)}
.fig-outline{fill:var(--paper);stroke:var(--soft)}
.fig-frame{fill:none;stroke:var(--soft)}
.fig-axis{stroke:var(--line)}
.fig-whisker{stroke:var(--ink)}
.fig-limit{stroke:var(--bad)}
.fig text.fig-limit-word{fill:var(--bad);font-size:12px}
.fig-dot{fill:var(--bar-strong);stroke:var(--paper)}
""".strip()
"""Style of the figures; the page supplies the variables."""

_WIDTH = 480
_RIGHT = 116
"""Room for the figure's numbers right of the plot."""
_PLOT = _WIDTH - _RIGHT
_ROW = 46
_TOP = 18
"""Room for the word above the limit's line."""
_SMALLEST_SHOWN = 5
"""Counts under this are shown as `<5`: a reader must not learn how one person fared."""
_FORBIDDEN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as it is shown."""

    label: str
    people: str
    counts: str
    """`k of n`, or why it is not shown."""
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
    ratio: Decimal | None
    difference: Decimal | None
    small: bool
    hidden: bool
    """Whether the counts are suppressed for display."""
    undefined: str | None
    worst: bool


@dataclass(frozen=True, slots=True)
class Table:
    """One rate over one set of groups as it is shown."""

    metric: str
    attributes: str
    verdict: str
    compare: str
    direction: str
    threshold: Decimal
    decide: str
    groups: tuple[GroupRow, ...]
    worst: str | None
    """The worst comparison in words."""
    holds_for: int | None
    unknown: int


def _number(value: object) -> Decimal | None:
    """A decimal text as a number; anything else is none."""
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def tables_of(facts: Mapping[str, Any]) -> tuple[Table, ...]:
    """Read the tables of `fairness-table` facts. Small counts are suppressed here, for every figure and table."""
    threshold = _number(facts.get("threshold"))
    if threshold is None:
        return ()
    return tuple(_table(facts, table, threshold) for table in rows(facts.get("tables")))


def _table(facts: Mapping[str, Any], table: Mapping[str, Any], threshold: Decimal) -> Table:
    found = table.get("worst")
    worst = found if isinstance(found, Mapping) else None
    raw = rows(table.get("groups"))
    hidden = _suppressed([_count(item.get("denominator")) for item in raw])
    attributes = table.get("attributes")
    named = [str(name) for name in attributes] if isinstance(attributes, list | tuple) else []
    return Table(
        metric=str(table.get("metric", facts.get("metric", ""))).replace("_", " "),
        attributes=" × ".join(named),
        verdict=str(table.get("verdict", "")),
        compare=str(facts.get("compare", "")),
        direction=str(facts.get("direction", "")),
        threshold=threshold,
        decide=str(facts.get("decide", "")).replace("_", " "),
        groups=tuple(
            _group(item, hide, worst is not None and item.get("label") == worst.get("group"))
            for item, hide in zip(raw, hidden, strict=True)
        ),
        worst=None if worst is None else _worst(worst, str(facts.get("compare", ""))),
        holds_for=table.get("holds_for") if isinstance(table.get("holds_for"), int) else None,
        unknown=_count(table.get("unknown")),
    )


def _suppressed(counts: Sequence[int]) -> list[bool]:
    """Which counts are hidden: those under the least, and one more when only one is, lest it follow from the total."""
    hidden = [0 < count < _SMALLEST_SHOWN for count in counts]
    if sum(hidden) == 1:
        others = [(count, index) for index, count in enumerate(counts) if not hidden[index] and count > 0]
        if others:
            hidden[min(others)[1]] = True
    return hidden


def _group(item: Mapping[str, Any], hide: bool, worst: bool) -> GroupRow:
    numerator, denominator = _count(item.get("numerator")), _count(item.get("denominator"))
    few = f"<{_SMALLEST_SHOWN}" if denominator < _SMALLEST_SHOWN else "not shown"
    undefined = item.get("undefined")
    return GroupRow(
        label=plain(str(item.get("label", "")), limit=120),
        people=few if hide else str(_count(item.get("n"))),
        counts=few if hide else f"{numerator} of {denominator}",
        rate=None if hide else _number(item.get("rate")),
        low=None if hide else _number(item.get("low")),
        high=None if hide else _number(item.get("high")),
        ratio=None if hide else _number(item.get("ratio")),
        difference=None if hide else _number(item.get("difference")),
        small=item.get("small") is True,
        hidden=hide,
        undefined=plain(str(undefined)) if undefined else None,
        worst=worst,
    )


def _worst(worst: Mapping[str, Any], compare: str) -> str:
    value = worst.get(compare)
    low, high = worst.get("low"), worst.get("high")
    text = f"{plain(str(worst.get('group')))} compared with {plain(str(worst.get('reference')))}: {compare} "
    text += str(value) if value is not None else "undefined"
    if low is not None and high is not None:
        kind = "simultaneous bounds" if worst.get("simultaneous") else "95 % interval"
        text += f", {kind} {low} to {high}"
    return text + (f", p = {worst['p']}" if worst.get("p") is not None else "")


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    name = f' class="{kind}"' if kind else ""
    safe = escape(_FORBIDDEN_XML.sub("�", plain(words, limit=120)))
    return f'<text x="{x:g}" y="{y:g}"{name} text-anchor="{anchor}">{safe}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke-width="{width:g}"{dashed}/>'


def _short(value: Decimal) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".") if value else "0"


def _figure(prefix: str, height: int, title: str, description: str, parts: Sequence[str]) -> str:
    def safe(words: str) -> str:
        return escape(_FORBIDDEN_XML.sub("�", plain(words, limit=1500)))

    return (
        f'<svg class="fig" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" aria-labelledby="{prefix}t {prefix}d">'
        f'<title id="{prefix}t">{safe(title)}</title><desc id="{prefix}d">{safe(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _name(row: GroupRow) -> str:
    marks = [word for word, on in (("too few to compare", row.small), ("not shown", row.hidden)) if on]
    return row.label + (f" · {', '.join(marks)}" if marks else "")


def _ticks(values: Sequence[Decimal | None], least: Decimal) -> list[Decimal]:
    """Round numbers for an axis from 0 to the first one above every value, at most six steps."""
    highest = max([least, *(value for value in values if value is not None)])
    step = next(
        (
            size
            for power in range(-3, 30)
            for digit in (1, 2, 5)
            if (size := Decimal(digit).scaleb(power)) * 6 >= highest
        ),
        highest,
    )
    count = max(1, int((highest / step).to_integral_value(ROUND_CEILING)))
    return [step * number for number in range(count + 1)]


def _axis(ticks: Sequence[Decimal], bottom: int) -> list[str]:
    parts = []
    for number, tick in enumerate(ticks):
        x = _PLOT * number / (len(ticks) - 1)
        parts.append(_line(x, _TOP, x, bottom, "fig-axis"))
        parts.append(_text(x, bottom + 16, _short(tick), "fig-soft", "middle" if number else "start"))
    return parts


def rate_figure(table: Table, *, prefix: str) -> str:
    """Draw a bar for each group's rate with its 95 percent interval. `prefix` starts the ids."""
    bottom = _TOP + 4 + _ROW * len(table.groups)
    ticks = _ticks([value for row in table.groups for value in (row.rate, row.high)], Decimal("0.05"))
    top = ticks[-1]
    parts = [_hatch(prefix), *_axis(ticks, bottom)]
    for index, row in enumerate(table.groups):
        y = _TOP + 16 + _ROW * index
        parts.append(_text(0, y, _name(row), "" if row.rate is not None else "fig-soft"))
        if row.rate is None:
            parts.append(_text(0, y + 19, _no_rate(row), "fig-note"))
            continue
        length = float(row.rate / top) * _PLOT
        parts.append(_bar(row, length, y + 7, prefix))
        if row.low is not None and row.high is not None:
            left, right = float(row.low / top) * _PLOT, float(row.high / top) * _PLOT
            parts.append(_line(left, y + 14, right, y + 14, "fig-whisker", 1.5))
            parts.extend(_line(end, y + 10, end, y + 18, "fig-whisker", 1.5) for end in (left, right))
        parts.append(_text(_WIDTH, y + 1, _short(row.rate), anchor="end"))
        parts.append(_text(_WIDTH, y + 18, row.counts, "fig-soft", "end"))
    title = f"{table.metric} by {table.attributes}"
    described = "; ".join(f"{_name(row)}: {_described(row)}" for row in table.groups)
    return _figure(prefix, bottom + 24, title, described, parts)


def comparison_figure(table: Table, *, prefix: str) -> str:
    """Draw each group's ratio to, or difference from, the best group against the limit of the rule."""
    ratio = table.compare == "ratio"
    values = [row.ratio if ratio else row.difference for row in table.groups]
    bottom = _TOP + 4 + _ROW * len(table.groups)
    ticks = _ticks([*values, table.threshold], Decimal(1) if ratio else Decimal("0.1"))
    top = ticks[-1]
    parts = _axis(ticks, bottom)
    limit = float(table.threshold / top) * _PLOT
    parts.append(_line(limit, _TOP - 2, limit, bottom, "fig-limit", 1.8, "6 3"))
    parts.append(_text(limit, _TOP - 6, f"limit {_short(table.threshold)}", "fig-limit-word", "middle"))
    for index, (row, value) in enumerate(zip(table.groups, values, strict=True)):
        y = _TOP + 16 + _ROW * index
        parts.append(_text(0, y, _name(row), "" if value is not None else "fig-soft"))
        if value is None:
            parts.append(_text(0, y + 19, "not shown" if row.hidden else "undefined", "fig-note"))
            continue
        x = float(max(value, Decimal(0)) / top) * _PLOT
        parts.append(_line(0, y + 14, x, y + 14, "fig-axis", 2))
        parts.append(_mark(x, y + 14, met=_met(table, value), small=row.small))
        parts.append(_text(_WIDTH, y + 1, _short(value), anchor="end"))
        word = "meets the limit" if _met(table, value) else "misses the limit"
        parts.append(_text(_WIDTH, y + 18, "too few" if row.small else word, "fig-soft", "end"))
    sign = "at least" if table.direction == "at_least" else "at most"
    title = f"{table.compare} of {table.metric} by {table.attributes}; limit {sign} {_short(table.threshold)}"
    described = "; ".join(
        f"{row.label}: {_short(value) if value is not None else 'not shown' if row.hidden else 'undefined'}"
        for row, value in zip(table.groups, values, strict=True)
    )
    return _figure(prefix, bottom + 24, title, described, parts)


def _met(table: Table, value: Decimal) -> bool:
    return value >= table.threshold if table.direction == "at_least" else value <= table.threshold


def _mark(x: float, y: float, *, met: bool, small: bool) -> str:
    """A disc where the limit is met, a cross where it is missed, a ring where too few say nothing either way."""
    if small:
        return f'<circle class="fig-outline" cx="{x:g}" cy="{y:g}" r="5" stroke-width="2"/>'
    if met:
        return f'<circle class="fig-dot" cx="{x:g}" cy="{y:g}" r="6" stroke-width="1.5"/>'
    return (
        f'<path class="fig-limit" d="M{x - 5:g} {y - 5:g}L{x + 5:g} {y + 5:g}M{x - 5:g} {y + 5:g}L{x + 5:g} {y - 5:g}"'
        ' stroke-width="2.6" stroke-linecap="round" fill="none"/>'
    )


def _bar(row: GroupRow, length: float, y: float, prefix: str) -> str:
    shape = f'x="0" y="{y:g}" width="{max(length, 1):g}" height="14" rx="2"'
    if row.small:
        return f'<rect {shape} fill="url(#{prefix}h)"/><rect class="fig-frame" {shape}/>'
    return f'<rect class="{"fig-worst" if row.worst else "fig-bar"}" {shape}/>'


def _hatch(prefix: str) -> str:
    return (
        f'<defs><pattern id="{prefix}h" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><line class="fig-hatch" x1="0" y1="0" x2="0" y2="6" stroke-width="2"/>'
        "</pattern></defs>"
    )


def _no_rate(row: GroupRow) -> str:
    if row.hidden:
        return "not shown: too few people"
    return f"undefined: {row.undefined or 'no rate'}"


def _described(row: GroupRow) -> str:
    if row.rate is None:
        return _no_rate(row)
    if row.low is None or row.high is None:
        return _short(row.rate)
    return f"{_short(row.rate)}, 95 % interval {_short(row.low)} to {_short(row.high)}, {row.counts}"
