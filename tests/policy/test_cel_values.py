"""The explanation of a verdict: every subexpression with its value, and of a fold the member that decided."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from govern.policy.cel.bind import Bound
from govern.policy.cel.evaluation import evaluate
from govern.policy.expressions import FALSE, TRUE, EngineError, Failed, engine_for, shown
from support.compiling import expression, judged, open_schema

ROOTS = tuple(sorted(open_schema().roots))
PACKAGES = [
    {"name": "a", "pinned": True, "version": "1"},
    {"name": "b", "pinned": False, "version": "2"},
    {"name": "c", "pinned": True, "version": "3"},
]
EVIDENCE = {
    "metrics": {"auc": Decimal("0.5"), "f1": Decimal("0.8")},
    "card": {"owners": ["alice", "bob"], "sections": {"use": {"state": "complete", "words": 9}}},
    "model": {"tags": ["credit"], "jurisdictions": ["eu"], "name": "m", "third_party": False},
    "dependencies": PACKAGES,
    "o": {
        "zero": 0,
        "one": 1,
        "rows": [{"cells": [{"n": 1}, {"n": 9}], "limit": 5}, {"cells": [{"n": 2}], "limit": 5}],
    },
}
MAY_BE_EMPTY = ("dependencies", "card.owners", "model.tags", "o.rows", "o.rows[].cells", "card.sections")


def told(source, **options):
    """The only conjunct of an expression: its own value, and those of its subexpressions."""
    (item,) = judged(source, EVIDENCE, may_be_empty=MAY_BE_EMPTY, **options).conjuncts
    return item.own, dict(item.values)


def test_nested_logic_shows_each_side():
    own, values = told('metrics.auc / metrics.f1 > 0.9 || (size(card.owners) > 3 && !("eu" in model.jurisdictions))')
    assert own == "false"
    assert list(values.items()) == [
        ("metrics.auc", "0.5"),
        ("metrics.f1", "0.8"),
        ("metrics.auc / metrics.f1", "0.625"),
        ("metrics.auc / metrics.f1 > 0.9", "false"),
        ("card.owners", '["alice", "bob"]'),
        ("size(card.owners)", "2"),
        ("size(card.owners) > 3", "false"),
        ("model.jurisdictions", '["eu"]'),
        ('"eu" in model.jurisdictions', "true"),
        ('size(card.owners) > 3 && !("eu" in model.jurisdictions)', "false"),
    ]


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("metrics.auc + metrics.f1 * 2.0 >= 3.0", {"metrics.f1 * 2.0": "1.6", "metrics.auc + metrics.f1 * 2.0": "2.1"}),
        ("model.name.startsWith('x')", {"model.name": '"m"'}),
        ("model.name in ['x', model.tags[0]]", {"model.name": '"m"', "model.tags[0]": '"credit"'}),
        ("-metrics.auc > 0.1", {"metrics.auc": "0.5", "-metrics.auc": "-0.5"}),
        ("!model.tags.exists(t, t == 'credit')", {"model.tags.exists(t, t == 'credit')": "true (model.tags[0] decides)"}),
        ("math.greatest(metrics.auc, 0.1) > 0.6", {"math.greatest(metrics.auc, 0.1)": "0.5"}),
        ("type(metrics.auc) == int", {"type(metrics.auc)": "double"}),
        ("timestamp('2020-01-01T00:00:00Z') + duration(o.one == 1 ? '90m' : '0s') > timestamp('2021-01-01T00:00:00Z')",
         {"timestamp('2020-01-01T00:00:00Z') + duration(o.one == 1 ? '90m' : '0s')": "2020-01-01T01:30:00Z",
          "duration(o.one == 1 ? '90m' : '0s')": "5400s"}),
        ("bytes(model.name) == b'x'", {"bytes(model.name)": "1 bytes"}),
        ("metrics.f1 > 0.9 //\n  || metrics.auc > 0.9", {"metrics.f1 > 0.9": "false"}),
        ("(metrics.auc\n > 0.9) == true", {"metrics.auc>0.9": "false"}),
    ],
)  # fmt: skip
def test_values_of_operators_and_functions(source, values):
    own, found = told(source)
    assert own == "false"
    assert values.items() <= found.items()


def test_a_choice_shows_what_was_asked_and_what_was_taken():
    own, values = told("metrics.auc > 0.4 ? metrics.f1 > 0.9 : size(card.owners) > 9")
    assert own == "false"
    assert values == {
        "metrics.auc": "0.5",
        "metrics.auc > 0.4": "true",
        "metrics.f1": "0.8",
        "metrics.f1 > 0.9": "false",
    }


def test_optionals_are_absent_or_have_a_value():
    values = dict(judged("metrics.?auc.orValue(0.0) > 0.9", {"metrics": {}}).conjuncts[0].values)
    assert values == {"metrics.?auc": "absent", "metrics.?auc.orValue(0.0)": "0"}
    _own, values = told("metrics.?auc.optMap(a, a * 2.0).orValue(0.0) > 1.0")
    assert values["metrics.?auc"] == "0.5"
    assert values["metrics.?auc.optMap(a, a * 2.0)"] == "1"


@pytest.mark.parametrize(
    ("source", "own", "values"),
    [
        ("dependencies.all(d, d.pinned)", "false (dependencies[1] decides)",
         {"dependencies": "a list of 3", "dependencies[1].pinned": "false"}),
        ("dependencies.all(d, d.pinned && d.name != 'b')", "false (dependencies[1] decides)",
         {"dependencies[1].pinned": "false", "dependencies[1].name": '"b"', "dependencies[1].name != 'b'": "false"}),
        ("dependencies.exists(d, d.name == 'z')", "false (none of 3)",
         {"dependencies[0].name": '"a"', "dependencies[2].name": '"c"'}),
        ("dependencies.exists_one(d, d.pinned)", "false (2 of 3: dependencies[0], dependencies[2])",
         {"dependencies[0].pinned": "true", "dependencies[2].pinned": "true"}),
        ("dependencies.exists_one(d, d.name == 'z')", "false (none of 3)", {"dependencies[0].name": '"a"'}),
        ("dependencies.filter(d, d.pinned).all(p, p.name == 'a')",
         "false (dependencies.filter(d, d.pinned)[1] decides)",
         {"dependencies.filter(d, d.pinned)": "a list of 2 (kept 2 of 3)",
          "dependencies.filter(d, d.pinned)[1].name": '"c"'}),
        ("o.rows.all(r, r.cells.exists(c, c.n > r.limit))", "false (o.rows[1] decides)",
         {"o.rows[1].cells.exists(c, c.n > o.rows[1].limit)": "false (none of 1)", "o.rows[1].cells[0].n": "2",
          "o.rows[1].limit": "5", "o.rows[1].cells[0].n > o.rows[1].limit": "false"}),
        ("o.rows.all(x, x.cells.all(x, x.n < 9))", "false (o.rows[0] decides)",
         {"o.rows[0].cells[1].n": "9", "o.rows[0].cells[1].n < 9": "false"}),
        ("card.sections.exists(name, name == 'limitations')", "false (none of 1)",
         {"\"use\" == 'limitations'": "false"}),
        ("(card.owners + model.tags).all(t, t != 'credit')", "false ((card.owners + model.tags)[2] decides)",
         {"card.owners + model.tags": '["alice", "bob", "credit"]', "(card.owners + model.tags)[2]": '"credit"'}),
        ("model.tags.exists(model, model == 'x')", "false (none of 1)", {"model.tags[0]": '"credit"'}),
    ],
)  # fmt: skip
def test_folds_show_the_member_that_decided(source, own, values):
    found_own, found = told(source)
    assert found_own == own
    assert values.items() <= found.items(), found


def test_folds_that_hold_say_how_many():
    assert told("dependencies.all(d, d.version != '')")[0] == "true (all 3)"
    assert told("dependencies.exists(d, d.name == 'b')")[0] == "true (dependencies[1] decides)"
    assert told("dependencies.exists_one(d, d.name == 'b')")[0] == "true (1 of 3: dependencies[1])"


def test_a_fold_without_an_answer_shows_the_member_that_has_none():
    own, values = told("dependencies.all(d, 1 / (size(d.name) - 1) == 0 || !d.pinned)")
    assert own == "false (dependencies[1] decides)" or own.startswith("no value")
    own, values = told("dependencies.all(d, 6 / (size(d.name) - 1) == 0)")
    assert own == "no value (divide by zero)"
    assert values["dependencies[0].name"] == '"a"'
    assert values["size(dependencies[0].name) - 1"] == "0"


def test_errors_that_were_swallowed_are_told_once_where_they_arise():
    (item,) = judged("o.one / o.zero == 1 || metrics.auc > 0.1", EVIDENCE).conjuncts
    assert item.verdict == TRUE
    assert item.absorbed == ("o.one / o.zero: divide by zero",)
    (item,) = judged("o.one / o.zero == 1 || metrics.auc > 0.9", EVIDENCE).conjuncts
    assert isinstance(item.verdict, Failed)
    assert item.absorbed == ()
    (item,) = judged("o.rows.exists(r, 1 / (r.limit - size(r.cells) - 3) < 9 )", EVIDENCE).conjuncts
    assert item.verdict == TRUE
    assert item.absorbed == ("o.rows[0]: divide by zero",)


def test_a_branch_that_was_not_taken_is_no_swallowed_error():
    (item,) = judged("o.zero == 0 ? metrics.auc > 0.1 : 1 / o.zero > 1", EVIDENCE).conjuncts
    assert item.verdict == TRUE
    assert item.absorbed == ()


def test_the_explanation_is_bounded():
    many = {"o": [{"n": index, "text": "x" * 500} for index in range(5_000)]}
    source = "size(o) > 0 && " + "o.all(a, " + " || ".join(f"a.n == {index}" for index in range(60)) + ")"
    _size, item = judged(source, many, may_be_empty=("o",)).conjuncts
    assert item.own == "false (o[60] decides)"
    assert len(item.values) <= 32
    assert all(len(name) <= 200 for name, _value in item.values)
    (item,) = judged("o.exists(a, a.text == 'y')", many).conjuncts
    assert [len(value) for name, value in item.values if name.endswith("text")] == [82, 82, 82]


# --- the values shown are what the engine gives

NUMBERS = ["metrics.auc", "metrics.f1", "o.zero", "o.one", "o.rows[0].limit", "0.5", "2", "size(card.owners)", "-metrics.f1",
           "metrics.?auc.orValue(0.3)", "o.one / o.zero"]  # fmt: skip
FACTS = ["model.third_party", "has(metrics.auc)", "'eu' in model.jurisdictions", "model.name.matches('^m$')"]
ASKED = [
    "d.pinned",
    "d.name == 'b'",
    "size(d.version) > o.one",
    "1 / (size(d.version) - 1) > 0",
    "d.name != model.name",
]


@st.composite
def sources(draw, depth=3):
    if depth == 0:
        if draw(st.booleans()):
            return draw(st.sampled_from(FACTS))
        left, right = (draw(st.sampled_from(NUMBERS)) for _side in range(2))
        sign = draw(st.sampled_from(["+", "-", "*"]))
        return f"{left} {sign} {right} {draw(st.sampled_from(['<', '<=', '>', '>=', '==']))} {draw(st.sampled_from(NUMBERS))}"
    form = draw(st.sampled_from(["{} && {}", "{} || {}", "({} || {}) && {}", "!({} && {})", "({} ? {} : {})", "fold"]))
    if form == "fold":
        macro, asked = draw(st.sampled_from(["all", "exists", "exists_one"])), draw(st.sampled_from(ASKED))
        return f"(dependencies.{macro}(d, {asked} && {draw(sources(depth=0))}))"
    return form.format(*(f"({draw(sources(depth=depth - 1))})" for _ in range(form.count("{}"))))


@given(sources(), st.permutations(PACKAGES))
def test_the_values_shown_are_what_the_engine_gives(source, packages):
    made, _found = expression(source, may_be_empty=MAY_BE_EMPTY, may_be_absent=("metrics.auc",))
    if made is None:
        event("refused")
        return
    bound = Bound(open_schema(), {**EVIDENCE, "dependencies": packages})
    engine = engine_for(ROOTS)
    for item in evaluate(made, bound).conjuncts:
        event(f"told: {min(len(item.values), 10)}")
        for text, value in [(item.text, item.own), *item.values]:
            if text.endswith("..."):
                continue
            bare = re.sub(r" \((all \d+|none of \d+|\d+ of \d+: .*|\S+ decides)\)$", "", value)
            assert bare == by_the_engine(engine, bound, text), (source, text)
        decided = re.search(r"\((dependencies\[\d\]) decides\)$", item.own)
        assert not decided or any(decided[1] in name for name, _value in item.values)
        assert item.own.startswith({TRUE: "true", FALSE: "false"}.get(item.verdict, "no value"))


def by_the_engine(engine, bound, text):
    try:
        found = engine.compile(text).value(bound.activations[0])
    except EngineError as fault:
        raise AssertionError(text) from fault
    if isinstance(found, Failed) and found.kind == "opaque":
        found = engine.compile(f"({text}).value()").value(bound.activations[0])
    return f"no value ({found.text})" if isinstance(found, Failed) else shown(found)
