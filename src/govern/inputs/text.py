"""Bytes to text: strict UTF-8, UTF-16 only behind a byte-order mark, and nothing replaced silently."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from govern.diagnostics import Diagnostic, InputError, Span

__all__ = ["Places", "decode_text", "hidden_characters"]

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF32_BOMS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")

_HIDDEN = re.compile("[\u0085\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
"""Line separators that only some readers break at, bidirectional controls, zero-width characters."""


class Places:
    """Turns offsets into 1-based lines and columns. Lines end at LF, CR or CRLF."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        """Give line and column of a code-point offset, both 1-based."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int | None:
        """Give the code-point offset of a 1-based line and column; None for a line that is not there."""
        return self._starts[line - 1] + column - 1 if 0 < line <= len(self._starts) else None

    def span(self, file: str, offset: int, length: int = 1) -> Span:
        """Give the place of a stretch that does not cross a line end."""
        line, column = self.at(offset)
        return Span(file, line, column, line, column + length)


def _refusal(file: str, data: bytes, offset: int, encoding: str, problem: str) -> InputError:
    before = data[:offset].decode(encoding, "replace").removeprefix("\ufeff")
    line, column = Places(before).at(len(before))
    return InputError(
        Diagnostic(
            code="I101",
            message=f"not UTF-8 text: {problem} at byte offset {offset}",
            span=Span(file, line, column),
            hint="Save the file as UTF-8 without NUL bytes.",
        )
    )


def decode_text(data: bytes, *, file: str, utf16: bool = True, max_bytes: int | None = None) -> str:
    """Decode strict UTF-8, or UTF-16 when a byte-order mark says so and `utf16` allows it; drop the mark.

    `file` is the name that diagnostics carry. Raises InputError: I102 for more than `max_bytes` bytes, I101 with
    the byte offset for anything that is not such text, NUL bytes included.
    """
    if max_bytes is not None and len(data) > max_bytes:
        raise InputError(
            Diagnostic(
                code="I102",
                message=f"{len(data):,} bytes; at most {max_bytes:,} are read",
                span=Span(file),
                hint="Split the file, or have the operator raise the cap.",
            )
        )
    encoding = "utf-8"
    skip = len(_UTF8_BOM) if data.startswith(_UTF8_BOM) else 0
    if data[:4] in _UTF32_BOMS:
        raise _refusal(file, data, 0, "utf-8", "a UTF-32 byte-order mark")
    if data[:2] in _UTF16_BOMS:
        if not utf16:
            raise _refusal(file, data, 0, "utf-8", "a UTF-16 byte-order mark")
        encoding, skip = _UTF16_BOMS[data[:2]], 2
    body = data[skip:]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as fault:
        raise _refusal(file, data, skip + fault.start, encoding, f"byte 0x{body[fault.start]:02x}") from fault
    if "\0" in text:
        offset = skip + len(text[: text.index("\0")].encode(encoding))
        raise _refusal(file, data, offset, encoding, "a NUL character (UTF-16 without a byte-order mark?)")
    return text


def hidden_characters(text: str, *, file: str, most: int = 20) -> Iterator[Diagnostic]:
    """Yield an I109 for each character that a reviewer cannot see or that only some readers take as a line end.

    For documents that people review and sign off (policies, model records); at most `most` are named.
    """
    places: Places | None = None
    for count, match in enumerate(_HIDDEN.finditer(text)):
        if count == most:
            return
        places = places or Places(text)
        yield Diagnostic(
            code="I109",
            message=f"U+{ord(match.group()):04X} is invisible or breaks lines for some readers only",
            span=places.span(file, match.start()),
            hint="Delete the character, or write it as an escape in double quotes.",
        )
