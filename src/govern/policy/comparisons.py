"""What an expression demands, read off its canonical tree: its conjuncts, and which of them limit one value.

Lint looks for limits that contradict each other, `policy diff` for limits that moved, `explain` for how far a value is
from its limit. Only a comparison of something with a literal (or a parameter of the policy, whose value is known) is a
limit; everything else stays a conjunct as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from govern.canonical import Json, canonical_bytes, decimal_text
from govern.policy.cel.evaluation import Expression
from govern.policy.evidence_schema import step_text
from govern.policy.interface import CheckParams, CompiledText
from govern.policy.values import ParameterValue

__all__ = [
    "Conjunct",
    "Limit",
    "Side",
    "assertions_of",
    "conjuncts_of",
    "contradiction",
    "key_of",
    "subject_of",
    "value_text",
]

Side = Literal["low", "high", "is", "is not"]
_SIDES: Mapping[str, tuple[Side, bool]] = {
    "_>=_": ("low", False),
    "_>_": ("low", True),
    "_<=_": ("high", False),
    "_<_": ("high", True),
    "_==_": ("is", False),
    "_!=_": ("is not", False),
}
_TURNED = {"_>=_": "_<=_", "_>_": "_<_", "_<=_": "_>=_", "_<_": "_>_", "_==_": "_==_", "_!=_": "_!=_"}
_SIGNS = {("low", False): ">=", ("low", True): ">", ("high", False): "<=", ("high", True): "<"}
_SIGNS |= {("is", False): "==", ("is not", False): "!="}


@dataclass(frozen=True, slots=True)
class Limit:
    """`subject side value`, e.g. `metrics.auc` at least 0.8."""

    subject: bytes
    """Canonical bytes of the tree that is compared."""
    side: Side
    value: Decimal | str | bool
    strict: bool
    """Whether the value itself is outside: `>` and `<`."""

    def is_stricter(self, other: Limit) -> bool:
        """Whether a lower limit is higher, or an upper one lower, than another of its side; False for equalities."""
        if self.side not in ("low", "high") or self.side != other.side:
            return False
        sign = 1 if self.side == "low" else -1
        mine, yours = sign * Decimal(str(self.value)), sign * Decimal(str(other.value))
        return (mine, self.strict) > (yours, other.strict)

    @property
    def text(self) -> str:
        """Sign and value, e.g. `>= 0.8`."""
        return f"{_SIGNS[self.side, self.strict]} {value_text(self.value)}"


@dataclass(frozen=True, slots=True)
class Conjunct:
    """One top-level `&&` part of an expression."""

    tree: Json
    text: str
    """As the author wrote it; the whole expression where the parts cannot be told apart in the text."""
    limit: Limit | None


def assertions_of(params: CheckParams) -> tuple[Expression, ...]:
    """Give the compiled assertions of a rule's parameters, those of lists sorted: all of them must be true."""
    found: list[Expression] = []
    for name in type(params).model_fields:
        held = getattr(params, name)
        if isinstance(held, CompiledText):
            found.append(held.expression)
        elif isinstance(held, tuple):
            found += [item.expression for item in sorted(held, key=str) if isinstance(item, CompiledText)]
    return tuple(found)


def value_text(value: Decimal | str | bool) -> str:
    """Write the value of a limit as an author would."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else decimal_text(value)


def key_of(tree: Json) -> bytes:
    """Give canonical bytes, equal for equal trees."""
    return canonical_bytes(tree)


def conjuncts_of(expression: Expression) -> tuple[Conjunct, ...]:
    """Give the top-level conjuncts, with the values of the policy's parameters put in."""
    tree = _with_params(expression.ast, expression.params)
    trees = list(tree[1]) if isinstance(tree, list) and tree and tree[0] == "and" else [tree]
    exact = len(expression.parts) == len(trees)
    texts = [part.strip() for part in expression.parts] if exact else [expression.text] * len(trees)
    return tuple(Conjunct(item, text, _limit(item)) for item, text in zip(trees, texts, strict=True))


def _with_params(tree: Any, params: Mapping[str, ParameterValue]) -> Any:
    if not isinstance(tree, list):
        return tree
    if len(tree) == 3 and tree[0] == "select" and tree[1] == ["ident", "params"] and tree[2] in params:
        return _constant(params[tree[2]])
    return [_with_params(item, params) for item in tree]


def _constant(value: ParameterValue) -> Json:
    if isinstance(value, bool):
        return ["const", "bool", value]
    if isinstance(value, Decimal | int):
        return ["const", "double", decimal_text(value)]
    if isinstance(value, tuple):
        return ["list", [["const", "string", item] for item in value]]
    return ["const", "string", value]


def _limit(tree: Any) -> Limit | None:
    if not isinstance(tree, list) or tree[0] != "call" or tree[1] not in _SIDES or len(tree[3]) != 2:
        return None
    function, (left, right) = tree[1], tree[3]
    if left[0] == "const" and right[0] != "const":
        function, left, right = _TURNED[function], right, left
    if right[0] != "const" or left[0] == "const":
        return None
    value = _literal(right)
    side, strict = _SIDES[function]
    if value is None or (side in ("low", "high") and not isinstance(value, Decimal)):
        return None
    return Limit(key_of(left), side, value, strict)


def _literal(tree: Sequence[Any]) -> Decimal | str | bool | None:
    _form, kind, value = tree
    if kind in ("int", "uint", "double"):
        return Decimal(str(value))
    return value if kind in ("string", "bool") else None


def contradiction(limits: Iterable[tuple[Limit, str]]) -> tuple[str, str] | None:
    """Give the texts of two limits of one subject that no value can meet together, or None."""
    seen: list[tuple[Limit, str]] = []
    for limit, text in limits:
        for other, other_text in seen:
            if other.subject == limit.subject and _excludes(other, limit):
                return other_text, text
        seen.append((limit, text))
    return None


def _excludes(left: Limit, right: Limit) -> bool:
    if left.side == "is" and right.side == "is":
        return type(left.value) is not type(right.value) or left.value != right.value
    if {left.side, right.side} == {"is", "is not"}:
        return left.value == right.value
    if not isinstance(left.value, Decimal) or not isinstance(right.value, Decimal):
        return False
    lows = [item for item in (left, right) if item.side in ("low", "is")]
    highs = [item for item in (left, right) if item.side in ("high", "is")]
    for low in lows:
        for high in highs:
            if low is high or (low.side == "is" and high.side == "is"):
                continue
            floor, ceiling = Decimal(str(low.value)), Decimal(str(high.value))
            if floor > ceiling or (floor == ceiling and (low.strict or high.strict)):
                return True
    return False


def subject_of(item: Conjunct) -> str | None:
    """Give what a conjunct limits, as an author would write it; None where it limits nothing that has a short name."""
    if item.limit is None:
        return None
    tree: Any = item.tree  # a limit is a call with two arguments
    left, right = tree[3]
    return _subject_text(right if left[0] == "const" else left)


def _subject_text(tree: Any) -> str | None:
    """Write a path, or the size of one, as an author would; None for anything else."""
    if tree[0] == "call" and tree[1] == "size":
        inner = _subject_text(tree[2] if tree[2] is not None else tree[3][0])
        return None if inner is None else f"size({inner})"
    steps = list(_steps(tree))
    if not steps or None in steps:
        return None
    return str(steps[0]) + "".join(step_text(str(step)) for step in steps[1:])


def _steps(tree: Any) -> Iterator[str | None]:
    match tree:
        case ["ident", name]:
            yield name
        case ["select", below, field]:
            yield from _steps(below)
            yield field
        case ["call", "_[_]", None, [below, ["const", "string", key]]]:
            yield from _steps(below)
            yield key
        case _:
            yield None
