"""Descriptions of JSON values that can do two things: check a value, and print themselves as JSON Schema.

Verification starts too often to load a schema engine, and issuing wants one that others wrote. Both follow the same
description: a test holds the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from govern.canonical import Json, base64_bytes, parse_instant
from govern.records import record

__all__ = [
    "ANY_TEXT",
    "DIGEST",
    "HEX_DIGEST",
    "INSTANT",
    "TEXT",
    "Base64",
    "Constant",
    "Count",
    "Fault",
    "Flag",
    "Instant",
    "ListOf",
    "MapOf",
    "Nullable",
    "OneOf",
    "Record",
    "Shape",
    "Text",
]

_MOST_COUNT = 2**53 - 1
_SOME, _ANY = "(?s:.+)", "(?s:.*)"

Fault = tuple[str, str]
"""JSON pointer and what is wrong there."""


class Shape(Protocol):
    """What a JSON value may be."""

    def schema(self) -> dict[str, Json]:
        """Give the closed JSON Schema (2020-12) of such a value."""

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong with a value, members that the shape does not know aside."""

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield the pointers of members that the shape does not know. The value has no faults."""


class _Leaf:
    """A shape without members."""

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield nothing."""
        yield from ()


@record
class Text(_Leaf):
    """A text that matches a pattern as a whole; by default one that is not empty."""

    pattern: str = _SOME
    what: str = "a text that is not empty"

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        if self.pattern == _SOME:
            return {"type": "string", "minLength": 1}
        if self.pattern == _ANY:
            return {"type": "string"}
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            yield at, f"expected {self.what}"


@record
class Instant(_Leaf):
    """An RFC 3339 instant in UTC, whole seconds."""

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        try:
            if isinstance(value, str):
                parse_instant(value)
                return
        except ValueError:
            pass
        yield at, "expected an instant such as 2026-03-01T00:00:00Z"


@record
class Base64(_Leaf):
    """Canonical standard base64 of a number of bytes."""

    size: int | None = None

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        tails = ("", "[A-Za-z0-9+/][AQgw]==", "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=")
        if self.size is not None:
            pattern = f"^(?:[A-Za-z0-9+/]{{4}}){{{self.size // 3}}}{tails[self.size % 3]}$"
        else:
            pattern = f"^(?:[A-Za-z0-9+/]{{4}})*(?:{tails[1]}|{tails[2]})?$"
        return {"type": "string", "minLength": 1, "pattern": pattern}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        try:
            if isinstance(value, str) and value and self.size in (None, len(base64_bytes(value))):
                return
        except ValueError:
            pass
        yield at, f"expected base64 of {self.size} bytes" if self.size else "expected base64"


@record
class Constant(_Leaf):
    """Exactly one text."""

    value: str

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"const": self.value}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if value != self.value or not isinstance(value, str):
            yield at, f"expected {self.value}"


@record
class OneOf(_Leaf):
    """One of a few texts."""

    values: tuple[str, ...]

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"enum": list(self.values)}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if not isinstance(value, str) or value not in self.values:
            yield at, f"expected one of {', '.join(self.values)}"


@record
class Count(_Leaf):
    """A whole number that every JSON reader keeps exactly."""

    minimum: int = 0

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"type": "integer", "minimum": self.minimum, "maximum": _MOST_COUNT}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if isinstance(value, bool) or not isinstance(value, int) or not self.minimum <= value <= _MOST_COUNT:
            yield at, f"expected a whole number from {self.minimum}"


@record
class Flag(_Leaf):
    """True or false."""

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"type": "boolean"}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if not isinstance(value, bool):
            yield at, "expected true or false"


@record
class Nullable:
    """A value of a shape, or null."""

    shape: Shape

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {"anyOf": [self.shape.schema(), {"type": "null"}]}

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if value is not None:
            yield from self.shape.faults(value, at)

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield unknown members."""
        if value is not None:
            yield from self.shape.unknown(value, at)


@record
class ListOf:
    """A list of values of one shape."""

    shape: Shape
    least: int = 0
    most: int | None = None

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        made: dict[str, Json] = {"type": "array", "items": self.shape.schema()}
        if self.least:
            made["minItems"] = self.least
        if self.most is not None:
            made["maxItems"] = self.most
        return made

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if not isinstance(value, list):
            yield at, "expected a list"
        elif len(value) < self.least or (self.most is not None and len(value) > self.most):
            yield at, f"expected {self.least} to {self.most if self.most is not None else 'any number of'} items"
        else:
            for index, item in enumerate(value):
                yield from self.shape.faults(item, f"{at}/{index}")

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield unknown members."""
        assert isinstance(value, Sequence)
        for index, item in enumerate(value):
            yield from self.shape.unknown(item, f"{at}/{index}")


@record
class MapOf:
    """An object with free member names of one pattern and values of one shape."""

    key: Text
    shape: Shape

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema."""
        return {
            "type": "object",
            "propertyNames": self.key.schema(),
            "additionalProperties": self.shape.schema(),
        }

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if not isinstance(value, dict):
            yield at, "expected an object"
            return
        for name, item in value.items():
            yield from self.key.faults(name, f"{at}/{_escaped(name)}")
            yield from self.shape.faults(item, f"{at}/{_escaped(name)}")

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield unknown members."""
        assert isinstance(value, Mapping)
        for name, item in value.items():
            yield from self.shape.unknown(item, f"{at}/{_escaped(name)}")


@record
class Record:
    """An object with known members; those not named in `optional` must be there."""

    members: Mapping[str, Shape]
    optional: Mapping[str, Shape] = MappingProxyType({})

    def schema(self) -> dict[str, Json]:
        """Give its JSON Schema, closed."""
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in {**self.members, **self.optional}.items()},
            "required": list(self.members),
            "additionalProperties": False,
        }

    def faults(self, value: object, at: str = "") -> Iterator[Fault]:
        """Yield what is wrong."""
        if not isinstance(value, dict):
            yield at, "expected an object"
            return
        for name, shape in self.members.items():
            if name in value:
                yield from shape.faults(value[name], f"{at}/{name}")
            else:
                yield f"{at}/{name}", "is missing"
        for name, shape in self.optional.items():
            if name in value:
                yield from shape.faults(value[name], f"{at}/{name}")

    def unknown(self, value: object, at: str = "") -> Iterator[str]:
        """Yield unknown members."""
        assert isinstance(value, Mapping)
        known = {**self.members, **self.optional}
        for name, item in value.items():
            if name in known:
                yield from known[name].unknown(item, f"{at}/{name}")
            else:
                yield f"{at}/{_escaped(name)}"


def _escaped(name: str) -> str:
    """Write a member name as a token of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


TEXT = Text()
ANY_TEXT = Text(_ANY, "a text")
INSTANT = Instant()
HEX_DIGEST = Text("[0-9a-f]{64}", "64 lower-case hex digits")
DIGEST = Record({"digest": Record({"sha256": HEX_DIGEST})})
"""How a digest is written in a predicate."""
