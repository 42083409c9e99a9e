"""Rules in code that profiles refer to by name: calls and states whose meaning patterns cannot express."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from govern.security.artefacts.pickle.numpy_rules import (
    DType,
    array_problem,
    bytes_length,
    dtype_from_code,
    dtype_from_state,
    element_count,
)
from govern.security.artefacts.pickle.values import Blob, GlobalRef, Instance, PDict, Value, show

if TYPE_CHECKING:
    from govern.security.artefacts.pickle.judge import Judge

__all__ = ["CALL_RULES", "STATE_RULES"]

CallRule = Callable[["Judge", Instance, int], Value]
StateRule = Callable[["Judge", Instance, Value, int], None]


def _latin1(judge: Judge, made: Instance, offset: int) -> Value:
    """`_codecs.encode(text, "latin1")`: how Python 3 writes bytes below protocol 3. Its result is known."""
    text = made.args.items[0]
    if isinstance(text, Blob):
        return Blob("bytes", text.length)
    assert isinstance(text, str)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        judge.doubt("S405", "encodes text that latin-1 does not have", offset)
        return made


def _no_bytes(_judge: Judge, _made: Instance, _offset: int) -> Value:
    """`bytes()`: how Python 3 writes the empty bytes below protocol 3."""
    return b""


def _dtype(judge: Judge, made: Instance, offset: int) -> Value:
    code = made.args.items[0]
    text = code.decode("latin-1") if isinstance(code, bytes) else code
    model = dtype_from_code(text) if isinstance(text, str) else None
    if model is None:
        judge.doubt("S408", "makes a numpy dtype that is not modelled", offset, made.origin)
        model = DType("?", 0, has_object=True, problem="its type code is not modelled")
    made.model = model
    return made


def _scalar(judge: Judge, made: Instance, offset: int) -> Value:
    dtype, data = made.args.items
    assert isinstance(dtype, Instance)
    assert isinstance(dtype.model, DType)
    model = dtype.model
    if model.problem is not None or model.has_object or bytes_length(data) != model.itemsize:
        judge.doubt("S408", "makes a numpy scalar whose dtype or size is not modelled", offset, made.origin)
    return made


def _frombuffer(judge: Judge, made: Instance, offset: int) -> Value:
    data, dtype, shape = made.args.items[:3]
    assert isinstance(dtype, Instance)
    assert isinstance(dtype.model, DType)
    count = element_count(shape)
    known = dtype.model.problem is None and not dtype.model.has_object and count is not None
    if not known or bytes_length(data) != (count or 0) * dtype.model.itemsize:
        judge.doubt("S408", "makes a numpy array whose dtype or size is not modelled", offset, made.origin)
    return made


def _plain_state(judge: Judge, target: Instance, state: Value, offset: int) -> None:
    """The usual state, attributes by name. Names between double underscores would change the object itself."""
    if state is None:
        return
    judge.value(state)
    table = state.text_items() if isinstance(state, PDict) else None
    if table is None:
        judge.block("S404", f"gives {show(target)} a state that is not a dict of names", offset, target.origin)
        return
    for name in table:
        if name.startswith("__") and name.endswith("__"):
            judge.block("S404", f"sets {name[:60]} on {show(target)}", offset, target.origin)


def _any_state(judge: Judge, _target: Instance, state: Value, _offset: int) -> None:
    """For classes whose `__setstate__` was read and takes plain data only."""
    judge.value(state)


def _dtype_state(judge: Judge, target: Instance, state: Value, offset: int) -> None:
    judge.value(state)
    if not isinstance(target.model, DType) or target.builds > 1:
        target.model = DType("?", 0, has_object=True, problem="it is built twice")
    else:
        target.model = dtype_from_state(target.model, state)
    if target.model.problem is not None:
        judge.doubt("S408", f"a numpy dtype is not modelled: {target.model.problem}", offset, target.origin)


def _array_state(judge: Judge, target: Instance, state: Value, offset: int) -> None:
    judge.value(state)
    problem = "it is built twice" if target.builds > 1 else array_problem(state)
    if problem is not None:
        judge.doubt("S408", f"a numpy array is not modelled: {problem}", offset, target.origin)


def _wrapper_state(judge: Judge, target: Instance, state: Value, offset: int) -> None:
    """joblib's wrapper: its subclass is called to rebuild the array, so only numpy's own two are accepted."""
    table = state.text_items() if isinstance(state, PDict) else None
    if table is None or target.builds > 1:
        judge.doubt("S408", "a joblib array wrapper whose state is not modelled", offset, target.origin)
        return
    subclass = table.get("subclass")
    if not isinstance(subclass, GlobalRef) or subclass.key not in (("numpy", "ndarray"), ("numpy", "memmap")):
        judge.block("S404", f"a joblib array wrapper for {show(subclass)}", offset, target.origin)


CALL_RULES: dict[str, CallRule] = {
    "latin1": _latin1,
    "no_bytes": _no_bytes,
    "dtype": _dtype,
    "scalar": _scalar,
    "frombuffer": _frombuffer,
}
STATE_RULES: dict[str, StateRule] = {
    "dict": _plain_state,
    "data": _any_state,
    "dtype": _dtype_state,
    "ndarray": _array_state,
    "wrapper": _wrapper_state,
}
