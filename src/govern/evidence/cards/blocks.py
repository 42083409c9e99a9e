"""From Markdown to a flat list of blocks with lines: headings, text, list items, tables, code.

markdown-it-py finds the blocks (CommonMark with tables); its inline rule is off, because inline parsing of hostile
text is quadratic and would lose lines. Inline marks are taken out here by linear scans.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from govern.evidence.cards.hidden import without_hidden

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["Block", "Line", "clean_inline", "read_blocks"]

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")
_PLACEHOLDER_TAG = re.compile(r"<(?:insert|your|describe|add)\b", re.IGNORECASE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^\s<>]+|[^\s<>@]{1,120}@[^\s<>@]{1,120})>")
_IMAGE = re.compile(r"!\[[^\[\]]{0,500}\]\([^()\n]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]]{0,500})\]\(([^()\n]{0,2000})\)")
_INLINE = re.compile(r"[<\[*_~`&\r]")
"""What any inline mark begins with: most text has none."""
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|~~|`+")
_HTML_HEADING = re.compile(r"<h([1-6])\b[^<>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_BOLD_LINE = re.compile(r"(\*\*|__)([^*_\n]{3,60})\1\s*:?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block's raw text, with its 1-based number in the file."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a card."""

    kind: Literal["heading", "text", "item", "table", "code"]
    line: int
    lines: tuple[Line, ...] = ()
    level: int = 0
    """Of a heading: 1 to 7; a whole-line bold heading is one below the last real one."""
    title: str = ""
    rows: tuple[tuple[Line, ...], ...] = ()
    """Of a table: cells row by row, the header first."""


def clean_inline(text: str) -> str:
    """Take inline marks out of text: images go, links keep their text, tags and emphasis go, entities are read.

    Line breaks stay, so that line n of the result is line n of the input. `<your ...>` stays: it is a placeholder.
    """
    if _INLINE.search(text) is None:
        return text
    if "<" in text:
        text = _AUTOLINK.sub(r"\1", text)
    if "](" in text:
        text = _LINK.sub(r"\1", _IMAGE.sub(" ", text))
    if "<" in text:
        text = _TAG.sub(lambda hit: hit[0] if _PLACEHOLDER_TAG.match(hit[0]) else " " + "\n" * hit[0].count("\n"), text)
    return html.unescape(_EMPHASIS.sub("", text)).replace("\r", " ")


def read_blocks(text: str, *, offset: int = 0) -> list[Block]:
    """Read the blocks of a card's body; `offset` lines (the front matter) stand before it in the file."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.disable("inline")
    return _Collector(offset).collect(parser.parse(without_hidden(text)))


class _Collector:
    """Walks block tokens once, in order."""

    def __init__(self, offset: int) -> None:
        self._offset = offset
        self._blocks: list[Block] = []
        self._heading_level = 0
        """Level of the last real heading."""
        self._open: list[str] = []
        self._rows: list[tuple[Line, ...]] = []
        self._cells: list[Line] = []

    def collect(self, tokens: list[Token]) -> list[Block]:
        for token in tokens:
            if token.nesting == 1:
                self._open.append(token.type)
                if token.type == "heading_open" and token.level == 0:
                    self._heading_level = int(token.tag[1])
            elif token.nesting == -1:
                self._close(token)
            elif token.type == "inline":
                self._inline(token)
            elif token.type in ("fence", "code_block"):
                self._blocks.append(Block("code", self._line(token)))
            elif token.type == "html_block":
                self._html(token)
        return self._blocks

    def _line(self, token: Token) -> int:
        return (token.map[0] if token.map else 0) + 1 + self._offset

    def _close(self, token: Token) -> None:
        self._open.pop()
        if token.type == "tr_close":
            self._rows.append(tuple(self._cells))
            self._cells = []
        elif token.type == "table_close":
            line = self._rows[0][0].number if self._rows and self._rows[0] else 1
            self._blocks.append(Block("table", line, rows=tuple(self._rows)))
            self._rows = []

    def _inline(self, token: Token) -> None:
        line = self._line(token)
        if "heading_open" in self._open:
            if self._open == ["heading_open"]:
                self._blocks.append(Block("heading", line, level=self._heading_level, title=token.content))
        elif "table_open" in self._open:
            self._cells.append(Line(line, token.content))
        else:
            self._text(token.content, line, nested="list_item_open" in self._open, top=self._open == ["paragraph_open"])

    def _text(self, content: str, line: int, *, nested: bool, top: bool) -> None:
        bold = _BOLD_LINE.fullmatch(content.strip()) if top else None
        if bold:
            level = min(self._heading_level + 1, 7)
            self._blocks.append(Block("heading", line, level=level, title=bold[2]))
            return
        lines = tuple(Line(line + index, part) for index, part in enumerate(content.split("\n")))
        self._blocks.append(Block("item" if nested else "text", line, lines))

    def _html(self, token: Token) -> None:
        """Headings inside raw HTML are headings; of the rest only the text between tags is kept."""
        content, line = token.content, self._line(token)
        position = 0
        for hit in _HTML_HEADING.finditer(content) if token.level == 0 else ():
            self._text_of_html(content[position : hit.start()], line + content.count("\n", 0, position))
            self._heading_level = int(hit[1])
            at = line + content.count("\n", 0, hit.start())
            self._blocks.append(Block("heading", at, level=self._heading_level, title=clean_inline(hit[2])))
            position = hit.end()
        self._text_of_html(content[position:], line + content.count("\n", 0, position))

    def _text_of_html(self, content: str, line: int) -> None:
        lines = tuple(
            Line(line + index, part) for index, part in enumerate(clean_inline(content).split("\n")) if part.strip()
        )
        if lines:
            self._blocks.append(Block("text", lines[0].number, lines))
