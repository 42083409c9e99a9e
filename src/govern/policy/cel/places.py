"""Where in the text of an expression a fault is: the engine's positions, made those that an author would point at."""

from __future__ import annotations

from collections.abc import Mapping

from govern.policy.cel.ast import Node, walk
from govern.policy.cel.lexer import Token, tokens

__all__ = ["chain_before", "name_before", "start_of", "where_too_deep"]

_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_STEADY = frozenset(["+", "-", "*", "/", "%", "?"])
_PASSING = frozenset([".", "==", "!=", "<", "<=", ">", ">=", "in"])
"""Links of what stands between two of the others, and over with it."""
_FLAT = frozenset(["&&", "||", ","])
"""Chains of these are balanced by the engine, however long they are."""


def start_of(node: Node, positions: Mapping[int, int], source: str) -> int:
    """Give the offset at which a subexpression begins."""
    return chain_before(source, min(positions.get(part.id, len(source)) for part in walk(node)))


def chain_before(source: str, offset: int) -> int:
    """Give the offset of the dotted name before a bracket, where the engine places what the name makes or calls."""
    items, at = _bracket(source, offset)
    while at > 0 and (items[at - 1].kind == "word" or items[at - 1].text == "."):
        at -= 1
    return items[at].start if items else offset


def name_before(source: str, offset: int) -> int:
    """Give the offset of the function's name before a bracket, where the engine places its call."""
    items, at = _bracket(source, offset)
    return items[at - 1].start if at > 0 and items[at - 1].kind == "word" else offset


def _bracket(source: str, offset: int) -> tuple[tuple[Token, ...], int]:
    """The tokens of a source, and which of them is the bracket at the offset; nothing when there is none."""
    items = tokens(source)
    at = next((index for index, token in enumerate(items) if token.start == offset and token.text in ("(", "{")), None)
    return ((), 0) if at is None else (items, at)


def where_too_deep(source: str, most: int) -> int:
    """Give the offset at which a chain of operators, look-ups and brackets first has more than `most` links.

    For an expression that the engine finds too deep without saying where: the links reckoned here are not exactly its
    depth, but what is too long for it is too long here. Without such a chain it is the end of the longest one.
    """
    outer: list[tuple[int, int]] = []
    steady = passing = longest = place = 0
    for token in tokens(source):
        if token.text in _OPENING:
            outer.append((steady, passing))
            steady, passing = steady + passing + 1, 0
        elif token.text in _CLOSING and outer:
            steady, passing = outer.pop()
            passing += token.text == "]"
        elif token.text in _FLAT:
            steady, passing = outer[-1][0] + outer[-1][1] + 1 if outer else 0, 0
        elif token.text in _STEADY:
            steady, passing = steady + 1, 0
        elif token.text in _PASSING:
            passing += 1
        if longest < steady + passing <= most + 1:
            longest, place = steady + passing, token.start
    return place
