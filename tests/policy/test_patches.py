"""RFC 6902: the examples of its appendix A, and what they leave open. RFC 6901: pointers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.policy.testing.patches import PatchError, apply_patch, pointer_of, same, steps_of, value_at

APPENDIX_A = [
    ("A.1", {"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    (
        "A.2",
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ("A.3", {"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ("A.4", {"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    (
        "A.5",
        {"baz": "qux", "foo": "bar"},
        [{"op": "replace", "path": "/baz", "value": "boo"}],
        {"baz": "boo", "foo": "bar"},
    ),
    (
        "A.6",
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    (
        "A.7",
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        "A.8",
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    ("A.9", {"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], "another one"),
    (
        "A.10",
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    (
        "A.11",
        {"foo": "bar"},
        [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
        {"foo": "bar", "baz": "qux"},
    ),
    ("A.12", {"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], "there is no 'baz'"),
    ("A.14", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ("A.15", {"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], "another one"),
    ("A.16", {"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], None),
]
"""A.13 is about JSON texts with a member given twice: those are refused when the YAML is read (I104)."""

REFUSED = [
    ([{"op": "remove", "path": "/a/2"}], "path", "no place 2"),
    ([{"op": "remove", "path": "/a/-"}], "path", "no place in a list"),
    ([{"op": "replace", "path": "/a/01", "value": 1}], "path", "no place in a list"),
    ([{"op": "add", "path": "/a/3", "value": 1}], "path", "no place 3"),
    ([{"op": "replace", "path": "/b", "value": 1}], "path", "there is no 'b'"),
    ([{"op": "remove", "path": "/t/x"}], "path", "nothing below"),
    ([{"op": "add", "path": "/t/x", "value": 1}], "path", "below a single value"),
    ([{"op": "remove", "path": ""}], "path", "whole document"),
    ([{"op": "add", "path": "a", "value": 1}], "path", "starts with /"),
    ([{"op": "add", "path": "/~2", "value": 1}], "path", "written ~0"),
    ([{"op": "add", "path": "/a/0"}], "value", "missing"),
    ([{"op": "test", "path": "/a/0"}], "value", "missing"),
    ([{"op": "move", "path": "/a/0"}], "from", "missing"),
    ([{"op": "copy", "path": "/z", "from": "/y"}], "from", "there is no 'y'"),
    ([{"op": "move", "from": "/a", "path": "/a/0"}], "path", "into itself"),
    ([{"op": "spring", "path": "/a"}], "op", "no operation 'spring'"),
    ([{"path": "/a"}], "op", "no operation"),
]


@pytest.mark.parametrize(("name", "document", "patch", "wanted"), APPENDIX_A, ids=[row[0] for row in APPENDIX_A])
def test_examples_of_the_rfc(name, document, patch, wanted):
    if isinstance(wanted, str):
        with pytest.raises(PatchError, match=wanted):
            apply_patch(document, patch)
    else:
        assert apply_patch(document, patch) == (wanted or {"foo": ["bar", ["abc", "def"]]})


@pytest.mark.parametrize(("patch", "member", "words"), REFUSED)
def test_what_cannot_be_applied_says_which_member_is_wrong(patch, member, words):
    with pytest.raises(PatchError, match=words) as caught:
        apply_patch({"a": [1, 2], "t": "text"}, [{"op": "test", "path": "/t", "value": "text"}, *patch])
    assert (caught.value.index, caught.value.member) == (1, member)


def test_a_patch_that_fails_leaves_nothing_changed_and_one_that_works_changes_no_input():
    document = {"a": {"b": [1, 2]}}
    assert apply_patch(document, [{"op": "remove", "path": "/a/b/0"}]) == {"a": {"b": [2]}}
    with pytest.raises(PatchError):
        apply_patch(document, [{"op": "remove", "path": "/a/b/0"}, {"op": "remove", "path": "/x"}])
    assert document == {"a": {"b": [1, 2]}}


def test_the_whole_document_can_be_replaced_and_copied():
    assert apply_patch({"a": 1}, [{"op": "replace", "path": "", "value": [1]}]) == [1]
    assert apply_patch({"a": 1}, [{"op": "copy", "from": "/a", "path": "/b"}]) == {"a": 1, "b": 1}
    assert apply_patch({"a": 1}, [{"op": "move", "from": "/a", "path": "/a"}]) == {"a": 1}


def test_equality_is_that_of_json():
    assert same(Decimal("0.80"), Decimal("0.8"))
    assert same(1, Decimal("1.0"))
    assert not same(True, 1)
    assert not same("1", 1)
    assert not same(None, False)
    assert same({"a": [1, {}]}, {"a": [Decimal(1), {}]})
    assert not same([1], [1, 2])


@given(st.lists(st.text(max_size=5), max_size=5))
def test_pointers_are_read_as_they_were_written(steps):
    assert list(steps_of(pointer_of(*steps))) == steps


@given(st.dictionaries(st.text(max_size=4), st.integers(), min_size=1, max_size=4), st.data())
def test_what_is_added_is_found_and_what_is_removed_is_gone(document, data):
    key = data.draw(st.sampled_from(sorted(document)))
    pointer = pointer_of(key)
    assert value_at(apply_patch(document, [{"op": "add", "path": pointer, "value": "new"}]), (key,)) == "new"
    assert key not in apply_patch(document, [{"op": "remove", "path": pointer}])
