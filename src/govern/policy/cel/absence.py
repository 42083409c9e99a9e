"""What an expression can come to when certain paths are absent, whatever else the evidence says.

An abstract evaluation: every subexpression gets the set of outcomes it may have (true, false, error), knowing only
which paths are absent and the literals. It errs to the side of `possible`, so that "cannot be true" is a proof.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Literal

from govern.policy.cel.analysis import path_of
from govern.policy.cel.ast import Call, Const, Fold, Has, Ident, ListOf, Logic, Node, Select
from govern.policy.cel.nan import COMPARISONS
from govern.policy.evidence_schema import ELEMENT, EvidenceSchema, Path
from govern.records import record

__all__ = ["outcomes"]

Outcome = Literal["true", "false", "error"]
Outcomes = frozenset[Outcome]

_TRUE: Outcomes = frozenset(["true"])
_FALSE: Outcomes = frozenset(["false"])
_ERROR: Outcomes = frozenset(["error"])
_ANY: Outcomes = frozenset(["true", "false", "error"])

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "_==_": operator.eq,
    "_!=_": operator.ne,
    "_<_": operator.lt,
    "_<=_": operator.le,
    "_>_": operator.gt,
    "_>=_": operator.ge,
}
_OPTIONAL = ("_?._", "_[?_]")


@record
class _Known:
    """A value that the expression itself fixes."""

    value: float | str | bool


_Special = Literal["none", "error", "unknown"]
_Value = _Known | _Special
"""`none` is the empty optional."""


def outcomes(node: Node, schema: EvidenceSchema, gone: frozenset[Path]) -> Outcomes:
    """Give every outcome that an expression may have while the paths in `gone`, and all below them, are absent."""
    return _Walk(schema, gone).outcomes(node, {})


@record
class _Walk:
    schema: EvidenceSchema
    gone: frozenset[Path]

    def absent(self, path: Path | None) -> bool:
        return path is not None and any(path[: len(top)] == top for top in self.gone)

    def path(self, node: Node, scope: Mapping[str, Path | None]) -> Path | None:
        return path_of(node, scope, self.schema)

    # --- as true or false

    def outcomes(self, node: Node, scope: Mapping[str, Path | None]) -> Outcomes:
        match node:
            case Const(kind="bool"):
                return _TRUE if node.value else _FALSE
            case Has():
                above = self.path(node.operand, scope)
                if self.absent(above):
                    return _ERROR
                return _FALSE if above is not None and self.absent((*above, node.field)) else _ANY
            case Logic():
                parts = [self.outcomes(part, scope) for part in node.parts]
                return _chain(parts, decisive="false" if node.operator == "and" else "true")
            case Call(function="!_"):
                return _negated(self.outcomes(node.args[0], scope))
            case Call(function="_?_:_"):
                return self.chosen(node, scope)
            case Call(function="hasValue") if node.target is not None:
                held = self.value(node.target, scope)
                return _FALSE if held == "none" else _ERROR if held == "error" else _ANY
            case Call(function="orValue") if node.target is not None and self.value(node.target, scope) == "none":
                return self.outcomes(node.args[0], scope)
            case Call() if node.function in COMPARISONS:
                return self.compared(node, scope)
            case Fold() if node.variable != "#unused" and not isinstance(node.init, ListOf):
                return self.over_members(node, scope)
            case _:
                held = self.value(node, scope)
                if isinstance(held, _Known):
                    return _TRUE if held.value is True else _FALSE if held.value is False else _ERROR
                return _ANY if held == "unknown" else _ERROR

    def over_members(self, node: Fold, scope: Mapping[str, Path | None]) -> Outcomes:
        """Outcomes of `all`, `exists` and `exists_one` over at least one member; emptiness is a probe of its own."""
        if self.value(node.range, scope) == "error":
            return _ERROR
        path = self.path(node.range, scope)
        inside = {**scope, node.variable: None if path is None else (*path, ELEMENT), node.accumulator: None}
        if isinstance(node.step, Logic):  # all, exists: `@result && body`, `@result || body`
            body = tuple(part for part in node.step.parts if part != Ident(part.id, node.accumulator))
            parts = [self.outcomes(part, inside) for part in body]
            return _chain(parts, decisive="false" if node.step.operator == "and" else "true")
        if isinstance(node.step, Call) and node.step.function == "_?_:_":  # exists_one: `body ? @result + 1 : @result`
            return self.outcomes(node.step.args[0], inside)
        return _ANY

    def chosen(self, node: Call, scope: Mapping[str, Path | None]) -> Outcomes:
        condition = self.outcomes(node.args[0], scope)
        found: set[Outcome] = set(condition & _ERROR)
        if "true" in condition:
            found |= self.outcomes(node.args[1], scope)
        if "false" in condition:
            found |= self.outcomes(node.args[2], scope)
        return frozenset(found)

    def compared(self, node: Call, scope: Mapping[str, Path | None]) -> Outcomes:
        left, right = (self.value(item, scope) for item in node.args)
        if "error" in (left, right):
            return _ERROR
        if isinstance(left, _Known) and isinstance(right, _Known):
            same = isinstance(left.value, str) == isinstance(right.value, str)
            if not same:
                return {"_==_": _FALSE, "_!=_": _TRUE}.get(node.function, _ERROR)
            return _TRUE if _COMPARE[node.function](left.value, right.value) else _FALSE
        return _ANY

    # --- as a value

    def value(self, node: Node, scope: Mapping[str, Path | None]) -> _Value:
        match node:
            case Const():
                return _literal(node)
            case Has() | Logic():
                return _from_outcomes(self.outcomes(node, scope))
            case Fold():
                return self.folded(node, scope)
            case Call(function="_?_:_"):
                return self.alternative(node, scope)
            case Call(function="orValue" | "or") if node.target is not None:
                held = self.value(node.target, scope)
                return self.value(node.args[0], scope) if held == "none" else "error" if held == "error" else "unknown"
            case Call(function="value") if node.target is not None:
                return "error" if self.value(node.target, scope) in ("none", "error") else "unknown"
            case Call(function="optional.none"):
                return "none"
            case Call() if node.function in COMPARISONS or node.function in ("!_", "hasValue"):
                return _from_outcomes(self.outcomes(node, scope))
            case Call() if node.function in (*_OPTIONAL, "_[_]"):
                return self.looked_up(node, scope)
            case Call():
                parts = node.args if node.target is None else (node.target, *node.args)
                return "error" if any(self.value(part, scope) == "error" for part in parts) else "unknown"
            case _:
                return self.looked_up(node, scope)

    def looked_up(self, node: Node, scope: Mapping[str, Path | None]) -> _Value:
        if not self.absent(self.path(node, scope)):
            return "unknown"
        return "none" if _is_optional(node) else "error"

    def folded(self, node: Fold, scope: Mapping[str, Path | None]) -> _Value:
        source = node.init if node.variable == "#unused" else node.range
        return "error" if self.value(source, scope) == "error" else "unknown"

    def alternative(self, node: Call, scope: Mapping[str, Path | None]) -> _Value:
        condition = self.outcomes(node.args[0], scope)
        if condition == _ERROR:
            return "error"
        branches = {"true": node.args[1], "false": node.args[2]}
        found = [self.value(branches[name], scope) for name in ("true", "false") if name in condition]
        return found[0] if all(item == found[0] for item in found) else "unknown"


def _chain(parts: list[Outcomes], *, decisive: Outcome) -> Outcomes:
    """Outcomes of `&&` (decisive: false) or `||` (decisive: true): a decisive part wins over errors."""
    other: Outcome = "true" if decisive == "false" else "false"
    found: set[Outcome] = set()
    if any(decisive in part for part in parts):
        found.add(decisive)
    if all(part != frozenset([decisive]) for part in parts):
        if all(other in part for part in parts):
            found.add(other)
        if any("error" in part for part in parts):
            found.add("error")
    return frozenset(found)


def _negated(found: Outcomes) -> Outcomes:
    swapped: Mapping[Outcome, Outcome] = {"true": "false", "false": "true", "error": "error"}
    return frozenset(swapped[item] for item in found)


def _from_outcomes(found: Outcomes) -> _Value:
    if found == _ERROR:
        return "error"
    return _Known("true" in found) if found in (_TRUE, _FALSE) else "unknown"


def _literal(node: Const) -> _Value:
    if node.kind in ("int", "uint", "double"):
        return _Known(float(str(node.value)))
    if node.kind in ("string", "bool") and node.value is not None:
        return _Known(node.value)
    return "unknown"


def _is_optional(node: Node) -> bool:
    """Whether a look-up goes through `.?` or `[?..]` somewhere: then absence is an empty optional, no error."""
    while True:
        match node:
            case Call() if node.function in _OPTIONAL:
                return True
            case Select():
                node = node.operand
            case Call(function="_[_]"):
                node = node.args[0]
            case _:
                return False
