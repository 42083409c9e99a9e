"""The lexer: re-spelling keeps the tree, and the cuts are where the operators are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.policy.cel.ast import Logic, ast_digest, document
from govern.policy.cel.lexer import conjuncts, cut, depth, respell, tokens
from govern.policy.expressions import EngineError, engine_for
from support.compiling import open_schema

ENGINE = engine_for(tuple(sorted(open_schema().roots)))

PIECES = [
    "o.a", "o", "1", "-1", "0x1f", "1u", "1.5", "1e3", ".5", "'x'", '"a && b"', "r'\\d'", "b'x'", "true", "null",
    "'''tri\n'ple'''", "[1, 2]", "{'a': 1}", "o.all(x, x == 1)", "o.exists(y, y > 2 && y < 3)", "size(o) > 0",
    "has(o.a)", "o.?a.orValue(1)", "o['k']", "o.`b-c`", "(o.a || o.b)", "o.a ? o.b : o.c", "!o.a", "o.a in o.b",
    "'it\\'s'", "o.startsWith('(')", "// c\n o.a", "o . a", "- 1",
]  # fmt: skip
OPERATORS = ["&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in"]


@st.composite
def expressions(draw):
    parts = [draw(st.sampled_from(PIECES))]
    for _count in range(draw(st.integers(0, 5))):
        gap = draw(st.sampled_from([" ", "  ", "\n", " /"[:1]]))
        parts += [gap, draw(st.sampled_from(OPERATORS)), gap, draw(st.sampled_from(PIECES))]
    return "".join(parts)


@given(expressions())
def test_respelling_keeps_the_tree(source):
    try:
        tree = ENGINE.compile(source).ast.root
    except EngineError:
        return
    text = respell(source)
    assert ast_digest(ENGINE.compile(text).ast.root) == ast_digest(tree)
    assert respell(text) == text
    assert "//" not in text or "'" in text or '"' in text


@given(expressions())
def test_conjuncts_are_the_parts_of_the_tree(source):
    try:
        tree = ENGINE.compile(source).ast.root
        parts = [ENGINE.compile(source[start:end]).ast.root for start, end in conjuncts(source)]
    except EngineError:
        return
    flat = []
    for part in parts:
        flat += part.parts if isinstance(part, Logic) and part.operator == "and" else [part]
    whole = tree.parts if isinstance(tree, Logic) and tree.operator == "and" else (tree,)
    assert [document(item) for item in flat] == [document(item) for item in whole]


@given(st.text(max_size=60))
def test_tokens_cover_any_text(text):
    found = tokens(text)
    assert all(text[token.start : token.end] == token.text for token in found)
    assert sorted(token.start for token in found) == [token.start for token in found]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("metrics.auc >= 0.8 && size(card.owners) > 0", "metrics.auc>=0.8&&size(card.owners)>0"),
        ('model.tags.exists(t, t == "credit")', 'model.tags.exists(t,t=="credit")'),
        ('"eu" in model.jurisdictions // why', '"eu" in model.jurisdictions'),
        ("o in [ 1 , 2 ]", "o in[1,2]"),
        ("! o . a", "!o.a"),
    ],
)
def test_spelling(source, text):
    assert respell(source) == text


def test_cuts():
    assert conjuncts("a && b || c") == ((0, 11),)
    assert conjuncts(" a && (b && c) && d ") == ((1, 2), (6, 14), (18, 19))
    assert [("a.?b && c"[start:end]) for start, end in conjuncts("a.?b && c")] == ["a.?b", "c"]
    assert cut("a || b", "||") == ((0, 1), (5, 6))
    assert cut("", "||") == ((0, 0),)
    assert depth("((o.a[1]))") == (3, 5)
