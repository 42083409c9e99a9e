"""Large files are mapped, and pages of a map that were looked at count as memory until they are given back.

What is given back is read again when it is needed: nothing changes but the memory of the process.
"""

from __future__ import annotations

from mmap import MADV_DONTNEED, PAGESIZE, mmap
from typing import Union

__all__ = ["WINDOW", "find_byte", "give_back"]

WINDOW = 8 << 20
"""So much is looked at before it is given back."""

Buffer = Union[bytes, mmap]


def give_back(data: Buffer, start: int, end: int) -> None:
    """Give back the pages of a map that lie wholly or partly between two offsets."""
    if isinstance(data, mmap) and start < end:
        first = start - start % PAGESIZE
        data.madvise(MADV_DONTNEED, first, end - first)


def find_byte(data: Buffer, byte: bytes, start: int, end: int) -> int:
    """Give the offset of the first such byte between two offsets, or -1, without keeping what was passed over."""
    for at in range(start, end, WINDOW):
        stop = min(at + WINDOW, end)
        found = data.find(byte, at, stop)
        if found >= 0:
            return found
        give_back(data, at, stop)
    return -1
