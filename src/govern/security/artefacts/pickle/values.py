"""Values of the symbolic pickle machine: what a loader would hold, without making any of it.

Python's own None, bool, int, float, str and bytes stand for themselves when they are short; everything else is one of
the classes below. Containers are shared by reference, as in a real load, because a program may change them later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

__all__ = ["Blob", "GlobalRef", "Instance", "Opaque", "PDict", "PList", "PSet", "PTuple", "Value", "show"]


@dataclass(slots=True, eq=False)
class GlobalRef:
    """A name that was looked up, after the renaming that old protocols ask for."""

    module: str
    name: str
    offset: int

    @property
    def key(self) -> tuple[str, str]:
        """Module and name; compared as a pair, never joined."""
        return (self.module, self.name)

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Blob:
    """Text, bytes or a number too long to keep; `length` counts characters of text, bytes of the rest."""

    kind: str
    length: int


@dataclass(slots=True, eq=False)
class PTuple:
    """A tuple; `valued` once its globals were judged as plain values."""

    items: list[Value]
    valued: bool = False


@dataclass(slots=True, eq=False)
class PList:
    """A list."""

    items: list[Value] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PSet:
    """A set or frozenset."""

    items: list[Value] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PDict:
    """A dict as the sequence of its assignments: later ones win, none is forgotten."""

    keys: list[Value] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def items(self) -> Iterator[tuple[Value, Value]]:
        """Give the assignments in order."""
        return zip(self.keys, self.values, strict=True)

    def text_items(self) -> dict[str, Value] | None:
        """Give the final mapping when every key is short text, else None."""
        made: dict[str, Value] = {}
        for key, value in self.items():
            if not isinstance(key, str):
                return None
            made[key] = value
        return made


@dataclass(slots=True, eq=False)
class Instance:
    """What a call gave: `cls` is its class where the profile says which, `origin` what was called."""

    cls: tuple[str, str] | None
    origin: GlobalRef
    args: PTuple
    state: Value = None
    builds: int = 0
    model: object = None
    """A deeper model where one exists, e.g. of a numpy dtype."""
    extra: list[Value] = field(default_factory=list)
    """What was appended, added or set on it."""


@dataclass(slots=True, eq=False)
class Opaque:
    """A value that is not modelled; a name or class may never come from one."""

    why: str


Value = Union[None, bool, int, float, str, bytes, GlobalRef, Blob, PTuple, PList, PSet, PDict, Instance, Opaque]


def show(value: Value) -> str:
    """Name a value's kind for a message, without its content."""
    if isinstance(value, GlobalRef):
        return str(value)
    if isinstance(value, Instance):
        return f"an instance of {'.'.join(value.cls) if value.cls else value.origin}"
    if isinstance(value, Blob):
        return f"{value.kind} of {value.length} bytes"
    return {"PTuple": "a tuple", "PList": "a list", "PDict": "a dict", "PSet": "a set"}.get(
        type(value).__name__, f"a value of type {type(value).__name__}"
    )
