"""Mutants of an expression, by token: the text between the tokens that change is never written again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from govern.policy.cel.lexer import Token, tokens

__all__ = ["TextMutant", "expression_mutants", "looser_number"]

_STRICTNESS = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
_QUANTIFIERS = {"all": "exists", "exists": "all"}
_LOGIC = {"&&": "||", "||": "&&"}
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_WEAKER = frozenset([",", "?", ":", "||"])
"""What parts the operands of `&&` within one pair of brackets."""


@dataclass(frozen=True, slots=True)
class TextMutant:
    """A changed expression: which operator made it, where, and the whole new text."""

    operator: str
    place: str
    text: str


def looser_number(text: str, *, up: bool) -> str | None:
    """Give a number one step of its last written decimal looser; None for what is no plain decimal.

    `up` says that larger is stricter.
    """
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    if not _PLAIN_NUMBER.fullmatch(digits):
        return None
    places = len(digits.partition(".")[2])
    step = Decimal(1).scaleb(-places)
    moved = sign * Decimal(digits) + (-step if up else step)
    return f"{moved:.{places}f}"


def expression_mutants(source: str) -> Iterator[TextMutant]:
    """Yield every mutant of an expression: comparisons, limits, conjuncts, `&&`/`||`, quantifiers.

    Some may not compile or mean the same; whoever compiles them finds out.
    """
    items = tokens(source)
    yield from _swapped(source, items)
    yield from _limits(source, items)
    yield from _dropped(source, items)


def _cut(source: str, start: int, end: int, text: str) -> str:
    return source[:start] + text + source[end:]


def _swapped(source: str, items: tuple[Token, ...]) -> Iterator[TextMutant]:
    counts: dict[str, int] = {}
    for index, token in enumerate(items):
        operator, new = _swap(items, index)
        if new is not None:
            counts[operator] = counts.get(operator, 0) + 1
            text = _cut(source, token.start, token.end, new)
            yield TextMutant(operator, f"{token.text}{counts[operator]}", text)


def _swap(items: tuple[Token, ...], index: int) -> tuple[str, str | None]:
    token = items[index]
    if token.kind == "operator":
        return (
            ("strictness", _STRICTNESS[token.text]) if token.text in _STRICTNESS else ("logic", _LOGIC.get(token.text))
        )
    called = index + 1 < len(items) and items[index + 1].text == "(" and index > 0 and items[index - 1].text == "."
    return "quantifier", _QUANTIFIERS.get(token.text) if token.kind == "word" and called else None


def _limits(source: str, items: tuple[Token, ...]) -> Iterator[TextMutant]:
    """Yield each number that something is compared with, one step looser."""
    count = 0
    for index, token in enumerate(items):
        if token.kind != "number":
            continue
        before = items[index - 1].text if index else ""
        behind = items[index + 1].text if index + 1 < len(items) else ""
        negative = before == "-" and index > 1 and items[index - 2].text in _STRICTNESS
        relation = items[index - 2].text if negative else before
        if relation in _STRICTNESS:
            up = relation.startswith(">")
        elif behind in _STRICTNESS:
            up = behind.startswith("<")
        else:
            continue
        count += 1
        start = items[index - 1].start if negative else token.start
        made = looser_number(("-" if negative else "") + token.text, up=up)
        if made is not None:
            yield TextMutant("looser", str(count), _cut(source, start, token.end, made))


def _dropped(source: str, items: tuple[Token, ...]) -> Iterator[TextMutant]:
    """Yield the expression without each operand of an `&&`, inside brackets too."""
    count = 0
    for operands in _conjunctions(items):
        for number, (first, last) in enumerate(operands):
            count += 1
            if number + 1 < len(operands):
                start, end = items[first].start, items[operands[number + 1][0]].start
            else:
                start, end = items[operands[number - 1][1]].end, items[last].end
            yield TextMutant("conjunct", str(count), _cut(source, start, end, ""))


def _conjunctions(items: tuple[Token, ...]) -> Iterator[list[tuple[int, int]]]:
    """Yield the operands (first and last token) of every chain of `&&` at one level of brackets."""
    chains: list[list[tuple[int, int]]] = []
    stack: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]

    def close(at: int) -> None:
        start, operands = stack[-1]
        if operands and start < at:
            chains.append([*operands, (start, at - 1)])

    for index, token in enumerate(items):
        start, operands = stack[-1]
        if token.kind != "operator":
            continue
        if token.text in _OPENING:
            stack.append((index + 1, []))
        elif token.text in _CLOSING:
            close(index)
            if len(stack) > 1:
                stack.pop()
        elif token.text == "&&" and start < index:
            stack[-1] = (index + 1, [*operands, (start, index - 1)])
        elif token.text in _WEAKER and not (token.text == "?" and index and items[index - 1].text == "."):
            close(index)
            stack[-1] = (index + 1, [])
    close(len(items))
    yield from chains
