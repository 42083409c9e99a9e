"""Changing one place of a policy's source text: what a mutant is made of. Nothing else in the file moves."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from govern.diagnostics import Span
from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode

__all__ = ["Edit", "SourceText", "flow_list", "label", "labels"]

_BREAK = re.compile(r"\r\n?|\n")
_SAFE = re.compile(r"[A-Za-z0-9_./+-]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of the source and what stands there instead; offsets in code points."""

    start: int
    end: int
    text: str


class SourceText:
    """The text of a policy file, by places of its tree."""

    def __init__(self, data: bytes) -> None:
        """Take the bytes of a file that has been read without a fault."""
        self.text = data.decode("utf-8").removeprefix("\ufeff")
        self._starts = [0, *(match.end() for match in _BREAK.finditer(self.text))]

    def edited(self, edit: Edit) -> bytes:
        """Give the file with one stretch replaced."""
        return (self.text[: edit.start] + edit.text + self.text[edit.end :]).encode()

    def diff(self, edit: Edit, *, file: str) -> str:
        """Show an edit as a unified diff without context."""
        before, after = self.text.splitlines(), self.edited(edit).decode().splitlines()
        return "\n".join(difflib.unified_diff(before, after, file, file, n=0, lineterm=""))

    def start(self, node: Node) -> int:
        """Give the offset at which a node begins."""
        return self.offset(node.span)

    def offset(self, span: Span) -> int:
        """Give the offset of the beginning of a place."""
        if span.line is None or span.column is None:
            raise ValueError("a node of a policy always has a place")
        return self._starts[span.line - 1] + span.column - 1

    def end(self, node: Node) -> int:
        """Give the offset behind a node. A block ends with the last thing in it, not with the comments that follow."""
        if isinstance(node, ScalarNode):
            return self.start(node) + len(node.source)
        if self.is_flow(node):
            span = node.span
            return self.offset(Span(span.file, span.end_line, span.end_column))
        inner = [value for _key, value in node.entries] if isinstance(node, MapNode) else list(node.items)
        return max((self.end(item) for item in inner), default=self.start(node))

    def is_flow(self, node: Node) -> bool:
        """Whether a collection is written with brackets."""
        return self.text[self.start(node)] in "[{"

    def scalar(self, node: ScalarNode, text: str) -> Edit:
        """Replace a scalar, quoted unless it is one plain word."""
        tail = "\n" if node.source.endswith("\n") else ""
        return Edit(self.start(node), self.end(node), _quoted(text) + tail)

    def without_item(self, node: ListNode, index: int) -> Edit:
        """Take one item out of a list of scalars and small lists; the list is written with brackets then."""
        kept = [item for number, item in enumerate(node.items) if number != index]
        blank = "" if self.is_flow(node) else " "  # a list in brackets stands deeper than its key
        return Edit(self.start(node), self.end(node), blank + flow_list(kept))

    def without_block(self, node: ListNode, index: int) -> Edit:
        """Take one item, whatever is in it, out of a list that is written with dashes."""
        if self.is_flow(node) or len(node.items) == 1:
            return self.without_item(node, index)
        here = self._dash(node.items[index])
        if index + 1 < len(node.items):
            return Edit(here, self._dash(node.items[index + 1]), "")
        return Edit(here, self.end(node.items[index]), "")

    def _dash(self, item: Node) -> int:
        return self.text.rindex("-", 0, self.start(item))

    def without_key(self, node: MapNode, key: str) -> Edit:
        """Take a key out of a mapping; the mapping is written with brackets then."""
        kept = MapNode(tuple(entry for entry in node.entries if entry[0].text != key), node.span)
        blank = "" if self.is_flow(node) else " "
        return Edit(self.start(node), self.end(node), blank + _flow(kept))

    def with_key(self, node: MapNode, key: str, value: str) -> Edit:
        """Give a mapping another key, before its first."""
        at = self.start(node)
        if self.is_flow(node):
            return Edit(at + 1, at + 1, f"{key}: {value}, ")
        column = (node.span.column or 1) - 1
        return Edit(at, at, f"{key}: {value}\n{' ' * column}")


def flow_list(items: list[Node]) -> str:
    """Write nodes as a list in brackets: every scalar means what it meant."""
    return "[" + ", ".join(_flow(item) for item in items) + "]"


def _flow(node: Node) -> str:
    if isinstance(node, ListNode):
        return flow_list(list(node.items))
    if isinstance(node, MapNode):
        return "{" + ", ".join(f"{_quoted(key.text)}: {_flow(value)}" for key, value in node.entries) + "}"
    if node.plain and (_SAFE.fullmatch(node.text) or node.is_null):
        return node.text or "null"
    return _quoted(node.text) if not node.plain else "'" + node.text.replace("'", "''") + "'"


def _quoted(text: str) -> str:
    if _SAFE.fullmatch(text):
        return text
    return "'" + text.replace("'", "''") + "'" if "\n" not in text else json.dumps(text, ensure_ascii=False)


def label(node: Node) -> str:
    """Give a value in a few words: a scalar, a list in brackets, the first value of a mapping."""
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, ListNode):
        return "[" + ", ".join(labels(node.items)) + "]"
    return next((label(value) for _key, value in node.entries), "{}")


def labels(items: Sequence[Node], *, without: int = -1) -> list[str]:
    """Give the members of a list in a few words, perhaps without one."""
    return [label(item) for index, item in enumerate(items) if index != without]
