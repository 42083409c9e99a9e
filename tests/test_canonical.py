"""Canonical bytes: RFC 8785 as rfc8785 writes it, for everything that a record may hold."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import canonical_bytes

MOST = 2**53 - 1
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
# Names around U+D800, where the order of UTF-16 leaves that of code points.
NAMES = st.one_of(TEXTS, st.text(st.sampled_from("aZ\x00\x7fé\ud7ff\ue000\uffff\U00010000\U0010ffff"), max_size=3))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-MOST, MOST), TEXTS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(NAMES, inner), st.tuples(inner, inner)),
)


class Colour(StrEnum):
    RED = "r\u00e9d"


@given(VALUES)
def test_the_bytes_are_those_of_the_reference_implementation(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


def test_every_character_is_written_as_the_reference_implementation_writes_it() -> None:
    text = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert canonical_bytes(text) == rfc8785.dumps(text)


def test_members_are_ordered_by_utf16_units_and_not_by_code_points() -> None:
    """RFC 8785 section 3.2.3: U+10000 begins with the unit D800 and so comes before U+E000."""
    assert canonical_bytes({"\ue000": 1, "\U00010000": 2}) == '{"\U00010000":2,"\ue000":1}'.encode()


def test_kinds_of_text_and_mapping_of_our_own_are_written_as_plain_ones() -> None:
    value = MappingProxyType({"colour": Colour.RED, "of": (Colour.RED,)})
    assert canonical_bytes(value) == b'{"colour":"r\xc3\xa9d","of":["r\xc3\xa9d"]}'


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, {"a": ["\ud800"]}, MOST + 1, -MOST - 1])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical_bytes(value)


@pytest.mark.parametrize("value", [0.5, {"a": float("nan")}, b"a", {1, 2}, object()])
def test_what_has_no_place_in_a_record_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_bytes(value)


def test_deep_nesting_is_refused_before_it_can_exhaust_the_stack() -> None:
    value: Any = "leaf"
    for _ in range(200):
        value = [value]
    assert canonical_bytes(value) == rfc8785.dumps(value)
    with pytest.raises(ValueError, match="deeply"):
        canonical_bytes([value])
