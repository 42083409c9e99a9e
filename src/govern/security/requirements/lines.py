"""Logical lines of a requirements file, as pip joins them: continuations, comments, options after a requirement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["LogicalLine", "logical_lines"]

_COMMENT = re.compile(r"(^|\s)#.*$")
_COMMENT_LINE = re.compile(r"\s*#")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One line after joining continuations and removing comments."""

    number: int
    """Of its first physical line, 1-based."""
    text: str
    indent: int
    """Characters removed from the front of the first physical line; with a position in `text` it gives a column."""


def logical_lines(content: str) -> Iterator[LogicalLine]:
    r"""Give the non-empty logical lines of a file.

    Line ends are those of `str.splitlines`, which is what pip uses. A line that ends in `\` goes on in the next one;
    a comment line ends a continuation.
    """
    parts: list[str] = []
    first = 0
    for number, line in enumerate(content.splitlines(), start=1):
        comment = _COMMENT_LINE.match(line) is not None
        if not parts:
            first = number
        if line.endswith("\\") and not comment:
            parts.append(line.strip("\\"))
            continue
        parts.append(f" {line}" if comment and parts else line)
        yield from _finished(first, "".join(parts))
        parts = []
    if parts:
        yield from _finished(first, "".join(parts))


def _finished(number: int, joined: str) -> Iterator[LogicalLine]:
    bare = _COMMENT.sub("", joined)
    text = bare.strip()
    if text:
        yield LogicalLine(number, text, len(bare) - len(bare.lstrip()))
