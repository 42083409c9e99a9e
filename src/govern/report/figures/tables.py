"""Tables of groups as they are shown: read from the public part of the facts, and nothing from the restricted one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from govern.diagnostics import plain
from govern.report.result import rows

__all__ = ["GroupRow", "Table", "Worst", "count_of", "number_of", "tables_of"]

_SMALLEST_SHOWN = 11
"""For facts that say nothing of what may be shown."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group as it is shown."""

    label: str
    values: tuple[str, ...]
    """The value of each attribute; empty where the facts do not name them."""
    people: str
    counts: str
    """`k of n`, or that it is not shown."""
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
    ratio: Decimal | None
    ratio_low: Decimal | None
    ratio_high: Decimal | None
    difference: Decimal | None
    difference_low: Decimal | None
    difference_high: Decimal | None
    small: bool
    hidden: bool
    """Whether its numbers are left out, here and wherever else the result is shown."""
    undefined: str | None
    worst: bool

    def compared(self, compare: str) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Give value, lower and upper end of the comparison with the reference."""
        if compare == "difference":
            return self.difference, self.difference_low, self.difference_high
        return self.ratio, self.ratio_low, self.ratio_high


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst comparison of a table."""

    shown: bool
    group: str
    reference: str
    value: str
    """Of what the rule compares; `undefined` in words where it is."""
    low: str | None
    high: str | None
    simultaneous: bool
    n: str | None
    p: str | None
    within: str | None
    """The comparison within strata in words, where the rule names a stratum."""


@dataclass(frozen=True, slots=True)
class Table:
    """One rate over one set of groups as it is shown."""

    metric: str
    attributes: str
    names: tuple[str, ...]
    verdict: str
    compare: str
    direction: str
    threshold: Decimal | None
    decide: str
    min_n: int
    smallest_shown: int
    groups: tuple[GroupRow, ...]
    worst: Worst | None
    holds_for: int | None
    needed: int | None
    unknown: int
    unknown_range: tuple[str, str] | None = None
    """Least and most that the worst comparison can be, wherever the records of unknown group belong."""
    needed_people: int | None = None
    reference: bool = False
    """Whether a reference group is declared; otherwise the highest rate is compared with."""

    @property
    def base(self) -> str:
        """What ratios and differences are taken to, in words."""
        return "the reference group" if self.reference else "the highest rate"

    @property
    def limit(self) -> str:
        """The limit in words, e.g. `at least 0.8`."""
        return "" if self.threshold is None else f"{self.direction.replace('_', ' ')} {self.threshold}"

    def met(self, value: Decimal) -> bool:
        """Whether a value is on the right side of the limit; without a limit all are."""
        if self.threshold is None:
            return True
        return value >= self.threshold if self.direction == "at_least" else value <= self.threshold


def number_of(value: object) -> Decimal | None:
    """A decimal text as a number; anything else is none."""
    if not isinstance(value, str):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def count_of(value: object) -> int:
    """A whole number; anything else is 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def tables_of(facts: Mapping[str, Any]) -> tuple[Table, ...]:
    """Read the tables of `fairness-table` facts. Groups that are not shown have no number left here."""
    threshold = number_of(facts.get("threshold"))
    if threshold is None and facts.get("threshold") is not None:
        return ()
    return tuple(_table(facts, table, threshold) for table in rows(facts.get("tables")))


def _table(facts: Mapping[str, Any], table: Mapping[str, Any], threshold: Decimal | None) -> Table:
    found = table.get("worst")
    compare = str(facts.get("compare", ""))
    worst = _worst(found, compare) if isinstance(found, Mapping) else None
    raw = rows(table.get("groups"))
    attributes = table.get("attributes")
    names = [plain(str(name), limit=60) for name in attributes] if isinstance(attributes, list | tuple) else []
    smallest = facts.get("smallest_shown")
    return Table(
        metric=plain(str(table.get("metric", facts.get("metric", "")))).replace("_", " "),
        attributes=" × ".join(names),
        names=tuple(names),
        verdict=str(table.get("verdict", "")),
        compare=compare,
        direction=str(facts.get("direction", "")),
        threshold=threshold,
        decide=str(facts.get("decide", "")).replace("_", " "),
        min_n=count_of(facts.get("min_n")),
        smallest_shown=smallest if isinstance(smallest, int) else _SMALLEST_SHOWN,
        groups=tuple(
            _group(
                item, names, hide, worst is not None and worst.shown and plain(str(item.get("label"))) == worst.group
            )
            for item, hide in zip(raw, _hidden(raw), strict=True)
        ),
        worst=worst,
        holds_for=_maybe(table.get("holds_for")),
        needed=_maybe(table.get("needed")),
        unknown=count_of(table.get("unknown")),
        unknown_range=_range(table),
        needed_people=_maybe(table.get("needed_people")),
        reference=bool(facts.get("reference")),
    )


def _range(table: Mapping[str, Any]) -> tuple[str, str] | None:
    low, high = number_of(table.get("unknown_low")), number_of(table.get("unknown_high"))
    return None if low is None or high is None else (str(low), str(high))


def _maybe(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _hidden(raw: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Which rows are left out. Facts that do not say so are of before, and lose every row when one of them is small."""
    if all(isinstance(item.get("shown"), bool) for item in raw):
        return [item["shown"] is False for item in raw]
    few = any(0 < count_of(item.get("n")) < _SMALLEST_SHOWN for item in raw)
    return [few and count_of(item.get("n")) > 0 for item in raw]


def _group(item: Mapping[str, Any], names: Sequence[str], hide: bool, worst: bool) -> GroupRow:
    def number(name: str) -> Decimal | None:
        return None if hide else number_of(item.get(name))

    undefined = None if hide else item.get("undefined")
    held = item.get("group")
    values = tuple(plain(str(value), limit=40) for value in held.values()) if isinstance(held, Mapping) else ()
    return GroupRow(
        label=plain(str(item.get("label", "")), limit=120),
        values=values if len(values) == len(names) else (),
        people="not shown" if hide else str(count_of(item.get("n"))),
        counts="not shown" if hide else f"{count_of(item.get('numerator'))} of {count_of(item.get('denominator'))}",
        rate=number("rate"),
        low=number("low"),
        high=number("high"),
        ratio=number("ratio"),
        ratio_low=number("ratio_low"),
        ratio_high=number("ratio_high"),
        difference=number("difference"),
        difference_low=number("difference_low"),
        difference_high=number("difference_high"),
        small=not hide and item.get("small") is True,
        hidden=hide,
        undefined=plain(str(undefined)) if undefined else None,
        worst=worst,
    )


def _worst(held: Mapping[str, Any], compare: str) -> Worst:
    def words(name: str) -> str | None:
        value = held.get(name)
        return None if value is None else plain(str(value), limit=120)

    return Worst(
        shown=held.get("shown") is not False,
        group=words("group") or "a group",
        reference=words("reference") or "another",
        value=words(compare) or "undefined",
        low=words("low"),
        high=words("high"),
        simultaneous=held.get("simultaneous") is True,
        n=words("n"),
        p=words("p"),
        within=_within(held.get("within"), compare),
    )


def _within(held: object, compare: str) -> str | None:
    if not isinstance(held, Mapping):
        return None
    value, turned = number_of(held.get(compare)), count_of(held.get("turned"))
    said = f"{compare} {'undefined' if value is None else value} within {count_of(held.get('strata'))} strata"
    return said + (f", {turned} of which run the other way" if turned else "")
