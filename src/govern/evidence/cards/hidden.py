"""What a browser does not show of a card, and what a tool drew into it: blanked out, so that it counts for nothing."""

from __future__ import annotations

import re

__all__ = ["without_hidden"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_OPENER = re.compile(r"<!--|<(?:style|script|svg)\b|<div\b[^<>\n]{0,200}\bsk-container-id", re.IGNORECASE)
"""The last one is scikit-learn's diagram of an estimator, which skops puts into every card it writes."""
_CLOSERS = {
    "<!--": re.compile("-->"),
    "<sty": re.compile(r"</style\s{0,9}>", re.IGNORECASE),
    "<scr": re.compile(r"</script\s{0,9}>", re.IGNORECASE),
    "<svg": re.compile(r"</svg\s{0,9}>", re.IGNORECASE),
}
_DIV = re.compile(r"<(/?)div\b[^<>]{0,2000}>", re.IGNORECASE)
_HIDES_TO_THE_END = frozenset(["<!--", "<sty", "<scr"])


def without_hidden(text: str) -> str:
    """Blank out HTML comments, the content of style, script and svg, and diagrams, keeping every line break.

    Code fences are left alone. What begins a line and never ends hides the rest of the card, as it does in a browser.
    One pass: what was once found to have no end is not sought again.
    """
    out: list[str] = []
    position, fence, begins = 0, "", True
    unclosed: set[str] = set()
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        mark = _FENCE.match(text, position, end) if begins else None
        hit = None if fence or mark else _OPENER.search(text, position, end)
        if mark is not None:
            fence = _after(fence, mark, text[mark.end() : end])
        if hit is None:
            out.append(text[position:end])
            position, begins = end, True
            continue
        start, name = hit.start(), hit.group()[:4].lower()
        stop = -1 if name in unclosed else _end(text, start, name)
        if stop >= 0:
            out.append(text[position:start] + " " + "\n" * text.count("\n", start, stop))
            position, begins = stop, False
            continue
        unclosed.add(name)
        if name in _HIDES_TO_THE_END and begins and not text[position:start].strip():
            out.append(text[position:start] + "\n" * text.count("\n", start))
            break
        # Not at the head of a line and without an end: a browser shows it, so it stays; a comment's mark does not.
        out.append(text[position:start] + (" " + hit.group()[1:] if name == "<!--" else hit.group()))
        position, begins = hit.end(), False
    return "".join(out)


def _after(fence: str, mark: re.Match[str], rest: str) -> str:
    """Give the fence that is open after a line that looks like one; a closing fence has nothing behind it."""
    if not fence:
        return mark[1]
    closes = mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and not rest.strip()
    return "" if closes else fence


def _end(text: str, start: int, name: str) -> int:
    """Give where an element that begins at `start` ends, or -1."""
    if name in _CLOSERS:
        closer = _CLOSERS[name].search(text, start)
        return -1 if closer is None else closer.end()
    depth = 0
    for div in _DIV.finditer(text, start):
        depth += -1 if div[1] else 1
        if depth == 0:
            return div.end()
    return -1
