"""Expressions made to hang, to grow, to crash or to slip through end as a diagnostic or as an outcome that is no pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.policy.cel.bind import Bound
from govern.policy.cel.work import pattern_size, too_much_work
from govern.policy.expressions import FALSE, TRUE, Activation, Failed, engine_for
from support.compiling import codes, expression, judged, open_schema
from support.hostile_expressions import cases
from support.process import ROOT

ENGINE = engine_for(tuple(sorted(open_schema().roots)))


def test_hostile_expressions_end_and_never_pass():
    """In one process that may use 1.5 GB and four minutes of processor time for all of them."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    done = subprocess.run(
        [sys.executable, "-m", "support.hostile_expressions"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    ended = [json.loads(line) for line in done.stdout.splitlines()]
    names = [case.name for case in cases()]
    assert [item["name"] for item in ended] == names, f"ended in the case after {ended[-1:]}: {done.stderr[-500:]!r}"
    assert done.returncode == 0, done.stderr
    assert len(set(names)) == len(names) >= 54
    assert [item for item in ended if item["end"] == "exception"] == []
    for item in ended:
        if item["end"] == "diagnostic":
            assert item["codes"], item
            assert all(code.startswith("P") for code in item["codes"]), item
            assert item["placed"], item
        else:
            assert "_True()" not in (item["without"], item["with"]), item


def test_a_text_with_a_nul_is_not_the_text_before_it():
    """The engine cuts a text at a NUL: `"credit\\0card"` would be `"credit"`."""
    cut = {"model": {"name": "credit\0card", "tags": ["a\0b"]}}
    for source in ("model.name == 'credit'", "'a' in model.tags", "model.tags.exists(t, t == 'a')"):
        found = judged(source, cut)
        assert isinstance(found.verdict, Failed), source
        assert found.verdict.kind == "type", source
        assert "NUL" in found.verdict.text, source


def test_a_key_with_a_nul_is_not_the_key_before_it():
    smuggled = {"metrics": {"auc\0": 0.99, "auc": 0.1}}
    found = judged("metrics.auc > 0.8", smuggled).verdict
    assert found == Failed(
        "type", "a key of metrics holds a NUL character or half of a surrogate pair, which the engine cannot read"
    )
    assert judged("o.auc > 0.8", {"o": smuggled["metrics"]}).verdict.text.startswith("a key of o holds a NUL")
    assert judged("metrics.auc > 0.8", {"metrics": {"auc\0": 0.99}}).missing == ("metrics.auc",)
    assert isinstance(judged("metrics.exists(m, m == 'auc')", {"metrics": {"auc\0": 1}}).verdict, Failed)


def test_keys_that_are_one_in_composed_form_give_no_answer():
    found = judged("o['caf\u00e9'] == 1", {"o": {"caf\u00e9": 2, "cafe\u0301": 1}})
    assert found.verdict == Failed("type", "o has two keys that are one in composed form (NFC)")
    assert judged("o['caf\u00e9'] == 1", {"o": {"caf\u00e9": 1}}).verdict == TRUE


TEXTS = st.text(st.characters() | st.sampled_from("\0\ud800\udfff\u0301e\u00e9\U0001f600'\""), max_size=4)


@given(TEXTS, TEXTS)
def test_the_engine_compares_texts_as_we_do(left, right):
    """Equal for the engine is equal in composed form, or there is no answer."""
    found = judged("o.a == o.b", {"o": {"a": left, "b": right}}).verdict
    if any("\0" in text or any("\ud800" <= char <= "\udfff" for char in text) for text in (left, right)):
        assert isinstance(found, Failed)
    else:
        assert found == (TRUE if normalize("NFC", left) == normalize("NFC", right) else FALSE)


@given(st.dictionaries(TEXTS, st.integers(0, 9), max_size=4))
def test_the_engine_sees_the_keys_that_are_there_or_gives_no_answer(held):
    names = [normalize("NFC", key) for key in held]
    plain = not any(char == "\0" or "\ud800" <= char <= "\udfff" for name in names for char in name)
    seen = ENGINE.compile("o").value(Activation(ENGINE, {"o": held}))
    if plain and len(set(names)) == len(names):
        assert seen == dict(zip(names, held.values(), strict=True))
    else:
        assert isinstance(seen, Failed)


def test_infinity_is_no_limit():
    assert codes("metrics.auc < 1e400") == ["P502"]
    assert codes("metrics.auc > -1e999") == ["P502"]
    assert codes("metrics.auc < 1e300") == []


@pytest.mark.parametrize(
    ("source", "o", "more"),
    [
        # (an expression, evidence for which it may be evaluated, and what makes it too much)
        ("o.a.exists(x, x in o.b)", {"a": [1] * 1_000, "b": [1] * 1_000}, {"a": [1] * 3_000, "b": [1] * 3_000}),
        ("size(o.a.filter(x, x == 1)) > 0", {"a": [1] * 3_000}, {"a": [1] * 4_000}),
        ("o.a.exists(x, size(o.b + [x]) > 0)", {"a": [1] * 100, "b": [1] * 100}, {"a": [1] * 3_000, "b": [1] * 3_000}),
        ("o.a.exists(x, x.matches('^([a-z]{1,20}@){3}$'))", {"a": ["a@b@c@"] * 1_000}, {"a": ["a@b@c@"] * 9_000}),
        ("(o.a + o.b).exists(x, x == 1)", {"a": [1] * 4_000, "b": [1] * 4_000}, {"a": [1] * 5_000, "b": [1] * 5_000}),
    ],
)
def test_work_is_reckoned_before_the_engine_does_it(source, o, more):
    lifted = ("o.a", "o.b")
    assert judged(source, {"o": o}, may_be_empty=lifted).verdict == TRUE
    found = judged(source, {"o": more}, may_be_empty=lifted).verdict
    assert isinstance(found, Failed)
    assert found.kind == "budget"
    assert "use a built-in check" in found.text


RANGES = [
    "o.a",
    "o.b",
    "(o.a + o.b)",
    "o.a.filter(i, i < 0)",
    "[1, 2, 3]",
    "o.?a.orValue(o.b)",
    "(o.t ? o.a : o.b)",
    "o.rows[0].c",
]


@st.composite
def folds(draw, depth=2):
    inner = "x == 2" if depth == 0 else draw(st.sampled_from(["x == 2", "y.c.exists(z, z == 2)", "deeper"]))
    if inner == "y.c.exists(z, z == 2)":
        return f"o.rows.exists(y, {inner})"
    if inner == "deeper":
        inner = draw(folds(depth=depth - 1))
    found = f"{draw(st.sampled_from(RANGES))}.exists(x, {inner})"
    return f"({found} || {draw(folds(depth=0))})" if draw(st.booleans()) else found


@settings(max_examples=60)
@given(folds(), st.integers(0, 120), st.sampled_from([0, 3, 90, 6_000]), st.integers(0, 110))
def test_what_the_engine_finds_too_much_was_reckoned_so(source, few, many, rows):
    evidence = {
        "o": {"a": [1] * few, "b": [1] * many, "t": True, "rows": [{"c": [1] * 100}] + [{"c": [1] * few}] * rows}
    }
    bound = Bound(open_schema(), evidence)
    raw = ENGINE.compile(source)
    reckoned = too_much_work(bound, raw.ast.root)
    if reckoned is None:
        found = raw.evaluate(bound.activations[0])
        assert not (isinstance(found, Failed) and "budget" in found.text), source


def test_ordinary_expressions_over_large_bundles_are_no_great_work():
    packages = [{"name": f"package-{index}", "version": f"1.{index}.0", "pinned": True} for index in range(3_000)]
    for source in (
        "size(dependencies) > 0 && dependencies.all(d, d.pinned && d.version.matches('^[0-9]+[.][0-9]+[.][0-9]+$'))",
        "dependencies.exists_one(d, d.name == 'package-7')",
        "size(dependencies.filter(d, d.pinned)) > 2000",
        "dependencies.exists(d, d.name in ['package-1', 'package-2'])",
        "size(dependencies) > 0 && dependencies.all(d, d.name + '==' + d.version != '==')",
    ):
        assert judged(source, {"dependencies": packages}).verdict == TRUE, source


@pytest.mark.parametrize(
    ("pattern", "size"),
    [
        ("", 1),
        ("abc", 4),
        ("(a?){30}", 91),
        ("((a{10}){10}){10}", 1_111),
        (r"[a-z]{1,50}@\.", 53),
        (r"\{3}", 4),
        ("a{2", 4),
    ],
)
def test_size_of_a_pattern(pattern, size):
    assert pattern_size(pattern) == size


@given(st.text("ab(){}[]\\0123456789,?*", max_size=40))
def test_any_pattern_has_a_size(pattern):
    assert 1 <= pattern_size(pattern) <= 1_000 * len(pattern) + 1


@given(st.text(max_size=60) | st.text("o.a[](){}<>=!&|?:'\"\\ \n1,+-", max_size=40))
def test_any_text_is_an_expression_or_a_diagnostic(text):
    made, found = expression(text)
    assert made is not None or found
