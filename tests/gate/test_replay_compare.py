"""Where two records differ: the first place first, and never more than a screen of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.gate.replaying.compare import SHOWN, compare_records

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def resolve(value: Any, pointer: str) -> Any:
    """RFC 6901, written apart from what is tested."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        value = value[int(key)] if isinstance(value, list) else value[key]
    return value


@given(JSON, JSON)
def test_a_difference_names_the_place_and_both_values(one: Any, other: Any) -> None:
    first, second = canonical_bytes(one), canonical_bytes(other)
    made = compare_records("record", first, second)
    assert made.same == (first == second)
    assert made.same == (made.total == 0)
    for item in made.differences:
        for value, said in ((one, item.recorded), (other, item.found)):
            if said is None:
                with pytest.raises((KeyError, IndexError, TypeError, ValueError)):
                    resolve(value, item.pointer)
            elif said == json.dumps(resolve(value, item.pointer), ensure_ascii=False):
                continue
            else:
                assert len(said) <= 240 * 10  # shortened, or made harmless to print


def test_the_first_place_is_first_and_the_rest_is_counted() -> None:
    recorded = {"b": [{"rule": "p/r", "outcome": "pass"}], "a": 1, "z": {str(n): n for n in range(100)}}
    found = {"b": [{"rule": "p/r", "outcome": "fail"}], "a": 1, "z": {str(n): -n for n in range(1, 101)}}
    made = compare_records("evaluation", canonical_bytes(recorded), canonical_bytes(found))
    assert (made.differences[0].pointer, made.differences[0].about) == ("/b/0/outcome", "p/r")
    assert (made.differences[0].recorded, made.differences[0].found) == ('"pass"', '"fail"')
    assert len(made.differences) == SHOWN
    assert made.total == 1 + 101


def test_pointers_are_escaped_and_values_cannot_act_on_a_terminal() -> None:
    recorded = {"a/b~c": "\x1b[31m" + "x" * 10_000}
    made = compare_records("r", canonical_bytes(recorded), canonical_bytes({"a/b~c": "\u202e"}))
    (only,) = made.differences
    assert only.pointer == "/a~1b~0c"
    assert "\x1b" not in str(only.recorded)
    assert "\u202e" not in str(only.found)
    assert len(str(only.recorded)) < 400


def test_types_differ_although_python_calls_them_equal() -> None:
    made = compare_records("r", b'{"a":true}', b'{"a":1}')
    assert (made.differences[0].recorded, made.differences[0].found) == ("true", "1")


@pytest.mark.parametrize("recorded", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 1000])
def test_a_record_that_cannot_be_read_is_one_difference(recorded: bytes) -> None:
    made = compare_records("r", recorded, b"{}")
    assert (made.same, made.total) == (False, 1)
    assert str(made.differences[0].recorded).startswith("unreadable")


def test_another_spelling_of_the_same_value_is_a_difference() -> None:
    made = compare_records("r", b'{ "a": 1 }', b'{"a":1}')
    assert (made.same, made.total, made.differences[0].pointer) == (False, 1, "")
