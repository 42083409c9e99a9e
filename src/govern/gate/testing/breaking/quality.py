"""Results of data-validation tools: gone, empty, failed, crashed, unbound, of other data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from govern.gate.testing.breaking.interface import ZEROS, Break, Target, remove, replace
from govern.gate.testing.writing import json_text

__all__ = ["quality"]

_ENVELOPE = ".evidence.json"


def quality(target: Target) -> Iterator[Break]:
    """Spoil the results that a rule rests on."""
    if target.rule.check != "data.validation":
        return
    cited = target.cited("data-quality results")
    held = {path: pointer for path in cited if (pointer := target.file_at(path)) is not None}
    if not held:
        return
    yield Break(name="removed:results", told="there is no result", patch=remove(*held.values()))
    for path, pointer in held.items():
        yield Break(name=f"empty:{path}", told=f"{path} holds nothing", patch=replace(pointer, "{}"))
        for name, told, document in _spoilt(target.at(pointer)):
            text = json_text(document)
            yield Break(name=f"{name}:{path}", told=f"{told} in {path}", patch=replace(pointer, text))
        envelope = target.file_at(f"{path}{_ENVELOPE}")
        if envelope is not None and target.params.same_data:
            yield Break(name=f"unbound:{path}", told=f"{path} has no envelope", patch=remove(envelope))
            other = _of_other_data(target.at(envelope))
            if other is not None:
                yield Break(name=f"other-data:{path}", told=f"{path} is of other data", patch=replace(envelope, other))


def _spoilt(held: object) -> Iterator[tuple[str, str, Any]]:
    """Give a validation result of Great Expectations with one thing changed, and totals that fit."""
    document = _document(held)
    if not isinstance(document, dict) or not isinstance(document.get("results"), list) or not document["results"]:
        return
    if not isinstance(document.get("statistics"), dict):
        return
    first, *others = document["results"]
    if not isinstance(first, dict) or not isinstance(first.get("expectation_config"), dict):
        return
    failed = {**first, "success": False, "expectation_config": {**first["expectation_config"], "severity": "critical"}}
    crashed = {**failed, "exception_info": {"metric": {"raised_exception": True, "exception_message": "broken"}}}
    yield "nothing-evaluated", "the suite is empty", _totals(document, [])
    yield "failed", "the first expectation failed", _totals(document, [failed, *others])
    yield "crashed", "the first expectation crashed", _totals(document, [crashed, *others])
    yield "cut", "an expectation was cut out", {**document, "results": others}


def _totals(document: dict[str, Any], results: list[Any]) -> dict[str, Any]:
    good = sum(item.get("success") is True for item in results)
    counted = {
        "evaluated_expectations": len(results),
        "successful_expectations": good,
        "unsuccessful_expectations": len(results) - good,
        "success_percent": None,
    }
    return {**document, "results": results, "success": good == len(results), "statistics": counted}


def _of_other_data(held: object) -> str | None:
    document = _document(held)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        return None
    other: list[Any] = [{**item, "digest": {"sha256": ZEROS}} for item in document["data"] if isinstance(item, dict)]
    return json_text({**document, "data": other})


def _document(held: object) -> Any:
    """Give a file's JSON: a case may hold the text, or what it says."""
    if not isinstance(held, str | bytes):
        return held
    try:
        return json.loads(held)
    except ValueError:
        return None
