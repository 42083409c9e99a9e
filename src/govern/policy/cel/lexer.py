"""Tokens of an expression: to re-spell it, to cut it into conjuncts, and to cap its nesting.

The grammar is that of cel-spec, doc/langdef.md. The lexer never judges: text that is no token becomes a token of kind
`other`, and the engine says what is wrong with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Token", "conjuncts", "cut", "depth", "respell", "tokens"]

_TOKEN = re.compile(
    r"""
      (?P<space>[\t\n\f\r ]+)
    | (?P<comment>//[^\n]*)
    | (?P<string>
          (?:[bB][rR]|[rR][bB]?)(?: \"\"\".*?\"\"\" | '''.*?''' | "[^"\n\r]*" | '[^'\n\r]*' )
        | [bB]?(?: \"\"\"(?:[^\\]|\\.)*?\"\"\" | '''(?:[^\\]|\\.)*?'''
                 | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' ))
    | (?P<number>0[xX][0-9a-fA-F]+[uU]?
        | (?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?
        | [0-9]+[eE][+-]?[0-9]+
        | [0-9]+[uU]?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*|`[^`\n]*`)
    | (?P<operator>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; `start` is its offset in code points."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The offset behind the token."""
        return self.start + len(self.text)


@lru_cache(maxsize=512)
def tokens(source: str) -> tuple[Token, ...]:
    """Cut an expression into tokens, without white space and comments."""
    found = (Token(match.lastgroup or "other", match.group(), match.start()) for match in _TOKEN.finditer(source))
    return tuple(token for token in found if token.kind not in ("space", "comment"))


def respell(source: str) -> str:
    """Write an expression again with no comments and no white space that could be spared.

    A blank stays only between two words (numbers count as words) and between a word and a string.
    """
    out: list[str] = []
    previous: Token | None = None
    for token in tokens(source):
        if previous is not None and _needs_blank(previous, token):
            out.append(" ")
        out.append(token.text)
        previous = token
    return "".join(out)


def _needs_blank(left: Token, right: Token) -> bool:
    wordlike = ("word", "number")
    if left.kind in wordlike:
        return right.kind in (*wordlike, "string")
    return left.kind == "string" and right.kind in (*wordlike, "string")


def depth(source: str) -> tuple[int, int]:
    """Give the deepest nesting of brackets and the offset where it is first reached."""
    level = deepest = at = 0
    for token in tokens(source):
        if token.text in _OPENING:
            level += 1
            if level > deepest:
                deepest, at = level, token.start
        elif token.text in _CLOSING:
            level -= 1
    return deepest, at


def _top_level(items: tuple[Token, ...]) -> list[tuple[int, Token]]:
    """The operators outside all brackets, with their index; `.?` and `[?` are not the conditional operator."""
    level = 0
    found: list[tuple[int, Token]] = []
    for index, token in enumerate(items):
        if token.kind == "operator" and token.text in _OPENING:
            level += 1
        elif token.kind == "operator" and token.text in _CLOSING:
            level -= 1
        elif level == 0 and (token.kind == "operator" or token.text == "in"):
            if token.text == "?" and index and items[index - 1].text == ".":
                continue
            found.append((index, token))
    return found


def cut(source: str, operator: str) -> tuple[tuple[int, int], ...]:
    """Cut at an operator outside all brackets; gives (start, end) offsets, the whole when it does not occur."""
    items = tokens(source)
    if not items:
        return ((0, len(source)),)
    bounds: list[tuple[int, int]] = []
    start = items[0].start
    for index, token in _top_level(items):
        if token.text == operator and 0 < index < len(items) - 1:
            bounds.append((start, items[index - 1].end))
            start = items[index + 1].start
    bounds.append((start, items[-1].end))
    return tuple(bounds)


def conjuncts(source: str) -> tuple[tuple[int, int], ...]:
    """Cut an expression at its top-level `&&`; whole when a top-level `||` or `?` binds weaker."""
    if any(token.text in ("||", "?") for _index, token in _top_level(tokens(source))):
        items = tokens(source)
        return ((items[0].start, items[-1].end),)
    return cut(source, "&&")
