"""Two other readers take 10,000 plain scalars for what we take them for, each outside a list of its own ways."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import Any

import pytest

from oracles.js_oracle import js_scalars
from support.scalars import Resolved, generated, ours

SCALARS = generated(10_000, seed=20260301)


def same(left: Resolved, right: Resolved) -> bool:
    if left[0] == right[0] == "float":
        one, two = float(str(left[1])), float(str(right[1]))
        return one == two or (math.isnan(one) and math.isnan(two))
    return left == right


@pytest.mark.tools
def test_the_yaml_of_npm_agrees() -> None:
    """`yaml` 2.9.1 with `{version: "1.2", schema: "core"}`: every one of them."""
    read: dict[str, Any] = {
        "null": lambda _text: None,
        "bool": lambda text: text == "true",
        "int": int,
        "float": lambda text: float(text.replace("Infinity", "inf")),
        "text": str,
    }
    differing = []
    for text, (kind, value) in zip(SCALARS, js_scalars(SCALARS), strict=True):
        theirs = (kind, read[kind](value)) if kind in read else (kind, value)
        if not same(ours(text) or ("error", ""), theirs):
            differing.append((text, ours(text), theirs))
    assert differing == []


@pytest.mark.tools
def test_the_yaml_of_npm_refuses_our_words_for_theirs() -> None:
    """The comparison can fail: YAML 1.1's reading of the same scalars is another."""
    assert js_scalars(["010", "yes", "1_000"]) == [("int", "10"), ("text", "yes"), ("text", "1_000")]
    assert not same(("int", 8), ("int", 10))


EXTRAS = {
    "a number with underscores": re.compile(r"[-+]?(0x|0o|0b)?[0-9a-fA-F.]*_[0-9a-fA-F_.eE+-]*"),
    "a binary number": re.compile(r"[-+]?0b[01]+"),
    "a date or a time": re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"),
    "a lone = or <<": re.compile(r"=|<<"),
    "a sign before 0x or 0o": re.compile(r"[-+]0[xo][0-9a-fA-F]+"),
    "text, where an exponent without a sign follows a leading dot": re.compile(r"[-+]?\.[0-9]+[eE][0-9]+"),
}
"""What `ruamel.yaml` reads otherwise than the core schema says."""


def test_ruamel_agrees_outside_its_extras() -> None:
    from ruamel.yaml import YAML

    reader = YAML(typ="safe", pure=True)
    differing = []
    compared = [text for text in SCALARS if not any(pattern.fullmatch(text) for pattern in EXTRAS.values())]
    assert len(compared) > 8_000
    for text in compared:
        theirs = _of_python(reader.load(f"a: {text}\n")["a"])
        if not same(ours(text) or ("error", ""), theirs):
            differing.append((text, ours(text), theirs))
    assert differing == []


def _of_python(value: Any) -> Resolved:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "bool", value
    if isinstance(value, date | datetime):
        return "date", value
    if isinstance(value, int):
        return "int", int(value)
    return ("float", float(value)) if isinstance(value, float) else ("text", value)
