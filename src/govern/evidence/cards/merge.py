"""All cards of a bundle as one: sections joined, fields kept from every card, disagreements recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from govern.evidence.cards.markdown import join_sections
from govern.evidence.cards.model import Card, Claim, Conflict, Identity, Interface, Section
from govern.evidence.cards.words import casefolded

__all__ = ["merge_cards"]

T = TypeVar("T")
_Claims = Callable[[Card], Sequence[Claim]]


def merge_cards(cards: Sequence[Card]) -> Card:
    """Merge cards in reading order. No card wins: what differs becomes a conflict that names every claim."""
    if len(cards) == 1:
        return cards[0]
    sections: dict[str, Section] = {}
    for card in cards:
        for name, section in card.sections.items():
            sections[name] = section if name not in sections else join_sections(sections[name], section)
    return Card(
        sources=_all(card.sources for card in cards),
        identity=Identity(
            _first(card.identity.name for card in cards),
            _first(card.identity.version for card in cards),
            _first(card.identity.date for card in cards),
        ),
        owners=_all(card.owners for card in cards),
        contacts=_all(card.contacts for card in cards),
        licences=_all(card.licences for card in cards),
        licence_name=_first(card.licence_name for card in cards),
        licence_link=_first(card.licence_link for card in cards),
        base_models=_all(card.base_models for card in cards),
        datasets=_all(card.datasets for card in cards),
        languages=_all(card.languages for card in cards),
        metrics=_all(card.metrics for card in cards),
        sections=dict(sorted(sections.items())),
        placeholders=_all(card.placeholders for card in cards),
        headings=_all(card.headings for card in cards),
        text=_all(card.text for card in cards),
        risks=_all(card.risks for card in cards),
        fairness=_all(card.fairness for card in cards),
        io=Interface(
            _all(card.io.inputs for card in cards),
            _all(card.io.outputs for card in cards),
            _all(card.io.params for card in cards),
        ),
        environment=_all(card.environment for card in cards),
        metadata=_all(card.metadata for card in cards),
        risk_rating=_first(card.risk_rating for card in cards),
        approvals=_all(card.approvals for card in cards),
        conflicts=tuple(_conflicts(cards)),
        recognised=any(card.recognised for card in cards),
        metadata_unreadable=any(card.metadata_unreadable for card in cards),
        diagnostics=_all(card.diagnostics for card in cards),
    )


def _all(parts: Iterable[Sequence[T]]) -> tuple[T, ...]:
    return tuple(item for part in parts for item in part)


def _first(parts: Iterable[T | None]) -> T | None:
    return next((item for item in parts if item is not None), None)


def _some(claim: Claim | None) -> tuple[Claim, ...]:
    return () if claim is None else (claim,)


_COMPARED: dict[str, tuple[Literal["fail", "warn"], _Claims]] = {
    "base_models": ("fail", lambda card: card.base_models),
    "datasets": ("warn", lambda card: card.datasets),
    "date": ("warn", lambda card: _some(card.identity.date)),
    "language": ("warn", lambda card: card.languages),
    "license": ("fail", lambda card: card.licences),
    "name": ("fail", lambda card: _some(card.identity.name)),
    "owner": ("warn", lambda card: card.owners),
    "risk_rating": ("fail", lambda card: _some(card.risk_rating)),
    "version": ("fail", lambda card: _some(card.identity.version)),
}


def _conflicts(cards: Sequence[Card]) -> list[Conflict]:
    """Compare fields card by card: a field that a card does not declare agrees with everything."""
    found: list[Conflict] = []
    for name, (level, claims_of) in _COMPARED.items():
        per_card = [claims for card in cards if (claims := tuple(claims_of(card)))]
        values = {frozenset(casefolded(claim.value) for claim in claims) for claims in per_card}
        if len(values) > 1:
            found.append(Conflict(name, tuple(claim for claims in per_card for claim in claims), level))
    return found
