"""Which of two values is the stricter: one order for overlays, command-line parameters and `policy diff`.

A value is tighter when the set of evidence on which a rule lets a model through stays or shrinks. Each field declares
its direction (`tighten`); `compare` holds two values against it and `join` gives the least value that is at least as
strict as both. The join is commutative, associative and idempotent, so that the order of imports cannot matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from govern.policy.durations import compare as compare_durations

__all__ = [
    "FIXED",
    "Direction",
    "IncomparableError",
    "Order",
    "compare",
    "compared",
    "direction_of",
    "fields_of",
    "join",
]

_DURATION = re.compile(r"[0-9]{1,6}(mo|m|h|d|y)", re.ASCII)


class Order(StrEnum):
    """How a new value stands to an old one."""

    EQUAL = "equal"
    TIGHTER = "tighter"
    LOOSER = "looser"
    INCOMPARABLE = "incomparable"


class IncomparableError(ValueError):
    """Two values have no common stricter one that can be named."""


@dataclass(frozen=True, slots=True)
class Direction:
    """How a value may move: up, down, superset, subset, order, fixed, with (an expression)."""

    tighten: str = "fixed"
    order: tuple[str, ...] = ()
    """Members from weakest to strictest, for `order`."""
    unset: str = "weakest"
    """What None asks: nothing (`weakest`), or everything (`strictest`), as where no or an empty list means all."""


FIXED = Direction()


def direction_of(field: FieldInfo) -> Direction:
    """Give the direction that a check kind declares for a parameter."""
    extra: Any = field.json_schema_extra or {}
    return Direction(
        str(extra.get("tighten", "fixed")),
        tuple(str(item) for item in extra.get("order", ())),
        str(extra.get("unset", "weakest")),
    )


def fields_of(model: type[BaseModel]) -> Mapping[str, Direction]:
    """Give the direction of each parameter of a model, by the name it has under `with:`."""
    return {item.alias or name: direction_of(item) for name, item in model.model_fields.items()}


def compared(orders: Iterable[Order]) -> Order:
    """Give the order of a whole from the orders of its parts: tighter in one and looser in another is no order."""
    found = set(orders) - {Order.EQUAL}
    if not found:
        return Order.EQUAL
    return found.pop() if len(found) == 1 else Order.INCOMPARABLE


def compare(direction: Direction, old: Any, new: Any) -> Order:
    """Say how `new` stands to `old`. Both are typed values of one field; None is unset."""
    old, new = _given(direction, old), _given(direction, new)
    if _same(old, new):
        return Order.EQUAL
    if old is None or new is None:
        return _against_unset(direction, new_is_unset=new is None)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted({*old, *new} - {"default"})
        pairs = [("default", old.get("default"), new.get("default"))]
        pairs += [(key, _held(old, key), _held(new, key)) for key in keys]
        return compared(compare(direction, before, after) for _key, before, after in pairs)
    match direction.tighten:
        case "up" | "down":
            sign = _number_order(new, old)
            if sign is None:
                return Order.INCOMPARABLE
            if sign == 0:  # 24h and 1d
                return Order.EQUAL
            return Order.TIGHTER if (sign > 0) == (direction.tighten == "up") else Order.LOOSER
        case "superset" | "subset":
            return _members_order(direction, old, new)
        case "order":
            return _ranked(direction, old, new)
    return Order.INCOMPARABLE


def _given(direction: Direction, value: Any) -> Any:
    return None if direction.unset == "strictest" and isinstance(value, tuple | list) and not value else value


def _same(old: Any, new: Any) -> bool:
    if type(old) is not type(new) and isinstance(old, bool) != isinstance(new, bool):
        return False
    return bool(old == new)


def _against_unset(direction: Direction, *, new_is_unset: bool) -> Order:
    if direction.tighten in ("fixed", "with"):
        return Order.INCOMPARABLE
    return Order.LOOSER if new_is_unset == (direction.unset == "weakest") else Order.TIGHTER


def _held(values: Mapping[str, Any], key: str) -> Any:
    """The value of a key of a mapping; `default` stands for the keys that are not named."""
    return values.get(key, values.get("default"))


def _number_order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for numbers, durations and days; None where there is no order."""
    if isinstance(left, str) and isinstance(right, str):
        if _DURATION.fullmatch(left) and _DURATION.fullmatch(right):
            return compare_durations(left, right)
        return (left > right) - (left < right)  # days, YYYY-MM-DD
    if isinstance(left, Decimal | int) and isinstance(right, Decimal | int):
        return (left > right) - (left < right)
    return None


def _ranked(direction: Direction, old: Any, new: Any) -> Order:
    before, after = _rank(direction, old), _rank(direction, new)
    if before is None or after is None:
        return Order.INCOMPARABLE
    return Order.TIGHTER if after > before else Order.LOOSER


def _rank(direction: Direction, value: Any) -> int | None:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    names = direction.order or ("false", "true")
    return names.index(text) if text in names else None


# --- lists of members


def _members_order(direction: Direction, old: Any, new: Any) -> Order:
    before, after = _by_identity(direction, old), _by_identity(direction, new)
    grows = direction.tighten == "superset"
    parts = [_counts_order(direction, before[key], after[key]) for key in before.keys() & after.keys()]
    if after.keys() - before.keys():
        parts.append(Order.TIGHTER if grows else Order.LOOSER)
    if before.keys() - after.keys():
        parts.append(Order.LOOSER if grows else Order.TIGHTER)
    return compared(parts)


def _by_identity(direction: Direction, values: Any) -> dict[Any, Any]:
    """Members by what names them: a text, a list of texts in any order, or the undirected fields of a model."""
    return {_identity(direction, item): item for item in values}


def _identity(direction: Direction, item: Any) -> Any:
    if isinstance(item, BaseModel):
        named = fields_of(type(item))
        plain = item.model_dump(by_alias=True, mode="json")
        return tuple((key, repr(plain[key])) for key in sorted(named) if named[key].tighten == "fixed")
    if isinstance(item, tuple | list):
        return frozenset(_identity(direction, part) for part in item)
    return item


def _counts_order(direction: Direction, old: Any, new: Any) -> Order:
    if not isinstance(old, BaseModel):
        return Order.EQUAL
    named = type(old).model_fields
    return compared(
        compare(direction_of(item), getattr(old, name), getattr(new, name))
        for name, item in named.items()
        if direction_of(item).tighten != "fixed"
    )


# --- joining


def join(direction: Direction, left: Any, right: Any) -> Any:
    """Give the least value that is at least as strict as both. Raises IncomparableError when there is none."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return _join_mappings(direction, left, right)
    order = compare(direction, left, right)
    if order is Order.EQUAL:  # two spellings of one value: the same one, whichever came first
        if left == right:
            return left
        return _sorted(left) if isinstance(left, tuple | list) else min(left, right, key=str)
    if order is Order.LOOSER:
        return left
    if order is Order.TIGHTER:
        return right
    if direction.tighten in ("superset", "subset") and left is not None and right is not None:
        return _join_members(direction, left, right)
    raise IncomparableError


def _join_mappings(direction: Direction, left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key in sorted({*left, *right}):
        before, after = _held(left, key), _held(right, key)
        made[key] = join(direction, before, after)
    return made


def _join_members(direction: Direction, left: Any, right: Any) -> tuple[Any, ...]:
    first, second = _by_identity(direction, left), _by_identity(direction, right)
    both = {key: _join_counts(direction, first[key], second[key]) for key in first.keys() & second.keys()}
    if direction.tighten == "subset":
        if not both:  # an empty list could mean "all" to a check kind, and is surely not what either layer wrote
            raise IncomparableError
        return _sorted(both.values())
    return _sorted({**first, **second, **both}.values())


def _sorted(members: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted(members, key=_sort_key))


def _join_counts(direction: Direction, left: Any, right: Any) -> Any:
    if not isinstance(left, BaseModel):
        return left
    directed = {name: direction_of(item) for name, item in type(left).model_fields.items()}
    changes = {
        name: join(held, getattr(left, name), getattr(right, name))
        for name, held in directed.items()
        if held.tighten != "fixed"
    }
    return left.model_copy(update=changes)


def _sort_key(item: Any) -> tuple[int, str]:
    if isinstance(item, BaseModel):
        return 2, item.model_dump_json(by_alias=True)
    if isinstance(item, tuple | list):
        return 1, "\x00".join(sorted(str(part) for part in item))
    return 0, str(item)
