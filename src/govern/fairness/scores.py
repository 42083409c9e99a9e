"""Score counts and their JSON: sparse, sorted, integers that may pass 2**53 as text. The counts: `score_tensor`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from govern.canonical import Json, fraction_text
from govern.fairness.counts import Axis
from govern.fairness.rates import Tally
from govern.fairness.score_tensor import BINS, UNIT, LabelSums, ScoreCell, ScoreCounts, ScoreSums

__all__ = ["BINS", "UNIT", "LabelSums", "ScoreCell", "ScoreCounts", "ScoreSums", "scores_from_json", "scores_to_json"]

_KEYS = {"axes", "bins", "range", "labelled", "cells", "sums", "missing", "rows", "threshold", "above"}
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,60})", re.ASCII)
_EXACT = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:/[1-9][0-9]{0,40})?", re.ASCII)
_MOST_BINS = 65_536


def scores_to_json(counts: ScoreCounts) -> Json:
    """Write score counts.

    `cells` are [index of each axis..., label, bin, count]; `sums` are [index of each axis..., label, n, total in
    2**-32, squares in 2**-64, rounded], the two sums as text; `above` are [index of each axis..., tn, fp, fn, tp].
    """
    return {
        "axes": [{"name": axis.name, "values": list(axis.values), "declared": axis.declared} for axis in counts.axes],
        "bins": counts.bins,
        "range": [_text(counts.low), _text(counts.high)],
        "labelled": counts.labelled,
        "cells": [
            [*key, label, place, histogram[place]]
            for key in sorted(counts.cells)
            for label, histogram in enumerate(counts.cells[key])
            for place in sorted(histogram)
        ],
        "sums": [
            [*key, label, sums.n, str(sums.total), str(sums.squares), sums.rounded]
            for key in sorted(counts.sums)
            for label, sums in enumerate(counts.sums[key])
            if sums.n
        ],
        "missing": counts.missing,
        "rows": counts.rows,
        "threshold": None if counts.threshold is None else _text(counts.threshold),
        "above": None if counts.above is None else [[*key, *counts.above[key]] for key in sorted(counts.above)],
    }


def scores_from_json(value: Json) -> ScoreCounts:
    """Read score counts. Raises ValueError for anything that `scores_to_json` does not write."""
    if not isinstance(value, Mapping) or set(value) != _KEYS:
        raise _bad(f"score counts have exactly the members {', '.join(sorted(_KEYS))}")
    held: Mapping[str, Any] = value
    axes = tuple(_axis(item) for item in _list(held["axes"], "axes"))
    bins = _count(held["bins"], "bins")
    if bins > _MOST_BINS:
        raise _bad(f"more than {_MOST_BINS} bins")
    ends = _list(held["range"], "range")
    if len(ends) != 2 or not isinstance(held["labelled"], bool):
        raise _bad("range has two ends, and labelled is true or false")
    cells = _cells(_list(held["cells"], "cells"), len(axes))
    sums = _sums(_list(held["sums"], "sums"), len(axes))
    above = None if held["above"] is None else _above(_list(held["above"], "above"), len(axes))
    return ScoreCounts(
        axes=axes,
        bins=bins,
        low=_exact(ends[0]),
        high=_exact(ends[1]),
        cells=cells,
        sums=sums,
        missing=_count(held["missing"], "missing"),
        rows=_count(held["rows"], "rows"),
        labelled=held["labelled"],
        threshold=None if held["threshold"] is None else _exact(held["threshold"]),
        above=above,
    )


def _bad(message: str) -> ValueError:
    return ValueError(message)


def _text(value: Fraction) -> str:
    """Write a fraction as a decimal where it has one, else as a quotient."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    short = rest == 1 and value.denominator < 2**20 and abs(value.numerator) < 10**20
    return fraction_text(value, 20) if short and abs(value) < 10**7 else f"{value.numerator}/{value.denominator}"


def _exact(value: object) -> Fraction:
    if not isinstance(value, str) or not _EXACT.fullmatch(value) or ("." in value and "/" in value):
        raise _bad("an end of the range or the threshold is no exact number")
    return Fraction(value)


def _list(value: object, what: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise _bad(f"{what} is no list")
    return value


def _count(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _bad(f"{what} is no count")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise _bad("a sum is no whole number written as text")
    return int(value)


def _axis(value: object) -> Axis:
    if not isinstance(value, Mapping) or set(value) != {"name", "values", "declared"}:
        raise _bad("an axis has name, values and declared")
    name, values, declared = value["name"], _list(value["values"], "values"), value["declared"]
    if not isinstance(name, str) or not all(isinstance(item, str) for item in values) or not isinstance(declared, bool):
        raise _bad("an axis has text for its name and values")
    return Axis(name, tuple(values), declared)


def _row(row: object, width: int, more: int) -> tuple[tuple[int, ...], Sequence[Any]]:
    items = _list(row, "a row")
    if len(items) != width + more:
        raise _bad("a row of the wrong length")
    return tuple(_count(item, "an index") for item in items[:width]), items[width:]


def _cells(rows: Sequence[Any], width: int) -> dict[tuple[int, ...], ScoreCell]:
    found: dict[tuple[int, ...], tuple[dict[int, int], dict[int, int]]] = {}
    for row in rows:
        key, (label, place, count) = _row(row, width, 3)
        histogram = found.setdefault(key, ({}, {}))[_label(label)]
        if _count(place, "a bin") in histogram:
            raise _bad("a bin is given twice")
        histogram[place] = _count(count, "a count")
    return {key: (dict(sorted(two[0].items())), dict(sorted(two[1].items()))) for key, two in found.items()}


def _sums(rows: Sequence[Any], width: int) -> dict[tuple[int, ...], ScoreSums]:
    found: dict[tuple[int, ...], list[LabelSums | None]] = {}
    for row in rows:
        key, (label, n, total, squares, rounded) = _row(row, width, 5)
        two = found.setdefault(key, [None, None])
        if two[_label(label)] is not None:
            raise _bad("sums are given twice")
        two[label] = LabelSums(_count(n, "n"), _whole(total), _whole(squares), _count(rounded, "rounded"))
    none = LabelSums(0, 0, 0, 0)
    return {key: ScoreSums(two[0] or none, two[1] or none) for key, two in found.items()}


def _label(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in (0, 1):
        raise _bad("a label is 0 or 1")
    return value


def _above(rows: Sequence[Any], width: int) -> dict[tuple[int, ...], Tally]:
    found: dict[tuple[int, ...], Tally] = {}
    for row in rows:
        key, four = _row(row, width, 4)
        if key in found:
            raise _bad("decisions are given twice")
        found[key] = Tally(*(_count(item, "a count") for item in four))
    return found
