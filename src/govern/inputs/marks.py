"""From libyaml's marks to places as editors count."""

from __future__ import annotations

import re
from typing import Protocol

from govern.diagnostics import Span
from govern.inputs.text import Places

__all__ = ["Mark", "MarkedText"]

_ODD_BREAKS = re.compile("[\u0085\u2028\u2029]")


class Mark(Protocol):
    """A place as libyaml gives it: 0-based, in code points."""

    line: int
    column: int
    index: int


class MarkedText:
    """The text that marks point into; `lines_before` is how many lines of the file stand before it."""

    def __init__(self, text: str, file: str, lines_before: int) -> None:
        """Look once whether libyaml counts lines as editors do: it also ends one at U+0085, U+2028 and U+2029."""
        self._text = text
        self._file = file
        self._before = lines_before
        self.places: Places | None = Places(text) if not text.isascii() and _ODD_BREAKS.search(text) else None
        """Where lines end for editors; None where the marks say it."""
        self._open_end = None if text.endswith(("\n", "\r")) else len(text)
        """The end of a last line without a line end: behind it libyaml counts one more, in which nothing stands."""

    def span(self, start: Mark, end: Mark) -> Span:
        """Give the place between two marks."""
        before = self._before
        places = self.places
        if places is None and end.index == self._open_end:
            places = Places(self._text)
        if places is not None:
            (line, column), (end_line, end_column) = places.at(start.index), places.at(end.index)
            return Span(self._file, line + before, column, end_line + before, end_column)
        return Span(self._file, start.line + before + 1, start.column + 1, end.line + before + 1, end.column + 1)

    def source(self, start: Mark, end: Mark) -> str:
        """Give the text between two marks."""
        return self._text[start.index : end.index]
