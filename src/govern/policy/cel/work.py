"""How much work an evaluation may be, known from the sizes of the evidence before the engine sees it.

The engine counts iterations and nothing else: joining lists in a fold over 9,000 members took 22 GB, and `filter`,
which joins its result anew for each member that it keeps, 1.3 GB; a pattern is compiled anew each time it is matched
(all seen on 0.1.3). So the work is reckoned here, from above: how many members are gone through, and how many members
and characters are written, compared or searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from govern.policy.cel.ast import Call, Const, Fold, Ident, ListOf, MapOf, Node, Select, children
from govern.policy.cel.bind import Bound, values_at
from govern.policy.evidence_schema import ELEMENT, Path

__all__ = ["pattern_size", "too_much_work"]

MOST_ITERATIONS = 9_999
"""What the engine allows one evaluation to iterate, over all its folds (seen on 0.1.3)."""
MOST_STEPS = 5_000_000
"""Members and characters written, compared or searched. A member written takes the engine 33 bytes: 165 MB in all."""
_STEPS_OF_A_PATTERN = 20
"""For each instruction of its program: compiling one takes the engine about as long as writing 20 members."""
_MOST_REPEATED = 1_000
"""RE2 refuses a pattern whose repetitions, multiplied where they are nested, come to more."""

_WRITING = frozenset(["_+_", "string", "bytes"])
_READING = frozenset(["_==_", "_!=_", "@in", "contains", "startsWith", "endsWith", "matches"])
_PASSING = frozenset(["orValue", "or", "value", "dyn", "optional.of", "optional.ofNonZeroValue", "_?_:_"])
"""Functions that give one of their arguments."""
_LOOK_UPS = frozenset(["_[_]", "_?._", "_[?_]"])


def too_much_work(bound: Bound, root: Node) -> str | None:
    """Say when an expression would iterate, write or compare more than one evaluation may, or None."""
    reckoned = _Reckoning(bound)
    reckoned.add(root, 1, {})
    if reckoned.iterations > MOST_ITERATIONS:
        what, most = f"iterate {reckoned.iterations:,} items", MOST_ITERATIONS
    elif reckoned.steps > MOST_STEPS:
        what, most = f"write or compare {reckoned.steps:,} members and characters", MOST_STEPS
    else:
        return None
    return f"would {what}; at most {most:,} in one expression: use a built-in check"


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a value comes from: one of these paths, or something made that holds at most so much."""

    paths: frozenset[Path] = frozenset()
    made: int = 1

    def at(self, step: str | None) -> _Origin:
        return _Origin(frozenset((*path, step) for path in self.paths), self.made)

    def joined(self, other: _Origin) -> _Origin:
        return _Origin(self.paths | other.paths, max(self.made, other.made))


_Scope = Mapping[str, _Origin]
"""What the variables of folds stand for."""


@dataclass
class _Reckoning:
    """The sums so far, and what was measured of the evidence."""

    bound: Bound
    iterations: int = 0
    steps: int = 0
    measured: dict[tuple[str, Path], int] = field(default_factory=dict)

    def add(self, node: Node, times: int, scope: _Scope) -> None:
        """Add what a node and everything below it needs when it is evaluated so many times."""
        match node:
            case Fold(variable="#unused"):  # what optMap expands to: a name for one value
                self.add(node.init, times, scope)
                self.add(node.result, times, self.naming(node, scope))
                return
            case Fold():
                self.fold(node, times, scope)
                return
            case Call() if node.function in _WRITING or node.function in _READING:
                self.steps += times * sum(self.weight(part, scope) for part in children(node))
                if node.function == "matches":
                    self.steps += times * _STEPS_OF_A_PATTERN * self.pattern(node.args[-1], scope)
            case ListOf() | MapOf():
                self.steps += times * len(children(node))
            case _:
                pass
        for child in children(node):
            self.add(child, times, scope)

    def fold(self, node: Fold, times: int, scope: _Scope) -> None:
        members = self.members(node.range, scope)
        self.iterations += times * members
        self.add(node.range, times, scope)
        body = node.step
        if isinstance(node.init, ListOf) and isinstance(body, Call):  # filter: `keep ? @result + [member] : @result`
            self.steps += times * members * (members + 1) // 2
            body = body.args[0]
        self.add(body, times * members, {**scope, node.variable: self.member(node.range, scope)})

    def member(self, ranged: Node, scope: _Scope) -> _Origin:
        """What the variable of a fold stands for: a member of a list, or a key of a mapping."""
        held = self.origin(ranged, scope)
        longest_key = max((self.largest("key", path, _longest_key) for path in held.paths), default=1)
        return held.at(ELEMENT).joined(_Origin(made=longest_key))

    def naming(self, node: Fold, scope: _Scope) -> _Scope:
        """The scope in which `optMap` has given a value its name."""
        held = self.origin(node.init, scope).joined(_Origin(made=self.weight(node.init, scope)))
        return {**scope, node.accumulator: held}

    # --- sizes

    def members(self, node: Node, scope: _Scope) -> int:
        """The most members that a node can have."""
        return self.size(node, scope, "members", _members)

    def weight(self, node: Node, scope: _Scope) -> int:
        """The most members and characters that a node can hold, with all that is in it; 1 for a number."""
        return self.size(node, scope, "weight", _weight)

    def size(self, node: Node, scope: _Scope, name: str, measure: Callable[[Any], int]) -> int:
        match node:
            case ListOf() | MapOf():
                return sum(self.size(part, scope, name, measure) for part in children(node)) + 1
            case Fold(variable="#unused"):
                return self.size(node.result, self.naming(node, scope), name, measure)
            case Fold():
                return self.size(node.range, scope, name, measure) if isinstance(node.init, ListOf) else 1
            case Call() if node.function in _WRITING or node.function in _PASSING:
                return sum(self.size(part, scope, name, measure) for part in children(node))
            case Const() | Ident() | Select():
                return self.held(node, scope, name, measure)
            case Call() if node.function in _LOOK_UPS:
                return self.held(node, scope, name, measure)
            case _:
                return 1

    def held(self, node: Node, scope: _Scope, name: str, measure: Callable[[Any], int]) -> int:
        origin = self.origin(node, scope)
        return max([origin.made, *(self.largest(name, path, measure) for path in origin.paths)])

    def origin(self, node: Node, scope: _Scope) -> _Origin:
        """Where the value of a node, or what it may be one of, comes from."""
        match node:
            case Const():
                return _Origin(made=max(1, len(node.value)) if isinstance(node.value, str) else 1)
            case Ident():
                known = node.name in self.bound.schema.roots
                return scope.get(node.name, _Origin(frozenset([(node.name,)])) if known else _Origin())
            case Select():
                return self.origin(node.operand, scope).at(node.field)
            case Call(args=(base, Const() as key)) if node.function in _LOOK_UPS:
                return self.origin(base, scope).at(str(key.value) if key.kind == "string" else ELEMENT)
            case Call(args=(base, _key)) if node.function in _LOOK_UPS:  # some part of what it looks into
                return _Origin(made=self.weight(base, scope))
            case Call(function="_?_:_"):
                return self.one_of(node.args[1:], scope)
            case Call() if node.function == "_+_" or node.function in _PASSING:
                return self.one_of(children(node), scope)
            case Fold() if isinstance(node.init, ListOf):  # filter: the same members, fewer
                return self.origin(node.range, scope)
            case ListOf() if all(isinstance(item, Const) for item in node.items):
                return self.one_of(node.items, scope)
            case _:
                return _Origin(made=self.weight(node, scope))

    def one_of(self, nodes: Sequence[Node], scope: _Scope) -> _Origin:
        found = _Origin()
        for node in nodes:
            found = found.joined(self.origin(node, scope))
        return found

    def largest(self, name: str, path: Path, measure: Callable[[Any], int]) -> int:
        key = (name, path)
        if key not in self.measured:
            values = values_at(self.bound.evidence, path)
            self.measured[key] = max((measure(value) for _place, value in values), default=1)
        return self.measured[key]

    def pattern(self, node: Node, scope: _Scope) -> int:
        if isinstance(node, Const):
            return pattern_size(str(node.value))
        held = self.origin(node, scope)
        if isinstance(node, Call):  # computed: every character of it may be repeated
            return self.weight(node, scope) * _MOST_REPEATED
        return max([held.made, *(self.largest("pattern", path, _pattern_size) for path in held.paths)])


def _members(value: Any) -> int:
    return max(1, len(value)) if isinstance(value, str | list | dict) else 1


def _longest_key(value: Any) -> int:
    return max(map(len, value), default=1) if isinstance(value, dict) else 1


def _pattern_size(value: Any) -> int:
    return pattern_size(value) if isinstance(value, str) else 1


def _weight(value: Any) -> int:
    if isinstance(value, str):
        return len(value) + 1
    if isinstance(value, list):
        return sum(map(_weight, value)) + 1
    if isinstance(value, dict):
        return sum(map(_weight, value)) + sum(map(_weight, value.values())) + 1
    return 1


_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d{1,6})(,(\d{0,6}))?\}|.", re.DOTALL)


def pattern_size(pattern: str) -> int:
    """About how many instructions RE2 makes of a pattern: its repetitions are written out, nested ones multiplied."""
    sizes, last = [0], 0
    for atom in _ATOM.finditer(pattern):
        text = atom.group()
        if text == "(":
            sizes.append(0)
            continue
        if text == ")" and len(sizes) > 1:
            last = sizes.pop() + 1
        elif atom[1] is not None:
            times = min(max(int(atom[1]), int(atom[3] or 0)), _MOST_REPEATED)
            sizes[-1] += last * (max(times, 1) - 1)
            last *= max(times, 1)
            continue
        else:
            last = 1
        sizes[-1] += last
    return min(sum(sizes), len(pattern) * _MOST_REPEATED) + 1
