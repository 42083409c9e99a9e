"""A model card in Markdown as sections that a case can name, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.template import heading_of
from govern.policy.testing.patches import Value

__all__ = ["FRONT_MATTER", "PREAMBLE", "card_text", "sections_of"]

FRONT_MATTER = "front_matter"
PREAMBLE = "preamble"

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")


def sections_of(text: str) -> tuple[dict[str, Value], dict[str, str]]:
    """Cut a card at its headings: name to text, and name to heading line.

    A heading that govern knows is named by its section id (`intended_use`), any other by its own words; what stands
    before the first heading is `preamble`, front matter (YAML between `---` lines) is `front_matter`.
    """
    matcher = Matcher()
    made: dict[str, Value] = {}
    headings: dict[str, str] = {}
    front, body = _front_matter(text)
    if front is not None:
        made[FRONT_MATTER] = front
    name, lines, fence = PREAMBLE, list[str](), ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1][:3]
        if fence or _HEADING.match(line) is None:
            lines.append(line)
            continue
        made[name] = "\n".join(lines)
        title = line.strip().lstrip("#").strip().rstrip("#").rstrip()
        name, lines = _unused(_name_of(title, matcher), made), []
        headings[name] = line
    made[name] = "\n".join(lines)
    if made.get(PREAMBLE) == "":
        del made[PREAMBLE]
    return made, headings


def _front_matter(text: str) -> tuple[str | None, str]:
    if not text.startswith("---\n"):
        return None, text
    end = text.find("\n---\n", 3)
    return (None, text) if end < 0 else (text[4 : end + 1], text[end + 5 :])


def _name_of(title: str, matcher: Matcher) -> str:
    found = matcher.match(title)
    return found[0] if len(found) == 1 else title or "untitled"


def _unused(name: str, taken: Mapping[str, object]) -> str:
    number, made = 1, name
    while made in taken or made in (FRONT_MATTER, PREAMBLE):
        number += 1
        made = f"{name} ({number})"
    return made


def card_text(value: Value, headings: Mapping[str, str]) -> str:
    """Write a card: Markdown as it is, sections under their headings."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) else "" if value is None else str(value)
    parts: list[str] = []
    front = value.get(FRONT_MATTER)
    if front is not None:
        parts.append(f"---\n{_front_text(front)}---")
    if PREAMBLE in value:
        parts.append(_text(value[PREAMBLE]))
    for name, text in value.items():
        if name in (FRONT_MATTER, PREAMBLE) or text is None:
            continue
        written = _text(text)
        if name in headings:  # the text of a card that was read begins with the line behind its heading
            parts.append(f"{headings[name]}\n{written}")
        else:
            parts.append(f"\n## {heading_of(name)}\n\n{written.strip()}\n")
    return "\n".join(parts)


def _text(value: Value) -> str:
    if isinstance(value, list):
        return "\n".join(_text(item) for item in value)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _front_text(value: Value) -> str:
    from govern.gate.testing.writing import json_text

    if isinstance(value, str):
        return value if value.endswith("\n") or not value else value + "\n"
    return json_text(value, not_a_number=".nan") + "\n"
