"""What a browser does not show is blanked out line by line; what it shows stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.evidence.cards.hidden import without_hidden

PARTS = [
    "<!--",
    "-->",
    "<style>",
    "</style>",
    "<script",
    "</script>",
    "<svg>",
    "</svg>",
    "```",
    "~~~",
    "word",
    "\n",
    " ",
]
DIAGRAM = '<div id="sk-container-id-1" class="sk-top-container">'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <!-- b --> c", "a c"),
        ("a <!-- b\nc --> d", "a d"),
        ("<!-- b\nc", ""),
        ("a <!-- b\nc", "a !-- b c"),
        ("a <svg> b", "a <svg> b"),
        ("<STYLE>x</Style >y", "y"),
        ("x <style>a</style><script>b</script>z", "x z"),
        ("```\n<!-- a -->\n```\n<!-- b -->c", "``` <!-- a --> ``` c"),
        ("````\n```\n<!-- a -->\n````\n<!-- b -->c", "```` ``` <!-- a --> ```` c"),
        ("<!-- a -->```\n<!-- b -->c", "``` c"),
        (f"{DIAGRAM}<div>a<div>b</div></div></div>c", "c"),
        (f"{DIAGRAM}<div>a", f"{DIAGRAM}<div>a"),
        ("<div class=note>a</div>", "<div class=note>a</div>"),
        # Lower-casing this letter makes two of it, so that places in a lowered copy are not those of the text.
        ("\u0130\u0130\u0130<!-- a -->b", "\u0130\u0130\u0130 b"),
    ],
)
def test_what_is_left_of_a_text(text: str, shown: str) -> None:
    assert without_hidden(text).split() == shown.split()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*PARTS, DIAGRAM, "</div>", "<div>"]), max_size=25).map("".join))
def test_lines_stay_where_they_are_and_nothing_is_added(text: str) -> None:
    left = without_hidden(text)
    assert left.count("\n") == text.count("\n")
    for ours, theirs in zip(left.split("\n"), text.split("\n"), strict=True):
        assert len(ours) <= len(theirs) + 1
    assert left.count("word") <= text.count("word")


@given(st.text("ab\u0301\u0316\u00e9\u0130 \U0001f3af", max_size=200))
def test_normalising_in_pieces_is_normalising(text: str) -> None:
    import unicodedata

    from govern.evidence.cards.words import normal

    runs = max((len(run) for run in text.replace("a", " ").replace("b", " ").split()), default=0)
    if runs < 30:
        assert normal("NFC", text) == unicodedata.normalize("NFC", text)
    assert len(normal("NFKC", text)) <= 2 * len(text)
