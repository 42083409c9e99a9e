"""Several cards of one bundle: nothing is dropped, and what differs is named with both places."""

from __future__ import annotations

from itertools import permutations

import pytest

from govern.evidence.cards import Card
from govern.evidence.cards.merge import merge_cards
from support.cards import PROSE, read

KEYS = {
    "license": ("license: mit", "license: apache-2.0", "fail"),
    "name": ("model_name: a", "model_name: b", "fail"),
    "version": ("version: 1.0.0", "version: 1.0.1", "fail"),
    "base_models": ("base_model: acme/a", "base_model: acme/b", "fail"),
    "datasets": ("datasets: [acme/a]", "datasets: [acme/a, acme/b]", "warn"),
    "language": ("language: en", "language: de", "warn"),
    "date": ("date: 2026-01-01", "date: 2026-01-02", "warn"),
}


def card(line: str, file: str, body: str = "") -> Card:
    return read(f"---\n{line}\ntags: [x]\n---\n# M\n\n{body}\n", file)


@pytest.mark.parametrize("field", KEYS)
def test_a_field_that_differs_is_a_conflict_of_its_level(field: str) -> None:
    one, two, level = KEYS[field]
    merged = merge_cards([card(one, "A.md"), card(two, "B.md")])
    (conflict,) = merged.conflicts
    assert (conflict.field, conflict.level) == (field, level)
    assert {claim.locator.file for claim in conflict.claims} == {"A.md", "B.md"}
    assert all(claim.locator.line == 2 for claim in conflict.claims)


def test_an_owner_that_differs_is_a_warning() -> None:
    owners = [card("x: y", f"{name}.md", f"**Developed by:** {name} team") for name in ("A", "B")]
    assert [(item.field, item.level) for item in merge_cards(owners).conflicts] == [("owner", "warn")]


@pytest.mark.parametrize("field", KEYS)
def test_what_only_one_card_declares_agrees_with_everything(field: str) -> None:
    one, _two, _level = KEYS[field]
    assert not merge_cards([card(one, "A.md"), card("pipeline_tag: x", "B.md")]).conflicts
    assert not merge_cards(
        [card(one, "A.md"), card(one.upper().replace(one.split(":")[0].upper(), one.split(":")[0]), "B.md")]
    ).conflicts


def test_sections_are_joined_and_every_order_says_the_same() -> None:
    cards = [read(f"# M\n\n## {title}\n\n{PROSE}\n", f"{title}.md") for title in ("Limitations", "Bias", "Limits")]
    seen = set()
    for order in permutations(cards):
        merged = merge_cards(order)
        seen.add(tuple(sorted((name, len(item.passages)) for name, item in merged.sections.items())))
        assert len(merged.sources) == 3
        assert not merged.conflicts
    assert len(seen) == 1
