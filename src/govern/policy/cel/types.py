"""Coarse types: which functions there are, what they give, and what they cannot take.

The engine sees only dynamic values, so it would accept `card.owners > 1`. What is known of a subexpression here is a
kind; `any` is compatible with everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from govern.policy.cel.ast import Const
from govern.policy.cel.nan import COMPARISONS
from govern.policy.evidence_schema import ListType, MapType, PathType, ScalarType

__all__ = ["BOOLEAN", "FUNCTIONS", "Kind", "in_words", "kind_given", "kind_of_literal", "kind_of_path", "misuse"]

_ORDERINGS = frozenset(["_<_", "_<=_", "_>_", "_>=_"])
BOOLEAN = COMPARISONS | frozenset(
    ["!_", "@in", "startsWith", "endsWith", "contains", "matches", "hasValue", "bool", "@not_strictly_false"]
)
"""Functions and operators that give true or false."""
_NUMERIC = frozenset(["_-_", "_*_", "_/_", "_%_", "-_", "size", "int", "uint", "double"])
_TIME_PARTS = frozenset(
    f"get{part}"
    for part in (
        *("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear"),
        *("Hours", "Minutes", "Seconds", "Milliseconds"),
    )
)
_OTHER = frozenset(
    (
        *("_+_", "_?_:_", "_[_]", "_?._", "_[?_]", "string", "bytes", "type", "dyn", "timestamp", "duration"),
        *("value", "orValue", "or", "optional.of", "optional.ofNonZeroValue", "optional.none"),
    )
)
FUNCTIONS = BOOLEAN | _NUMERIC | _TIME_PARTS | _OTHER
"""The closed list; beside it everything that begins with `math.`."""

Kind = Literal["text", "number", "bool", "list", "map", "any"]


def kind_of_path(type_: PathType | None) -> Kind:
    """Give the kind of a value of the evidence."""
    match type_:
        case ScalarType():
            return type_.kind
        case ListType():
            return "list"
        case MapType():
            return "map"
        case _:
            return "any"


def kind_of_literal(node: Const) -> Kind:
    """Give the kind of a literal."""
    kinds: dict[str, Kind] = {"int": "number", "uint": "number", "double": "number", "string": "text", "bool": "bool"}
    return kinds.get(node.kind, "any")


def kind_given(function: str, kinds: Sequence[Kind]) -> Kind:
    """Give the kind of what a function or operator makes of arguments of these kinds (a target comes first)."""
    if function == "_?_:_":
        return kinds[1] if kinds[1] == kinds[2] else "any"
    if function == "_+_":
        return kinds[0] if kinds[0] == kinds[1] else "any"
    if function in BOOLEAN:
        return "bool"
    if function in _NUMERIC or function in _TIME_PARTS:
        return "number"
    return "text" if function == "string" else "any"


def in_words(kind: Kind) -> str:
    """Name a kind for a diagnostic."""
    return {
        "text": "a text",
        "number": "a number",
        "bool": "true or false",
        "list": "a list",
        "map": "a mapping",
        "any": "a value",
    }[kind]


def misuse(function: str, kinds: Sequence[Kind]) -> tuple[str, str | None] | None:
    """Say why a function cannot take arguments of these kinds, with a hint; None when it can."""
    if function in COMPARISONS:
        left, right = kinds
        if "any" in kinds:
            return None
        if left != right:
            return f"compares {in_words(left)} with {in_words(right)}", None
        if function in _ORDERINGS and left not in ("number", "text"):
            return f"{in_words(left)} has no order", None
    elif function == "@in" and kinds[1] in ("number", "bool", "text"):
        hint = "Write text.contains('part') for a part of a text." if kinds[1] == "text" else None
        return f"`in` looks into a list or a mapping, not into {in_words(kinds[1])}", hint
    elif function == "size" and kinds[0] in ("number", "bool"):
        return f"{in_words(kinds[0])} has no size", None
    elif function in ("_-_", "_*_", "_/_", "_%_"):
        wrong = [kind for kind in kinds if kind in ("text", "bool", "list", "map")]
        if wrong:
            return f"calculates with {in_words(wrong[0])}", None
    elif function == "!_" and kinds[0] not in ("bool", "any"):
        return f"`!` needs true or false, not {in_words(kinds[0])}", None
    return None
