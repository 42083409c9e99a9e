"""A model card in words: which files were used and why, and a line for each section with what would complete it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from govern.diagnostics import plain

if TYPE_CHECKING:
    from govern.evidence.cards.model import Card, Claim, Locator
    from govern.evidence.cards.overview import Overview
    from govern.evidence.cards.states import Verdict

__all__ = ["card_text"]

_LONG = 300
_MOST = 20


def card_text(view: Overview) -> str:
    """Write what the engine sees. Every word from a file is made harmless."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: Overview) -> Iterator[str]:
    yield from _files(view)
    card = view.cards.card
    if card is None:
        yield "no model card: `govern init --card` writes an empty one"
    else:
        yield ""
        yield from _sections(view)
        yield from _declared(card)
        yield from _left(card)
        yield from _conflicts(card)
    if view.cards.diagnostics:
        yield ""
        yield "Noted:"
        yield from _most([str(item) for item in view.cards.diagnostics], "notes")


def _files(view: Overview) -> Iterator[str]:
    for item in view.cards.looked:
        word = "card" if item.used else "looked at"
        form = f" ({item.format})" if item.format else ""
        yield f"{word:9} {plain(item.file)}{form}: {plain(item.why, limit=_LONG)}"


def _sections(view: Overview) -> Iterator[str]:
    from govern.evidence.cards.template import heading_of, hint_of

    complete = sum(item.settled for item in view.verdicts if item.section in view.asked.required)
    yield f"{complete} of {len(view.asked.required)} required sections are complete"
    rows = [(_name(item, view), item.state.words, str(item.words), _place(item.locator)) for item in view.verdicts]
    widths = [max((len(row[index]) for row in rows), default=0) for index in range(4)]
    for item, row in zip(view.verdicts, rows, strict=True):
        name, state, words, place = row
        unit = "word " if item.words == 1 else "words"
        line = f"  {name:{widths[0]}}  {state:{widths[1]}}  {words:>{widths[2]}} {unit}  {place}"
        yield line.rstrip()
        if not item.settled:
            hint = hint_of(item.section)
            yield f"      missing: {plain(item.missing or '', limit=_LONG)}"
            yield f"      to complete it: under '## {plain(heading_of(item.section))}'{': ' + hint if hint else ''}"
    if view.unclaimed:
        yield f"  not asked for and not claimed: {', '.join(view.unclaimed)}"
    yield "  (* required)"


def _name(item: Verdict, view: Overview) -> str:
    return f"{plain(item.section)} *" if item.section in view.asked.required else plain(item.section)


def _place(locator: Locator | None) -> str:
    if locator is None:
        return "-"
    where = f":{locator.line}" if locator.line is not None else f" {locator.pointer or ''}".rstrip()
    return plain(f"{locator.file}{where}", limit=_LONG)


def _declared(card: Card) -> Iterator[str]:
    """The fields that rules ask by name."""
    rows: list[tuple[str, Sequence[Claim]]] = [
        ("name", [item for item in (card.identity.name,) if item]),
        ("version", [item for item in (card.identity.version,) if item]),
        ("licence", card.licences),
        ("owner", card.owners),
        ("contact", card.contacts),
        ("base model", card.base_models),
        ("data set", card.datasets),
        ("language", card.languages),
        ("risk rating", [item for item in (card.risk_rating,) if item]),
        ("approval claimed", card.approvals),
    ]
    lines = [f"  {name}: {plain(claim.value)} ({_place(claim.locator)})" for name, said in rows for claim in said]
    for item in card.metrics:
        about = [plain(text) for text in (item.average, item.dataset, item.split, item.slice) if text]
        value = "no plain number" if item.value is None else item.unit or "unit unknown"
        said = f"{plain(item.name)} {plain(item.raw)}{' on ' + ', '.join(about) if about else ''}"
        lines.append(f"  claims {said}: {value} ({_place(item.locator)})")
    if lines:
        yield ""
        yield "Declared:"
        yield from _most(lines, "declared values")


def _left(card: Card) -> Iterator[str]:
    if card.placeholders:
        yield ""
        yield f"{len(card.placeholders)} placeholders are left:"
        yield from _most(
            [f"  {plain(item.text)} ({_place(item.locator)})" for item in card.placeholders], "placeholders"
        )


def _conflicts(card: Card) -> Iterator[str]:
    for conflict in card.conflicts:
        yield ""
        yield f"The cards disagree on {conflict.field}:"
        yield from (f"  {plain(claim.value)} ({_place(claim.locator)})" for claim in conflict.claims)


def _most(lines: list[str], what: str) -> Iterator[str]:
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"  {len(lines) - _MOST} more {what}: see -o json"
