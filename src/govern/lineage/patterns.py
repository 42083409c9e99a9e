"""Patterns of the source registry: anchored, `*` is one or more characters of one segment, `**` crosses segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from govern.lineage.uri import UriError, canonical_uri

__all__ = ["Pattern", "PatternError"]

_ONE, _MANY = "*", "**"


class PatternError(ValueError):
    """A pattern that may not stand in a registry; `code` is the diagnostic's."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the text."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern. Matching is linear in text times pattern: no backtracking, whatever the text."""

    text: str
    exact: bool = False

    @classmethod
    def of(cls, text: str, *, exact: bool = False) -> Pattern:
        """Check and compile.

        Raises PatternError: L301 for one that matches everything, L302 for one whose literal part does not reach
        beyond the host, L308 for one that is not written in canonical form and so could never match.
        """
        literal = text if exact else text.partition("*")[0]
        scheme, colon, rest = literal.partition(":")
        if not exact and (not colon or not rest.strip("/") or not scheme):
            raise PatternError("L301", f"'{text}' matches every source")
        if not exact and rest.startswith("//") and "/" not in rest[2:]:
            raise PatternError("L302", f"'{text}' does not name its host or bucket in full before the first `*`")
        if exact and "*" in text:
            raise PatternError("L308", f"'{text}' holds `*`: use match instead of exact")
        if not exact and "*" not in text:
            raise PatternError("L308", f"'{text}' holds no `*`: use exact instead of match")
        try:
            canonical = canonical_uri(text)
        except UriError as fault:
            raise PatternError("L308", f"'{text}' {fault}") from fault
        if canonical.is_local:
            raise PatternError("L302", f"'{text}' is a local name: it identifies nothing; register a URI with a host")
        if canonical.text != text:
            raise PatternError("L308", f"'{text}' is not in canonical form: write '{canonical.text}'")
        return cls(text, exact)

    @property
    def literal(self) -> str:
        """The text before the first wildcard; a longer one wins."""
        return self.text if self.exact else self.text.partition("*")[0]

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The pattern as characters and wildcards."""
        out: list[str] = []
        at = 0
        while at < len(self.text):
            if self.text.startswith(_MANY, at) and not self.exact:
                out.append(_MANY)
                at += 2
            else:
                out.append(self.text[at])
                at += 1
        return tuple(out)

    def _accepts(self, token: str, char: str) -> bool:
        if self.exact or token not in (_ONE, _MANY):
            return token == char
        return token == _MANY or char != "/"

    def matches(self, uri: str) -> bool:
        """Whether a canonical URI is covered, from its first to its last character."""
        if self.exact:
            return uri == self.text
        start = len(self.literal)
        if not uri.startswith(self.literal):
            return False
        states = {start}
        for char in uri[start:]:
            following: set[int] = set()
            for state in states:
                if state < len(self.tokens) and self._accepts(self.tokens[state], char):
                    following.add(state + 1)
                # A wildcard stands for one or more: having taken one character it may take the next as well.
                if state and self.tokens[state - 1] in (_ONE, _MANY) and self._accepts(self.tokens[state - 1], char):
                    following.add(state)
            states = following
            if not states:
                return False
        return len(self.tokens) in states

    def overlaps(self, other: Pattern) -> bool:
        """Whether some URI is covered by both (a search in the product of the two automata)."""
        if self.exact or other.exact:
            return self.matches(other.text) if other.exact else other.matches(self.text)
        seen = {(0, 0)}
        ready = [(0, 0)]
        while ready:
            mine, theirs = ready.pop()
            if mine == len(self.tokens) and theirs == len(other.tokens):
                return True
            for next_mine, class_mine in self._steps(mine):
                for next_theirs, class_theirs in other._steps(theirs):
                    if _compatible(class_mine, class_theirs) and (next_mine, next_theirs) not in seen:
                        seen.add((next_mine, next_theirs))
                        ready.append((next_mine, next_theirs))
        return False

    def _steps(self, state: int) -> list[tuple[int, str]]:
        """Give the moves from a state: the next state and the character or wildcard it takes."""
        moves = [(state + 1, self.tokens[state])] if state < len(self.tokens) else []
        if state and self.tokens[state - 1] in (_ONE, _MANY):
            moves.append((state, self.tokens[state - 1]))
        return moves


def _compatible(first: str, second: str) -> bool:
    """Whether some character fits both."""
    if first == _MANY or second == _MANY:
        return True
    if first == _ONE or second == _ONE:
        return (second if first == _ONE else first) != "/"
    return first == second
