"""joblib streams: after BUILD of an array wrapper come the array's raw bytes, which opcode readers trip over.

Layout (joblib `numpy_pickle.py`, `NumpyArrayWrapper.read_array`): an object array is a whole nested pickle; any other
array is, when `numpy_array_alignment_bytes` is set, one length byte and that many padding bytes, then exactly
itemsize x elements bytes.
"""

from __future__ import annotations

from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.pickle.machine import Machine, malformed
from govern.security.artefacts.pickle.numpy_rules import DType, element_count
from govern.security.artefacts.pickle.values import Instance, PDict, Value

__all__ = ["WRAPPER", "read_raw_array"]

WRAPPER = ("joblib.numpy_pickle", "NumpyArrayWrapper")


def read_raw_array(machine: Machine, target: Value) -> None:
    """Consume the bytes behind a joblib array wrapper; anything else is left alone.

    Raises ScanError, undecided, when their number cannot be known.
    """
    if not isinstance(target, Instance) or target.cls != WRAPPER:
        return
    if machine.frame_end < 1 << 62 and machine.frame_end != machine.pos:
        raise malformed("a joblib array begins inside a pickle frame: loaders read different bytes", machine.op)
    table = target.state.text_items() if isinstance(target.state, PDict) else None
    dtype = table.get("dtype") if table is not None else None
    if table is None or target.builds > 1 or not isinstance(dtype, Instance) or not isinstance(dtype.model, DType):
        raise _unknown(machine, "its wrapper is not modelled")
    model = dtype.model
    if model.problem is not None:
        raise _unknown(machine, model.problem)
    machine.leave_frame()
    begin = machine.pos
    if model.has_object:
        _nested(machine)
    else:
        _raw(machine, table, model)
    machine.raw_spans.append((begin, machine.pos))
    machine.stack[-1] = Instance(cls=("numpy", "ndarray"), origin=target.origin, args=target.args)


def _raw(machine: Machine, table: dict[str, Value], model: DType) -> None:
    count = element_count(table.get("shape"))
    alignment = table.get("numpy_array_alignment_bytes")
    if count is None or model.itemsize == 0 or not (alignment is None or type(alignment) is int):
        raise _unknown(machine, "its shape, element size or alignment is not modelled")
    if alignment is not None:
        machine.skip(machine.number(1))
    machine.skip(count * model.itemsize)


def _nested(machine: Machine) -> None:
    # The inner pickle is read by a plain unpickler, so no raw arrays follow inside it and it cannot nest further.
    inner = Machine(machine.data, machine.judge, start=machine.pos, end=machine.end)
    machine.pos = inner.run()
    machine.opcodes += inner.opcodes


def _unknown(machine: Machine, why: str) -> ScanError:
    return ScanError("S408", f"a joblib array whose bytes cannot be counted: {why}", offset=machine.op, doubtful=True)
