"""Decode the engine's checked expression into our own tree.

The engine serialises `google.protobuf.Any` holding a `cel.expr.CheckedExpr` (cel-spec, proto/cel/expr/checked.proto
and syntax.proto; wire format: https://protobuf.dev/programming-guides/encoding/). Its byte order is not stable from
one compile to the next, so it is never hashed: the wire format is decoded here, field by field, and a field that
this decoder does not know is refused (P514) instead of skipped, because a skipped field could make two different
expressions look alike.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial

from govern.policy.cel.ast import Ast, Call, Const, Fold, Has, Ident, ListOf, Logic, MapOf, Node, Select

__all__ = ["UnsupportedConstructError", "decode"]

_MAX_DEPTH = 120
"""The engine stops at a parse depth of 32; macros add a few levels each. Beyond this the tree is refused."""


class UnsupportedConstructError(Exception):
    """The engine's tree holds something that the expression language of policies does not have."""

    node: int | None = None
    """The id of the node that it is in."""
    offset: int | None = None
    """Where that is in the source, in code points; None when the engine does not say."""


_Field = tuple[int, int, int | bytes]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise UnsupportedConstructError("a number of the engine's tree is too long")


def _fields(data: bytes) -> Iterator[_Field]:
    at = 0
    try:
        while at < len(data):
            key, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)  # nearly always one byte
            number, wire = key >> 3, key & 7
            if wire == 0:
                value, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)
                yield number, wire, value
            elif wire == 2:
                size, at = (data[at], at + 1) if data[at] < 0x80 else _varint(data, at)
                end = at + size
                if end > len(data):
                    raise UnsupportedConstructError("the engine's tree is cut short")
                yield number, wire, data[at:end]
                at = end
            elif wire == 1:
                end = at + 8
                if end > len(data):
                    raise UnsupportedConstructError("the engine's tree is cut short")
                yield number, wire, data[at:end]
                at = end
            else:
                raise UnsupportedConstructError(f"the engine's tree has wire type {wire}")
    except IndexError as fault:
        raise UnsupportedConstructError("the engine's tree is cut short") from fault


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise UnsupportedConstructError("the engine's tree has a number where a message belongs")
    return value


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise UnsupportedConstructError("the engine's tree has a message where a number belongs")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode("utf-8")


def _unknown(message: str, number: int) -> UnsupportedConstructError:
    return UnsupportedConstructError(f"field {number} of {message} in the engine's tree is not known")


def decode(serialized: bytes) -> Ast:
    """Decode the bytes of `Expression.serialize()`. Raises UnsupportedConstructError for anything unknown."""
    inner: bytes | None = None
    for number, _wire, value in _fields(serialized):
        if number == 1 and not _text(value).endswith("/cel.expr.CheckedExpr"):
            raise UnsupportedConstructError(f"the engine gave {_text(value)!r} instead of a checked expression")
        if number == 2:
            inner = _bytes(value)
    if inner is None:
        raise UnsupportedConstructError("the engine gave no checked expression")
    tree: bytes | None = None
    source_info = b""
    for number, _wire, value in _fields(inner):
        if number == 4:
            tree = _bytes(value)
        elif number == 5:
            source_info = _bytes(value)
        elif number not in (2, 3, 6):  # reference map, type map, version: derived from the tree
            raise _unknown("CheckedExpr", number)
    if tree is None:
        raise UnsupportedConstructError("the engine gave an empty tree")
    locate = partial(_positions, source_info)
    try:
        return Ast(_expr(tree, 0), locate)
    except UnsupportedConstructError as fault:
        fault.offset = None if fault.node is None else locate().get(fault.node)
        raise


def _positions(data: bytes) -> dict[int, int]:
    found: dict[int, int] = {}
    for number, _wire, value in _fields(data):
        if number != 4:
            continue
        pair = _bytes(value)
        if len(pair) == 4 and pair[0] == 0x08 and pair[2] == 0x10 and pair[1] | pair[3] < 0x80:
            found[pair[1]] = pair[3]  # two numbers of one byte each, as nearly all are
            continue
        entry = {n: _number(v) for n, _w, v in _fields(pair)}
        found[entry.get(1, 0)] = entry.get(2, 0)
    return found


def _expr(data: bytes, depth: int) -> Node:
    if depth > _MAX_DEPTH:
        raise UnsupportedConstructError("the expression is nested too deeply")
    ident = 0
    kind: int | None = None
    body = b""
    for number, _wire, value in _fields(data):
        if number == 2:
            ident = _number(value)
        elif 3 <= number <= 9:
            kind, body = number, _bytes(value)
        else:
            raise _unknown("Expr", number)
    if kind is None:
        raise UnsupportedConstructError("the engine's tree has an empty node")
    try:
        return _KINDS[kind](ident, body, depth + 1)
    except UnsupportedConstructError as fault:
        if fault.node is None:
            fault.node = ident
        raise


def _const(ident: int, data: bytes, _depth: int) -> Node:
    for number, _wire, value in _fields(data):
        if number == 1:
            return Const(ident, "null", None)
        if number == 2:
            return Const(ident, "bool", bool(value))
        if number == 3:
            # A negative int is a ten-byte two's complement varint.
            signed = _number(value) - (1 << 64) if _number(value) >= 1 << 63 else _number(value)
            return Const(ident, "int", str(signed))
        if number == 4:
            return Const(ident, "uint", str(_number(value)))
        if number == 5:
            return Const(ident, "double", repr(struct.unpack("<d", _bytes(value))[0]))
        if number == 6:
            return Const(ident, "string", _text(value))
        if number == 7:
            return Const(ident, "bytes", _bytes(value).hex())
        raise _unknown("Constant", number)
    raise UnsupportedConstructError("the engine's tree has a literal without a value")


def _ident(ident: int, data: bytes, _depth: int) -> Node:
    for number, _wire, value in _fields(data):
        if number == 1:
            return Ident(ident, _text(value))
        raise _unknown("Ident", number)
    raise UnsupportedConstructError("the engine's tree has a nameless identifier")


def _select(ident: int, data: bytes, depth: int) -> Node:
    operand: Node | None = None
    field = ""
    tested = False
    for number, _wire, value in _fields(data):
        if number == 1:
            operand = _expr(_bytes(value), depth)
        elif number == 2:
            field = _text(value)
        elif number == 3:
            tested = bool(value)
        else:
            raise _unknown("Select", number)
    if operand is None:
        raise UnsupportedConstructError("the engine's tree has a selection from nothing")
    return Has(ident, operand, field) if tested else Select(ident, operand, field)


_LOGIC = {"_&&_": "and", "_||_": "or"}


def _call(ident: int, data: bytes, depth: int) -> Node:
    function = ""
    target: Node | None = None
    args: list[Node] = []
    for number, _wire, value in _fields(data):
        if number == 1:
            target = _expr(_bytes(value), depth)
        elif number == 2:
            function = _text(value)
        elif number == 3:
            args.append(_expr(_bytes(value), depth))
        else:
            raise _unknown("Call", number)
    operator = _LOGIC.get(function)
    if operator is None:
        return Call(ident, function, target, tuple(args))
    parts: list[Node] = []
    for item in args:
        parts.extend(item.parts if isinstance(item, Logic) and item.operator == operator else [item])
    return Logic(ident, operator, tuple(parts))


def _list(ident: int, data: bytes, depth: int) -> Node:
    items: list[Node] = []
    for number, _wire, value in _fields(data):
        if number == 1:
            items.append(_expr(_bytes(value), depth))
        elif number == 2:
            raise UnsupportedConstructError("optional list elements `[?x]` are not part of the policy language")
        else:
            raise _unknown("CreateList", number)
    return ListOf(ident, tuple(items))


def _map(ident: int, data: bytes, depth: int) -> Node:
    entries: list[tuple[Node, Node]] = []
    for number, _wire, value in _fields(data):
        if number == 1:
            raise UnsupportedConstructError("message literals `Type{field: value}` are not part of the policy language")
        if number != 2:
            raise _unknown("CreateStruct", number)
        key: Node | None = None
        item: Node | None = None
        for inner, _inner_wire, part in _fields(_bytes(value)):
            if inner == 3:
                key = _expr(_bytes(part), depth)
            elif inner == 4:
                item = _expr(_bytes(part), depth)
            elif inner == 5:
                raise UnsupportedConstructError("optional map entries `{?k: v}` are not part of the policy language")
            elif inner != 1:
                raise _unknown("CreateStruct.Entry", inner)
        if key is None or item is None:
            raise UnsupportedConstructError("the engine's tree has an incomplete map entry")
        entries.append((key, item))
    return MapOf(ident, tuple(entries))


def _fold(ident: int, data: bytes, depth: int) -> Node:
    names = {1: "", 3: ""}
    parts: dict[int, Node] = {}
    for number, _wire, value in _fields(data):
        if number in names:
            names[number] = _text(value)
        elif number in (2, 4, 5, 6, 7):
            parts[number] = _expr(_bytes(value), depth)
        else:
            raise _unknown("Comprehension", number)
    if len(parts) != 5:
        raise UnsupportedConstructError("the engine's tree has an incomplete fold")
    return Fold(ident, names[1], parts[2], names[3], parts[4], parts[5], parts[6], parts[7])


_KINDS = {3: _const, 4: _ident, 5: _select, 6: _call, 7: _list, 8: _map, 9: _fold}
