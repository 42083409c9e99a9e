"""What an expression reads, and what is wrong with it before any evidence is seen.

One pass over the decoded tree follows every path from a root (through fields, indexes, folds and optionals) and
infers coarse types (`cel_types`), because the engine sees only dynamic values: it would accept `metrics.acu`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from govern.diagnostics import Severity
from govern.policy.cel.ast import Call, Const, Fold, Has, Ident, ListOf, Logic, MapOf, Node, Select, children
from govern.policy.cel.nan import Fault, nan_faults
from govern.policy.cel.types import (
    BOOLEAN,
    FUNCTIONS,
    Kind,
    in_words,
    kind_given,
    kind_of_literal,
    kind_of_path,
    misuse,
)
from govern.policy.evidence_schema import (
    ELEMENT,
    EvidenceSchema,
    MapType,
    Path,
    ScalarType,
    path_text,
)

__all__ = ["Analysis", "Fault", "analyse", "is_boolean", "path_of"]

_MAX_FOLDS = 8
_MAX_INTEGER = 2**53


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one pass over an expression found."""

    reads: tuple[Path, ...]
    """Every path it reads, longest form, sorted; also those it only asks for with `has`."""
    guards: frozenset[Path]
    """Paths asked for with `has(..)` or `.?`: they may be absent."""
    iterated: frozenset[Path]
    """What its folds go through."""
    faults: tuple[Fault, ...]

    def guarded(self, path: Path) -> bool:
        """Whether the expression itself asks if the path, or something above it, is there."""
        return any(path[: len(guard)] == guard for guard in self.guards)

    @property
    def required(self) -> tuple[Path, ...]:
        """Paths that must be there: what is read unguarded, and what lies directly above a guard."""
        needed = {path for path in self.reads if not self.guarded(path)}
        needed.update(guard[:-1] for guard in self.guards if not self.guarded(guard[:-1]))
        return _sorted(needed)


def _sorted(paths: set[Path]) -> tuple[Path, ...]:
    return tuple(sorted(paths, key=path_text))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a subexpression is: a path that is still growing, and a coarse type."""

    path: Path | None = None
    kind: Kind = "any"


@dataclass(slots=True)
class _Pass:
    """The state of one analysis."""

    schema: EvidenceSchema
    reads: dict[Path, Node] = field(default_factory=dict)
    guards: set[Path] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    folds: list[Fold] = field(default_factory=list)
    iterated: set[Path] = field(default_factory=set)

    def note(self, code: str, node: Node, message: str, hint: str | None = None) -> None:
        self.faults.append(Fault(code, node, message, hint))

    # --- paths

    def record(self, path: Path, node: Node) -> None:
        while len(path) > 1 and path[-1] is ELEMENT:
            path = path[:-1]
        self.reads.setdefault(path, node)

    def seen(self, path: Path) -> _Seen:
        return _Seen(path, kind_of_path(self.schema.type_of(path)))

    def settle(self, node: Node, scope: Mapping[str, _Seen]) -> _Seen:
        """Look at a subexpression whose value is used as it is: its path is complete."""
        found = self.look(node, scope)
        if found.path is not None:
            self.record(found.path, node)
        return found

    def look(self, node: Node, scope: Mapping[str, _Seen]) -> _Seen:
        match node:
            case Const():
                return _Seen(kind=self.literal(node))
            case Ident():
                if node.name in scope:
                    return scope[node.name]
                return self.seen((node.name,)) if node.name in self.schema.roots else _Seen()
            case Select():
                above = self.look(node.operand, scope)
                return self.seen((*above.path, node.field)) if above.path else _Seen()
            case Has():
                above = self.look(node.operand, scope)
                if above.path:
                    self.guards.add((*above.path, node.field))
                    self.record((*above.path, node.field), node)
                return _Seen(kind="bool")
            case Logic() | ListOf() | MapOf():
                for part in children(node):
                    self.settle(part, scope)
                return _Seen(kind="bool" if isinstance(node, Logic) else "list" if isinstance(node, ListOf) else "map")
            case Fold():
                return self.fold(node, scope)
            case Call():
                return self.call(node, scope)

    def literal(self, node: Const) -> Kind:
        if node.kind in ("int", "uint") and abs(int(str(node.value))) > _MAX_INTEGER:
            self.note("P502", node, f"{node.value} is beyond ±2^53, where numbers of evidence end")
        if node.kind == "double" and not math.isfinite(float(str(node.value))):
            self.note("P502", node, "the number is too large for a double, it would be infinite")
        return kind_of_literal(node)

    def fold(self, node: Fold, scope: Mapping[str, _Seen]) -> _Seen:
        if node.variable == "#unused":  # what optMap expands to: a name for one value, not an iteration
            bound = self.look(node.init, scope)
            return self.look(node.result, {**scope, node.accumulator: bound})
        self.folds.append(node)
        ranged = self.settle(node.range, scope)
        if ranged.path is not None:
            self.iterated.add(ranged.path)
        if ranged.kind in ("number", "bool", "text"):
            self.note("P502", node.range, f"{in_words(ranged.kind)} cannot be iterated")
        element = _Seen()
        if ranged.path is not None:
            held = self.schema.type_of(ranged.path)
            element = _Seen(kind="text") if isinstance(held, MapType) else self.seen((*ranged.path, ELEMENT))
        inside = {**scope, node.variable: element, node.accumulator: _Seen()}
        for part in (node.init, node.condition, node.step, node.result):
            self.settle(part, inside)
        if isinstance(node.init, ListOf):  # filter: the same members, fewer
            return _Seen(ranged.path, "list")
        return _Seen(kind="bool")

    def call(self, node: Call, scope: Mapping[str, _Seen]) -> _Seen:
        name = node.function
        if name not in FUNCTIONS and not name.startswith("math."):
            self.note("P514", node, f"the function '{name}' is not part of the policy language")
        if name in ("_[_]", "_?._", "_[?_]"):
            return self.index(node, scope)
        if name in ("value", "orValue", "or") and node.target is not None:
            target = self.look(node.target, scope)
            for item in node.args:
                self.settle(item, scope)
            return target
        parts = node.args if node.target is None else (node.target, *node.args)
        kinds = [self.settle(part, scope).kind for part in parts]
        wrong = misuse(name, kinds)
        if wrong is not None:
            self.note("P502", node, *wrong)
        return _Seen(kind=kind_given(name, kinds))

    def index(self, node: Call, scope: Mapping[str, _Seen]) -> _Seen:
        base = self.look(node.args[0], scope)
        key = node.args[1]
        if base.path is None:
            self.settle(key, scope)
            return _Seen()
        if isinstance(key, Const) and key.kind == "string":
            path: Path = (*base.path, str(key.value))
        elif isinstance(key, Const) and key.kind in ("int", "uint"):
            self.record(base.path, node.args[0])
            path = (*base.path, ELEMENT)
        else:  # a computed key: the whole of what lies above is read
            if node.function != "_[_]":
                hint = "Name the key, or ask without `?`: an absent key is then an error."
                self.note("P514", node, "an optional look-up with a computed key", hint)
            self.record(base.path, node.args[0])
            self.settle(key, scope)
            return _Seen()
        if node.function != "_[_]":
            self.guards.add(path)
        return self.seen(path)


def analyse(root: Node, schema: EvidenceSchema, *, condition: bool) -> Analysis:
    """Follow every path of an expression and collect its static faults.

    `condition` is True for `when` and `applies_when`, where false lets a rule fall away, and False for an assertion.
    """
    state = _Pass(schema)
    state.settle(root, {})
    for path, node in state.reads.items():
        _check_path(state, path, node)
    if len(state.folds) > _MAX_FOLDS:
        message = f"{len(state.folds)} iterations; at most {_MAX_FOLDS}"
        state.note("P507", state.folds[_MAX_FOLDS], message, "Use a built-in check.")
    state.faults += nan_faults(root, condition=condition)
    return Analysis(
        reads=_sorted(set(state.reads)),
        guards=frozenset(state.guards),
        iterated=frozenset(state.iterated),
        faults=tuple(state.faults),
    )


def _check_path(state: _Pass, path: Path, node: Node) -> None:
    fault = state.schema.fault(path)
    if fault is None:
        return
    hint = f"Did you mean '{fault.suggestion}'?" if fault.suggestion else None
    if path[0] == "params":
        state.note("P401", node, f"this policy has no parameter '{path_text(path[1:] or path)}'", hint)
        return
    severity = Severity.ERROR if fault.certain else Severity.WARNING
    code = "P503" if fault.unknown_root else "P504"
    state.faults.append(Fault(code, node, fault.message, hint, severity))


def path_of(node: Node, scope: Mapping[str, Path | None], schema: EvidenceSchema) -> Path | None:
    """Give the path that a subexpression is, with the paths of the variables in scope; None for anything else."""
    probe = _Pass(schema)
    return probe.look(node, {name: _Seen(path) for name, path in scope.items()}).path


# --- shape


def is_boolean(node: Node, schema: EvidenceSchema) -> bool:
    """Whether an expression surely gives true or false (a plain `metrics.auc` would not)."""
    match node:
        case Has() | Logic():
            return True
        case Const():
            return node.kind == "bool"
        case Call(function="_?_:_"):
            return all(is_boolean(branch, schema) for branch in node.args[1:])
        case Call(function="orValue"):
            return all(is_boolean(item, schema) for item in node.args)
        case Call():
            return node.function in BOOLEAN
        case Fold():
            return not isinstance(node.init, ListOf) and node.variable != "#unused"
        case Select() | Ident():
            path = path_of(node, {}, schema)
            held = None if path is None else schema.type_of(path)
            return isinstance(held, ScalarType) and held.kind == "bool"
        case _:
            return False
