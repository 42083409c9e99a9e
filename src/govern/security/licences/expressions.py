"""SPDX licence expressions (SPDX specification 3.0, annex B) as alternatives of identifiers."""

from __future__ import annotations

import itertools
import re

__all__ = ["MOST_ALTERNATIVES", "alternatives_of", "canonical_expression", "comparable"]

MOST_ALTERNATIVES = 64
"""An expression that offers more ways than this is refused: nobody wrote it for people."""
_MOST_CHARS = 500
_TOKEN = re.compile(r"\(|\)|[^\s()]+")
_GNU = re.compile(r"((?:A|L)?GPL|GFDL)-(\d\.\d)(\+?)")
_DEGREE = re.compile(r"-(?:only|or-later)$")

Alternatives = frozenset[frozenset[str]]


def canonical_expression(text: str) -> str | None:
    """Give an expression in its canonical spelling, or None when it is not one.

    `AND`, `OR`, `WITH` and identifiers are read in any case. Deprecated GNU identifiers become the present ones:
    `gpl-3.0` is `GPL-3.0-only`, `GPL-3.0+` is `GPL-3.0-or-later`.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if not text or len(text) > _MOST_CHARS or not text.isascii():
        return None
    try:
        made = str(canonicalize_license_expression(text))
    except (InvalidLicenseExpression, RecursionError, SyntaxError, MemoryError):
        return None
    return " ".join(_present(token) for token in _TOKEN.findall(made)).replace("( ", "(").replace(" )", ")")


def _present(token: str) -> str:
    hit = _GNU.fullmatch(token)
    if hit is None:
        return token
    return f"{hit[1]}-{hit[2]}-{'or-later' if hit[3] else 'only'}"


def alternatives_of(expression: str) -> Alternatives | None:
    """Give the ways in which a canonical expression may be met: any one of the sets, all of whose members then apply.

    `MIT OR (Apache-2.0 AND ISC)` gives {MIT} and {Apache-2.0, ISC}; `X WITH Y` is one member. None for an expression
    with more than `MOST_ALTERNATIVES` ways.
    """
    try:
        return _Parser(_TOKEN.findall(expression)).whole()
    except _TooManyError:
        return None


def comparable(identifier: str) -> str:
    """Give the identifier as licence texts can tell it apart: without `-only` and `-or-later`, in lower case."""
    return _DEGREE.sub("", identifier).lower()


class _TooManyError(ValueError):
    """More alternatives than anybody means."""


class _Parser:
    """OR binds weaker than AND, AND weaker than WITH. The text is canonical, so it is well formed."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def whole(self) -> Alternatives:
        found = self._either()
        if self.at != len(self.tokens):
            raise _TooManyError
        return found

    def _next(self, *wanted: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] in wanted:
            self.at += 1
            return True
        return False

    def _either(self) -> Alternatives:
        found = self._both()
        while self._next("OR"):
            found |= self._both()
            _bounded(found)
        return found

    def _both(self) -> Alternatives:
        found = self._one()
        while self._next("AND"):
            other = self._one()
            found = frozenset(left | right for left, right in itertools.product(found, other))
            _bounded(found)
        return found

    def _one(self) -> Alternatives:
        if self._next("("):
            found = self._either()
            self._next(")")
            return found
        if self.at >= len(self.tokens):
            raise _TooManyError
        name = self.tokens[self.at]
        self.at += 1
        if self._next("WITH"):
            name = f"{name} WITH {self.tokens[self.at]}"
            self.at += 1
        return frozenset([frozenset([name])])


def _bounded(found: Alternatives) -> None:
    if len(found) > MOST_ALTERNATIVES:
        raise _TooManyError
