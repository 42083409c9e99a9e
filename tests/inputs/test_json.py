"""Strict JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.inputs.json import parse_json, pointer_span, pointer_spans

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)


def faults(text: str | bytes, **options):
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(InputError) as caught:
        parse_json(data, file="f.json", **options)
    return caught.value.diagnostics


def places(text: str | bytes, **options):
    return [(item.code, item.span.line, item.span.column) for item in faults(text, **options)]


@given(VALUES, st.booleans(), st.sampled_from([None, 2]))
def test_equals_the_standard_library_on_sound_input(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    numbers = [token for token in _floats(value) if abs(token) >= 1e308]
    if numbers:
        assert {code for code, _, _ in places(text)} == {"I113"}
    else:
        assert parse_json(text.encode(), file="f") == json.loads(text, parse_float=Decimal)


def _floats(value):
    if isinstance(value, float):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _floats(item)


def test_numbers_keep_their_digits():
    value = parse_json(b"[0.80, 1E5, -0, 12345678901234567890, 5e-324, 0.0]", file="f")
    assert value == [Decimal("0.80"), Decimal("1E5"), 0, 12345678901234567890, Decimal("5e-324"), Decimal("0.0")]
    assert str(value[0]) == "0.80"
    assert [type(item) for item in value] == [Decimal, Decimal, int, int, Decimal, Decimal]


def test_utf16_with_its_mark():
    assert parse_json(b"\xff\xfe" + '{"ä": 1}'.encode("utf-16-le"), file="f") == {"ä": 1}


def test_every_non_finite_number_is_named():
    text = '{"accuracy": NaN,\n "auc": Infinity, "f1": 1e999,\n "g": [1, {"x/y": -1e400}], "h": -Infinity}'
    found = faults(text)
    assert [item.code for item in found] == ["I113"] * 5
    assert [item.span.line for item in found] == [1, 2, 2, 3, 3]
    for pointer, item in zip(("/accuracy", "/auc", "/f1", "/g/1/x~1y", "/h"), found, strict=True):
        assert item.message.startswith(pointer + " ")


@pytest.mark.parametrize(
    "text", ["1e308", "-1.5e308", "1e99999999999999999999", "0e999999", "1e-999999999", "9" * 400, "0." + "1" * 5000]
)
def test_numbers_that_would_hurt_whoever_prints_them(text):
    assert places(f"[{text}]") == [("I113", 1, 2)]


def test_duplicate_keys_name_both_places():
    (found,) = faults('{"a": 1,\n "b": {"c": 1, "\\u0063": 2}}')
    assert (found.code, found.span.line, found.span.column) == ("I104", 2, 16)
    assert (found.related[0].span.line, found.related[0].span.column) == (2, 8)
    assert "/b/c" in found.message
    assert [item.code for item in faults('{"a": 1, "a": NaN}')] == ["I104", "I113"]
    assert parse_json(b'[{"a": 1}, {"a": 2}]', file="f")


@pytest.mark.parametrize(
    "text", [r'"\ud800"', r'["\udc00\ud800"]', r'{"\ud800": 1}', r'"\\ud83d\ude00"', r'"\ud83d\\ude00"']
)
def test_lone_surrogates(text):
    assert [code for code, _, _ in places(text)] == ["I109"]


@pytest.mark.parametrize("text", [r'"\ud83d\ude00"', r'"\\ud800"', r'"\\\\ud800 \uD83D\uDE00"', r'"\u00e4\n"'])
def test_sound_escapes(text):
    assert parse_json(text.encode(), file="f") == json.loads(text)


@given(st.text('\\ud8dcDC09aefx"', max_size=24))
def test_surrogates_are_found_exactly(body):
    text = f'"{body}"'
    try:
        value = json.loads(text)
    except ValueError:
        assert places(text)[0][0] == "I201"
        return
    lone = any(0xD800 <= ord(char) <= 0xDFFF for char in value)
    if lone:
        assert places(text) == [("I109", 1, 1)]
    else:
        assert parse_json(text.encode(), file="f") == value


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{\n  // reviewed\n  "name": "m",\n}\n', 2, 3),
        ('{"name": "m",\n}\n', 2, 1),
        ("[1] [2]", 1, 5),
        ("{'a': 1}", 1, 2),
        ('"\x01"', 1, 2),
        ("[01]", 1, 3),
        ("nul", 1, 1),
        ('{"a" 1}', 1, 6),
        ("[1,\r\n2,,]", 2, 3),
    ],
)
def test_syntax_faults_have_places(text, line, column):
    assert places(text) == [("I201", line, column)]


@pytest.mark.parametrize("text", ["", " \n\t", "\ufeff"])
def test_empty(text):
    assert [code for code, _, _ in places(text)] == ["I114"]


def test_caps():
    assert [code for code, *_ in [(item.code,) for item in faults(b"[1,2]", max_bytes=4)]] == ["I102"]
    assert parse_json(b"[" * 64 + b"]" * 64, file="f")
    assert places("[" * 65 + "]" * 65) == [("I110", 1, 65)]
    assert places('[[{"a": [1]}]]', max_depth=3) == [("I110", 1, 9)]
    assert parse_json(b'["[[[[", "]]", "\\"[[[["]', file="f", max_depth=1)


@given(
    st.recursive(
        st.just("1"),
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
            | inner.map(lambda item: f'{{"]": {item}, "[{{": "\\\\\\"["}}')
        ),
    ),
    st.integers(1, 4),
)
def test_depth_is_exact(text, cap):
    depth = _depth(json.loads(text))
    if depth > cap:
        assert [code for code, _, _ in places(text, max_depth=cap)] == ["I110"]
    else:
        assert parse_json(text.encode(), file="f", max_depth=cap) == json.loads(text)


def _depth(value) -> int:
    if isinstance(value, list | dict):
        return 1 + max((_depth(item) for item in (value.values() if isinstance(value, dict) else value)), default=0)
    return 0


_HOSTILE = r"""
from govern.diagnostics import InputError
from govern.inputs.json import parse_json
for data in (b"[" * 1_000_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 300_000, b"[}" * 500_000, b"]" * 1_000_000,
             b'"' + b'\\"' * 500_000, b'["' + b'\\"' * 500_000 + b'[[', b"[" * 64 + b"}" * 10 + b"[" * 100_000):
    try:
        parse_json(data, file="f")
    except InputError as error:
        print(error.diagnostics[0].code)
"""


def test_hostile_nesting_is_a_diagnostic():
    done = subprocess.run([sys.executable, "-c", _HOSTILE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["I110", "I110", "I110", "I201", "I201", "I201", "I201", "I110"]


@given(st.binary(max_size=100) | st.text('[]{}",:0123456789eE+-.truefalsnN \\u\n', max_size=60).map(str.encode))
def test_random_bytes_never_raise_anything_else(data):
    try:
        value = parse_json(data, file="f")
    except InputError:
        return
    assert value == json.loads(
        data.decode("utf-8-sig") if data[:2] not in (b"\xff\xfe", b"\xfe\xff") else data.decode("utf-16"),
        parse_float=Decimal,
    )


def test_number_of_faults_is_bounded():
    assert len(faults("[" + "NaN," * 1000 + "1]")) == 50


def test_pointer_spans_finds_several_in_one_walk():
    data = b'{"a": [1, {"b": 2}],\n "a~b": 3}'
    found = pointer_spans(data, file="x", pointers=["/a/1/b", "/a~0b", "/a", "/none", ""])
    assert {pointer: (span.line, span.column) for pointer, span in found.items()} == {
        "": (1, 1),
        "/a": (1, 7),
        "/a/1/b": (1, 17),
        "/a~0b": (2, 9),
    }
    assert pointer_spans(data, file="x", pointers=()) == {}


def test_pointer_span():
    data = b'{"a/b": [1, {"x~": true}],\n "c": "d"}'
    for pointer, place in (("", (1, 1)), ("/a~1b/1/x~0", (1, 20)), ("/c", (2, 7)), ("/a~1b", (1, 9))):
        span = pointer_span(data, file="f", pointer=pointer)
        assert (span.line, span.column) == place
    assert pointer_span(data, file="f", pointer="/nothing") is None


def depth_by_hand(text):
    """How deep the standard library's scanner would go, letter by letter; it stops at the first fault."""
    depth = deepest = 0
    inside = escaped = False
    for letter in text:
        if inside:
            inside = escaped or letter != '"'
            escaped = not escaped and letter == "\\"
        elif letter == '"':
            inside = True
        elif letter in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in "]}":
            depth -= 1
    return deepest


NESTED = st.recursive(
    st.one_of(st.text(alphabet='[]{}"\\ab', max_size=6), st.integers(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(alphabet='[{"\\a', max_size=3), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(NESTED, st.integers(1, 6))
def test_depth_is_counted_outside_of_strings(value, most):
    text = json.dumps(value)
    codes = [item.code for item in faults(text, max_depth=most)] if depth_by_hand(text) > most else []
    assert codes in ([], ["I110"])
    assert (codes == ["I110"]) == (depth_by_hand(text) > most)
    if not codes:
        assert parse_json(text.encode(), file="f", max_depth=most) == json.loads(text)


@pytest.mark.parametrize("exponent", [99, 100, 307, 308, 309, 999])
@pytest.mark.parametrize("sign", ["", "+", "-"])
@pytest.mark.parametrize("written", ["1e{}", "1.5E{}", "0e{}"])
def test_numbers_near_the_bounds_are_judged_one_by_one(written, sign, exponent):
    """Most documents have none of them, and are read without asking for each number."""
    text = written.format(f"{sign}{exponent}")
    least, most = -400, 308
    value = Decimal(text)
    sound = -2400 < value.as_tuple().exponent < most and (not value or least <= value.adjusted() < most)
    if sound:
        assert parse_json(f"[1.25, {text}]".encode(), file="f") == [Decimal("1.25"), value]
    else:
        assert [item.code for item in faults(f"[1.25, {text}]")] == ["I113"]


def test_long_numbers_are_judged_one_by_one():
    assert parse_json(b"[" + b"9" * 308 + b", 0." + b"0" * 299 + b"1]", file="f")[0] == int("9" * 308)
    assert [item.code for item in faults("[" + "9" * 309 + "]")] == ["I113"]
