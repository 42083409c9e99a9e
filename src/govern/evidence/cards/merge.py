"""All cards of a bundle as one: sections joined, fields kept from every card, disagreements recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from govern.evidence.cards.markdown import join_sections
from govern.evidence.cards.model import Card, Claim, Conflict, Identity, Section
from govern.evidence.cards.words import casefolded

__all__ = ["merge_cards"]


def merge_cards(cards: Sequence[Card]) -> Card:
    """Merge cards in reading order. No card wins: what differs becomes a conflict that names every claim."""
    if len(cards) == 1:
        return cards[0]
    sections: dict[str, Section] = {}
    for card in cards:
        for name, section in card.sections.items():
            sections[name] = section if name not in sections else join_sections(sections[name], section)
    return Card(
        sources=tuple(source for card in cards for source in card.sources),
        identity=Identity(
            _first(cards, lambda card: card.identity.name),
            _first(cards, lambda card: card.identity.version),
            _first(cards, lambda card: card.identity.date),
        ),
        owners=_all(cards, lambda card: card.owners),
        contacts=_all(cards, lambda card: card.contacts),
        licences=_all(cards, lambda card: card.licences),
        licence_name=_first(cards, lambda card: card.licence_name),
        licence_link=_first(cards, lambda card: card.licence_link),
        base_models=_all(cards, lambda card: card.base_models),
        datasets=_all(cards, lambda card: card.datasets),
        languages=_all(cards, lambda card: card.languages),
        metrics=tuple(item for card in cards for item in card.metrics),
        sections=dict(sorted(sections.items())),
        placeholders=tuple(item for card in cards for item in card.placeholders),
        headings=_all(cards, lambda card: card.headings),
        text=tuple(item for card in cards for item in card.text),
        conflicts=tuple(_conflicts(cards)),
        recognised=any(card.recognised for card in cards),
        metadata_unreadable=any(card.metadata_unreadable for card in cards),
        diagnostics=tuple(item for card in cards for item in card.diagnostics),
    )


def _all(cards: Sequence[Card], field: Callable[[Card], Sequence[Claim]]) -> tuple[Claim, ...]:
    return tuple(claim for card in cards for claim in field(card))


def _first(cards: Sequence[Card], field: Callable[[Card], Claim | None]) -> Claim | None:
    return next((claim for card in cards if (claim := field(card)) is not None), None)


def _conflicts(cards: Sequence[Card]) -> list[Conflict]:
    """Compare fields card by card: a field that a card does not declare agrees with everything."""
    fields: dict[str, Callable[[Card], Sequence[Claim]]] = {
        "base_models": lambda card: card.base_models,
        "datasets": lambda card: card.datasets,
        "license": lambda card: card.licences,
        "name": lambda card: (card.identity.name,) if card.identity.name else (),
        "version": lambda card: (card.identity.version,) if card.identity.version else (),
    }
    found: list[Conflict] = []
    for name, claims_of in fields.items():
        per_card = [claims for card in cards if (claims := tuple(claims_of(card)))]
        values = {frozenset(casefolded(claim.value) for claim in claims) for claims in per_card}
        if len(values) > 1:
            found.append(Conflict(name, tuple(claim for claims in per_card for claim in claims)))
    return found
