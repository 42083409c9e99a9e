"""The facts of a judgement on groups: what a report may show of it, and the counts from which it can be made again.

Everything outside `restricted` is public. A group that is not shown (`govern.fairness.disclosure`) has no number
there, and neither has anything that would give one away: its comparisons, p-values of a family it is part of, ratios
to it.
`restricted` is the whole tensor over the rule's columns. It stands in the evaluation record, the result document and
the evidence pack, and no renderer prints it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.canonical import Json, decimal_text
from govern.checks.fairness.inference_words import pair_inference, rule_inference, table_inference
from govern.checks.predictions import figure
from govern.fairness import Axis, Counts, GroupLine, Missing, Pair, Tally, Undefined, Value, group_label
from govern.fairness.intervals import Interval, difference_interval, ratio_interval

if TYPE_CHECKING:
    from govern.checks.fairness.disparity import DisparityParams
    from govern.checks.fairness.shown import Shown
    from govern.fairness import Judgement, TableJudgement

__all__ = [
    "counts_of_restricted",
    "disparity_facts",
    "disparity_table",
    "ends",
    "group_rows",
    "restricted",
    "value_text",
]

Group = tuple[str, ...]


def group_rows(
    attributes: Sequence[str], lines: Sequence[GroupLine], *, base: Group | None, hidden: Collection[Group] = ()
) -> list[Json]:
    """Give the public rows of a table of groups: one object a group, every number null for a hidden one.

    `base` is the group that ratios and differences are taken to, None without one. Beside each stands its 95 percent
    interval: of the ratio by Koopman (1984), of base less group by Newcombe (1998, method 10). With a hidden base no
    group has a ratio or a difference, for they would give its rate.
    """
    held = {line.group: line for line in lines}
    against = None if base is None or base in hidden else held.get(base)
    return [_row(attributes, line, against, hide=line.group in hidden) for line in lines]


_NUMBERS = (
    *("n", "numerator", "denominator", "rate", "low", "high", "ratio", "ratio_low", "ratio_high"),
    *("difference", "difference_low", "difference_high", "small", "undefined"),
)


def _row(attributes: Sequence[str], line: GroupLine, base: GroupLine | None, *, hide: bool) -> Json:
    named: dict[str, Json] = {
        "group": dict(zip(attributes, line.group, strict=True)),
        "label": group_label(attributes, line.group),
        "shown": not hide,
    }
    if hide:
        return {**named, **dict.fromkeys(_NUMBERS)}
    ratio, difference = _against(line, base)
    return {
        **named,
        "n": line.people,
        "numerator": line.rate.k,
        "denominator": line.rate.n,
        "rate": value_text(line.rate.value),
        **_interval("", line.spread),
        "ratio": None if base is None else value_text(line.ratio),
        **_interval("ratio_", ratio),
        "difference": None if base is None else value_text(line.difference),
        **_interval("difference_", difference),
        "small": line.small,
        "undefined": line.rate.value.reason if isinstance(line.rate.value, Undefined) else None,
    }


def _against(line: GroupLine, base: GroupLine | None) -> tuple[Interval | None, Interval | None]:
    if base is None or base.group == line.group or not line.rate.n or not base.rate.n:
        return None, None
    one, two = line.rate, base.rate
    ratio = ratio_interval(one.k, one.n, two.k, two.n) if two.k else None
    return ratio, difference_interval(two.k, two.n, one.k, one.n)


def _interval(prefix: str, interval: Interval | None) -> dict[str, Json]:
    if interval is None:
        return {f"{prefix}low": None, f"{prefix}high": None}
    low, high = ends(interval)
    return {f"{prefix}low": low, f"{prefix}high": high}


def disparity_facts(
    params: DisparityParams, counts: Counts, judgement: Judgement, shown: Shown, value: ValueText
) -> Json:
    """Give the canonical facts of `fairness.disparity`, decimals as text."""
    gone = counts.missing
    limit = params.at_least if params.at_least is not None else params.at_most
    references = params.references
    return {
        "kind": "fairness-table",
        "metric": params.metric,
        "compare": params.compare,
        "threshold": decimal_text(Decimal(0) if limit is None else limit),
        "direction": "at_least" if params.at_least is not None else "at_most",
        "decide": params.decide,
        "alpha": decimal_text(params.alpha),
        "min_n": params.min_n,
        "reference": None if references is None else dict(sorted(references.items())),
        "comparisons": judgement.family,
        "rows": counts.rows,
        "missing": {"rows": gone.rows, "y_pred": gone.y_pred, "y_true": gone.y_true},
        "small_groups": params.small_groups,
        "missing_bounds": params.missing_bounds,
        "significant_gap": params.significant_gap,
        "smallest_shown": params.smallest_shown,
        "tables": [disparity_table(table, shown, value) for table in judgement.tables],
        **rule_inference(params),
        "restricted": restricted(counts),
    }


def disparity_table(table: TableJudgement, shown: Shown, value: ValueText) -> Json:
    """Give the public facts of one rate over one table of groups. `value` writes the compared value to six digits."""
    hidden = shown.hidden(table)
    worst = table.worst
    whole = not shown.withheld(table)
    return {
        "attributes": list(table.attributes),
        "metric": table.metric,
        "verdict": table.verdict.value,
        "unknown": table.unknown,
        "holds_for": table.holds_for if whole else None,
        "needed": table.needed if whole else None,
        "groups": group_rows(table.attributes, table.lines, base=shown.base(table), hidden=hidden),
        "worst": None if worst is None else _pair(table, worst, shown, value),
        **(table_inference(table) if whole else {}),
    }


class ValueText:
    """Writes a compared value with as many digits as keep it on its side of the limit."""

    def __init__(self, limit: Decimal) -> None:
        self._limit = limit

    def __call__(self, value: Value, places: int = 6) -> str:
        """Write it; an undefined one in words."""
        return str(value) if isinstance(value, Undefined) else figure(value, self._limit, places)


def _pair(table: TableJudgement, pair: Pair, shown: Shown, value: ValueText) -> Json:
    if not shown.pair(table, pair):
        names = ("group", "reference", "ratio", "difference", "n", "reference_n", "p", "low", "high")
        return {**dict.fromkeys(names), "simultaneous": pair.bounds is not None, "shown": False}
    low, high = ends(pair.bounds or pair.interval(shown.compare))
    return {
        "group": group_label(table.attributes, pair.group),
        "reference": group_label(table.attributes, pair.other),
        "ratio": value(pair.ratio) if isinstance(pair.ratio, Fraction) else None,
        "difference": value(pair.difference) if isinstance(pair.difference, Fraction) else None,
        "n": pair.rate.n,
        "reference_n": pair.other_rate.n,
        "p": None if pair.p is None or not shown.tests else decimal_text(pair.p),
        "low": low,
        "high": high,
        "simultaneous": pair.bounds is not None,
        "shown": True,
        **(pair_inference(pair) if shown.tests else {}),
    }


def ends(interval: Interval) -> tuple[str, str]:
    """Write both ends; one that is not there is the word `unbounded`."""
    return decimal_text(interval.low), "unbounded" if interval.high is None else decimal_text(interval.high)


def value_text(value: Value, places: int = 6) -> str | None:
    """Write an exact value rounded half-even, None for an undefined one."""
    return figure(value, None, places) if isinstance(value, Fraction) else None


# --- the restricted part


def restricted(counts: Counts) -> Json:
    """Give the whole tensor: a cell is an index of each axis (after its last value: unknown), then tn, fp, fn, tp."""
    gone = counts.missing
    return {
        "axes": [{"name": axis.name, "values": list(axis.values), "declared": axis.declared} for axis in counts.axes],
        "labelled": counts.labelled,
        "cells": [[*key, *tally] for key, tally in sorted(counts.cells.items()) if tally.n],
        "missing": {"rows": gone.rows, "y_pred": gone.y_pred, "y_true": gone.y_true},
        "rows": counts.rows,
        "salt": counts.salt,
    }


def counts_of_restricted(held: Any) -> Counts:
    """Read what `restricted` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    axes = tuple(
        Axis(_text(item["name"]), tuple(map(_text, item["values"])), item["declared"] is True) for item in held["axes"]
    )
    cells: dict[tuple[int, ...], Tally] = {}
    for row in held["cells"]:
        numbers = [_whole(number) for number in row]
        if len(numbers) != len(axes) + 4 or tuple(numbers[:-4]) in cells:
            raise ValueError("a cell of another shape, or twice")
        cells[tuple(numbers[:-4])] = Tally(*numbers[-4:])
    gone: Mapping[str, Any] = held["missing"]
    missing = Missing(_whole(gone["y_pred"]), _whole(gone["y_true"]), _whole(gone["rows"]))
    labelled = held["labelled"]
    if not isinstance(labelled, bool):
        raise TypeError("labelled is true or false")
    salt = held["salt"]
    return Counts(axes, labelled, cells, missing, _whole(held["rows"]), None if salt is None else _text(salt))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is a text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a count is a whole number from 0 up")
    return value
