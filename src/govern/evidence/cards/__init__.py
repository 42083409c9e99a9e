"""Model cards: readers for Markdown and structured cards, the normalised card, and the state of each section.

Names are loaded when they are first used: the compiler asks this package for the ids of sections alone, and pays for
no reader.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.evidence.cards.model import (
        BaseModel,
        Card,
        Claim,
        Conflict,
        Dataset,
        Fact,
        Fairness,
        Governance,
        Identity,
        Interface,
        Interval,
        Licence,
        Locator,
        Metric,
        Passage,
        Placeholder,
        Risk,
        Section,
        Source,
    )
    from govern.evidence.cards.read import Cards, Looked, card_of_bytes, find_cards, read_cards
    from govern.evidence.cards.states import Need, State, Verdict, judge, total_words

__all__ = [
    "BaseModel",
    "Card",
    "Cards",
    "Claim",
    "Conflict",
    "Dataset",
    "Fact",
    "Fairness",
    "Governance",
    "Identity",
    "Interface",
    "Interval",
    "Licence",
    "Locator",
    "Looked",
    "Metric",
    "Need",
    "Passage",
    "Placeholder",
    "Risk",
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

_READ = ("Cards", "Looked", "card_of_bytes", "find_cards", "read_cards")
_STATES = ("Need", "State", "Verdict", "judge", "total_words")


def __getattr__(name: str) -> object:
    """Load a public name from where it lives (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    module = "read" if name in _READ else "states" if name in _STATES else "model"
    return getattr(import_module(f"{__name__}.{module}"), name)
