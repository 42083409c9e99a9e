"""The tree of a YAML document: exact text, style and place of every node, and nothing resolved yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, Union

from govern.diagnostics import Span
from govern.inputs.marks import Mark, MarkedText
from govern.inputs.scalars import ScalarText

__all__ = ["ListNode", "MapNode", "Node", "ScalarNode", "Style", "YamlValue", "span_at", "value_of"]

Style = Literal["plain", "single", "double", "literal", "folded"]
YamlValue = Union[None, ScalarText, Sequence["YamlValue"], Mapping[str, "YamlValue"]]

_NULLS = frozenset(["", "~", "null", "Null", "NULL"])
_SOURCE_BREAKS = re.compile("\r\n|[\r\n\u0085\u2028\u2029]")
_VALUE_BREAKS = re.compile("[\n\u2028\u2029]")
_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)


class _Placed:
    """What every node has: where it is written. Nothing of a node changes.

    A file has a node for every word, and of most nobody asks where they are: that is worked out when somebody does, for
    making every place beforehand took as long as all the rest of reading.
    """

    __slots__ = ("_end", "_start", "_where")

    _where: Span | MarkedText
    _start: Mark | None
    _end: Mark | None

    @property
    def span(self) -> Span:
        """Where it is written."""
        if isinstance(self._where, Span):
            return self._where
        assert self._start is not None
        assert self._end is not None
        return self._where.span(self._start, self._end)

    def _said(self) -> object:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Placed):
            return NotImplemented
        return type(self) is type(other) and self._said() == other._said() and self.span == other.span

    def __hash__(self) -> int:
        return hash((self._said(), self.span))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._said()!r}, {self.span})"


class ScalarNode(_Placed):
    """A scalar: its text after unquoting, and where and how it was written."""

    __slots__ = ("plain", "style", "text")

    def __init__(
        self,
        text: str,
        plain: bool,
        where: Span | MarkedText,
        style: Style = "plain",
        start: Mark | None = None,
        end: Mark | None = None,
    ) -> None:
        """Make a scalar; `plain`: written without quotes and not as a block. Marks come with the text they mark."""
        self.text = text
        self.plain = plain
        self.style: Style = style
        self._where = where
        self._start = start
        self._end = end

    def _said(self) -> object:
        return (self.text, self.style)

    @property
    def source(self) -> str:
        """The slice of the file that holds it, quotes and block header included; empty where there is no file."""
        if isinstance(self._where, Span) or self._start is None or self._end is None:
            return ""
        return self._where.source(self._start, self._end)

    @property
    def is_null(self) -> bool:
        """Whether YAML 1.2 reads it as null: a plain empty text, `~`, `null`, `Null` or `NULL`."""
        return self.plain and self.text in _NULLS

    def place(self, offset: int) -> Span | None:
        """Map an offset in `text` (code points, up to and including its end) back to the file: one character there.

        Behind the last character of a line the place has no width.
        Exact for scalars on one line and for literal blocks (`|`). None for folded blocks and scalars over
        several lines, where no exact mapping exists, and for offsets outside the text.
        """
        line, column = self.span.line, self.span.column
        if line is None or column is None or not 0 <= offset <= len(self.text):
            return None
        if self.style == "literal":
            found = self._place_in_block(offset)
            if found is None:
                return None
            down, across, width = found
            line, column = line + down, across + 1
            end = column + width
        elif self.style == "folded" or self.span.end_line != line:
            return None
        else:
            column += self._offset_in_line(offset)
            end = column + 1 if self.span.end_column is None else max(column, min(column + 1, self.span.end_column))
        return Span(self.span.file, line, column, line, end)

    def _offset_in_line(self, offset: int) -> int:
        if self.style == "plain":
            return offset
        at, source = 1, self.source  # behind the opening quote
        for _ in range(offset):
            if self.style == "single":
                at += 2 if source.startswith("''", at) else 1
            else:
                escape = _ESCAPE.match(source, at)
                at += len(escape.group()) if escape else 1
        return at

    def _place_in_block(self, offset: int) -> tuple[int, int, int] | None:
        """Lines down, characters across, and whether a character stands there: 1, or 0 behind the line's last."""
        value_lines = _VALUE_BREAKS.split(self.text)
        source_lines = _SOURCE_BREAKS.split(self.source)[1:]
        indent = next(
            (len(source) - len(value) for value, source in zip(value_lines, source_lines, strict=False) if value), None
        )
        before = _VALUE_BREAKS.split(self.text[:offset])
        index = len(before) - 1
        if indent is None or indent < 0 or index >= len(source_lines):
            return None
        across = min(indent + len(before[-1]), len(source_lines[index]))
        return index + 1, across, int(across < len(source_lines[index]))


class ListNode(_Placed):
    """A sequence."""

    __slots__ = ("items",)

    def __init__(
        self, items: tuple[Node, ...], where: Span | MarkedText, start: Mark | None = None, end: Mark | None = None
    ) -> None:
        """Make a sequence. Marks come with the text they mark."""
        self.items = items
        self._where = where
        self._start = start
        self._end = end

    def _said(self) -> object:
        return self.items


class MapNode(_Placed):
    """A mapping. Keys are texts, each given once, in the order of the file."""

    __slots__ = ("__dict__", "entries")

    def __init__(
        self,
        entries: tuple[tuple[ScalarNode, Node], ...],
        where: Span | MarkedText,
        start: Mark | None = None,
        end: Mark | None = None,
    ) -> None:
        """Make a mapping. Marks come with the text they mark."""
        self.entries = entries
        self._where = where
        self._start = start
        self._end = end

    def _said(self) -> object:
        return self.entries

    @cached_property
    def _by_key(self) -> Mapping[str, tuple[ScalarNode, Node]]:
        return {key.text: (key, value) for key, value in self.entries}

    def get(self, key: str) -> Node | None:
        """Give the value of a key, or None."""
        found = self._by_key.get(key)
        return found[1] if found else None

    def key_span(self, key: str) -> Span:
        """Give the place of a key, or of the mapping when the key is not there."""
        found = self._by_key.get(key)
        return found[0].span if found else self.span

    def keys(self) -> tuple[str, ...]:
        """Give the keys in the order of the file."""
        return tuple(self._by_key)


Node = ScalarNode | ListNode | MapNode


def value_of(node: Node) -> YamlValue:
    """Turn a tree into dict, list and `ScalarText`; plain scalars that YAML 1.2 calls null become None."""
    if isinstance(node, ScalarNode):
        return None if node.is_null else ScalarText(node.text, plain=node.plain)
    if isinstance(node, ListNode):
        return [value_of(item) for item in node.items]
    return {key.text: value_of(value) for key, value in node.entries}


def span_at(node: Node, path: Sequence[str | int]) -> Span:
    """Give the place of the value at a path of keys and indexes, or of the nearest node above it that exists."""
    for step in path:
        below: Node | None = None
        if isinstance(node, MapNode):
            below = node.get(str(step))
        elif isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
            below = node.items[step]
        if below is None:
            break
        node = below
    return node.span
