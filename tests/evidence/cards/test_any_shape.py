"""Structured cards with anything in any place: read, or refused for a reason, and never anything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.evidence.cards.overview import Asked, overview
from govern.evidence.cards.read import Cards
from govern.report.card import card_text
from govern.report.card_document import card_document, card_schema
from support.cards import arrivals, read, state

FIXTURES = Path(__file__).parent / "fixtures"
NAMES = sorted(path.name for path in FIXTURES.glob("*.json") if not path.name.endswith(".arrives.json"))
ASKED = Asked(required=("limitations",), min_words={"default": 8})

anything: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 10**30)
    | st.text("a:/~\u00e9\x07{[ 0.9%,", max_size=6)
    | st.just("0.91"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "value", "type", "a"]), inner),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document, the document itself included."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(found for key in keys for found in places(value[key], (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Give the document with another value at a place."""
    if not path:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_refused(name: str, data: st.DataObject) -> None:
    document = json.loads((FIXTURES / name).read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        document = put(document, data.draw(st.sampled_from(places(document))), data.draw(anything))
    try:
        card = read(json.dumps(document), name)
    except InputError:
        return
    for text_and_pointer in arrivals(card).values():
        assert all(pointer is not None for _text, pointer in text_and_pointer)
    for section in card.sections:
        state(card, section)
    view = overview(Cards(card), ASKED)
    assert card_text(view).isprintable() or "\n" in card_text(view)
    _validate(card_document(view))


def _validate(document: Any) -> None:
    import jsonschema_rs

    jsonschema_rs.validator_for(card_schema()).validate(document)


@settings(max_examples=200, deadline=None)
@given(anything)
def test_any_document_is_read_or_refused(value: Any) -> None:
    try:
        card = read(json.dumps(value), "model_card.json")
    except InputError:
        return
    assert card.recognised or card.diagnostics


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_mlmodel_is_read_or_refused(data: st.DataObject) -> None:
    import yaml

    document = yaml.safe_load((FIXTURES / "MLmodel").read_text("utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        document = put(document, data.draw(st.sampled_from(places(document))), data.draw(anything))
    try:
        card = read(yaml.safe_dump(document, allow_unicode=True), "MLmodel")
    except InputError:
        return
    assert not card.sections or card.sources[0].format != "mlmodel"
