"""The one shape of faults, the escaping of hostile text, and the catalogue of codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import govern
from govern.diagnostics import Diagnostic, GovernError, Severity, Span, in_order, plain
from govern.diagnostics.catalogue import all_codes, lookup

SOURCE = Path(govern.__file__).parent


def test_no_error_holds_what_utf_8_cannot() -> None:
    """Half of a surrogate pair from a file's own key once ended a run with a UnicodeEncodeError."""
    (made,) = GovernError(Diagnostic("I109", "at /\ud800success \U0001f600", hint="\udfff")).diagnostics
    assert (made.message, made.hint) == ("at /\\ud800success \U0001f600", "\\udfff")


@given(st.text(max_size=500))
def test_plain_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    """No control, bidirectional, zero-width or surrogate code point survives, and the length is bounded."""
    shown = plain(text, limit=100)
    for char in shown:
        code = ord(char)
        assert code >= 0x20
        assert not 0x7F <= code <= 0x9F
        assert not 0xD800 <= code <= 0xDFFF
        assert code not in (0x200B, 0x200E, 0x200F, 0x202E, 0x2066, 0x2069, 0xFEFF)
    assert len(shown) <= 100 * len("\\u{10ffff}")


def test_plain_shows_what_it_hid() -> None:
    """Escapes are visible, newlines are blanks, long text is cut in the middle."""
    assert plain("a\x1b[31mb\nc\u202e") == "a\\u{1b}[31mb c\\u{202e}"
    assert plain("x" * 500, limit=11) == "xxxxx…xxxxx"


def test_order_is_by_place_then_code() -> None:
    """Output never depends on the order of discovery."""
    items = [
        Diagnostic("I104", "b", Span("b.yaml", 1, 1)),
        Diagnostic("I104", "a", Span("a.yaml", 10, 1)),
        Diagnostic("I103", "a", Span("a.yaml", 9, 5)),
        Diagnostic("I101", "a", Span("a.yaml", 9, 5)),
        Diagnostic("X101", "no place"),
    ]
    got = [(item.span.file if item.span else "", item.code) for item in in_order(reversed(items))]
    assert got == [("", "X101"), ("a.yaml", "I101"), ("a.yaml", "I103"), ("a.yaml", "I104"), ("b.yaml", "I104")]


def test_an_error_must_explain_itself() -> None:
    """There is no error without a diagnostic."""
    with pytest.raises(ValueError, match="at least one"):
        GovernError(())


def test_a_diagnostic_reads_as_place_severity_code_and_fix() -> None:
    """The line that engineers grep for."""
    text = str(Diagnostic("I104", "key 'a' twice", Span("p.yaml", 3, 7), hint="remove one", severity=Severity.ERROR))
    assert text == "p.yaml:3:7: error I104 duplicate-key: key 'a' twice\n    fix: remove one"


def test_every_code_is_well_formed_and_complete() -> None:
    """Code and slug have their shape, slugs are unique in a room, and nothing is left empty."""
    codes = all_codes()
    for code, entry in codes.items():
        assert re.fullmatch(r"[A-Z][0-9]{3}", code), code
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.slug), code
        for text in (entry.title, entry.why, entry.example, entry.fix):
            assert text.strip(), code
        assert lookup(code) is entry
    for letter in {code[0] for code in codes}:
        slugs = [entry.slug for code, entry in codes.items() if code[0] == letter]
        assert len(set(slugs)) == len(slugs), "a slug is used once in a room"


def test_every_code_in_the_source_is_in_the_catalogue_and_the_other_way_round() -> None:
    """A code that is raised is documented; a code that is documented is raised."""
    used: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        if file.parent.name != "codes":
            used |= set(re.findall(r"""["']([IPBELFSCDAGRUX][0-9]{3})["']""", file.read_text(encoding="utf-8")))
    codes = set(all_codes())
    assert used - codes == set()
    assert codes - used == set()
