"""The lineage as inline SVG: static, readable without colour, safe with hostile names, the same bytes each time.

State is told by glyph, word and dash pattern together. There is no script, no `style=` attribute (a strict content
security policy blocks it), no name in an id. The page supplies `STYLE` once.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from govern.canonical import JsonObject
from govern.diagnostics import plain
from govern.lineage.cards import Card, Link, Scene, scene_of
from govern.lineage.glyphs import cut, text_width, wrap
from govern.lineage.layout import Point, back_edges, place, ranks_of

__all__ = ["STYLE", "draw"]

STYLE = """
.lin{--lin-ink:#1f2328;--lin-soft:#59636e;--lin-card:#f6f8fa;--lin-good:#1a7f37;--lin-bad:#b42318;--lin-unsure:#8a5a00;
max-width:100%;height:auto;color:var(--lin-ink);font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
@media (prefers-color-scheme:dark){.lin{--lin-ink:#e6edf3;--lin-soft:#a5aeb8;--lin-card:#161b22;--lin-good:#56d364;
--lin-bad:#ff8e84;--lin-unsure:#e3b341}}
.lin-box{fill:var(--lin-card);stroke:var(--lin-soft)}
.lin-subject{stroke:var(--lin-ink)}
.lin-good .lin-box{stroke:var(--lin-good)}.lin-bad .lin-box{stroke:var(--lin-bad)}
.lin-unsure .lin-box{stroke:var(--lin-unsure)}
.lin-good .lin-state{color:var(--lin-good)}.lin-bad .lin-state{color:var(--lin-bad)}
.lin-unsure .lin-state{color:var(--lin-unsure)}
.lin-state{fill:currentColor}
.lin-soft{fill:var(--lin-soft)}
.lin-edge{color:var(--lin-soft)}
.lin-edge-bad{color:var(--lin-bad)}.lin-edge-unsure{color:var(--lin-unsure)}
@media print{.lin{--lin-ink:#000;--lin-soft:#333;--lin-card:#fff;--lin-good:#000;--lin-bad:#000;--lin-unsure:#000}}
""".strip()
"""Style of the drawing for light, dark and print. Put it into the page's one style element. The page may override
the variables `--lin-ink`, `--lin-soft`, `--lin-card`, `--lin-good`, `--lin-bad` and `--lin-unsure`."""

_MARGIN = 14
_GAP = (40, 18)
_LINE = 16
_NARROWEST, _WIDEST = 124, 216
_NAME, _SMALL, _BOLD = 12.5, 11, 1.1
"""Sizes of the letters, and how much wider bold ones are."""

# Outlines in a 12 x 12 box: tick, cross, clock, open padlock, question mark.
_TICK = "M1.5 6.5 4.5 9.5 10.5 2.5"
_CROSS = "M2 2 10 10 M10 2 2 10"
_CLOCK = "M6 1A5 5 0 1 0 6 11A5 5 0 1 0 6 1 M6 3V6L8.5 7.5"
_LOCK = "M2 6H10V11H2Z M4 6V3.5A2 2 0 0 1 8 3.5"
_QUERY = "M3.5 4A2.5 2.5 0 1 1 6 6.5V8 M6 10V10.6"

# status: word, glyph, class, dash pattern of the border
_STATES: dict[str, tuple[str, str, str, str]] = {
    "approved": ("approved", _TICK, "lin-good", ""),
    "not_approved": ("not approved", _CROSS, "lin-bad", "7 3"),
    "expired": ("approval ended", _CLOCK, "lin-bad", "7 3 2 3"),
    "unpinned": ("not pinned", _LOCK, "lin-unsure", "3 3"),
    "unknown": ("cannot tell", _QUERY, "lin-unsure", "1.5 3"),
}
_KINDS = {
    "dataset": "data",
    "model": "model",
    "run": "step",
    "report": "report",
    "deployment": "deployment",
    "group": "data",
}
_FORBIDDEN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _safe(text: str, limit: int = 300) -> str:
    return _FORBIDDEN_XML.sub("�", plain(text, limit=limit))


def _text(text: str) -> str:
    return escape(_safe(text))


def _glyph(outline: str, x: int, y: int) -> str:
    return (
        f'<path class="lin-mark" transform="translate({x} {y})" d="{outline}" fill="none" stroke="currentColor"'
        ' stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _lines(card: Card, room: int) -> list[tuple[str, str]]:
    """Give the lines under the kind: (class, text)."""
    shown = _safe(card.short, 120)
    lines = [("lin-name", line) for line in wrap(shown, room, _NAME * _BOLD, 3)]
    if card.version:
        lines.append(("lin-soft", cut(_safe(card.version), room, _SMALL)))
    for note in ([f"by {card.by}"] if card.by else []) + ([card.detail] if card.kind == "group" else []):
        lines += [("lin-soft", line) for line in wrap(_safe(note, 120), room, _SMALL, 2)]
    return lines


def _height(card: Card, width: int) -> int:
    rows = 1 + len(_lines(card, width - 20)) + (1 if card.status in _STATES else 0)
    return 14 + rows * _LINE


def _card_title(card: Card) -> str:
    parts = [_KINDS.get(card.kind, card.kind), card.name]
    parts += [card.version] if card.version else []
    parts += [f"made by {card.by}"] if card.by else []
    if card.status in _STATES:
        parts.append(_STATES[card.status][0])
    parts += [card.detail] if card.detail else []
    parts += ["this model"] if card.is_subject else []
    parts += ["on a failing path"] if card.failing else []
    return "; ".join(_safe(part, 600) for part in parts)


def _draw_card(card: Card, number: int, prefix: str, corner: Point, width: int) -> str:
    x, y = corner
    height = _height(card, width)
    word, outline, tone, dash = _STATES.get(card.status, ("", "", "", ""))
    thick = 2.5 if card.is_subject or card.failing else 1.2
    border = f' stroke-dasharray="{dash}"' if dash else ""
    shape = "lin-box lin-subject" if card.is_subject else "lin-box"
    radius = 14 if card.kind == "run" else 5
    out = [
        f'<g id="{prefix}{number}" class="{("lin-card " + tone).strip()}"><title>{escape(_card_title(card))}</title>',
        (
            f'<rect class="{shape}" x="{x}" y="{y}" width="{width}" height="{height}" rx="{radius}" fill="none"'
            f' stroke="currentColor" stroke-width="{thick}"{border}/>'
        ),
    ]
    label = "this model" if card.is_subject else _KINDS.get(card.kind, card.kind)
    room = width - 20
    row = y + 6 + 12
    out.append(
        f'<text class="lin-soft" x="{x + 10}" y="{row}" font-size="11" fill="currentColor">{_text(label)}</text>'
    )
    for style, line in _lines(card, room):
        row += _LINE
        bold = style == "lin-name"
        size, weight = (_NAME, ' font-weight="600"') if bold else (_SMALL, "")
        ink = "lin-text" if bold else style
        out.append(
            f'<text class="{ink}" x="{x + 10}" y="{row}" font-size="{size}"{weight} fill="currentColor">'
            f"{escape(line)}</text>"
        )
    if word:
        row += _LINE
        out.append(
            f'<g class="lin-state">{_glyph(outline, x + 10, row - 10)}<text x="{x + 27}" y="{row}" font-size="12"'
            f' font-weight="600" fill="currentColor">{escape(word)}</text></g>'
        )
    return "".join([*out, "</g>"])


def _curve(points: Sequence[Point]) -> str:
    steps = [f"M{points[0][0]} {points[0][1]}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        middle = (x0 + x1) // 2
        steps.append(f"L{x1} {y1}" if y0 == y1 else f"C{middle} {y0} {middle} {y1} {x1} {y1}")
    return " ".join(steps)


def _draw_link(link: Link, points: Sequence[Point], tone: str, *, backwards: bool) -> str:
    dashes = {"evaluation": "2 4", "copy": "8 4", "void": "1 5"}
    dash = f' stroke-dasharray="{dashes[link.style]}"' if link.style in dashes else ""
    width = 3.4 if link.failing else 1.4
    tip = points[0] if backwards else points[-1]
    x, y = tip
    back = 9 if not backwards else -9
    body = [*points[:-1], (x - back, y)] if not backwards else [(x - back, y), *points[1:]]
    out = [
        (
            f'<g class="lin-edge {tone}"><path d="{_curve(body)}" fill="none" stroke="currentColor"'
            f' stroke-width="{width}"{dash}/>'
        ),
        f'<path d="M{x} {y}l{-back} -4.5v9z" fill="currentColor"/>',
    ]
    if link.failing:
        (x0, y0), (x1, y1) = body[0], body[1]
        mark = _QUERY if tone == "lin-edge-unsure" else _CROSS
        out.append(_glyph(mark, (x0 + x1) // 2 - 6, (y0 + y1) // 2 - 6))
    return "".join([*out, "</g>"])


def _legend(scene: Scene, top: int) -> tuple[str, int, int]:
    """Give the legend of what occurs in the drawing, its width and its height."""
    used = [state for state in _STATES if any(card.status == state for card in scene.cards)]
    out, x = [], _MARGIN
    for state in used:
        word, outline, tone, dash = _STATES[state]
        border = f' stroke-dasharray="{dash}"' if dash else ""
        out.append(
            f'<g class="{tone}"><g class="lin-state">{_glyph(outline, x, top + 2)}<path d="M{x + 18} {top + 8}h26"'
            f' stroke="currentColor" stroke-width="2" fill="none"{border}/><text x="{x + 50}" y="{top + 12}"'
            f' font-size="11" fill="currentColor">{word}</text></g></g>'
        )
        x += 66 + round(text_width(word, 11))
    notes = []
    if any(link.failing for link in scene.links):
        notes.append("thick line with a cross or a question mark: a path that does not hold, or cannot be judged")
    if any(link.style == "evaluation" for link in scene.links):
        notes.append("dotted: evaluation only")
    if any(link.style == "copy" for link in scene.links):
        notes.append("dashed: same content")
    if any(link.style == "void" for link in scene.links):
        notes.append("fine dots: the step did not complete")
    if scene.left_out:
        notes.append(f"{scene.left_out} further boxes not drawn: see the table")
    y, widest = top + (18 if used else 0), x
    for line in notes:
        place = f'x="{_MARGIN}" y="{y + 12}" font-size="11"'
        out.append(f'<text class="lin-soft" {place} fill="currentColor">{escape(line)}</text>')
        widest = max(widest, _MARGIN + round(text_width(line, 11)))
        y += 16
    return "".join(out), widest, y + 4 - top if out else 0


def _describe(scene: Scene) -> str:
    counts: dict[str, int] = {}
    for card in scene.cards:
        if card.status in _STATES:
            many = int(card.name.split(" ", 1)[0]) if card.kind == "group" else 1
            counts[card.status] = counts.get(card.status, 0) + many
    said = [
        f"{counts[state]} {'source' if counts[state] == 1 else 'sources'} {_STATES[state][0]}"
        for state in _STATES
        if state in counts
    ]
    failing = [card.name for card in scene.cards if card.failing and card.status in _STATES]
    text = f"{len(scene.cards)} boxes, {len(scene.links)} arrows, data flows from left to right. "
    text += f"{', '.join(said)}. " if said else "No source was judged. "
    return text + (f"Paths that do not hold start at: {', '.join(sorted(failing))}." if failing else "")


def _tones(scene: Scene) -> dict[tuple[str, str], str]:
    """Give the tone of each failing link: `unsure` when only sources that cannot be judged flow through it."""
    below: dict[str, list[str]] = {}
    for link in scene.links:
        if link.failing:
            below.setdefault(link.source, []).append(link.target)

    def reached(tone: str) -> set[str]:
        ready = [card.key for card in scene.cards if card.failing and card.status and _STATES[card.status][2] == tone]
        seen: set[str] = set()
        while ready:
            key = ready.pop()
            if key not in seen:
                seen.add(key)
                ready += below.get(key, [])
        return seen

    unsure = reached("lin-unsure") - reached("lin-bad")
    return {
        (link.source, link.target): "lin-edge-unsure" if link.source in unsure else "lin-edge-bad"
        for link in scene.links
        if link.failing
    }


def draw(document: JsonObject, *, width: int = 1000, prefix: str = "n", title: str = "Lineage of the model") -> str:
    """Draw the `lineage` member of a result (see `graph_document`) as one inline SVG element.

    `width` is the page's width in pixels, to which cards are fitted; `prefix` starts every id, for a page with two
    drawings. The same document gives the same bytes, whatever the order of its lists.
    """
    scene = scene_of(document)
    index = {card.key: number for number, card in enumerate(scene.cards)}
    ends = [(index[link.source], index[link.target]) for link in scene.links]
    back = back_edges(len(scene.cards), ends)
    forward, number_of = _forward(ends, back)
    ranks = ranks_of(len(scene.cards), forward)
    columns = max(ranks, default=0) + 1
    fitted = (width - 2 * _MARGIN - (columns - 1) * _GAP[0]) // columns
    card_width = max(_NARROWEST, min(_WIDEST, fitted))
    layout = place([(card_width, _height(card, card_width)) for card in scene.cards], forward, ranks, gap=_GAP)
    legend, legend_width, legend_height = _legend(scene, layout.height + 2 * _MARGIN)
    wide = max(layout.width + 2 * _MARGIN, legend_width + _MARGIN)
    high = layout.height + 2 * _MARGIN + legend_height
    tones = _tones(scene)
    parts = [
        (
            f'<svg class="lin" xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{prefix}0t {prefix}0d"'
            f' width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        ),
        (
            f'<title id="{prefix}0t">{_text(title)}</title>'
            f'<desc id="{prefix}0d">{escape(_safe(_describe(scene), 2000))}</desc>'
            f'<g transform="translate({_MARGIN} {_MARGIN})">'
        ),
    ]
    drawn = sorted(range(len(scene.links)), key=lambda number: (scene.links[number].failing, number))
    for number in drawn:
        link = scene.links[number]
        if link.source != link.target:
            route = layout.routes[number_of[number]]
            parts.append(_draw_link(link, route, tones.get((link.source, link.target), ""), backwards=number in back))
    for number, card in enumerate(scene.cards):
        parts.append(_draw_card(card, number + 1, prefix, layout.corners[number], card_width))
    return "".join([*parts, "</g>", legend, "</svg>"])


def _forward(ends: Sequence[tuple[int, int]], back: frozenset[int]) -> tuple[list[tuple[int, int]], dict[int, int]]:
    """Turn edges that close a cycle around, drop self-loops and duplicates; map each edge to its route."""
    forward: list[tuple[int, int]] = []
    at: dict[tuple[int, int], int] = {}
    number_of: dict[int, int] = {}
    for number, (source, target) in enumerate(ends):
        pair = (target, source) if number in back else (source, target)
        if pair[0] == pair[1]:
            continue
        if pair not in at:
            at[pair] = len(forward)
            forward.append(pair)
        number_of[number] = at[pair]
    return forward, number_of
