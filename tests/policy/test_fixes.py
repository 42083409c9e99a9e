"""Edits that leave no doubt: what each fault is mended to, and what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import Diagnostic, Edit, Span
from govern.evidence.schema import evidence_schema
from govern.policy.advice.fixes import apply_fixes
from govern.policy.advice.lint import lint
from govern.policy.evidence_schema import certainly
from support.compiling import FILE, specs, with_rule

PARITY = """\
id: parity
title: Rates
severity: high
stages: [pre-registration]
check: fairness.disparity
with:
  metric: selection_rate
  compare: ratio
  at_least: 0.8
  attributes: [sex]
  max_age: 30d
"""
ASSERTING = """\
id: a
check: expression
with:
  assert: metrics.auc > 0.5 && size(card.owners) > 0
"""


def mended(rule: str) -> str:
    text = with_rule(rule)
    found = lint({FILE: text.encode()}, checks=specs(), evidence_schema=evidence_schema())
    return apply_fixes({FILE: text.encode()}, found).files[FILE].decode()


@pytest.mark.parametrize(
    ("good", "bad", "sound"),
    [
        ("severity:", "severty:", PARITY),
        ("at_least:", "at_leest:", PARITY),
        ("fairness.disparity", "fairnes.disparity", PARITY),
        ("[pre-registration]", "[pre-registratoin]", PARITY),
        ("severity: high", "severity: hihg", PARITY),
        ("at_least: 0.8", "at_least: 80%", PARITY),
        ("at_least: 0.8", "at_least: 0,8", PARITY),
        ("at_least: 0.8", "at_least: '0.8'", PARITY),
        ("at_least: 0.8", 'at_least: "0.8"', PARITY),
        ("max_age: 30d", "max_age: P30D", PARITY),
        ("max_age: 2mo", "max_age: P2M", PARITY.replace("30d", "2mo")),
        ("max_age: 2m", "max_age: PT2M", PARITY.replace("30d", "2m")),
        ("title: 'no'", "title: no", PARITY.replace("title: Rates", "title: 'no'")),
        ("title: 'On'", "title: On", PARITY.replace("title: Rates", "title: 'On'")),
        ("&&", "and", ASSERTING),
        ("'!has(card.x)'", "!has(card.x)", ASSERTING.replace("metrics.auc > 0.5 && size(card.owners) > 0", "'!has(card.x)'")),
        (
            "'!has(card.x) && model.name == ''x'''",
            "!has(card.x) && model.name == 'x'",
            ASSERTING.replace("metrics.auc > 0.5 && size(card.owners) > 0", "'!has(card.x) && model.name == ''x'''"),
        ),
    ],
)  # fmt: skip
def test_what_is_mended(good, bad, sound):
    broken = sound.replace(good, bad)
    assert broken != sound
    assert mended(broken) == with_rule(sound)


@pytest.mark.parametrize(
    "doubtful",
    [
        PARITY.replace("severity: high", "severity: hi"),
        PARITY.replace("at_least: 0.8", "at_least: 1,000"),
        PARITY.replace("at_least: 0.8", "at_least: high"),
        PARITY.replace("max_age: 30d", "max_age: P1Y2M"),
        PARITY.replace("severity: high", "severity: high\nseverty: low"),
        PARITY.replace("title: Rates", "title: 010"),
        ASSERTING.replace("metrics.auc > 0.5", "!has(card.x) # why"),
        ASSERTING.replace(
            "  assert: metrics.auc > 0.5 && size(card.owners) > 0", "  assert: !has(card.x)\n    && true"
        ),
        ASSERTING.replace("metrics.auc", "metrics.auc.and"),
    ],
)
def test_what_is_left_alone(doubtful):
    assert mended(doubtful) == with_rule(doubtful)


def test_a_name_that_could_be_two_is_not_chosen():
    assert certainly("at_leest", ["at_least", "at_most"]) == "at_least"
    assert certainly("at_lost", ["at_least", "at_most"]) is None
    assert certainly("x", ["at_least"]) is None
    assert certainly("x", []) is None


def note(*edits: Edit) -> Diagnostic:
    return Diagnostic("P201", "x", edits[0].span, fix=edits)


def edit(line: int, start: int, end: int, text: str, *, file: str = "f") -> Edit:
    return Edit(Span(file, line, start, line, end), text)


def test_edits_that_meet_wait_for_the_next_round():
    found = apply_fixes(
        {"f": b"abcdef"}, [note(edit(1, 1, 4, "X")), note(edit(1, 3, 5, "Y")), note(edit(1, 5, 6, "Z"))]
    )
    assert found.files["f"] == b"XdZf"
    assert len(found.mended) == 2


def test_the_edits_of_one_fault_go_together():
    found = apply_fixes({"f": b"abcdef"}, [note(edit(1, 1, 2, "X"), edit(9, 1, 2, "Y"))])
    assert found.files["f"] == b"abcdef"
    assert found.mended == ()


def test_line_ends_and_the_mark_at_the_start_stay():
    data = b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n"
    assert apply_fixes({"f": data}, [note(edit(2, 4, 5, "20"), edit(3, 4, 5, "30"))]).files["f"] == (
        b"\xef\xbb\xbfa: 1\r\nb: 20\rc: 30\n"
    )


def test_files_that_are_not_at_hand_are_not_made():
    assert apply_fixes({"f": b"a"}, [note(edit(1, 1, 2, "X", file="other"))]).files == {"f": b"a"}


@given(st.lists(st.tuples(st.text(alphabet="aß漢🙂 ", max_size=6), st.text(alphabet="xy漢", max_size=4)), max_size=8))
def test_edits_from_the_bottom_up_are_replacements_side_by_side(pieces):
    """Every second piece of a line is replaced at once: no edit moves another."""
    line = "".join(f"{keep}#" for keep, _new in pieces)
    edits, column = [], 1
    for keep, new in pieces:
        column += len(keep)
        edits.append(note(edit(1, column, column + 1, new)))
        column += 1
    found = apply_fixes({"f": line.encode()}, edits)
    assert found.files["f"].decode() == "".join(keep + new for keep, new in pieces)
    assert len(found.mended) == len(pieces)
