"""The 68 opcodes of pickle protocols 0 to 5, one small function each."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable

from govern.security.artefacts.pickle.machine import KEEP, Machine, malformed
from govern.security.artefacts.pickle.opcodes_calls import CALLS
from govern.security.artefacts.pickle.values import Blob, PDict, PList, PSet, PTuple, Value

__all__ = ["HANDLERS", "TABLE"]

Handler = Callable[[Machine], None]
_CONTINUATION = bytes(range(0x80, 0xC0))
"""UTF-8 bytes that do not begin a character: without them, the length is the number of characters."""


def _pushes(make: Callable[[], Value]) -> Handler:
    def handler(machine: Machine) -> None:
        machine.stack.append(make())

    return handler


def _number(size: int, *, signed: bool = False) -> Handler:
    def handler(machine: Machine) -> None:
        machine.stack.append(int.from_bytes(machine.take(size), "little", signed=signed))

    return handler


def _binfloat(machine: Machine) -> None:
    machine.push(struct.unpack(">d", machine.take(8))[0])


def _float_line(machine: Machine) -> None:
    text = machine.line()
    try:
        machine.push(float(text[:100].decode("ascii")) if len(text) <= 100 else Blob("float", len(text)))
    except ValueError as fault:
        raise malformed("a float line is not a number", machine.op) from fault


def _int_line(machine: Machine) -> None:
    text = machine.line()
    if text in (b"00", b"01"):
        machine.push(text == b"01")
        return
    _integer(machine, text)


def _long_line(machine: Machine) -> None:
    text = machine.line()
    _integer(machine, text[:-1] if text.endswith(b"L") else text)


def _integer(machine: Machine, text: bytes) -> None:
    if len(text) > 1000:
        machine.push(Blob("int", len(text)))
        return
    try:
        machine.push(int(text, 0) if text[:1] != b"0" or not text.isdigit() else int(text))
    except ValueError as fault:
        raise malformed("a number line is not a number", machine.op) from fault


def _long(width: int) -> Handler:
    def handler(machine: Machine) -> None:
        size = int.from_bytes(machine.take(width), "little", signed=width == 4)
        if size < 0:
            raise malformed("a number of negative length", machine.op)
        if size > KEEP:
            machine.skip(size)
            machine.push(Blob("int", size))
        else:
            machine.push(int.from_bytes(machine.take(size), "little", signed=True))

    return handler


def _bytes(width: int, kind: str = "bytes") -> Handler:
    def handler(machine: Machine) -> None:
        size = machine.number(width)
        if size > KEEP or kind == "bytearray":
            machine.skip(size)
            machine.stack.append(Blob(kind, size))
        else:
            machine.stack.append(machine.take(size))

    return handler


def _text(width: int) -> Handler:
    def handler(machine: Machine) -> None:
        size = machine.number(width)
        if size > KEEP:
            chunk = machine.take(size)
            machine.stack.append(Blob("str", len(chunk.translate(None, _CONTINUATION))))
            return
        try:
            machine.stack.append(machine.take(size).decode("utf-8", "surrogatepass"))
        except UnicodeDecodeError as fault:
            raise malformed("text that is not UTF-8", machine.op) from fault

    return handler


def _old_string(machine: Machine, raw: bytes) -> None:
    """A Python 2 string: ASCII text by default, bytes or latin-1 when the loader asks; other bytes stay bytes."""
    if len(raw) > KEEP:
        machine.push(Blob("str", len(raw)))
        return
    try:
        machine.push(raw.decode("ascii"))
    except UnicodeDecodeError:
        machine.push(Blob("str", len(raw)))


def _binstring(width: int) -> Handler:
    def handler(machine: Machine) -> None:
        size = int.from_bytes(machine.take(width), "little", signed=width == 4)
        if size < 0:
            raise malformed("a string of negative length", machine.op)
        _old_string(machine, machine.take(size))

    return handler


def _string_line(machine: Machine) -> None:
    text = machine.line().strip()
    if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in b"'\"":
        raise malformed("a string line without its quotes", machine.op)
    try:
        raw = codecs.escape_decode(text[1:-1])[0]  # undocumented, and what pickle itself uses
    except ValueError as fault:
        raise malformed("a string line with a bad escape", machine.op) from fault
    _old_string(machine, raw)


def _unicode_line(machine: Machine) -> None:
    raw = machine.line()
    if len(raw) > KEEP:
        machine.push(Blob("str", len(raw)))
        return
    try:
        machine.push(raw.decode("raw-unicode-escape"))
    except UnicodeDecodeError as fault:
        raise malformed("a text line with a bad escape", machine.op) from fault


def _mark(machine: Machine) -> None:
    machine.metastack.append(machine.stack)
    machine.stack = []


def _pop(machine: Machine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.pop_mark()


def _pop_mark(machine: Machine) -> None:
    machine.pop_mark()


def _dup(machine: Machine) -> None:
    machine.shared += 1
    machine.push(machine.top)


def _stop(machine: Machine) -> None:
    machine.result = machine.pop()
    machine.judge.value(machine.result)
    machine.stopped = True


def _proto(machine: Machine) -> None:
    protocol = machine.number(1)
    if protocol > 5:
        raise malformed(f"protocol {protocol} is not known", machine.op)
    machine.protocol = protocol


def _frame(machine: Machine) -> None:
    size = machine.number(8)
    if machine.frame_end < 1 << 62:
        raise malformed("a frame inside a frame: loaders read different bytes", machine.op)
    if machine.pos + size > machine.end:
        raise malformed("a frame runs past the end", machine.op)
    machine.frame_end = machine.pos + size


def _tuple(size: int) -> Handler:
    def handler(machine: Machine) -> None:
        if len(machine.stack) < size:
            raise malformed("takes from an empty stack", machine.op)
        items = machine.stack[-size:]
        del machine.stack[-size:]
        machine.stack.append(PTuple(items))

    return handler


def _tuple_mark(machine: Machine) -> None:
    machine.push(PTuple(machine.pop_mark()))


def _list_mark(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.judge.values(items)
    machine.push(PList(items))


def _frozenset(machine: Machine) -> None:
    items = machine.pop_mark()
    machine.judge.values(items)
    machine.push(PSet(items))


def _dict_mark(machine: Machine) -> None:
    made = PDict()
    _assign(machine, made, machine.pop_mark())
    machine.push(made)


def _assign(machine: Machine, target: PDict, items: list[Value]) -> None:
    if len(items) % 2:
        raise malformed("a key without a value", machine.op)
    machine.judge.values(items)
    target.keys.extend(items[0::2])
    target.values.extend(items[1::2])


def _set_items(machine: Machine, items: list[Value]) -> None:
    target = machine.top
    if isinstance(target, PDict):
        _assign(machine, target, items)
    else:
        machine.judge.fill(target, "items", items, machine.op)


def _setitem(machine: Machine) -> None:
    value, key = machine.pop(), machine.pop()
    _set_items(machine, [key, value])


def _setitems(machine: Machine) -> None:
    _set_items(machine, machine.pop_mark())


def _append_all(machine: Machine, items: list[Value]) -> None:
    target = machine.top
    if isinstance(target, PList):
        machine.judge.values(items)
        target.items.extend(items)
    else:
        machine.judge.fill(target, "append", items, machine.op)


def _append(machine: Machine) -> None:
    _append_all(machine, [machine.pop()])


def _appends(machine: Machine) -> None:
    _append_all(machine, machine.pop_mark())


def _additems(machine: Machine) -> None:
    items = machine.pop_mark()
    target = machine.top
    if isinstance(target, PSet):
        machine.judge.values(items)
        target.items.extend(items)
    else:
        machine.judge.fill(target, "add", items, machine.op)


def _memoize(machine: Machine) -> None:
    # The index is the number of entries, whatever put them there.
    machine.memo[len(machine.memo)] = machine.top


HANDLERS: dict[bytes, Handler] = {
    b"(": _mark,
    b".": _stop,
    b"0": _pop,
    b"1": _pop_mark,
    b"2": _dup,
    b"F": _float_line,
    b"I": _int_line,
    b"J": _number(4, signed=True),
    b"K": _number(1),
    b"L": _long_line,
    b"M": _number(2),
    b"N": _pushes(lambda: None),
    b"S": _string_line,
    b"T": _binstring(4),
    b"U": _binstring(1),
    b"V": _unicode_line,
    b"X": _text(4),
    b"a": _append,
    b"d": _dict_mark,
    b"}": _pushes(PDict),
    b"e": _appends,
    b"g": lambda machine: machine.recall(machine.index_line()),
    b"h": lambda machine: machine.recall(machine.number(1)),
    b"j": lambda machine: machine.recall(machine.number(4)),
    b"l": _list_mark,
    b"]": _pushes(PList),
    b"p": lambda machine: machine.remember(machine.index_line()),
    b"q": lambda machine: machine.remember(machine.number(1)),
    b"r": lambda machine: machine.remember(machine.number(4)),
    b"s": _setitem,
    b"t": _tuple_mark,
    b")": _pushes(lambda: PTuple([])),
    b"u": _setitems,
    b"G": _binfloat,
    b"\x80": _proto,
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"\x88": _pushes(lambda: True),
    b"\x89": _pushes(lambda: False),
    b"\x8a": _long(1),
    b"\x8b": _long(4),
    b"B": _bytes(4),
    b"C": _bytes(1),
    b"\x8c": _text(1),
    b"\x8d": _text(8),
    b"\x8e": _bytes(8),
    b"\x8f": _pushes(PSet),
    b"\x90": _additems,
    b"\x91": _frozenset,
    b"\x94": _memoize,
    b"\x95": _frame,
    b"\x96": _bytes(8, "bytearray"),
    **CALLS,
}
"""Every opcode by its byte."""

TABLE: tuple[Handler | None, ...] = tuple(HANDLERS.get(bytes([code])) for code in range(256))
"""The same, indexed by byte value."""
