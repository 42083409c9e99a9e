"""Model cards: readers for Markdown and JSON cards, the normalised card, and the state of each section."""

from govern.evidence.cards.model import Card, Claim, Conflict, Locator, Metric, Passage, Placeholder, Section, Source
from govern.evidence.cards.read import Cards, card_of_bytes, find_cards, read_cards
from govern.evidence.cards.states import Need, State, Verdict, judge, total_words

__all__ = [
    "Card",
    "Cards",
    "Claim",
    "Conflict",
    "Locator",
    "Metric",
    "Need",
    "Passage",
    "Placeholder",
    "Section",
    "Source",
    "State",
    "Verdict",
    "card_of_bytes",
    "find_cards",
    "judge",
    "read_cards",
    "total_words",
]
