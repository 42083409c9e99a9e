"""How numpy's dtypes and arrays are rebuilt: sizes are known only after BUILD, and must be known exactly.

A dtype that is not fully modelled makes the file undecided: joblib reads as many raw bytes as the dtype says, so a
wrong size would make the scan and the loader read different opcodes. Layout of the states: numpy `descriptor.c`
(`arraydescr_reduce`) and `methods.c` (`array_reduce`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from govern.security.artefacts.pickle.values import Blob, Instance, PDict, PList, PTuple, Value

__all__ = ["DType", "bytes_length", "dtype_from_code", "dtype_from_state", "element_count"]

_CODE = re.compile(r"[<>|=]?([biufcmMOSUV])([0-9]{1,9})", re.ASCII)
_SIZES = {
    "b": (1,),
    "i": (1, 2, 4, 8),
    "u": (1, 2, 4, 8),
    "f": (2, 4, 8, 12, 16),
    "c": (8, 16, 24, 32),
    "m": (8,),
    "M": (8,),
    "O": (4, 8),
}
_OBJECT_FLAGS = 0x67
"""Flags that only dtypes with Python objects carry: refcount, list pickle, pointer, getitem, setitem."""
MAX_DIMENSIONS = 64


@dataclass(frozen=True, slots=True)
class DType:
    """A numpy dtype as far as it decides which bytes are read."""

    kind: str
    itemsize: int
    has_object: bool
    problem: str | None = None
    """Why it is not fully modelled; such a dtype decides nothing."""


def dtype_from_code(code: str) -> DType | None:
    """Model a type code such as `f8` or `U5` (4 bytes a character); None for one that numpy does not write."""
    found = _CODE.fullmatch(code)
    if not found:
        return None
    kind, size = found[1], int(found[2])
    if kind in _SIZES and size not in _SIZES[kind]:
        return None
    return DType(kind, size * 4 if kind == "U" else size, kind == "O")


def dtype_from_state(before: DType, state: Value) -> DType:
    """Model what BUILD makes of a dtype: it may change its size and give it fields."""
    if not isinstance(state, PTuple) or len(state.items) not in (8, 9):
        return replace(before, problem="its state is not one numpy writes")
    version, order, subarray, names, fields, size, alignment, flags = state.items[:8]
    numbers = (version, size, alignment, flags)
    if not all(type(number) is int for number in numbers) or order not in ("<", ">", "|", "=", b"<", b">", b"|", b"="):
        return replace(before, problem="its state is not one numpy writes")
    assert isinstance(size, int)
    assert isinstance(flags, int)
    if subarray is not None:
        return replace(before, problem="a sub-array dtype is not modelled")
    if len(state.items) == 9 and not _plain_metadata(before, state.items[8]):
        return replace(before, problem="its metadata is not modelled")
    if names is not None or fields is not None:
        made = _structured(before, names, fields)
    elif before.kind in "SUV":
        made = before if size == before.itemsize else replace(before, problem="its state changes its size")
    else:
        made = before if size in (-1, before.itemsize) else replace(before, problem="its state changes its size")
    if size not in (-1, made.itemsize):
        made = replace(made, problem="its state changes its size")
    if not made.has_object and flags & _OBJECT_FLAGS:
        made = replace(made, problem="its flags claim Python objects")
    if made.has_object and not flags & 1:
        made = replace(made, problem="its flags hide Python objects")
    return made


def _plain_metadata(dtype: DType, metadata: Value) -> bool:
    """Datetime units `({}, (b'D', 1, 1, 1))` or nothing."""
    if metadata is None:
        return True
    if dtype.kind not in "mM" or not isinstance(metadata, PTuple) or len(metadata.items) != 2:
        return False
    first, unit = metadata.items
    empty = first is None or (isinstance(first, PDict) and not first.keys)
    return empty and isinstance(unit, PTuple) and all(isinstance(item, bytes | str | int) for item in unit.items)


def _structured(before: DType, names: Value, fields: Value) -> DType:
    unknown = replace(before, problem="a structured dtype that is not fully described")
    if before.kind != "V" or not isinstance(names, PTuple) or not isinstance(fields, PDict):
        return unknown
    table = fields.text_items()
    if table is None or not names.items or len(table) != len(names.items) or set(table) != set(names.items):
        return unknown
    has_object = False
    for entry in table.values():
        if not isinstance(entry, PTuple) or len(entry.items) != 2:
            return unknown
        field, offset = entry.items
        if not isinstance(field, Instance) or not isinstance(field.model, DType) or type(offset) is not int:
            return unknown
        model = field.model
        if model.problem is not None or offset < 0 or offset + model.itemsize > before.itemsize:
            return unknown
        has_object |= model.has_object
    return DType("V", before.itemsize, has_object)


def element_count(shape: Value) -> int | None:
    """Give how many elements a shape has; None when it is not a tuple of plain non-negative integers."""
    if not isinstance(shape, PTuple) or len(shape.items) > MAX_DIMENSIONS:
        return None
    count = 1
    for size in shape.items:
        if type(size) is not int or not 0 <= size < 1 << 48:
            return None
        count *= size
    return count if count < 1 << 62 else None


def bytes_length(value: Value) -> int | None:
    """Give how many bytes a value holds as raw array data; None when it is something else."""
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, Blob) and value.kind in ("bytes", "str", "bytearray"):
        return value.length
    return None


def array_problem(state: Value) -> str | None:
    """Say what is wrong with the state BUILD gives an array, or None."""
    if not isinstance(state, PTuple) or len(state.items) != 5:
        return "its state is not one numpy writes"
    _version, shape, dtype, _fortran, data = state.items
    count = element_count(shape)
    if count is None or not isinstance(dtype, Instance) or not isinstance(dtype.model, DType):
        return "its state is not one numpy writes"
    model = dtype.model
    if model.problem is not None:
        return f"its dtype is not modelled: {model.problem}"
    if model.has_object:
        return None if isinstance(data, PList) else "an object array without a list of objects"
    length = bytes_length(data)
    return None if length == count * model.itemsize else "its data does not fit its shape"
