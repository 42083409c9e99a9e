"""Placeholder text: what templates leave behind and nobody filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["cut_placeholders", "find_left_over", "find_placeholders", "is_placeholder_alone", "not_applicable_reason"]

# Every alternative starts with a literal and has bounded or negated-class repetition: scanning is linear.
_ANYWHERE = re.compile(
    r"""
      \[?\bmore\ information\ (?:is\ )?needed\b\]?
    | \bneeds\ more\ information\b
    | \binformation\ needed\b
    | \blorem\ ipsum\b
    | \bto\ be\ (?:added|announced|completed|decided|defined|determined|filled\ in|written)\b
    | \{\{[^{}\n]{0,200}\}\}
    | \{%[^{}\n]{0,200}%\}
    | <(?:insert|your|describe|add)\b[^<>\n]{0,120}>
    | \[(?:your|insert|describe|add|fill\ in|e\.g\.)(?=[\s.,\]])[^\[\]\n]{0,200}\](?!\()
    | \byyyy-mm-dd\b
    | (?-i:\b(?:TODO|TBD|TBA|FIXME|XXX+)\b)
    | \b(?:todo|tbd|tba|fixme)(?=\s*:)
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""`todo` counts in capitals, before a colon or alone: in Spanish and Portuguese it is an ordinary word."""

_SIGNS = (
    *("information", "lorem", "to be ", "{{", "{%", "<insert", "<your", "<describe", "<add", "yyyy", "xxx"),
    *("[your", "[insert", "[describe", "[add", "[fill", "[e.g", "todo", "tbd", "tba", "fixme"),
)
_ASSISTANT = re.compile(
    r"""
      \bas\ an?\ (?:ai|artificial\ intelligence|large)\ (?:language\ )?(?:model|assistant)\b
    | \b(?:sure|certainly|of\ course|absolutely)[,!]\ (?:here|i\ can|i['\u2019]ll|let\ me|below)\b
    | \bhere\ is\ (?:a|an|the|your)\ (?:draft|model\ card|revised|improved|updated)\b
    | \bi\ (?:do\ not|don['\u2019]t)\ have\ access\ to\b
    | \bi\ hope\ this\ helps\b
    | \blet\ me\ know\ if\ you(?:['\u2019]d|\ would)?\ (?:like|need|want)\b
    | \bmy\ (?:last\ )?(?:knowledge|training)\ (?:update|cut-?off)\b
    | \bwould\ you\ like\ me\ to\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ASSISTANT_SIGNS = (
    *("as a", "sure", "certainly", "of course", "absolutely", "here is", "access to", "hope this", "let me", "my "),
    "would you",
)
"""What a chat assistant says to whoever asked it for a card: left-over text, yet words of a section all the same."""

_ALONE = re.compile(
    r"[\W_]*(?:n/?a|not\ applicable|none|null|nil|todo|tbd|tba|fixme|xxx+|coming\ soon|\?+)?[\W_]*", re.IGNORECASE
)
_NOT_APPLICABLE = re.compile(r"[\s*_\[(]*(?:n/a|not\ applicable)\b[\s*_\])]*[:\-\u2013\u2014,.]*\s*", re.IGNORECASE)


def _may_hold(signs: Sequence[str], text: str) -> bool:
    """Tell whether a scan is worth its time: every alternative of the pattern holds one of its signs."""
    lowered = text.lower()
    for sign in signs:  # noqa: SIM110  # a generator would take longer than the search
        if sign in lowered:
            return True
    return False


def find_placeholders(text: str) -> Iterator[str]:
    """Give each placeholder phrase of a line or passage, in order."""
    if not _may_hold(_SIGNS, text):
        return
    for hit in _ANYWHERE.finditer(text):
        yield hit.group()


def find_left_over(text: str) -> Iterator[str]:
    """Give placeholder phrases, and those of a chat assistant that was asked to write the card."""
    yield from find_placeholders(text)
    if not _may_hold(_ASSISTANT_SIGNS, text):
        return
    for hit in _ASSISTANT.finditer(text):
        yield hit.group()


def is_placeholder_alone(text: str) -> bool:
    """Tell whether a whole passage is nothing but `N/A`, `none`, `-`, `...`, "coming soon" and the like."""
    return bool(text.strip()) and len(text) <= 200 and _ALONE.fullmatch(text) is not None


def cut_placeholders(text: str) -> str:
    """Take the placeholder phrases out of a passage; a passage that is one becomes empty."""
    if is_placeholder_alone(text):
        return ""
    return _ANYWHERE.sub(" ", text) if _may_hold(_SIGNS, text) else text


def not_applicable_reason(text: str) -> str | None:
    """Give the reason of an `N/A: reason` passage (it may be empty), or None when the passage is not one."""
    hit = _NOT_APPLICABLE.match(text)
    return text[hit.end() :] if hit else None
