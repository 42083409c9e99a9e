"""JSON Patch (RFC 6902) and JSON Pointer (RFC 6901) on plain values, so that a case can say what it changes.

Nothing is changed in place: a patch gives a new document or says which operation failed and why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Union

__all__ = ["OPERATIONS", "PatchError", "Value", "apply_patch", "pointer_of", "same", "steps_of", "value_at"]

Value = Union[None, bool, int, Decimal, str, bytes, list["Value"], dict[str, "Value"]]
"""JSON types with `Decimal` for fractions; bytes for files that are no text."""

OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_ESCAPE = re.compile(r"~(?![01])")


class PatchError(ValueError):
    """An operation that cannot be applied; `index` counts operations from 0, `member` is the one at fault."""

    def __init__(self, index: int, member: str, why: str) -> None:
        """Keep the place."""
        super().__init__(why)
        self.index = index
        self.member = member


def apply_patch(document: Value, operations: Sequence[Mapping[str, Value]]) -> Value:
    """Apply operations in order. Raises PatchError; the document that was handed in is never changed."""
    made = document
    for index, operation in enumerate(operations):
        made = _Step(index, operation).apply(made)
    return made


def steps_of(pointer: str) -> tuple[str, ...]:
    """Cut a JSON pointer into its steps. Raises ValueError for what is no pointer (RFC 6901, section 3)."""
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"a pointer starts with /: '{pointer}'")
    if _ESCAPE.search(pointer):
        raise ValueError(f"~ is written ~0 and / inside a name ~1: '{pointer}'")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def pointer_of(*steps: str | int) -> str:
    """Write steps as a JSON pointer."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def value_at(document: Value, steps: Sequence[str]) -> Value:
    """Give the value at a path. Raises ValueError when there is none."""
    here = document
    for step in steps:
        here = _below(here, step)
    return here


def same(first: Value, second: Value) -> bool:
    """Whether two values are equal as JSON: true is not 1, and 0.80 is 0.8 (RFC 6902, section 4.6)."""
    if first is second:
        return True
    if isinstance(first, bool) or isinstance(second, bool):
        return False
    if isinstance(first, int | Decimal) and isinstance(second, int | Decimal):
        return first == second
    if type(first) is not type(second):
        return False
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    return first == second


class _Step:
    """One operation of a patch."""

    def __init__(self, index: int, operation: Mapping[str, Value]) -> None:
        self.index = index
        self.operation = operation

    def apply(self, document: Value) -> Value:
        name = self.operation.get("op")
        known: dict[str, Callable[[Value], Value]] = {
            "add": lambda it: self._at("path", it, lambda spot, path: _add(spot, path, self._value())),
            "remove": lambda it: self._at("path", it, _remove),
            "replace": lambda it: self._at("path", it, lambda spot, path: _replace(spot, path, self._value())),
            "test": self._test,
            "move": self._move,
            "copy": lambda it: self._at("path", it, lambda spot, path: _add(spot, path, self._source(it))),
        }
        if not isinstance(name, str) or name not in known:
            raise PatchError(
                self.index, "op", f"there is no operation '{name!s:.40}'; they are {', '.join(OPERATIONS)}"
            )
        return known[name](document)

    def _at(self, member: str, document: Value, change: Callable[[Value, tuple[str, ...]], Value]) -> Value:
        path = self._path(member)
        try:
            return change(document, path)
        except PatchError:
            raise
        except ValueError as fault:
            raise PatchError(self.index, member, str(fault)) from fault

    def _path(self, member: str) -> tuple[str, ...]:
        text = self.operation.get(member)
        if not isinstance(text, str):
            raise PatchError(self.index, member, f"`{member}` is missing")
        try:
            return steps_of(text)
        except ValueError as fault:
            raise PatchError(self.index, member, str(fault)) from fault

    def _value(self) -> Value:
        if "value" not in self.operation:
            raise PatchError(self.index, "value", "`value` is missing")
        return self.operation["value"]

    def _source(self, document: Value) -> Value:
        path = self._path("from")
        try:
            return value_at(document, path)
        except ValueError as fault:
            raise PatchError(self.index, "from", str(fault)) from fault

    def _move(self, document: Value) -> Value:
        origin, target = self._path("from"), self._path("path")
        if target[: len(origin)] == origin and len(target) > len(origin):
            raise PatchError(self.index, "path", "nothing can be moved into itself")
        moved = self._source(document)
        without = self._at("from", document, _remove)
        return self._at("path", without, lambda spot, path: _add(spot, path, moved))

    def _test(self, document: Value) -> Value:
        path, wanted = self._path("path"), self._value()
        try:
            found = value_at(document, path)
        except ValueError as fault:
            raise PatchError(self.index, "path", str(fault)) from fault
        if not same(found, wanted):
            raise PatchError(self.index, "value", "the value there is another one")
        return document


# --- one change at a path; each gives a new document


def _below(here: Value, step: str) -> Value:
    if isinstance(here, dict):
        if step not in here:
            near = f"; there are {', '.join(list(here)[:8])}" if here else ""
            raise ValueError(f"there is no '{step}'{near}")
        return here[step]
    if isinstance(here, list):
        return here[_index(step, len(here) - 1)]
    raise ValueError(f"there is nothing below: '{step}' is asked of a single value")


def _index(step: str, most: int) -> int:
    if not _INDEX.fullmatch(step):
        raise ValueError(f"'{step}' is no place in a list: places are 0, 1, 2, ..")
    if int(step) > most:
        raise ValueError(f"the list has no place {step}")
    return int(step)


def _changed(here: Value, path: tuple[str, ...], change: Callable[[Value, str], Value]) -> Value:
    """Copy what lies on the path and change what the last step names."""
    if len(path) == 1:
        return change(here, path[0])
    below = _changed(_below(here, path[0]), path[1:], change)
    if isinstance(here, dict):
        return {**here, path[0]: below}
    if isinstance(here, list):
        at = int(path[0])
        return [*here[:at], below, *here[at + 1 :]]
    raise ValueError("there is nothing below a single value")


def _add(document: Value, path: tuple[str, ...], value: Value) -> Value:
    def change(here: Value, step: str) -> Value:
        if isinstance(here, dict):
            return {**here, step: value}
        if isinstance(here, list):
            at = len(here) if step == "-" else _index(step, len(here))
            return [*here[:at], value, *here[at:]]
        raise ValueError(f"nothing can be added below a single value: '{step}'")

    return _changed(document, path, change) if path else value


def _remove(document: Value, path: tuple[str, ...]) -> Value:
    def change(here: Value, step: str) -> Value:
        _below(here, step)
        if isinstance(here, dict):
            return {key: value for key, value in here.items() if key != step}
        if isinstance(here, list):
            return [*here[: int(step)], *here[int(step) + 1 :]]
        raise ValueError("there is nothing below a single value")

    if not path:
        raise ValueError("the whole document cannot be removed")
    return _changed(document, path, change)


def _replace(document: Value, path: tuple[str, ...], value: Value) -> Value:
    def change(here: Value, step: str) -> Value:
        _below(here, step)
        if isinstance(here, dict):
            return {**here, step: value}
        if isinstance(here, list):
            return [*here[: int(step)], value, *here[int(step) + 1 :]]
        raise ValueError("there is nothing below a single value")

    return _changed(document, path, change) if path else value
