"""Bytes to text."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.inputs.text import Places, decode_text, hidden_characters


def fault(data: bytes, **options):
    with pytest.raises(InputError) as caught:
        decode_text(data, file="f.txt", **options)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@given(st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])))
def test_utf8_with_and_without_bom(text):
    assert decode_text(text.encode(), file="f") == text
    assert decode_text(b"\xef\xbb\xbf" + text.encode(), file="f") == text


@given(st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), min_size=1))
def test_utf16_by_its_mark(text):
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        assert decode_text(mark + text.encode(encoding), file="f") == text
        assert fault(mark + text.encode(encoding), utf16=False).code == "I101"


@given(st.binary())
def test_any_bytes_are_text_or_a_diagnostic(data):
    with suppress(InputError):
        decode_text(data, file="f").encode()


@pytest.mark.parametrize(
    ("data", "offset", "place"),
    [
        (b"ab\ncd\xfce", 5, "f.txt:2:3"),
        ("é\n".encode() + b"\xff", 3, "f.txt:2:1"),
        (b"a\xed\xa0\x80", 1, "f.txt:1:2"),  # a surrogate in UTF-8 clothes
        (b"\xef\xbb\xbfa\xff", 4, "f.txt:1:2"),
        (b"ab\0", 2, "f.txt:1:3"),
        (b"n\0u\0l\0", 1, "f.txt:1:2"),  # UTF-16 without a mark
        (b"\xff\xfea\0b", 4, "f.txt:1:2"),  # cut in the middle of a character
        (b"\xff\xfe\0\0a\0\0\0", 0, "f.txt:1:1"),  # UTF-32
    ],
)
def test_the_first_bad_byte_is_named(data, offset, place):
    found = fault(data)
    assert found.code == "I101"
    assert f"byte offset {offset}" in found.message
    assert str(found.span) == place


def test_cap():
    assert decode_text(b"abc", file="f", max_bytes=3) == "abc"
    assert fault(b"abcd", max_bytes=3).code == "I102"


@given(st.text("a\r\n😀", max_size=30), st.data())
def test_places_agree_with_splitlines(text, data):
    offset = data.draw(st.integers(0, len(text)))
    line, column = Places(text).at(offset)
    before = text[:offset]
    if before.endswith("\r") and text[offset : offset + 1] == "\n":
        return  # inside a line end
    lines = before.splitlines(keepends=True)
    done = not lines or lines[-1].endswith(("\r", "\n"))
    assert (line, column) == ((len(lines) + 1, 1) if done else (len(lines), len(lines[-1]) + 1))


def test_hidden_characters_are_named_with_places():
    found = list(hidden_characters("a\nb\u202ec\u200b", file="f"))
    assert [(item.code, item.span.line, item.span.column) for item in found] == [("I109", 2, 2), ("I109", 2, 4)]
    assert len(list(hidden_characters("\u200b" * 100, file="f"))) == 20
