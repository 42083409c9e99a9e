"""Our own tree of an expression, and its canonical JSON: equal trees give equal bytes, whatever their spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from govern.canonical import Json, digest_of

__all__ = [
    "Ast",
    "Call",
    "Const",
    "Fold",
    "Has",
    "Ident",
    "ListOf",
    "Logic",
    "MapOf",
    "Node",
    "Select",
    "ast_digest",
    "children",
    "document",
    "walk",
]


@dataclass(frozen=True, slots=True)
class Const:
    """A literal. `kind` is null, bool, int, uint, double, string or bytes; `value` is JSON, numbers as text."""

    id: int
    kind: str
    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Ident:
    """A root, a variable of a fold, or the name of a type."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`."""

    id: int
    operand: Node
    field: str


@dataclass(frozen=True, slots=True)
class Has:
    """`has(operand.field)`."""

    id: int
    operand: Node
    field: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function; `target` is set for the member form `target.function(args)`."""

    id: int
    function: str
    target: Node | None
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """A flattened chain of `&&` (`and`) or `||` (`or`): how the engine balanced the chain is not meaning."""

    id: int
    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    id: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{a: b}`."""

    id: int
    entries: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """What `all`, `exists`, `exists_one` and `filter` expand to."""

    id: int
    variable: str
    range: Node
    accumulator: str
    init: Node
    condition: Node
    step: Node
    result: Node


Node = Const | Ident | Select | Has | Call | Logic | ListOf | MapOf | Fold


@dataclass(frozen=True)
class Ast:
    """A decoded expression: its tree, and where its nodes are written, which only a fault asks for."""

    root: Node
    locate: Callable[[], dict[int, int]] = field(repr=False, compare=False)

    @cached_property
    def positions(self) -> dict[int, int]:
        """The code-point offset in the source of each node by id."""
        return self.locate()


def document(node: Node) -> Json:
    """Give the tree in the node forms of the plan; equal trees give equal JSON, whatever their spelling."""
    match node:
        case Const():
            return ["const", node.kind, node.value]
        case Ident():
            return ["ident", node.name]
        case Select():
            return ["select", document(node.operand), node.field]
        case Has():
            return ["has", document(node.operand), node.field]
        case Call():
            target = None if node.target is None else document(node.target)
            return ["call", node.function, target, [document(item) for item in node.args]]
        case Logic():
            return [node.operator, [document(item) for item in node.parts]]
        case ListOf():
            return ["list", [document(item) for item in node.items]]
        case MapOf():
            return ["map", [[document(key), document(item)] for key, item in node.entries]]
        case Fold():
            parts = [document(part) for part in (node.init, node.condition, node.step, node.result)]
            return ["fold", node.variable, document(node.range), node.accumulator, *parts]


def ast_digest(node: Node) -> str:
    """Give the sha256 (hex) of the tree's RFC 8785 bytes."""
    return digest_of(document(node))


def children(node: Node) -> tuple[Node, ...]:
    """Give the direct parts of a node, in reading order."""
    match node:
        case Const() | Ident():
            return ()
        case Select() | Has():
            return (node.operand,)
        case Call():
            return node.args if node.target is None else (node.target, *node.args)
        case Logic():
            return node.parts
        case ListOf():
            return node.items
        case MapOf():
            return tuple(part for entry in node.entries for part in entry)
        case Fold():
            return (node.range, node.init, node.condition, node.step, node.result)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, depth first."""
    yield node
    for child in children(node):
        yield from walk(child)
