"""Drift results: gone, empty, drifted, crashed, cut; and tables of which one is gone or stands in for the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from govern.gate.testing.breaking.facts import reads_of
from govern.gate.testing.breaking.interface import Break, Target, remove, replace
from govern.gate.testing.writing import json_text

__all__ = ["drift"]


def drift(target: Target) -> Iterator[Break]:
    """Spoil the reports or tables that a rule rests on."""
    if target.rule.check == "expression" and any(path[0] == "drift" for path in reads_of(target)):
        held = _held(target, target.cited("drift reports"))
        if held:
            yield Break(name="removed:drift", told="there is no report", patch=remove(*held.values()), elsewhere=True)
    if target.rule.check not in ("drift.distribution", "drift.report"):
        return
    yield from _reports(target)
    tables = {role: _held(target, target.cited(role)) for role in ("reference", "current")}
    for role, held in tables.items():
        for path, pointer in held.items():
            yield Break(name=f"removed:{role}", told=f"there is no {path}", patch=remove(pointer))
            yield Break(name=f"empty:{role}", told=f"{path} holds nothing", patch=replace(pointer, ""))
    for before in tables["reference"].values():
        for path, now in tables["current"].items():
            told = f"{path} is the reference"
            yield Break(name="same:current", told=told, patch=replace(now, target.at(before)))


def _held(target: Target, paths: tuple[str, ...]) -> dict[str, str]:
    return {path: pointer for path in paths if (pointer := target.file_at(path)) is not None}


def _reports(target: Target) -> Iterator[Break]:
    held = _held(target, target.cited("drift reports"))
    if not held:
        return
    yield Break(name="removed:reports", told="there is no report", patch=remove(*held.values()))
    for path, pointer in held.items():
        yield Break(name=f"empty:{path}", told=f"{path} holds nothing", patch=replace(pointer, "{}"))
        strict = target.rule.check == "drift.distribution" and not target.params.max_share
        for name, told, document in _spoilt(target.at(pointer), strict=strict):
            patch = replace(pointer, json_text(document))
            yield Break(name=f"{name}:{path}", told=f"{told} in {path}", patch=patch)


def _spoilt(held: object, *, strict: bool) -> Iterator[tuple[str, str, Any]]:
    """Give a report of Evidently 0.4 with one thing changed; counts fit only where the tool would have made them so."""
    document = _document(held)
    metrics = document.get("metrics") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(metrics, list):
        return
    place = next((n for n, item in enumerate(metrics) if _is_table(item)), None)
    if place is None:
        return
    columns = metrics[place]["result"]["drift_by_columns"]
    if not columns:
        return
    first, *others = columns
    cut = {**metrics[place]["result"], "drift_by_columns": {name: columns[name] for name in others}}
    yield "cut", f"{first} was cut out", _with(document, place, {**metrics[place], "result": cut})
    yield "crashed", "the tool crashed", _with(document, place, {"metric": "DataDriftTable", "error": "no data"})
    if strict:
        unknown = {**columns[first], "stattest_name": "custom function 'own'"}
        table = {**metrics[place]["result"], "drift_by_columns": {**columns, first: unknown}}
        told = f"nobody knows what the score of {first} means"
        yield "unknown-method", told, _with(document, place, {**metrics[place], "result": table})


def _is_table(item: object) -> bool:
    result = item.get("result") if isinstance(item, dict) else None
    return isinstance(result, dict) and isinstance(result.get("drift_by_columns"), dict)


def _with(document: dict[str, Any], place: int, item: Any) -> dict[str, Any]:
    metrics = [*document["metrics"]]
    metrics[place] = item
    return {**document, "metrics": metrics}


def _document(held: object) -> Any:
    """Give a file's JSON: a case may hold the text, or what it says."""
    if not isinstance(held, str | bytes):
        return held
    try:
        return json.loads(held)
    except ValueError:
        return None
