"""The opcodes that name, call or build things, or that reach outside the stream."""

from __future__ import annotations

from collections.abc import Callable

from govern.security.artefacts.pickle.machine import Machine, malformed
from govern.security.artefacts.pickle.values import GlobalRef, Instance, Opaque, PDict, PTuple, Value

__all__ = ["CALLS"]


def _global_line(machine: Machine) -> None:
    module, name = _utf8(machine, machine.line()), _utf8(machine, machine.line())
    machine.push(machine.look_up(module, name))


def _utf8(machine: Machine, raw: bytes) -> str:
    try:
        return raw[:1000].decode("utf-8")
    except UnicodeDecodeError as fault:
        raise malformed("a global whose name is not UTF-8", machine.op) from fault


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    if not isinstance(name, str) or not isinstance(module, str):
        machine.judge.block("S404", "looks up a name that is computed, not written down", machine.op)
        machine.push(Opaque("a computed name"))
        return
    machine.push(machine.look_up(module, name))


def _reduce(machine: Machine) -> None:
    args, callee = machine.pop(), machine.pop()
    machine.push(_call(machine, "reduce", callee, args))


def _inst(machine: Machine) -> None:
    module, name = _utf8(machine, machine.line()), _utf8(machine, machine.line())
    args = PTuple(machine.pop_mark())
    machine.push(_call(machine, "reduce", machine.look_up(module, name), args))


def _obj(machine: Machine) -> None:
    items = machine.pop_mark()
    if not items:
        raise malformed("OBJ without a class", machine.op)
    machine.push(_call(machine, "reduce", items[0], PTuple(items[1:])))


def _newobj(machine: Machine) -> None:
    args, cls = machine.pop(), machine.pop()
    machine.push(_call(machine, "new", cls, args))


def _newobj_ex(machine: Machine) -> None:
    kwargs, args, cls = machine.pop(), machine.pop(), machine.pop()
    if not isinstance(kwargs, PDict) or kwargs.keys:
        machine.judge.block("S404", f"makes {cls_name(cls)} with keyword arguments", machine.op)
        machine.push(Opaque("made with keyword arguments"))
        return
    machine.push(_call(machine, "new", cls, args))


def cls_name(value: Value) -> str:
    """Name a callee for a message."""
    return str(value) if isinstance(value, GlobalRef) else "something that is not a plain name"


def _call(machine: Machine, kind: str, callee: Value, args: Value) -> Value:
    if not isinstance(callee, GlobalRef):
        machine.judge.block("S404", "calls something that is not a plain name", machine.op)
        return Opaque("result of a computed call")
    if not isinstance(args, PTuple):
        machine.judge.block("S404", f"calls {callee} with arguments that are not a tuple", machine.op, callee)
        return Opaque("result of a call")
    return machine.judge.call(kind, callee, args, machine.op)


def _build(machine: Machine) -> None:
    state = machine.pop()
    target = machine.top
    machine.judge.build(target, state, machine.op)
    if machine.raw_reader is not None and isinstance(target, Instance):
        machine.raw_reader(machine, target)


def _persid(machine: Machine) -> None:
    text = machine.line()
    machine.push(machine.judge.persistent(text.decode("latin-1")[:1000], machine.op))


def _binpersid(machine: Machine) -> None:
    machine.push(machine.judge.persistent(machine.pop(), machine.op))


def _extension(width: int) -> Callable[[Machine], None]:
    def handler(machine: Machine) -> None:
        machine.take(width)
        machine.judge.block("S407", "uses the extension registry, which the loading program fills", machine.op)
        machine.push(Opaque("an extension code"))

    return handler


def _next_buffer(machine: Machine) -> None:
    machine.judge.doubt("S407", "takes a buffer from outside the file", machine.op)
    machine.push(Opaque("an outside buffer"))


def _readonly_buffer(machine: Machine) -> None:
    if not machine.stack:
        raise malformed("looks at an empty stack", machine.op)
    machine.judge.doubt("S407", "marks an outside buffer as read-only", machine.op)


CALLS: dict[bytes, Callable[[Machine], None]] = {
    b"P": _persid,
    b"Q": _binpersid,
    b"R": _reduce,
    b"b": _build,
    b"c": _global_line,
    b"i": _inst,
    b"o": _obj,
    b"\x81": _newobj,
    b"\x82": _extension(1),
    b"\x83": _extension(2),
    b"\x84": _extension(4),
    b"\x92": _newobj_ex,
    b"\x93": _stack_global,
    b"\x97": _next_buffer,
    b"\x98": _readonly_buffer,
}
