"""What the policy language leaves out on purpose: each refusal with its code and its exact place."""

from __future__ import annotations

import pytest

from govern.diagnostics import Severity
from support.compiling import expression

FOLD = "card.owners.exists(o, o == 'x')"


def marked(text: str) -> tuple[str, int, int]:
    """A source without its mark `^`, and the line and column of what stands behind it."""
    before = text[: text.index("^")].split("\n")
    return text.replace("^", "", 1), len(before), len(before[-1]) + 1


REFUSED = [
    # (code, expression with ^ before the place, words)
    ("P514", "metrics.auc > 0.5 && card.owners.^join(',') == ''", "the function 'join'"),
    ("P514", "metrics.auc > 0.5 &&\n  model.name.^replace('a', 'b') == 'b'", "the function 'replace'"),
    ("P514", "'%s'.^format([model.name]) == 'x'", "the function 'format'"),
    ("P514", "model.name.^lowerAscii() == 'x'", "the function 'lowerAscii'"),
    ("P514", "model.name.^split(',')[0] == 'x'", "the function 'split'"),
    ("P514", "card.owners.^map(o, o) == []", "the function 'map'"),
    ("P514", "card.owners.^map(o, o != '', o) == []", "the function 'map'"),
    ("P514", "card.owners.^all(i, o, o != '')", "'all' takes one variable"),
    ("P514", "card.owners.^exists(i, o, o != '')", "'exists' takes one variable"),
    ("P514", "card.owners.^existsOne(i, o, o != '')", "the function 'existsOne'"),
    ("P514", "card.owners.^transformList(i, o, o) == []", "the function 'transformList'"),
    ("P514", "model.name == ^google.protobuf.StringValue{value: 'x'}", "message literals"),
    ("P514", "metrics.auc > 0.1 &&\n ^google.protobuf.Duration{seconds: 1} == duration('1s')", "message literals"),
    ("P514", "model.tags == ^[?model.?purpose]", "optional list elements"),
    ("P514", "o == ^{?'a': model.?purpose}", "optional map entries"),
    ("P514", "cel.^bind(x, metrics.auc, x > 0.5)", "the function 'cel.bind'"),
    ("P514", "base64.^encode(b'x') == model.name", "the function 'base64.encode'"),
    ("P514", "math.^sqrt2(metrics.auc) > 0.5", "the function 'math.sqrt2'"),
    ("P514", "sets.^contains(model.tags, ['x'])", "the function 'sets.contains'"),
    ("P514", "^foo(metrics.auc) > 0.5", "the function 'foo'"),
    ("P514", "metrics.auc > 0.5 && ^metrics[?model.name].orValue(1.0) > 0.5", "computed key"),
    ("P507", " && ".join([FOLD] * 8) + f" &&\n  ^{FOLD}", "9 iterations; at most 8"),
    ("P507", "o == " + "[" * 24 + "^[" + "]" * 25, "nested 25 deep; at most 24"),
    ("P507", "o.?a" + ".optMap(x, x)" * 8 + ".^optMap(x, x).orValue(1) == 1", "optMap 9 times"),
    ("P506", "^metrics.auc > 0.5 || " + "metrics.auc > 0.1 || " * 200 + "metrics.auc > 0.2", "at most 4,096"),
    ("P505", "metrics.auc > 0.5 && ^metrics.f1", "not true or false"),
    ("P504", "metrics.auc > 0.5 &&\n ^card.ownrs.exists(o, o == 'x')", "Did you mean 'card.owners'?"),
    ("P504", "dependencies.exists(d, ^d.pined)", "Did you mean 'dependencies[].pinned'?"),
    ("P504", "^card.sections.limitations.sate == 'complete'", "Did you mean"),
    ("P503", "metrics.auc > 0.5 && ^modle.name == 'x'", "Did you mean 'model'?"),
    ("P502", "metrics.auc > 0.5 && ^metrics.auc == '0.8'", "compares a number with a text"),
    ("P502", "metrics.auc > 0.5 && ^size(metrics.auc) > 1", "has no size"),
    ("P502", "metrics.auc < ^1e999", "infinite"),
    ("P502", "metrics.auc > ^9007199254740993", "2^53"),
    ("P513", "metrics.auc > 0.5 && model.name.matches(^'(')", "missing )"),
    ("P511", "metrics.auc > 0.5 && ^!(metrics.f1 < 0.5)", "not a number"),
    ("P501", "metrics.auc > 0.5 && model.name == ^'cafe\u0301'", "composed form"),
    ("P405", "metrics.auc > ^${params.limit}", "without"),
    ("P401", "metrics.auc > ^params.limt", "'limt'"),
]


@pytest.mark.parametrize(("code", "text", "words"), REFUSED)
def test_refusals_have_a_code_and_a_place(code, text, words):
    source, line, column = marked(text)
    made, found = expression(source)
    assert made is None
    assert [item.code for item in found] == [code], [str(item) for item in found]
    assert (found[0].span.line, found[0].span.column) == (line, column)
    assert words in f"{found[0].message} {found[0].hint}"


def test_what_is_just_allowed():
    for source in (
        " || ".join([FOLD] * 8),
        "o == " + "[" * 24 + "]" * 24,
        "metrics.auc > 0.5 // " + "x" * (4_096 - 21),
        "o.?a" + ".optMap(x, x)" * 8 + ".orValue(1) == 2",
        "metrics.auc < 1.7e308",
        "metrics.auc < 9007199254740992",
    ):
        made, found = expression(source)
        assert made is not None, [str(item) for item in found]


def test_names_of_open_mappings_are_warned_of_and_closed_ones_refused():
    made, found = expression("metrics.auc > 0.5 && metrics.acuracy > 0.5")
    assert made is not None
    assert [(item.code, item.severity, item.hint, item.span.column) for item in found] == [
        ("P504", Severity.WARNING, "Did you mean 'metrics.accuracy'?", 22)
    ]
