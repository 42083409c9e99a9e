"""How wide a text is without a font at hand: widths of letters, cutting and wrapping."""

from __future__ import annotations

__all__ = ["cut", "text_width", "wrap"]

# Widths of letters in ems, of a wide sans-serif face: generous, so that nothing overflows in a narrower one.
_WIDTHS = (
    (frozenset("ijl.,:;'|!I`"), 0.34),
    (frozenset('ftr()[]/\\- "*'), 0.43),
    (frozenset("mwMW@%"), 1.0),
    (frozenset("ABCDEFGHJKLNOPQRSTUVXYZ&…"), 0.78),
)


def text_width(text: str, size: float = 12) -> float:
    """Estimate the width of a text in pixels from a table of glyph widths; generous, so that nothing overflows."""
    total = 0.0
    for char in text:
        if ord(char) > 0x2E7F:
            total += 1.05
        else:
            total += next((width for chars, width in _WIDTHS if char in chars), 0.65)
    return total * size


def cut(text: str, width: float, size: float = 12) -> str:
    """Cut a text in its middle until it fits; both ends of a name say more than its beginning alone."""
    if text_width(text, size) <= width:
        return text
    text = text if len(text) <= 400 else f"{text[:200]}{text[-200:]}"
    for kept in range(len(text) - 1, 1, -1):
        head = (kept + 1) // 2
        shorter = f"{text[:head]}…{text[len(text) - kept + head :]}"
        if text_width(shorter, size) <= width:
            return shorter
    return "…"


def wrap(text: str, width: float, size: float, most: int) -> list[str]:
    """Break a text into at most `most` lines, after separators where there are any; what is left over is cut."""
    lines: list[str] = []
    while text and len(lines) < most - 1 and text_width(text, size) > width:
        fits = 1
        while fits < len(text) and text_width(text[: fits + 1], size) <= width:
            fits += 1
        breaks = [at + 1 for at in range(fits // 2, fits) if text[at] in "/-_. "]
        at = breaks[-1] if breaks else fits
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*lines, cut(text, width, size)] if text else lines
