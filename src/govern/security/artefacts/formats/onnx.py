"""ONNX by its protobuf wire format: every graph walked, external files and operator domains collected.

Message layout: onnx.proto of ONNX 1.23. No ONNX library is imported: a parser that allocates before it checks is a
risk of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.pickle.machine import Buffer

__all__ = ["KNOWN_DOMAINS", "ExternalData", "OnnxModel", "probe_onnx", "read_onnx"]

KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"})
MAX_DEPTH = 60
MAX_FIELDS = 20_000_000

_SCALAR = ""
"""A field that holds no message to walk."""
_MESSAGES: dict[str, dict[int, str]] = {
    "Model": {1: _SCALAR, 2: _SCALAR, 3: _SCALAR, 4: _SCALAR, 5: _SCALAR, 6: _SCALAR, 7: "Graph", 8: "OperatorSet"}
    | {14: "Entry", 20: "Training", 25: "Function", 26: _SCALAR},
    "OperatorSet": {1: _SCALAR, 2: _SCALAR},
    "Graph": {1: "Node", 2: _SCALAR, 5: "Tensor", 10: _SCALAR, 11: _SCALAR, 12: _SCALAR, 13: _SCALAR, 14: _SCALAR}
    | {15: "Sparse", 16: "Entry"},
    "Node": {1: _SCALAR, 2: _SCALAR, 3: _SCALAR, 4: _SCALAR, 5: "Attribute", 6: _SCALAR, 7: _SCALAR, 8: _SCALAR}
    | {9: "Entry", 10: _SCALAR},
    "Attribute": {1: _SCALAR, 2: _SCALAR, 3: _SCALAR, 4: _SCALAR, 5: "Tensor", 6: "Graph", 7: _SCALAR, 8: _SCALAR}
    | {9: _SCALAR, 10: "Tensor", 11: "Graph", 13: _SCALAR, 14: _SCALAR, 15: _SCALAR, 20: _SCALAR, 21: _SCALAR}
    | {22: "Sparse", 23: "Sparse"},
    "Tensor": {1: _SCALAR, 2: _SCALAR, 3: _SCALAR, 4: _SCALAR, 5: _SCALAR, 6: _SCALAR, 7: _SCALAR, 8: _SCALAR}
    | {9: _SCALAR, 10: _SCALAR, 11: _SCALAR, 12: _SCALAR, 13: "External", 14: _SCALAR, 16: "Entry"},
    "Sparse": {1: "Tensor", 2: "Tensor", 3: _SCALAR},
    "Training": {1: "Graph", 2: "Graph", 3: "Entry", 4: "Entry"},
    "Function": {1: _SCALAR, 4: _SCALAR, 5: _SCALAR, 6: _SCALAR, 7: "Node", 8: _SCALAR, 9: "OperatorSet"}
    | {10: _SCALAR, 11: "Attribute", 12: _SCALAR, 13: _SCALAR, 14: "Entry"},
    "Entry": {1: _SCALAR, 2: _SCALAR},
    "External": {1: _SCALAR, 2: _SCALAR},
}
_ONCE = {("Model", 1), ("Model", 7), ("Node", 4), ("Node", 7), ("Attribute", 5), ("Attribute", 6), ("Tensor", 9)}
"""Fields that may stand only once: of two, parsers keep different ones."""


@dataclass(frozen=True, slots=True)
class ExternalData:
    """A file that tensors of the model are read from."""

    location: str
    offset: int | None
    length: int | None


@dataclass(slots=True)
class OnnxModel:
    """What was found while walking a model."""

    external: list[ExternalData] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    operators: set[tuple[str, str]] = field(default_factory=set)
    """`(domain, operator)` of every node."""
    nodes: int = 0


def probe_onnx(data: Buffer) -> bool:
    """Say whether the whole file parses as a ModelProto with a graph and an operator set."""
    try:
        seen = {number for number, _wire, _start, _end in _fields(data, 0, len(data), [MAX_FIELDS])}
    except ScanError:
        return False
    return {7, 8} <= seen and seen <= _MESSAGES["Model"].keys()


def read_onnx(data: Buffer) -> OnnxModel:
    """Walk every message of a model. Raises ScanError for malformed bytes; undecided for fields it does not know."""
    model = OnnxModel()
    budget = [MAX_FIELDS]
    pending: list[tuple[str, int, int, int]] = [("Model", 0, len(data), 0)]
    while pending:
        kind, start, end, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ScanError("S308", "messages are nested too deeply", offset=start)
        known = _MESSAGES[kind]
        seen: set[int] = set()
        texts: dict[int, list[tuple[int, int]]] = {}
        for number, wire, begin, stop in _fields(data, start, end, budget):
            if number not in known:
                raise ScanError("S305", f"field {number} of {kind} is not known", offset=begin, doubtful=True)
            if number in seen and (kind, number) in _ONCE:
                raise ScanError("S305", f"field {number} of {kind} stands twice", offset=begin, doubtful=True)
            seen.add(number)
            if known[number]:
                if wire != 2:
                    raise ScanError("S305", f"field {number} of {kind} is not a message", offset=begin)
                pending.append((known[number], begin, stop, depth + 1))
            elif wire == 2:
                texts.setdefault(number, []).append((begin, stop))
        _note(model, kind, data, texts)
        if kind == "Tensor" and 13 in seen:
            model.external.append(_external(data, start, end))
    return model


def _note(model: OnnxModel, kind: str, data: Buffer, texts: dict[int, list[tuple[int, int]]]) -> None:
    def text(number: int) -> str:
        spans = texts.get(number, [])
        return data[spans[-1][0] : min(spans[-1][1], spans[-1][0] + 1000)].decode("utf-8", "replace") if spans else ""

    if kind == "OperatorSet":
        model.domains.add(text(1))
    elif kind == "Node":
        model.nodes += 1
        model.domains.add(text(7))
        model.operators.add((text(7), text(4)))


def _external(data: Buffer, start: int, end: int) -> ExternalData:
    """Read the key-value entries of TensorProto field 13."""
    entries: dict[str, str] = {}
    for number, wire, begin, stop in _fields(data, start, end, [MAX_FIELDS]):
        if number == 13 and wire == 2:
            pair = {1: "", 2: ""}
            for inner, _wire, first, last in _fields(data, begin, stop, [1000]):
                pair[inner] = data[first : min(last, first + 5000)].decode("utf-8", "replace")
            if pair[1] in entries:
                raise ScanError("S305", f"external data names {pair[1][:40]!r} twice", offset=begin)
            entries[pair[1]] = pair[2]
    return ExternalData(entries.get("location", ""), _count(entries.get("offset")), _count(entries.get("length")))


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ScanError("S305", "external data has an offset or length that is not a count")
    return int(text)


def _fields(data: Buffer, start: int, end: int, budget: list[int]) -> Iterator[tuple[int, int, int, int]]:
    """Give `(number, wire type, start, end)` of each field; the span is the payload of length-delimited ones."""
    position = start
    while position < end:
        budget[0] -= 1
        if budget[0] < 0:
            raise ScanError("S308", "more fields than the scan follows", offset=position)
        begin = position
        key, position = _varint(data, position, end)
        number, wire = key >> 3, key & 7
        if wire == 0:
            first = position
            _value, position = _varint(data, position, end)
        elif wire in (1, 5):
            first, position = position, position + (8 if wire == 1 else 4)
        elif wire == 2:
            length, first = _varint(data, position, end)
            position = first + length
        else:
            raise ScanError("S305", f"wire type {wire} is not used", offset=begin)
        if number == 0 or position > end:
            raise ScanError("S305", "a field runs past its message", offset=begin)
        yield number, wire, first, position


def _varint(data: Buffer, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= end or shift > 63:
            raise ScanError("S305", "a number does not end", offset=position)
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
