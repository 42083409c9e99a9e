"""Every small change of a file and of a JSON document, one after another."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from govern.canonical import canonical_bytes

Path = tuple[str | int, ...]

REPLACEMENTS: tuple[Any, ...] = (None, True, False, 0, 1, -1, "", "x", "0", [], {}, [None], {"x": None})
"""Values of every JSON type, the empty and the odd ones among them."""


def flipped(data: bytes, bit: int) -> Iterator[tuple[int, bytes]]:
    """Each byte with one bit flipped: place and the changed bytes."""
    mask = 1 << bit
    for place in range(len(data)):
        yield place, data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of every member and element, outermost first."""
    if isinstance(value, dict):
        for name in value:
            yield (*at, name)
            yield from places(value[name], (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*at, index)
            yield from places(item, (*at, index))


def value_at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def changed(document: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a place."""
    made = copy.deepcopy(document)
    value_at(made, path[:-1])[path[-1]] = new
    return made


def dropped(document: Any) -> Iterator[tuple[Path, Any]]:
    """Each member and element taken away."""
    for path in places(document):
        made = copy.deepcopy(document)
        del value_at(made, path[:-1])[path[-1]]
        yield path, made


def retyped(document: Any) -> Iterator[tuple[Path, Any]]:
    """Each value replaced by values of every type, wrapped in a list and an object, and written as text."""
    for path in places(document):
        old = value_at(document, path)
        for new in (*REPLACEMENTS, [old], {"value": old}, json.dumps(old)):
            if new != old or type(new) is not type(old):
                yield path, changed(document, path, new)


def doubled(document: Any) -> Iterator[tuple[Path, Any]]:
    """Each element of a list listed twice, and each list reversed."""
    for path in places(document):
        old = value_at(document, path)
        if isinstance(path[-1], int):
            made = copy.deepcopy(document)
            value_at(made, path[:-1]).insert(path[-1], old)
            yield path, made
        if isinstance(old, list) and old != old[::-1]:
            yield path, changed(document, path, old[::-1])


def renamed(document: Any) -> Iterator[tuple[Path, Any]]:
    """Each member under other names, and each object with a member more."""
    for path in places(document):
        name = path[-1]
        if isinstance(name, str):
            for other in (name.upper(), f"{name}2", f" {name}", ""):
                made = copy.deepcopy(document)
                holder = value_at(made, path[:-1])
                if other not in holder:
                    holder[other] = holder.pop(name)
                    yield path, made
        if isinstance(value_at(document, path), dict):
            made = copy.deepcopy(document)
            value_at(made, path)["extra"] = "x"
            yield path, made


def swapped(document: Any) -> Iterator[tuple[Path, Any]]:
    """Each two scalars that differ, in each other's place."""
    leaves = [path for path in places(document) if not isinstance(value_at(document, path), dict | list)]
    for first, second in itertools.combinations(leaves, 2):
        one, other = value_at(document, first), value_at(document, second)
        if one != other or type(one) is not type(other):
            yield first, changed(changed(document, first, other), second, one)


def duplicated_names(document: Any) -> Iterator[tuple[Path, bytes]]:
    """The canonical text with one member written twice: the same value, then another one. Bytes, for no dict holds it."""
    marker = "\u2603"
    for path in places(document):
        name = path[-1]
        if not isinstance(name, str):
            continue
        made = copy.deepcopy(document)
        holder = value_at(made, path[:-1])
        old = holder.pop(name)
        spelled = json.dumps(name, ensure_ascii=False)
        holder[marker] = marker
        text = canonical_bytes(made).decode()
        both = [f"{spelled}:{canonical_bytes(item).decode()}" for item in (old, "x")]
        for pair in (both, both[::-1]):
            yield path, text.replace(f'"{marker}":"{marker}"', ",".join(pair)).encode()


def members(document: Any) -> Iterator[tuple[str, Path, Any]]:
    """Every change of a document that leaves JSON: how, where, and the document."""
    for how in (dropped, retyped, doubled, renamed, swapped):
        for path, made in how(document):
            yield how.__name__, path, made


def pointer(path: Sequence[str | int]) -> str:
    return "".join(f"/{step}" for step in path)
