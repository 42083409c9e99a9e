"""Records of a search for alternatives: gone, empty, with fewer alternatives, copies, or counts of somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from govern.diagnostics import GovernError
from govern.gate.testing.breaking.interface import Break, Target, remove, replace
from govern.gate.testing.writing import json_text
from govern.inputs.yaml import parse_yaml
from govern.policy.testing.cases import data_of
from govern.policy.testing.patches import Value

__all__ = ["searches"]


def searches(target: Target) -> Iterator[Break]:
    """Spoil the record of a search that a rule rests on."""
    if target.rule.check != "fairness.alternatives":
        return
    for path in target.cited("alternatives"):
        pointer = target.file_at(path)
        if pointer is None:
            continue
        yield Break(name="removed:alternatives", told="there is no record of a search", patch=remove(pointer))
        yield Break(name="empty:alternatives", told="the record of the search is empty", patch=replace(pointer, ""))
        for name, told, document in _spoilt(target, target.at(pointer)):
            yield Break(name=name, told=told, patch=replace(pointer, json_text(document) + "\n"))


def _spoilt(target: Target, held: Value) -> Iterator[tuple[str, str, Value]]:
    document = _read(held)
    if document is None:
        return
    chosen = next(item for item in document["candidates"] if item["name"] == document["chosen"])
    others = [item for item in document["candidates"] if item is not chosen]
    few = [chosen, *others[: target.params.at_least_compared - 1]]
    yield "fewer:alternatives", "fewer alternatives were compared", {**document, "candidates": few}
    copies = [chosen, *({**chosen, "name": item["name"]} for item in others)]
    yield "copied:alternatives", "every alternative is a copy of the chosen model", {**document, "candidates": copies}
    for item, name, told in (
        (chosen, "other-counts:chosen", "the chosen candidate has other counts than the predictions"),
        (others[0], "other-people:alternatives", "an alternative was counted on other people"),
    ):
        place = document["candidates"].index(item)
        yield name, told, _one_more(document, place)


def _one_more(document: dict[str, Any], place: int) -> Value:
    """One person more, whom one candidate alone has."""
    made = deepcopy(document)
    cells = made["candidates"][place]["counts"][0]["cells"]
    cells[0] += 1
    return made


def _read(held: Value) -> dict[str, Any] | None:
    """Give the document, of text or already read; None for what no rule could have passed on."""
    if isinstance(held, str):
        try:
            held = data_of(parse_yaml(held.encode(), file="alternatives", strictness="evidence"))
        except GovernError:
            return None
    if not isinstance(held, dict):
        return None
    found: Any = held
    return found if isinstance(found.get("candidates"), list) and len(found["candidates"]) > 1 else None
