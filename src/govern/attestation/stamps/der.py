"""The little of DER (ITU-T X.690) that time-stamp tokens need: one spelling in, one spelling out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BOOLEAN",
    "INTEGER",
    "NULL",
    "OCTET_STRING",
    "OID",
    "SEQUENCE",
    "SET",
    "Element",
    "context",
    "integer",
    "read",
    "write",
]

BOOLEAN, INTEGER, OCTET_STRING, NULL, OID, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x05, 0x06, 0x30, 0x31


def context(number: int) -> int:
    """Give the tag of a constructed, context-specific element, `[number]`."""
    return 0xA0 | number


@dataclass(frozen=True, slots=True)
class Element:
    """A tag and what stands in it."""

    tag: int
    content: bytes

    @property
    def data(self) -> bytes:
        """The element as bytes, tag and length included."""
        return write(self.tag, self.content)

    def children(self) -> tuple[Element, ...]:
        """Give the elements inside. Raises ValueError when the content is not a row of elements."""
        found = []
        rest = self.content
        while rest:
            element, rest = _take(rest)
            found.append(element)
        return tuple(found)


def read(data: bytes) -> Element:
    """Read one element that fills the bytes to the last. Raises ValueError."""
    element, rest = _take(data)
    if rest:
        raise ValueError("bytes after the end")
    return element


def _take(data: bytes) -> tuple[Element, bytes]:
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise ValueError("not an element of a kind that tokens have")
    length, start = data[1], 2
    if length > 0x80:
        start += length - 0x80
        length = int.from_bytes(data[2:start])
    elif length == 0x80:
        raise ValueError("a length that is not definite")
    element = Element(data[0], data[start : start + length])
    end = start + length
    if len(data) < end or element.data != data[:end]:
        raise ValueError("an element that is cut off, or whose length is not written in the shortest form")
    return element, data[end:]


def write(tag: int, *parts: bytes) -> bytes:
    """Write an element around its parts."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(value: int) -> bytes:
    """Write a non-negative INTEGER."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))
