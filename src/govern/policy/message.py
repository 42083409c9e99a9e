"""Messages of rules: literal parts and `{field}` placeholders, parsed when the policy is compiled.

There is no formatting language: a placeholder is a name the check kind publishes, and escaping is the business of
each output format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from govern.canonical import Json
from govern.policy.evidence_schema import suggest
from govern.records import record

__all__ = ["Message", "MessageFault", "parse_message"]

_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+", re.DOTALL)


@record
class MessageFault:
    """What is wrong with a message, and where in its text."""

    offset: int
    message: str
    hint: str | None = None


@record
class Message:
    """A parsed message: (is it a placeholder, text or name) in order."""

    parts: tuple[tuple[bool, str], ...]

    def document(self) -> list[Json]:
        """The message as the plan writes it: a text is itself, a placeholder a list with its name."""
        return [[text] if placeholder else text for placeholder, text in self.parts]

    def render(self, fields: Mapping[str, str]) -> str | None:
        """Fill in the fields; None when the check did not measure one of them."""
        if any(placeholder and text not in fields for placeholder, text in self.parts):
            return None
        return "".join(fields[text] if placeholder else text for placeholder, text in self.parts)


def parse_message(text: str, allowed: Iterable[str]) -> tuple[Message, tuple[MessageFault, ...]]:
    """Parse a message; `{{` and `}}` stand for braces. `allowed` are the fields of the check kind."""
    names = tuple(allowed)
    parts: list[tuple[bool, str]] = []
    faults: list[MessageFault] = []
    literal = ""
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece in ("{{", "}}"):
            literal += piece[0]
        elif piece in ("{", "}"):
            faults.append(MessageFault(match.start(), f"a single '{piece}'", f"Write `{piece}{piece}` for a brace."))
        elif piece.startswith("{"):
            if literal:
                parts.append((False, literal))
            literal = ""
            name = piece[1:-1].strip()
            parts.append((True, name))
            if name not in names:
                faults.append(_unknown(match.start(), name, names))
        else:
            literal += piece
    if literal:
        parts.append((False, literal))
    return Message(tuple(parts)), tuple(faults)


def _unknown(offset: int, name: str, names: tuple[str, ...]) -> MessageFault:
    near = suggest(name, names)
    known = f"Fields of this check kind are {', '.join(names)}." if names else "This check kind has no fields."
    return MessageFault(offset, f"there is no field '{name}'", f"Did you mean '{near}'?" if near else known)
