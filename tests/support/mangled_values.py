"""JSON documents with one value after another replaced by something else, for readers that must never crash."""

from __future__ import annotations

import copy
from typing import Any

ODD: tuple[Any, ...] = (None, True, 3, -1, "", "x", [], [3], {}, {"a": 1})
Path = tuple[Any, ...]


def places(value: Any, path: Path = ()) -> list[Path]:
    """Every key and every index of a document, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, below in items for found in [(*path, key), *places(below, (*path, key))]]


def replaced(document: Any, path: Path, value: Any) -> Any:
    """The document with another value in one place."""
    changed = copy.deepcopy(document)
    held = changed
    for step in path[:-1]:
        held = held[step]
    held[path[-1]] = value
    return changed


def without(document: Any, path: Path) -> Any:
    """The document without one key or item."""
    changed = copy.deepcopy(document)
    held = changed
    for step in path[:-1]:
        held = held[step]
    del held[path[-1]]
    return changed
