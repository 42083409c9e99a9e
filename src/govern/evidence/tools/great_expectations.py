"""Great Expectations, 0.18 and 1.x: validation results, stored ones too, checkpoint results and `describe()`.

What its own `success` says decides nothing: an empty suite has it, and a failed warning takes it away. It is held
against the items all the same, for a file whose totals and items disagree was changed by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from govern.diagnostics import plain
from govern.evidence.tools.expectation import read_item
from govern.evidence.tools.interface import Document, Reader, Readout, Tool
from govern.evidence.tools.quality import DataQuality, QualityItem, Suite
from govern.evidence.tools.times import instant_of
from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_TOTALS = ("evaluated_expectations", "successful_expectations", "unsuccessful_expectations")
_VALIDATIONS = ("evaluated_validations", "successful_validations", "unsuccessful_validations")
_ROUNDING = Fraction(1, 10)
"""How far a percentage may lie from its counts: it went through binary floating point, and perhaps was rounded."""
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})", re.ASCII)
_GRADED_SINCE = (1, 6)
_WRITTEN_AGAIN = "Run the validation again and keep the file as the tool wrote it."


def recognise(root: JsonValue) -> bool:
    """Say whether a document is one of the shapes."""
    if not isinstance(root, dict):
        return False
    runs = root.get("run_results")
    if isinstance(runs, dict):
        return "checkpoint_config" in root or any(key.startswith("ValidationResultIdentifier::") for key in runs)
    if isinstance(root.get("validation_results"), list):
        return True
    if not isinstance(root.get("results"), list):
        return False
    totals, meta = root.get("statistics"), root.get("meta")
    return (isinstance(totals, dict) and any(name in totals for name in _TOTALS)) or (
        isinstance(meta, dict) and "great_expectations_version" in meta
    )


def read(document: Document) -> Readout:
    """Read any of the shapes. Raises InputError: E102, E103, and E160 for totals that the items do not come to."""
    root = document.get(dict)
    if isinstance(root.get("run_results"), dict):
        places = tuple(_runs(document))
        suites = tuple(_suite(document, "results", *place) for place in places)
        _checkpoint_success(document, suites)
        metas = [_meta(document, *place) for place in places]
    elif isinstance(root.get("validation_results"), list):
        count = len(document.get(list, "validation_results"))
        suites = tuple(_suite(document, "expectations", "validation_results", number) for number in range(count))
        _totals(document, _VALIDATIONS, [document.get(bool, *suite.steps, "success") for suite in suites])
        _checkpoint_success(document, suites)
        metas = [_meta(document, "validation_results", number) for number in range(count)]
    else:
        suites = (_suite(document, "results"),)
        metas = [_meta(document)]
    times = [found for meta in (root, *metas) if (found := _time(meta)) is not None]
    oldest = min(times, default=None)
    hints = {name: text for meta in metas for name, text in _hints(meta)}
    version = next((text for meta in metas if (text := _text(meta, "great_expectations_version"))), None)
    return Readout(
        bodies=(DataQuality(suites, hints.get("data")),),
        tool=Tool("great_expectations", version),
        produced_at=None if oldest is None else oldest[0],
        zone_known=oldest is None or oldest[1],
        hints=hints,
    )


def _runs(document: Document) -> Iterator[tuple[str | int, ...]]:
    """Give the places of a checkpoint's validation results: below `validation_result` in 0.18, themselves in 1.x."""
    for name in document.get(dict, "run_results"):
        run = document.get(dict, "run_results", name)
        inner = ("validation_result",) if "validation_result" in run or "results" not in run else ()
        yield ("run_results", name, *inner)


def _suite(document: Document, listed: str, *place: str | int) -> Suite:
    held = document.get(dict, *place)
    results = document.get(list, *place, listed)
    graded = _graded(_meta(document, *place))
    items = tuple(
        read_item(document, item, *place, listed, number, graded=graded) for number, item in enumerate(results)
    )
    outcomes = [item["success"] for item in results]
    _totals(document, _TOTALS, outcomes, *place)
    _suite_success(
        document, [item for item, good in zip(items, outcomes, strict=True) if not good], bool(items), *place
    )
    name = held.get("suite_name")
    if not isinstance(name, str):
        name = _text(_meta(document, *place), "expectation_suite_name")
    return Suite(name, place, items)


def _totals(document: Document, names: tuple[str, str, str], outcomes: list[bool], *place: str | int) -> None:
    """Hold what a file says it counted against what it holds."""
    counted = (len(outcomes), sum(outcomes), len(outcomes) - sum(outcomes))
    for name, right in zip(names, counted, strict=True):
        said = document.get(int, *place, "statistics", name)
        if said != right:
            message = f"{name} is {said}, and the file holds {right} of them"
            raise document.fault("E160", message, *place, "statistics", name, hint=_WRITTEN_AGAIN)
    percent = document.get(dict, *place, "statistics").get("success_percent")
    if isinstance(percent, bool | str | list | dict):
        document.of_type(percent, int, *place, "statistics", "success_percent")
    real = Fraction(100 * counted[1], max(len(outcomes), 1))
    if percent is not None and outcomes and abs(Fraction(percent) - real) > _ROUNDING:
        message = f"success_percent is {percent}, and {counted[1]} of {len(outcomes)} succeeded"
        raise document.fault("E160", message, *place, "statistics", "success_percent", hint=_WRITTEN_AGAIN)


def _suite_success(document: Document, bad: list[QualityItem], filled: bool, *place: str | int) -> None:
    """Hold the suite's flag against its items. Versions may disagree about warnings, and about nothing else."""
    said = document.get(bool, *place, "success")
    heavy = [item for item in bad if item.severity not in ("warning", "info")]
    if said and heavy:
        message = f"success is true, and {plain(heavy[0].title)} did not succeed"
    elif not said and not bad and filled:
        message = "success is false, and every expectation succeeded"
    else:
        return
    raise document.fault("E160", message, *place, "success", hint=_WRITTEN_AGAIN)


def _checkpoint_success(document: Document, suites: tuple[Suite, ...]) -> None:
    said = document.get(bool, "success")
    if said and not all(document.get(bool, *suite.steps, "success") for suite in suites):
        raise document.fault("E160", "success is true, and a validation failed", "success", hint=_WRITTEN_AGAIN)
    if not said and suites and all(document.get(bool, *suite.steps, "success") for suite in suites):
        raise document.fault("E160", "success is false, and no validation failed", "success", hint=_WRITTEN_AGAIN)


def _meta(document: Document, *place: str | int) -> dict[str, Any]:
    meta = document.get(dict, *place).get("meta")
    return meta if isinstance(meta, dict) else {}


def _graded(meta: dict[str, Any]) -> bool:
    """Say whether the version that wrote a result gives every item a severity (since 1.5.11)."""
    found = _VERSION.match(_text(meta, "great_expectations_version") or "")
    return found is not None and (int(found[1]), int(found[2])) >= _GRADED_SINCE


def _text(meta: dict[str, Any], *steps: str) -> str | None:
    value: Any = meta
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _time(meta: dict[str, Any]) -> tuple[str, bool] | None:
    """Give the time of the run; that of the validation where there is none."""
    for steps in (("run_id", "run_time"), ("validation_time",)):
        text = _text(meta, *steps)
        found = None if text is None else instant_of(text)
        if found is not None:
            return found
    return None


def _hints(meta: dict[str, Any]) -> Iterator[tuple[str, str]]:
    source = _text(meta, "active_batch_definition", "datasource_name")
    asset = _text(meta, "active_batch_definition", "data_asset_name")
    if asset is not None:
        yield "data", f"{source}/{asset}" if source is not None else asset
    fingerprint = _text(meta, "batch_markers", "pandas_data_fingerprint")
    if fingerprint is not None:
        yield "fingerprint", fingerprint


READERS = (
    Reader(
        id="great-expectations",
        aliases=("gx",),
        gives=(DataQuality,),
        recognise=recognise,
        read=read,
        markers=(b'"evaluated_expectations"', b'"great_expectations_version"', b'"ValidationResultIdentifier::'),
    ),
)
"""The readers of this module."""
