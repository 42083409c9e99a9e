"""Matching call arguments against the patterns of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govern.security.artefacts.pickle.numpy_rules import DType
from govern.security.artefacts.pickle.profiles import Entry, Profiles
from govern.security.artefacts.pickle.values import Blob, GlobalRef, Instance, PDict, PList, PTuple, Value

__all__ = ["match_args"]


def match_args(entry: Entry, args: PTuple, profiles: Profiles) -> tuple[int, ...] | str:
    """Give the positions that hold plain data (their globals need `value`), or words for what does not fit."""
    items = args.items
    if entry.any_args:
        return tuple(range(len(items)))
    patterns = entry.args or ()
    if not len(patterns) - entry.optional <= len(items) <= len(patterns):
        return f"{len(items)} arguments"
    data: list[int] = []
    for position, (pattern, item) in enumerate(zip(patterns, items, strict=False)):
        if not _fits(pattern, item, profiles):
            return f"argument {position + 1}"
        if not isinstance(item, GlobalRef) or "data" in pattern:
            data.append(position)  # a bare global fits only where the pattern names it
    return tuple(data)


def _fits(pattern: Mapping[str, Any], item: Value, profiles: Profiles) -> bool:
    (kind, detail), *rest = pattern.items()
    assert not rest, "one pattern, one member"
    return bool(_TESTS[kind](detail, item, profiles))


def _is_global(detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, GlobalRef) and bool(list(item.key) in detail)


def _is_class(_detail: Any, item: Value, profiles: Profiles) -> bool:
    return isinstance(item, GlobalRef) and profiles.allows(item.key, "new")


def _is_const(detail: Any, item: Value, _profiles: Profiles) -> bool:
    return any(_same(wanted, item) for wanted in detail)


def _same(wanted: Any, item: Value) -> bool:
    if isinstance(wanted, list):
        return (
            isinstance(item, PTuple)
            and len(item.items) == len(wanted)
            and all(_same(a, b) for a, b in zip(wanted, item.items, strict=True))
        )
    return type(wanted) is type(item) and bool(wanted == item)


def _is_text(limit: Any, item: Value, _profiles: Profiles) -> bool:
    return (isinstance(item, str) and len(item) <= limit) or (
        isinstance(item, Blob) and item.kind == "str" and item.length <= limit
    )


def _is_bytes(limit: Any, item: Value, _profiles: Profiles) -> bool:
    if isinstance(item, bytes | str):
        return bool(len(item) <= limit)
    return isinstance(item, Blob) and item.kind in ("bytes", "bytearray", "str") and item.length <= limit


def _is_int(bounds: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and bounds[0] <= item <= bounds[1]


def _is_flag(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return item is True or item is False or (isinstance(item, int) and item in (0, 1))


def _is_none(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return item is None


def _is_instance(detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, Instance) and item.cls is not None and list(item.cls) in detail


def _is_dtype(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, Instance) and isinstance(item.model, DType)


def _is_shape(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, PTuple) and all(type(size) is int and size >= 0 for size in item.items)


def _is_data(_detail: Any, _item: Value, _profiles: Profiles) -> bool:
    return True


def _is_dict(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, PDict)


def _is_list(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, PList)


def _is_number(_detail: Any, item: Value, _profiles: Profiles) -> bool:
    return isinstance(item, int | float)


def _is_any_of(patterns: Any, item: Value, profiles: Profiles) -> bool:
    return any(_fits(pattern, item, profiles) for pattern in patterns)


_TESTS = {
    "global": _is_global,
    "class": _is_class,
    "const": _is_const,
    "str": _is_text,
    "bytes": _is_bytes,
    "int": _is_int,
    "flag": _is_flag,
    "none": _is_none,
    "instance": _is_instance,
    "dtype": _is_dtype,
    "shape": _is_shape,
    "data": _is_data,
    "dict": _is_dict,
    "list": _is_list,
    "number": _is_number,
    "any_of": _is_any_of,
}
