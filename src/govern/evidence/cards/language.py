"""Whether a card is in a language whose headings govern knows: otherwise its sections are unknown, not absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.aliases import covered_languages, stopwords
from govern.evidence.cards.model import Card

__all__ = ["with_language"]


def with_language(card: Card, languages: Sequence[str] | None) -> Card:
    """Mark a card whose headings are in a language without aliases: its sections are unknown, not absent."""
    if not card.headings or not card.recognised:
        return card
    body = {name: section for name, section in card.sections.items() if _has_heading(card, name)}
    accepted = frozenset(covered_languages() if languages is None else languages)
    declared = {claim.value.casefold().split("-")[0] for claim in card.languages}
    foreign = declared and not declared & accepted
    if body or not (foreign or (not declared and not _reads_like(card, accepted))):
        return card
    place = card.headings[0].locator
    problem = Diagnostic(
        "E205",
        "no heading of this card was recognised, and its language is not one whose headings govern knows",
        Span(place.file, place.line),
        "Add the headings to the policy, e.g. aliases: {limitations: [Beperkingen]}.",
        Severity.WARNING,
    )
    return replace(card, recognised=False, diagnostics=(*card.diagnostics, problem))


def _has_heading(card: Card, name: str) -> bool:
    headings = {claim.locator for claim in card.headings}
    return any(place in headings for place in card.sections[name].claimed_at)


def _reads_like(card: Card, accepted: frozenset[str]) -> bool:
    """Guess from very common words and from scripts whether text is in an accepted language; short text is."""
    text = " ".join(passage.text for passage in card.text)[:20_000]
    words = text.casefold().split()
    if len(words) < 20 and text.isascii():
        return True
    scripts = {
        "ja": ("\u3040", "\u30ff"),
        "ko": ("\uac00", "\ud7af"),
        "ru": ("\u0400", "\u04ff"),
        "zh": ("\u4e00", "\u9fff"),
    }
    for language, (low, high) in scripts.items():
        if language in accepted and sum(low <= char <= high for char in text) * 10 > len(text):
            return True
    known = [common for language, common in stopwords().items() if language in accepted]
    return any(sum(word in common for word in words) * 20 >= len(words) for common in known)
