"""Giskard: the JSON of a scan (issues by detector and level) and of a suite (a verdict a test).

Neither names model, data, date or version, nor how many detectors or tests there were: what was cut out is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from govern.diagnostics import plain
from govern.evidence.tools.interface import Document, Reader, Readout, Tool, Verdict
from govern.evidence.tools.quality import DataQuality, QualityItem, Suite, shown
from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_LEVELS = {"major": "critical", "medium": "warning", "minor": "info"}
_RESULTS: dict[str, Verdict] = {"Passed": "pass", "Failed": "fail", "Error": "error"}


def recognise_scan(root: JsonValue) -> bool:
    """Say whether a document is a scan. The empty object is one too, of which no detector ran."""
    if not isinstance(root, dict):
        return False
    return all(
        isinstance(held, dict) and set(held) <= _LEVELS.keys() and all(isinstance(item, list) for item in held.values())
        for held in root.values()
    )


def recognise_suite(root: JsonValue) -> bool:
    """Say whether a document is the result of a suite, which may have no test."""
    return isinstance(root, dict) and all(
        isinstance(held, dict) and ("result" in held or "metric_value" in held) for held in root.values()
    )


def read_scan(document: Document) -> Readout:
    """Read a scan. Raises InputError E103."""
    items = [item for detector, levels in document.get(dict).items() for item in _detector(document, detector, levels)]
    return _readout("scan", items)


def read_suite(document: Document) -> Readout:
    """Read the result of a suite. Raises InputError E102 and E103."""
    return _readout("suite", [_test(document, name, held) for name, held in document.get(dict).items()])


def _readout(name: str, items: list[QualityItem]) -> Readout:
    return Readout(bodies=(DataQuality((Suite(name, (), tuple(items)),)),), tool=Tool("giskard"))


def _detector(document: Document, detector: str, levels: Any) -> Iterator[QualityItem]:
    """Give an item for each issue, and one that passed for a detector that found nothing major."""
    name = plain(detector, limit=120)
    levels = document.of_type(levels, dict, detector)
    for level in levels:
        if level not in _LEVELS:
            raise document.fault("E103", f"the level {plain(level)} is unknown", detector, level)
        for number, issue in enumerate(document.member(levels, list, detector, level)):
            told = plain(document.of_type(issue, str, detector, level, number), limit=200)
            yield QualityItem(
                type=name,
                steps=(detector, level, number),
                verdict="fail",
                severity=_LEVELS[level],
                observed=f"a {level} issue",
                expected="no issue",
                why=told or None,
            )
    if not levels.get("major"):
        yield QualityItem(type=name, steps=(detector,), verdict="pass", severity="critical", expected="no major issue")


def _test(document: Document, name: str, held: Any) -> QualityItem:
    held = document.of_type(held, dict, name)
    said = document.member(held, str, name, "result")
    if said not in _RESULTS:
        raise document.fault("E103", f"the result {plain(said)} is neither Passed nor Failed", name, "result")
    value = held.get("metric_value")
    if value is not None:
        document.of_type(value, (Decimal, int, str), name, "metric_value")
    verdict = _RESULTS[said]
    unmeasured = verdict == "pass" and "metric_value" in held and (value is None or isinstance(value, str))
    return QualityItem(
        type=plain(name, limit=120),
        steps=(name,),
        verdict="not_evaluated" if unmeasured else verdict,
        observed=None if value is None or isinstance(value, str) else shown(value),
        why="no value was measured" if unmeasured else None,
    )


READERS = (
    Reader(
        id="giskard",
        aliases=("giskard-scan",),
        gives=(DataQuality,),
        recognise=recognise_scan,
        read=read_scan,
        markers=(b'"major"', b'"medium"', b'"minor"'),
    ),
    Reader(
        id="giskard-suite",
        gives=(DataQuality,),
        recognise=recognise_suite,
        read=read_suite,
        markers=(b'"metric_value"',),
    ),
)
"""The readers of this module."""
