"""A card as the engine sees it: every section judged, whether a rule asks for it or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from govern.evidence.cards.aliases import section_ids
from govern.evidence.cards.facts import DEFAULT_NEEDS, missing_fact
from govern.evidence.cards.model import Card
from govern.evidence.cards.read import Cards
from govern.evidence.cards.states import Need, State, Verdict, judge

__all__ = ["Asked", "Overview", "overview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a card: by the rules of a policy, or by default."""

    required: tuple[str, ...]
    min_words: Mapping[str, int]
    """By section; `default` is for the others."""
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(DEFAULT_NEEDS))
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    allow_not_applicable: tuple[str, ...] = ()
    languages: tuple[str, ...] | None = None

    def words(self, section: str) -> int:
        """Least words of a section."""
        return self.min_words.get(section, self.min_words["default"])


@dataclass(frozen=True, slots=True)
class Overview:
    """What was looked at, and what each section came to."""

    cards: Cards
    asked: Asked
    verdicts: tuple[Verdict, ...]
    """Required sections in the policy's order, then all others that a card claims; none without a card."""
    unclaimed: tuple[str, ...]
    """Sections that nothing asks for and nothing claims."""


def overview(cards: Cards, asked: Asked, groups: tuple[str, ...] = ()) -> Overview:
    """Judge every section. `groups` are the attributes that a table of subgroups must name."""
    if cards.card is None:
        return Overview(cards, asked, (), ())
    names = dict.fromkeys([*asked.required, *sorted(cards.card.sections)])
    verdicts = tuple(_judged(name, cards.card, asked, groups) for name in names)
    return Overview(cards, asked, verdicts, tuple(name for name in section_ids() if name not in names))


def _judged(name: str, card: Card, asked: Asked, groups: tuple[str, ...]) -> Verdict:
    need = Need(asked.words(name), allow_not_applicable=name in asked.allow_not_applicable)
    section = card.sections.get(name)
    verdict = judge(name, section, need)
    if section is None or not verdict.settled or name not in asked.facts:
        return verdict
    missing = missing_fact(asked.facts[name], section, verdict, card, groups)
    if missing is None or verdict.state is not State.COMPLETE:
        return verdict
    return replace(verdict, state=State.MISSING_FACTS, missing=missing)
