"""How large a value would be if every shared part were copied: a small file can hold a list of 2**40 elements."""

from __future__ import annotations

from govern.security.artefacts.pickle.values import Instance, PDict, PList, PSet, PTuple, Value

__all__ = ["expands_beyond"]


def _children(value: Value) -> list[Value]:
    if isinstance(value, PTuple | PList | PSet):
        return value.items
    if isinstance(value, PDict):
        return [*value.keys, *value.values]
    if isinstance(value, Instance):
        return [value.state, *value.args.items, *value.extra]
    return []


def expands_beyond(root: Value, limit: int) -> bool:
    """Say whether walking `root` without remembering what was seen would pass more than `limit` values.

    Linear in the values held: the size of each container is computed once. A value that contains itself counts one.
    """
    sizes: dict[int, int] = {}
    pending: list[tuple[Value, bool]] = [(root, False)]
    while pending:
        value, done = pending.pop()
        key = id(value)
        if done:
            sizes[key] = min(limit + 1, 1 + sum(sizes.get(id(child), 1) for child in _children(value)))
        elif key not in sizes and isinstance(value, PTuple | PList | PSet | PDict | Instance):
            sizes[key] = 1
            pending.append((value, True))
            pending.extend((child, False) for child in _children(value))
    return sizes.get(id(root), 1) > limit
