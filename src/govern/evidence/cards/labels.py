"""Labels in a block of text: `**License:** MIT` anywhere, `License: MIT` in a list item only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.blocks import Block, Line, clean_inline

__all__ = ["Run", "runs"]

_BOLD_LABEL = re.compile(r"\s*(?:[-*+]\s+)?(\*\*|__)([^*_\n]{1,60}?)\s*(?::\s*\1|\1\s*:)\s*(.*)", re.DOTALL)
_PLAIN_LABEL = re.compile(r"\s*([^:\n*_|]{2,60}?)\s*:\s+(\S.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Run:
    """Part of a block: a label with its value, or plain text."""

    names: tuple[str, ...]
    value: str
    """Cleaned text, without the label."""
    raw: str
    line: int


def runs(block: Block, matcher: Matcher) -> Iterable[Run]:
    """Cut a block at its labels: `**License:** MIT` anywhere, `License: MIT` in a list item only."""
    names: tuple[str, ...] = ()
    held: list[Line] = []
    raw: list[str] = []

    def flush() -> Iterable[Run]:
        if held:
            yield Run(names, clean_inline("\n".join(line.text for line in held)), "\n".join(raw), held[0].number)

    for line in block.lines:
        bold = _BOLD_LABEL.match(line.text)
        plain = None if bold or block.kind != "item" else _PLAIN_LABEL.match(line.text)
        hit = bold or plain
        label, value = (hit[hit.lastindex - 1], hit[hit.lastindex]) if hit and hit.lastindex else ("", line.text)
        found = matcher.match(label, exact=True) if hit else ()
        if not found and not bold:
            held.append(line)
            raw.append(line.text)
            continue
        yield from flush()
        # The words of a label are the template's; only its value says something.
        names, held, raw = found, [Line(line.number, value)], [line.text]
    yield from flush()
