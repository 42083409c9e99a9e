"""Documents, pointers and readouts: what every reader stands on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.evidence.tools.interface import Document, Readout, Tool, pointer_of
from support.tool_samples import document

VALUE = {"a": [{"b/c": 1, "d~e": True, "": "x"}, 2.5], "n": None}


def refused(made: Document, kind: type, *steps: str | int) -> str:
    with pytest.raises(InputError) as fault:
        made.get(kind, *steps)
    return str(fault.value.diagnostics[0])


def test_values_are_given_by_their_place():
    made = document(VALUE)
    assert made.get(int, "a", 0, "b/c") == 1
    assert made.get(bool, "a", 0, "d~e") is True
    assert made.get((int, Decimal), "a", 1) == Decimal("2.5")
    assert made.get(type(None), "n") is None
    assert made.get(dict)["n"] is None


def test_a_truth_value_is_no_number_and_no_number_a_truth_value():
    made = document(VALUE)
    assert "expected a number, found true or false" in refused(made, int, "a", 0, "d~e")
    assert "expected true or false, found a number" in refused(made, bool, "a", 0, "b/c")


@pytest.mark.parametrize("steps", [("z",), ("a", 2), ("a", -1), ("a", "0"), ("n", "x"), ("a", 0, "b/c", "x")])
def test_what_is_not_there_is_missing_with_the_place_of_what_is(steps):
    told = refused(document(VALUE), int, *steps)
    assert "E102" in told
    assert pointer_of(*steps) in told


def test_a_name_for_people_may_be_given():
    with pytest.raises(InputError, match="the total is missing"):
        document(VALUE).get(int, "total", name="the total")


def test_a_member_is_given_like_a_value_by_its_place():
    made = document(VALUE)
    held = made.get(dict, "a", 0)
    assert made.member(held, int, "a", 0, "b/c") == 1
    assert made.member(held, bool, "a", 0, "d~e") is True
    for kind, name, code in ((int, "d~e", "E103"), (str, "gone", "E102"), (bool, "b/c", "E103")):
        with pytest.raises(InputError, match=code):
            made.member(held, kind, "a", 0, name)


def test_places_have_line_and_column():
    made = document(b'{\n  "a": [\n    {"b/c": 1}\n  ]\n}')
    span = made.span("a", 0, "b/c")
    assert (span.line, span.column) == (3, 13)
    assert made.span("nowhere").line == 1


def test_a_fault_says_where():
    fault = document(VALUE).fault("E103", "odd", "a", 0, "b/c", hint="mend it")
    (found,) = fault.diagnostics
    assert (found.message, found.hint) == ("odd (at /a/0/b~1c)", "mend it")


@given(st.lists(st.text(max_size=5), max_size=5))
def test_pointers_can_be_taken_apart_again(steps):
    parts = pointer_of(*steps).split("/")[1:]
    assert [part.replace("~1", "/").replace("~0", "~") for part in parts] == steps


def test_a_readout_gives_the_body_of_a_type():
    readout = Readout(bodies=("text", 3), tool=Tool("t", "1"))
    assert readout.body(int) == 3
    assert readout.body(dict) is None
    assert (str(readout.tool), str(Tool("t"))) == ("t 1", "t")
