"""Data-validation results on the page: every item with its figures, and hostile names as words."""

from __future__ import annotations

from typing import Any

import pytest

from govern.report.html import render_html
from govern.report.result import Result
from support import results


def item(**changes: Any) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_not_be_null",
        "column": "age",
        "severity": "critical",
        "verdict": "fail",
        "counts": True,
        "observed": "12 of 48000 values",
        "expected": None,
        "mostly": "0.95",
        "unexpected": 12,
        "of": 48000,
        **changes,
    }


def page(*items: dict[str, Any], **changes: Any) -> str:
    document = results.denied()
    table = {
        "file": "evidence/gx.json",
        "tool": "great_expectations 1.24.1",
        "suite": "train",
        "produced_at": "2026-04-02T08:10:00Z",
        "bound": False,
        "evaluated": 2,
        "passed": 1,
        "failed": 1,
        "left_out": 0,
        "items": list(items),
        **changes,
    }
    document["outcomes"][0]["facts"] = {"kind": "data-validation", "results": [table]}
    return render_html(Result.from_document(document))


def test_a_result_is_a_table_with_what_was_found_and_asked() -> None:
    body = page(item(), item(severity="warning", column="income", counts=False))
    assert 'href="#quality"' in body
    for words in ("12 of 48000 values", "of at least 0.95 of the values", "1 of 2 held", "unbound", "does not count"):
        assert words in body, words


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("pass", "held"),
        ("fail", "failed"),
        ("error", "crashed"),
        ("not_evaluated", "not evaluated"),
        ("odd", "unknown"),
    ],
)
def test_each_verdict_has_a_word(verdict: str, word: str) -> None:
    assert f"</svg>{word}</span>" in page(item(verdict=verdict))


def test_hostile_names_stay_words() -> None:
    body = page(item(column="<script>alert(1)</script>", type="\x1b[31m"), suite="<b>", file="a\nb")
    assert "<script>alert" not in body
    assert "\x1b" not in body


def test_many_items_are_cut_and_counted() -> None:
    body = page(*(item(column=f"c{number}") for number in range(130)), left_out=5)
    assert "35 more are in the file." in body


def test_a_page_without_results_has_no_such_part() -> None:
    assert 'id="quality"' not in render_html(Result.from_document(results.denied()))
