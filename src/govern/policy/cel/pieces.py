"""The pieces of an expression as an author sees them: subexpressions by their place in the text.

The engine's tree knows where operators stand, not where their operands begin and end, and it has folds in place of
`all` and `exists`. To show the value of a subexpression it takes its text. The grammar is that of cel-spec,
doc/langdef.md; the text has been compiled before, so it is not judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from govern.policy.cel.lexer import Token, tokens

__all__ = ["FOLDS", "Kind", "Piece", "pieces_of"]

FOLDS = frozenset(["all", "exists", "exists_one", "filter"])
"""Macros that try their second argument on each member of a list."""
_BINDS = frozenset(["optMap", "optFlatMap"])
_RELATIONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "in"])
_LITERALS = frozenset(["true", "false", "null"])

Kind = Literal["literal", "path", "has", "logic", "not", "choice", "fold", "made", "operator", "value"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A subexpression, from `start` up to `end` (code points), without brackets around it.

    `path` is a name with its fields and constant indexes; `made` a list or mapping written out; `choice` is
    `condition ? this : that`; `operator` compares or calculates; `value` is what a function or a look-up gives.
    """

    kind: Kind
    start: int
    end: int
    parts: tuple[Piece, ...] = ()
    """The pieces in it, in reading order. Of a fold: what it goes through, then what it asks of each member."""
    name: str = ""
    """The first name of a path, or the macro of a fold."""
    variable: str = ""
    """Of a fold: its name for a member."""


def pieces_of(source: str) -> Piece | None:
    """Take a compiled expression to pieces; None when it is no expression."""
    reader = _Reader(tokens(source))
    try:
        found = reader.expression()
    except IndexError:
        return None
    return found if reader.at == len(reader.items) else None


@dataclass(slots=True)
class _Reader:
    """Reads one expression from left to right; an IndexError means that it ends too early or is none."""

    items: tuple[Token, ...]
    at: int = 0

    # --- tokens

    def next_is(self, *texts: str) -> bool:
        return self.at < len(self.items) and self.items[self.at].text in texts

    def take(self) -> Token:
        token = self.items[self.at]
        self.at += 1
        return token

    def skip(self, text: str) -> None:
        if self.take().text != text:
            raise IndexError(text)

    @property
    def start(self) -> int:
        """Where the next token begins."""
        return self.items[self.at].start

    @property
    def end(self) -> int:
        """The end of the last token."""
        return self.items[self.at - 1].end

    # --- operators, from the weakest

    def expression(self) -> Piece:
        start = self.start
        first = self.either()
        if not self.next_is("?"):
            return first
        self.skip("?")
        then = self.either()
        self.skip(":")
        otherwise = self.expression()
        return Piece("choice", start, self.end, (first, then, otherwise))

    def either(self) -> Piece:
        return self.joined("logic", ("||",), self.both)

    def both(self) -> Piece:
        return self.joined("logic", ("&&",), self.relation)

    def relation(self) -> Piece:
        start = self.start
        left = self.sum()
        while self.next_is(*_RELATIONS):
            self.take()
            right = self.sum()
            left = Piece("operator", start, self.end, (left, right))
        return left

    def sum(self) -> Piece:
        return self.joined("operator", ("+", "-"), self.product)

    def product(self) -> Piece:
        return self.joined("operator", ("*", "/", "%"), self.signed)

    def joined(self, kind: Kind, operators: tuple[str, ...], read: Callable[[], Piece]) -> Piece:
        """A chain of operators of one strength: one piece, with what stands between them."""
        start = self.start
        parts = [read()]
        while self.next_is(*operators):
            self.take()
            parts.append(read())
        return parts[0] if len(parts) == 1 else Piece(kind, start, self.end, tuple(parts))

    def signed(self) -> Piece:
        start, sign = self.start, self.items[self.at].text
        if sign not in ("!", "-"):
            return self.member()
        while self.next_is(sign):
            self.take()
        inner = self.member()
        if sign == "-" and inner.kind == "literal":
            return Piece("literal", start, self.end)
        return Piece("not" if sign == "!" else "operator", start, self.end, (inner,))

    # --- names, look-ups, calls

    def member(self) -> Piece:
        start = self.start
        found = self.primary()
        while self.next_is(".", "["):
            found = self.looked_up(found, start) if self.take().text == "[" else self.named(found, start)
        return found

    def looked_up(self, base: Piece, start: int) -> Piece:
        if self.next_is("?"):
            self.take()
        key = self.expression()
        self.skip("]")
        if key.kind == "literal":
            return self.further(base, start)
        return Piece("value", start, self.end, (base, key))

    def named(self, base: Piece, start: int) -> Piece:
        if self.next_is("?"):
            self.take()
        name = self.take().text
        if not self.next_is("("):
            return self.further(base, start)
        self.skip("(")
        variable = self.items[self.at].text
        arguments = self.list_until(")")
        if name not in FOLDS and name not in _BINDS:
            return Piece("value", start, self.end, (base, *arguments))
        if name in _BINDS:  # its second argument speaks of a value that has no place in the evidence
            return Piece("value", start, self.end, (base,))
        if len(arguments) != 2:
            raise IndexError(name)
        return Piece("fold", start, self.end, (base, arguments[1]), name, variable)

    def further(self, base: Piece, start: int) -> Piece:
        """One field or constant index more."""
        if base.kind == "path":
            return Piece("path", start, self.end, (), base.name)
        return Piece("value", start, self.end, (base,))

    def list_until(self, closing: str) -> tuple[Piece, ...]:
        """Pieces with commas between them, up to the closing bracket."""
        found: list[Piece] = []
        while not self.next_is(closing):
            found.append(self.expression())
            if not self.next_is(closing):
                self.skip(",")
        self.skip(closing)
        return tuple(found)

    def primary(self) -> Piece:
        token = self.take()
        if token.text == ".":
            token = self.take()
        if token.text == "(":
            inner = self.expression()
            self.skip(")")
            return inner
        if token.text == "[":
            parts = self.list_until("]")
            return Piece("made", token.start, self.end, parts)
        if token.text == "{":
            parts = self.mapping()
            return Piece("made", token.start, self.end, parts)
        if token.kind in ("string", "number") or token.text in _LITERALS:
            return Piece("literal", token.start, token.end)
        if token.kind != "word":
            raise IndexError(token.text)
        if not self.next_is("("):
            return Piece("path", token.start, token.end, (), token.text)
        self.skip("(")
        arguments = self.list_until(")")
        if token.text == "has":
            return Piece("has", token.start, self.end)
        return Piece("value", token.start, self.end, arguments)

    def mapping(self) -> tuple[Piece, ...]:
        parts: list[Piece] = []
        while not self.next_is("}"):
            parts.append(self.expression())
            self.skip(":")
            parts.append(self.expression())
            if not self.next_is("}"):
                self.skip(",")
        self.skip("}")
        return tuple(parts)
