"""Pieces of an expression: each is a subexpression of the engine's own tree, whatever the spelling."""

from __future__ import annotations

import json

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from govern.policy.cel.ast import Logic, document, walk
from govern.policy.cel.pieces import Piece, pieces_of
from govern.policy.cel.wire import UnsupportedConstructError
from govern.policy.expressions import EngineError, engine_for
from support.compiling import open_schema
from support.process import ROOT

ENGINE = engine_for(tuple(sorted(open_schema().roots)))
SCENARIOS = ROOT / "tests" / "conformance" / "cel"


def within(piece: Piece):
    yield piece
    for part in piece.parts:
        yield from within(part)


def check_pieces(source: str) -> bool:
    """Every piece, taken out of the text, compiles to a part of the tree of the whole. False for no expression."""
    variables = (
        tuple({item.variable for item in within(found) if item.variable}) if (found := pieces_of(source)) else ()
    )
    try:
        tree = ENGINE.compile(source).ast.root
    except (EngineError, UnsupportedConstructError):
        return False
    assert found is not None, source
    known = [json.dumps(document(node)) for node in walk(tree)]
    engine = engine_for(tuple(sorted({*open_schema().roots, *variables})))
    for piece in within(found):
        text = source[piece.start : piece.end]
        if text in ("math", "optional"):  # families of functions
            continue
        try:
            root = engine.compile(text).ast.root
        except EngineError as fault:  # a mapping with doubles for keys has no type of its own
            if "Unsupported map key type" not in str(fault):
                raise
            continue
        if isinstance(root, Logic) or piece.kind == "not" or text.startswith("-"):
            continue  # a part of a flattened chain; signs that cancel out
        assert json.dumps(document(root)) in known, (source, text)
    return True


@pytest.mark.parametrize("name", ["core", "extensions"])
def test_pieces_of_every_scenario_of_the_specification(name):
    lines = (SCENARIOS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(check_pieces(json.loads(line)["expr"]) for line in lines) > 250


ATOMS = [
    "o", "o.a", "o['k']", "o[0]", "1", "-1", "2u", "0.5", "'x'", "r'\\d'", "true", "null", "[o.a, 1]", "{'a': o.b, 'c': [1]}",
    "(o)", "( o.a )", "has(o.a)", "size(o.a)", "o.a.size()", "o.?a.orValue(1)", "o[?'k'].hasValue()", "math.greatest(o.a, 1)",
    "optional.of(o.a).optMap(v, v + 1).orValue(0)", "int(o.a)", "timestamp(o.t).getFullYear()", "o . a",
    "// c\n o.a", "o.`b-c`", ".o.a", "[1, 2][o.a]", "'it\\'s )'", "\"]\"",
]  # fmt: skip
OPERATORS = ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in"]
FORMS = [
    "({})",
    "!({})",
    "-({})",
    "o.all(x, {} == x)",
    "o.l.exists(y, y.z > 1 && {})",
    "({}).filter(x, x != {})",
    "({} ? {} : {})",
    "{} ? {} : {}",
    "[{}, {}]",
    "o[{}]",
    "({}).f",
    "!!{}",
]


@st.composite
def sources(draw, depth=3):
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(ATOMS))
    if draw(st.booleans()):
        gap = draw(st.sampled_from([" ", "\n"]))
        return gap.join(
            [draw(sources(depth=depth - 1)), draw(st.sampled_from(OPERATORS)), draw(sources(depth=depth - 1))]
        )
    form = draw(st.sampled_from(FORMS))
    return form.format(*(draw(sources(depth=depth - 1)) for _ in range(form.count("{}"))))


@given(sources())
def test_pieces_are_parts_of_the_tree(source):
    event(f"compiles: {check_pieces(source)}")


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from([*ATOMS, *OPERATORS, "(", ")", "[", "]", "{", "}", "?", ":", ",", "."])).map(" ".join)
)
def test_any_text_has_pieces_or_none(text):
    found = pieces_of(text)
    for piece in within(found) if found else ():
        assert 0 <= piece.start < piece.end <= len(text)
        for part in piece.parts:
            assert piece.start <= part.start
            assert part.end <= piece.end


def test_kinds():
    def kinds(source):
        return [(item.kind, source[item.start : item.end]) for item in within(pieces_of(source))]

    assert kinds("(o.a + 1) > size(o.b)") == [
        ("operator", "(o.a + 1) > size(o.b)"),
        ("operator", "o.a + 1"),
        ("path", "o.a"),
        ("literal", "1"),
        ("value", "size(o.b)"),
        ("path", "o.b"),
    ]
    assert kinds("o.l.all(x, x.y)") == [("fold", "o.l.all(x, x.y)"), ("path", "o.l"), ("path", "x.y")]
    assert pieces_of("") is None
    assert pieces_of("o.all(x)") is None
    assert pieces_of("a b") is None
