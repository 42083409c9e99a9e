"""The few shapes that the figures are drawn with: no plotting library, no script, no `style` attribute."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from xml.sax.saxutils import escape

from govern.diagnostics import plain

__all__ = ["STYLE", "figure", "hatch", "line", "mark", "path", "rect", "safe", "short", "text", "ticks"]

STYLE = """
.fig{display:block;width:100%;max-width:620px;height:auto;color:var(--ink);font-family:inherit}
.fig text{fill:currentColor;font-size:13px}
.fig .fig-soft{fill:var(--soft);font-size:12px}
.fig .fig-note{fill:var(--soft);font-size:12px;font-style:italic}
.fig .fig-strong{font-weight:600}
.fig-bar{fill:var(--bar)}
.fig-worst{fill:var(--bar-strong)}
.fig-hatch{stroke:var(--soft)}
.fig-outline{fill:var(--paper);stroke:var(--soft)}
.fig-frame{fill:none;stroke:var(--soft)}
.fig-axis{stroke:var(--line)}
.fig-whisker{stroke:var(--ink)}
.fig-curve{fill:none;stroke:var(--bar-strong)}
.fig-even{fill:none;stroke:var(--soft)}
.fig-limit{stroke:var(--bad)}
.fig text.fig-limit-word{fill:var(--bad);font-size:12px}
.fig-dot{fill:var(--bar-strong);stroke:var(--paper)}
""".strip()
"""Style of the figures; the page supplies the variables."""

_FORBIDDEN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def safe(words: str, limit: int = 120) -> str:
    """Make a text fit to stand in SVG: plain, short, and escaped."""
    return escape(_FORBIDDEN_XML.sub("�", plain(words, limit=limit)))


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Write words at a place; `anchor` is start, middle or end."""
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{name} text-anchor="{anchor}">{safe(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str, width: float = 1, dash: str = "") -> str:
    """Draw a straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line class="{kind}" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke-width="{width:g}"{dashed}/>'


def path(points: Sequence[tuple[float, float]], kind: str, width: float = 2, dash: str = "") -> str:
    """Draw a line through points."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    steps = "L".join(f"{x:g} {y:g}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}" fill="none" stroke-width="{width:g}"{dashed}/>'


def rect(x: float, y: float, width: float, height: float, kind: str = "", more: str = "") -> str:
    """Draw a box; `more` are further attributes, ours alone."""
    name = f' class="{kind}"' if kind else ""
    return f'<rect{name} x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="2"{more}/>'


def mark(x: float, y: float, *, met: bool, small: bool) -> str:
    """A disc where the limit is met, a cross where it is missed, a ring where too few say nothing either way."""
    if small:
        return f'<circle class="fig-outline" cx="{x:g}" cy="{y:g}" r="5" stroke-width="2"/>'
    if met:
        return f'<circle class="fig-dot" cx="{x:g}" cy="{y:g}" r="6" stroke-width="1.5"/>'
    return (
        f'<path class="fig-limit" d="M{x - 5:g} {y - 5:g}L{x + 5:g} {y + 5:g}M{x - 5:g} {y + 5:g}L{x + 5:g} {y - 5:g}"'
        ' stroke-width="2.6" stroke-linecap="round" fill="none"/>'
    )


def hatch(prefix: str) -> str:
    """Define the hatch that means too few or not shown; it is used as `url(#<prefix>h)`."""
    return (
        f'<defs><pattern id="{prefix}h" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><line class="fig-hatch" x1="0" y1="0" x2="0" y2="6" stroke-width="2"/>'
        "</pattern></defs>"
    )


def figure(prefix: str, size: tuple[int, int], title: str, description: str, parts: Sequence[str]) -> str:
    """Put the parts into an image with title and description. `prefix` starts its ids."""
    width, height = size
    return (
        f'<svg class="fig" xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" aria-labelledby="{prefix}t {prefix}d">'
        f'<title id="{prefix}t">{safe(title, 1500)}</title><desc id="{prefix}d">{safe(description, 1500)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def short(value: Decimal, limit: Decimal | None = None) -> str:
    """Write a number with three decimals, or as many as keep it on its side of the limit."""
    for places in range(3, 12):
        written = f"{value:.{places}f}".rstrip("0").rstrip(".") if value else "0"
        shown = Decimal(written)
        if limit is None or ((shown < limit) == (value < limit) and (shown > limit) == (value > limit)):
            return written
    return str(value)


def ticks(values: Sequence[Decimal | None], least: Decimal) -> list[Decimal]:
    """Round numbers for an axis from 0 to the first one above every value, at most six steps."""
    highest = max([least, *(value for value in values if value is not None)])
    step = next(
        (
            size
            for power in range(-3, 30)
            for digit in (1, 2, 5)
            if (size := Decimal(digit).scaleb(power)) * 6 >= highest
        ),
        highest,
    )
    count = max(1, int((highest / step).to_integral_value(ROUND_CEILING)))
    return [step * number for number in range(count + 1)]
