"""The state of a section: `absent`, `stub`, `placeholder`, `too_short`, `missing_facts` or `complete`.

They are tried in this order and the first that holds is the state. Removing words never improves a state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from govern.evidence.cards.boilerplate import cut_boilerplate
from govern.evidence.cards.model import Locator, Passage, Section
from govern.evidence.cards.placeholders import cut_placeholders, find_placeholders, is_placeholder_alone
from govern.evidence.cards.placeholders import not_applicable_reason as na_reason
from govern.evidence.cards.words import count_words

__all__ = ["Need", "State", "Verdict", "judge", "total_words"]

_ADDRESS_SECTIONS = frozenset(["contact", "owner", "licence"])
_LEAST_REASON = 5
"""Words of reason that make `N/A: ...` more than a placeholder."""


class State(StrEnum):
    """What a section of a card is worth."""

    ABSENT = "absent"
    STUB = "stub"
    PLACEHOLDER = "placeholder"
    TOO_SHORT = "too_short"
    MISSING_FACTS = "missing_facts"
    NOT_APPLICABLE = "not_applicable"
    COMPLETE = "complete"

    @property
    def words(self) -> str:
        """The state as a reader sees it."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Need:
    """What a policy asks of one section, beside that it be there."""

    min_words: int = 8
    allow_not_applicable: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one section came to."""

    section: str
    state: State
    words: int
    locator: Locator | None
    """Where the section is: its best text, else the first place that claims it; None when nothing does."""
    claimed_at: tuple[Locator, ...] = ()
    missing: str | None = None
    """What is missing, in words; None for a complete section."""
    text: tuple[Passage, ...] = ()
    """What is left of the section after template text and placeholders are cut."""

    @property
    def settled(self) -> bool:
        """Whether a policy that requires the section is content."""
        return self.state in (State.COMPLETE, State.NOT_APPLICABLE)


def judge(name: str, section: Section | None, need: Need, *, missing_fact: str | None = None) -> Verdict:
    """Judge one section. `missing_fact` says which typed need is unmet; it matters only when the words suffice."""
    if section is None:
        return Verdict(name, State.ABSENT, 0, None, missing="nothing in the card claims this section")
    first = section.claimed_at[0]
    own = [(passage, cut_boilerplate(passage.text)[0]) for passage in section.passages]
    own = [(passage, text) for passage, text in own if text.strip()]
    if not own:
        why = "claimed, but nothing is written here beside template text"
        return Verdict(name, State.STUB, 0, first, section.claimed_at, why)
    refusals = [(passage, reason) for passage, text in own if (reason := na_reason(text)) is not None]
    own = [(passage, text) for passage, text in own if na_reason(text) is None]
    kept = [(passage, cut_placeholders(text)) for passage, text in own]
    counted = [(passage, text, _words(name, text)) for passage, text in kept]
    words = sum(number for _passage, _text, number in counted)
    if refusals and words < need.min_words:
        return _judge_not_applicable(section, refusals, words, need)
    best = max(counted, key=lambda item: item[2])[0].locator
    text = tuple(Passage(rest.strip(), item.locator, item.origin, item.shared) for item, rest, n in counted if n)
    left_over = any(is_placeholder_alone(rest) or any(find_placeholders(rest)) for _passage, rest in own)
    if words < need.min_words:
        state = State.PLACEHOLDER if left_over else State.TOO_SHORT
        what = "placeholder text only" if left_over and not words else f"{_count(words)}, needs {need.min_words}"
        return Verdict(name, state, words, best, section.claimed_at, what, text)
    if missing_fact:
        return Verdict(name, State.MISSING_FACTS, words, best, section.claimed_at, missing_fact, text)
    return Verdict(name, State.COMPLETE, words, best, section.claimed_at, None, text)


def total_words(passages: Sequence[Passage]) -> int:
    """Count the words of passages after template text and placeholders are cut."""
    return sum(count_words(cut_placeholders(cut_boilerplate(passage.text)[0])) for passage in passages)


def _words(name: str, text: str) -> int:
    return count_words(text, addresses=name in _ADDRESS_SECTIONS)


def _count(words: int) -> str:
    return "1 word" if words == 1 else f"{words} words"


def _judge_not_applicable(
    section: Section, refusals: Sequence[tuple[Passage, str]], beside: int, need: Need
) -> Verdict:
    """Judge a section that says `N/A: reason`; words beside the reason count as reason."""
    words = beside + sum(count_words(reason) for _passage, reason in refusals)
    place = refusals[0][0].locator
    if need.allow_not_applicable and words >= _LEAST_REASON:
        return Verdict(section.id, State.NOT_APPLICABLE, words, place, section.claimed_at)
    why = (
        f"'N/A' needs a reason of {_LEAST_REASON} words"
        if need.allow_not_applicable
        else "the policy does not accept 'N/A' here"
    )
    return Verdict(section.id, State.PLACEHOLDER, words, place, section.claimed_at, why)
