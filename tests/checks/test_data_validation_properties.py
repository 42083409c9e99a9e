"""What must hold of every result: less of it never says more, and what means nothing changes nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.checks.data.params import ValidationParams
from govern.checks.data.validation import judge
from govern.diagnostics import InputError
from govern.evidence.tools.quality import DataQuality
from govern.evidence.tools.registry import reader_named
from support.bundles import validation
from support.tool_samples import SAMPLES, document, sample_value

GX = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("great_expectations/**/*.json"))
RESULTS = {path: "great-expectations" for path in GX if "valid" in path.rsplit("/", 1)[-1] or "checkpoint_" in path}
RESULTS |= {path: "great-expectations" for path in GX if "/validations/" in path}
RESULTS.pop("great_expectations/1.24/project/gx/validation_definitions/v.json", None)
RESULTS["deepchecks/train_test_validation.json"] = "deepchecks"
ITEMS = ("results", "expectations")
STRICT = ValidationParams.model_validate({"severities": ("critical", "warning", "info")})
USUAL = ValidationParams.model_validate({})


def verdict(value: Any, reader: str, params: ValidationParams) -> str | list[tuple[str, str | None, str | None]]:
    """`refused`, or what is said of each item; the places aside."""
    found = reader_named(reader)
    assert found is not None
    made = document(value)
    if not found.recognise(made.root):
        return "refused"
    try:
        body = found.read(made).body(DataQuality)
    except InputError:
        return "refused"
    assert body is not None
    return [
        (remark.code, remark.outcome and remark.outcome.value, remark.item and repr(remark.item.title))
        for remark in judge(body, params)
    ]


def passes(value: Any, reader: str, params: ValidationParams) -> bool:
    said = verdict(value, reader, params)
    return said != "refused" and all(outcome is None for _code, outcome, _item in said)


def lists_of_items(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, dict):
        for key, held in value.items():
            if key in ITEMS and isinstance(held, list):
                yield held
            yield from lists_of_items(held)
    elif isinstance(value, list):
        for held in value:
            yield from lists_of_items(held)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside items."""
    if isinstance(value, dict):
        yield value
        for held in value.values():
            yield from objects(held)
    elif isinstance(value, list):
        for held in value:
            yield from objects(held)


def with_one_key_less(value: Any) -> Iterator[tuple[str, Any]]:
    count = sum(len(held) for items in lists_of_items(value) for held in objects(items))
    for number in range(count):
        less = copy.deepcopy(value)
        places = [(held, key) for items in lists_of_items(less) for held in objects(items) for key in held]
        held, key = places[number]
        del held[key]
        yield key, less


def with_one_item_less(value: Any) -> Iterator[Any]:
    for which, items in enumerate(lists_of_items(value)):
        for number in range(len(items)):
            less = copy.deepcopy(value)
            del list(lists_of_items(less))[which][number]
            yield less


@pytest.mark.parametrize("path", sorted(RESULTS))
@pytest.mark.parametrize("params", [USUAL, STRICT], ids=["usual", "strict"])
def test_no_sample_is_made_a_pass_by_taking_a_key_out_of_an_item(path, params):
    value = sample_value(path)
    assert not passes(value, RESULTS[path], params)
    for key, less in with_one_key_less(value):
        assert not passes(less, RESULTS[path], params), key


@pytest.mark.parametrize("path", [path for path in sorted(RESULTS) if "great_expectations" in path])
def test_no_item_can_be_cut_out_of_a_sample_with_totals(path):
    value = sample_value(path)
    for less in with_one_item_less(value):
        assert verdict(less, RESULTS[path], USUAL) == "refused"


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """An item as the tool would write it: what it says of success follows from counts, tolerance and crashes."""
    elements = draw(st.integers(0, 20))
    missing = draw(st.integers(0, elements))
    looked = elements - missing
    wrong = draw(st.integers(0, looked))
    mostly = draw(st.sampled_from([None, 0.5, 0.9, 1]))
    crashed = draw(st.integers(0, 9)) == 0
    tolerated = 1 - (1 if mostly is None else mostly)
    percent = 100 * wrong / looked if looked else None
    figures = {
        "element_count": elements,
        "missing_count": missing,
        "unexpected_count": wrong,
        "unexpected_percent": percent,
        "unexpected_percent_nonmissing": percent,
        "partial_unexpected_list": [],
    }
    clean = {"raised_exception": False, "exception_message": None}
    return {
        "success": not crashed and wrong <= tolerated * looked + 1e-9,
        "expectation_config": {
            "type": draw(st.sampled_from(["expect_a", "expect_b", "expect_c"])),
            "kwargs": {"column": "c", "batch_id": "b"} | ({} if mostly is None else {"mostly": mostly}),
            "severity": draw(st.sampled_from(["critical", "warning", "info"])),
        },
        "result": {} if crashed else figures,
        "exception_info": {"('m', ())": {"raised_exception": True, "exception_message": "x"}} if crashed else clean,
    }


PARAMS = st.builds(
    lambda severities, least, fewest, named: ValidationParams.model_validate(
        {"severities": ("critical", *severities), "min_mostly": least, "min_evaluated": fewest, "must_include": named}
    ),
    st.sets(st.sampled_from(["warning", "info"])),
    st.sampled_from([0, 1]),
    st.integers(1, 3),
    st.sampled_from([(), ("expect_a",), ("expect_a", "expect_b")]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(items(), max_size=4), PARAMS)
def test_less_never_says_more(results, params):
    value = validation(*results) if results else {**validation(), "results": []}
    if not results:
        value["statistics"] = dict.fromkeys(value["statistics"], 0) | {"success_percent": None}
    before = passes(value, "great-expectations", params)
    for key, less in with_one_key_less(value):
        assert before or not passes(less, "great-expectations", params), key
    for less in with_one_item_less(value):
        assert not passes(less, "great-expectations", params)


def shuffled(value: Any, draw: Any) -> Any:
    """The same value with its keys in another order, and keys that mean nothing beside them."""
    if isinstance(value, dict):
        keys = draw(st.permutations(list(value)))
        made = {key: shuffled(value[key], draw) for key in keys}
        if draw(st.booleans()):
            made["zz_of_a_later_version"] = draw(st.sampled_from([None, True, "x", [], {}]))
        return made
    if isinstance(value, list):
        return [shuffled(held, draw) for held in value]
    return value


@pytest.mark.parametrize("path", sorted(RESULTS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_order_and_unknown_keys_mean_nothing(path, data):
    value = sample_value(path)
    runs = value.get("run_results") if isinstance(value, dict) else None
    other = shuffled(value, data.draw)
    if runs is not None:  # the members of this one are results, and none of another kind may be added
        other["run_results"].pop("zz_of_a_later_version", None)
    for params in (USUAL, STRICT):
        assert verdict(other, RESULTS[path], params) == verdict(value, RESULTS[path], params)


def outcome_of(content: bytes, reader: str) -> str:
    found = reader_named(reader)
    assert found is not None
    try:
        made = document(content)
        if not found.recognise(made.root):
            return "passed over"
        found.read(made)
    except InputError:
        return "refused"
    return "read"


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_bytes_raise_nothing_but_diagnostics(data):
    path = data.draw(st.sampled_from(sorted(RESULTS)))
    text = bytearray(json.dumps(sample_value(path)).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] ^= 1 << data.draw(st.integers(0, 7))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(text))))
    assert outcome_of(bytes(text[:cut]), RESULTS[path]) in ("read", "passed over", "refused")
