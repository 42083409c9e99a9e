"""numpy's `.npy`: a header in Python literal syntax, then exactly the array's bytes (NEP 1, versions 1 to 3)."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from govern.security.artefacts.containers.zip_reader import ZipFile, scan_member
from govern.security.artefacts.job import Job
from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.pickle.numpy_rules import dtype_from_code
from govern.security.artefacts.pickle.scan import scan_stream
from govern.security.artefacts.report import FileReport

__all__ = ["MAGIC", "NpyHeader", "read_npy", "read_npy_header", "read_npz"]

MAGIC = b"\x93NUMPY"
_UNIT = re.compile(r"(?<=[mM]8)\[[0-9]{0,6}[A-Za-zμ]{1,2}\]$")
MAX_HEADER = 10_000
"""numpy itself refuses longer headers unless told otherwise."""


@dataclass(frozen=True, slots=True)
class NpyHeader:
    """Where the data of an array begins and how long it must be."""

    data_start: int
    data_size: int | None
    """None for an array of Python objects, which is a pickle."""


def read_npy_header(data: Buffer) -> NpyHeader:
    """Read the header. Raises ScanError for one that numpy does not write; undecided for unmodelled dtypes."""
    major = data[6] if len(data) > 8 else 0
    if data[:6] != MAGIC or major not in (1, 2, 3):
        raise ScanError("S305", "not an npy file of version 1 to 3", offset=0)
    width = 2 if major == 1 else 4
    start = 8 + width
    length = int.from_bytes(data[8:start], "little")
    if length > MAX_HEADER or start + length > len(data):
        raise ScanError("S305", "the npy header is cut short or too long", offset=8)
    shape, descr = _fields(data[start : start + length].decode("utf-8" if major == 3 else "latin-1", "replace"))
    begin = start + length
    size = _item_size(descr)
    if size is None:
        return NpyHeader(begin, None)
    count = 1
    for extent in shape:
        count *= extent
    return NpyHeader(begin, count * size)


def _fields(text: str) -> tuple[tuple[int, ...], object]:
    try:
        header = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as fault:
        raise ScanError("S305", "the npy header is not a plain literal", offset=10) from fault
    if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
        raise ScanError("S305", "the npy header does not hold exactly descr, fortran_order and shape", offset=10)
    shape = header["shape"]
    sound = isinstance(shape, tuple) and all(type(extent) is int and 0 <= extent < 1 << 48 for extent in shape)
    if not sound or len(shape) > 64 or not isinstance(header["fortran_order"], bool):
        raise ScanError("S305", "the npy header has an impossible shape", offset=10)
    return shape, header["descr"]


def _item_size(descr: object, depth: int = 0) -> int | None:
    """Bytes of one element; None when it holds Python objects."""
    if isinstance(descr, str):
        # Headers write objects without a size, and times with their unit.
        model = dtype_from_code("O8" if descr == "|O" else _UNIT.sub("", descr))
        if model is None:
            raise ScanError("S305", f"the npy type {descr[:20]!r} is not modelled", offset=10, doubtful=True)
        return None if model.has_object else model.itemsize
    if isinstance(descr, list) and depth < 10:
        sizes = [_field_size(field, depth) for field in descr]
        return None if None in sizes else sum(size for size in sizes if size is not None)
    raise ScanError("S305", "the npy type is not modelled", offset=10, doubtful=True)


def _field_size(field: object, depth: int) -> int | None:
    if not isinstance(field, tuple) or len(field) not in (2, 3):
        raise ScanError("S305", "the npy type is not modelled", offset=10, doubtful=True)
    size = _item_size(field[1], depth + 1)
    extents = field[2] if len(field) == 3 else ()
    extents = extents if isinstance(extents, tuple) else (extents,)
    for extent in extents:
        if type(extent) is not int or not 0 <= extent < 1 << 31:
            raise ScanError("S305", "the npy type is not modelled", offset=10, doubtful=True)
        size = None if size is None else size * extent
    return size


def read_npy(job: Job) -> FileReport:
    """Judge an npy file: an array of numbers must fill it exactly, one of objects is a pickle. Raises ScanError."""
    header = read_npy_header(job.data)
    spans = {"npy.header": header.data_start}
    if header.data_size is None:
        content = job.data[header.data_start :]
        inner, _storages = scan_stream(f"{job.path}!", content, job.profiles, job.budget.limits)
        return job.report(members=(inner,), globals=inner.globals, spans=spans)
    rest = len(job.data) - header.data_start
    if rest != header.data_size:
        raise ScanError("S304", f"{rest} bytes of data, the header says {header.data_size}", offset=header.data_start)
    return job.report(spans={**spans, "tensor": rest})


def read_npz(archive: ZipFile) -> FileReport:
    """Judge a zip of npy files, each as one."""
    return archive.report("npz", members=tuple(scan_member(archive, member) for member in archive.members))
