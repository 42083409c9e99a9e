"""Deepchecks: the JSON of a suite's or a check's result. Conditions are judged; a check without one has no verdict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from govern.diagnostics import InputError, plain
from govern.evidence.tools.interface import Document, Reader, Readout, Tool, Verdict
from govern.evidence.tools.quality import DataQuality, QualityItem, Suite, number_of, shown
from govern.inputs.json import JsonValue, parse_json

__all__ = ["READERS"]

_KINDS = ("SuiteResult", "CheckResult", "CheckFailure")
_VERDICTS: dict[str, tuple[Verdict, str]] = {
    "PASS": ("pass", "critical"),
    "FAIL": ("fail", "critical"),
    "WARN": ("fail", "warning"),
    "ERROR": ("error", "critical"),
}
_VACUOUS = re.compile(r"\b(?:no relevant|nothing to check|no (?:columns|features) to check)\b", re.IGNORECASE)
_LISTED = re.compile(r"\[[^\]]*\]|\{[^}]*\}")
"""Values in a sentence: they may come from rows."""
_MOST_FIGURES = 6


def recognise(root: JsonValue) -> bool:
    """Say whether a document is a result of a suite or a check."""
    if not isinstance(root, dict) or root.get("type") not in _KINDS:
        return False
    return isinstance(root.get("results" if root["type"] == "SuiteResult" else "check"), list | dict)


def read(document: Document) -> Readout:
    """Read a suite, or a check by itself. Raises InputError E102 and E103."""
    if document.get(str, "type") == "SuiteResult":
        results = document.get(list, "results")
        items = [one for number, held in enumerate(results) for one in _check(document, held, "results", number)]
        name: str | None = document.get(str, "name")
    else:
        items, name = list(_check(document, document.root)), None
    suite = Suite(name, (), tuple(items))
    return Readout(bodies=(DataQuality((suite,)),), tool=Tool("deepchecks"))


def _check(document: Document, held: Any, *place: str | int) -> Iterator[QualityItem]:
    held = document.of_type(held, dict, *place)
    kind = document.member(held, str, *place, "type")
    if kind == "SuiteResult":  # a suite of suites
        for number, below in enumerate(document.member(held, list, *place, "results")):
            yield from _check(document, below, *place, "results", number)
        return
    if kind not in _KINDS:
        raise document.fault("E103", f"a result of the unknown type {plain(kind)}", *place, "type")
    check = document.member(held, dict, *place, "check")
    type_ = document.member(check, str, *place, "check", "name")
    if kind == "CheckFailure":
        words = held.get("exception")
        told = plain(words, limit=200) if isinstance(words, str) else "it does not say why"
        yield QualityItem(type=type_, steps=place, verdict="not_evaluated", optional=True, why=f"not run: {told}")
        return
    value = _value(document, held.get("value"))
    conditions = document.member(held, list, *place, "conditions_results")
    for number, condition in enumerate(conditions):
        yield _condition(document, type_, value, condition, *place, "conditions_results", number)
    if not conditions:
        why = "it has no condition, so it has no verdict"
        yield QualityItem(
            type=type_, steps=place, verdict="not_evaluated", optional=True, why=why, observed=_figures(value)
        )


def _condition(document: Document, type_: str, value: Any, held: Any, *place: str | int) -> QualityItem:
    held = document.of_type(held, dict, *place)
    status = document.member(held, str, *place, "Status")
    if status not in _VERDICTS:
        raise document.fault("E103", f"the status {plain(status)} is none of PASS, FAIL, WARN, ERROR", *place, "Status")
    verdict, severity = _VERDICTS[status]
    told = _LISTED.sub("[...]", document.member(held, str, *place, "More Info"))
    vacuous = verdict == "pass" and _VACUOUS.search(told) is not None
    broken = verdict == "pass" and value is _NOT_FINITE
    if vacuous or broken:
        verdict = "not_evaluated"
    return QualityItem(
        type=type_,
        steps=place,
        verdict=verdict,
        severity=severity,
        observed=_figures(value) or plain(told, limit=160) or None,
        expected=plain(document.member(held, str, *place, "Condition"), limit=160),
        optional=vacuous,
        why="its figures are not finite" if broken else plain(told, limit=200) or None,
    )


_NOT_FINITE = object()


def _value(document: Document, value: Any) -> Any:
    """Give a check's value; a list without members is written as the text `[]`, so texts are read as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value.encode("utf-8", "replace"), file=document.file)
    except InputError as fault:
        return _NOT_FINITE if any(item.code == "I113" for item in fault.diagnostics) else None


def _figures(value: Any) -> str | None:
    """Write the first few numbers of a value with their names."""
    found = []
    for name, number in _numbers(value, ()):
        found.append(f"{name} {shown(number)}" if name else shown(number))
        if len(found) == _MOST_FIGURES:
            break
    return "; ".join(found) or None


def _numbers(value: Any, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    held = number_of(value)
    if isinstance(held, dict) and len(names) < 3:  # deeper than column and figure is raw data
        for name, below in held.items():
            yield from _numbers(below, (*names, plain(name, limit=60)))
    elif held is not None and not isinstance(held, bool | str | list | dict):
        yield " ".join(names), held


READERS = (
    Reader(
        id="deepchecks",
        gives=(DataQuality,),
        recognise=recognise,
        read=read,
        markers=(b'"SuiteResult"', b'"CheckResult"', b'"CheckFailure"'),
    ),
)
"""The readers of this module."""
