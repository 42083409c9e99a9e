"""safetensors: an 8-byte length, a JSON header, tensors that tile the rest exactly.

Stricter than the official reader where that one lets two programs see two files: duplicate keys, unknown keys in a
tensor and a null `__metadata__` are refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from govern.diagnostics import InputError
from govern.inputs.json import JsonValue, parse_json
from govern.security.artefacts.job import Job
from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.report import FileReport

__all__ = ["MAX_HEADER", "check_safetensors", "probe_safetensors", "read_safetensors", "tensors_of"]

MAX_HEADER = 100_000_000
_BITS = {
    **dict.fromkeys(("F4",), 4),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    **dict.fromkeys(("U8", "I8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}
"""Bits of an element, by dtype name."""


def probe_safetensors(data: Buffer) -> bool:
    """Say whether the bytes begin as a safetensors file: a plausible length, then a JSON object.

    A length beyond any header counts too where a header visibly follows: that file is a lying one, not an unknown one.
    """
    if len(data) < 10:
        return False
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER:
        return bytes(data[8:10]) in (b'{"', b"{}")
    return length >= 2 and data[8 : 8 + min(length, 64)].lstrip()[:1] == b"{"


def check_safetensors(data: Buffer) -> dict[str, int]:
    """Check the whole file and give its spans. Raises ScanError for anything the format does not allow."""
    length = int.from_bytes(data[:8], "little")
    extents = sorted(tensors_of(data, len(data)).values())
    position = 0
    for begin, end in extents:
        if begin != position:
            raise ScanError("S304", "tensors overlap or leave a gap", offset=8 + length + position)
        position = end
    if 8 + length + position != len(data):
        raise ScanError(
            "S304", f"tensors end at byte {8 + length + position} of {len(data)}", offset=8 + length + position
        )
    return {"safetensors.header": 8 + length, "tensor": position}


def tensors_of(data: Buffer, size: int) -> dict[str, tuple[int, int]]:
    """Give every tensor's first byte and end, counted from the end of the header, by name.

    `data` holds at least the header of a file of `size` bytes; where the tensors lie is not checked. Raises ScanError.
    """
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER or 8 + length > size:
        raise ScanError("S305", f"the header length {length} runs past the end of the file", offset=0)
    try:
        header = parse_json(data[8 : 8 + length], file="header", max_bytes=MAX_HEADER)
    except InputError as fault:
        reason = fault.diagnostics[0]
        raise ScanError("S305", f"the header is not sound JSON: {reason.message}", offset=8) from fault
    if not isinstance(header, dict):
        raise ScanError("S305", "the header is not a JSON object", offset=8)
    made = {name: _extent(name, item) for name, item in header.items() if name != "__metadata__"}
    if "__metadata__" in header:
        _check_metadata(header["__metadata__"])
    return made


def _check_metadata(value: JsonValue) -> None:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ScanError("S305", "`__metadata__` is not an object of texts", offset=8)


def _extent(name: str, item: JsonValue) -> tuple[int, int]:
    if not isinstance(item, Mapping) or set(item) != {"dtype", "shape", "data_offsets"}:
        raise ScanError("S305", f"tensor {name[:60]!r} does not hold exactly dtype, shape and data_offsets", offset=8)
    dtype, shape, offsets = item["dtype"], _counts(item["shape"]), _counts(item["data_offsets"])
    if shape is None or offsets is None or len(offsets) != 2:
        raise ScanError("S305", f"tensor {name[:60]!r} has a shape or offsets that are not counts", offset=8)
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise ScanError("S305", f"tensor {name[:60]!r} has an unknown dtype", offset=8, doubtful=True)
    bits = _BITS[dtype]
    for extent in shape:
        bits *= extent
        if bits > 1 << 66:
            raise ScanError("S305", f"tensor {name[:60]!r} is larger than any file", offset=8)
    begin, end = offsets
    if begin > end or (end - begin) * 8 != (bits + 7) // 8 * 8:
        raise ScanError("S305", f"the bytes of tensor {name[:60]!r} do not fit its shape and dtype", offset=8)
    return begin, end


def _counts(value: JsonValue) -> list[int] | None:
    if not isinstance(value, list):
        return None
    counts = [item for item in value if isinstance(item, int) and not isinstance(item, bool) and item >= 0]
    return counts if len(counts) == len(value) else None


def read_safetensors(job: Job) -> FileReport:
    """Judge a safetensors file. Raises ScanError for anything the format does not allow."""
    return job.report(spans=check_safetensors(job.data))
