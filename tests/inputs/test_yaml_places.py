"""Places: of nodes, and of offsets inside scalars."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, parse_yaml, span_at, value_of

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"),
    max_size=12,
)
DOCUMENTS = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS.filter(bool), inner, max_size=4),
    max_leaves=12,
)


def parse(text: str) -> Node:
    return parse_yaml(text.encode(), file="f", strictness="evidence")


def attempt(data: bytes, strictness="evidence") -> tuple[Node | None, set[str]]:
    try:
        return parse_yaml(data, file="f", strictness=strictness), set()
    except InputError as error:
        return None, {item.code for item in error.diagnostics if item.span is not None}


def scalars(node: Node):
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from scalars(item)
    else:
        for key, value in node.entries:
            yield key
            yield from scalars(value)


def at(text: str, line: int, column: int) -> str:
    return text.split("\n")[line - 1][column - 1 : column]


@given(DOCUMENTS, st.sampled_from([None, "'", '"']), st.booleans())
def test_dumped_documents_come_back(document, style, flow):
    text = yaml.safe_dump(document, default_style=style, default_flow_style=flow, allow_unicode=True, width=10**6)
    root, codes = attempt(text.encode())
    if root is None:  # what our reader refuses on purpose
        assert codes <= {"I106", "I115", "I114"}
        return
    assert value_of(root) == document or (document == "" and style is None)


@given(DOCUMENTS, st.sampled_from([None, "'", '"']), st.booleans())
def test_every_offset_maps_to_its_source_character(document, style, flow):
    text = yaml.safe_dump(document, default_style=style, default_flow_style=flow, allow_unicode=True, width=10**6)
    try:
        root = parse(text)
    except InputError:
        return
    for node in scalars(root):
        for offset, char in enumerate(node.text):
            span = node.place(offset)
            if span is None:
                assert node.span.line != node.span.end_line
                continue
            found = at(text, span.line, span.column)
            assert found == char or (node.style == "double" and found == "\\")
        assert node.place(len(node.text) + 1) is None
        assert node.place(-1) is None


@given(
    st.lists(st.text("ab 😀:#", max_size=6), min_size=1, max_size=6).filter(lambda lines: lines[0].strip()),
    st.integers(1, 4),
    st.sampled_from(["", "-", "+"]),
)
def test_literal_blocks_map_exactly(lines, indent, chomp):
    text = (
        f"a:\n  b: |{indent}{chomp}  # comment\n"
        + "".join(f"{' ' * (2 + indent)}{line}\n" for line in lines)
        + "c: 1\n"
    )
    node = parse(text).get("a").get("b")
    assert isinstance(node, ScalarNode)
    for offset, char in enumerate(node.text):
        span = node.place(offset)
        if char != "\n":
            assert at(text, span.line, span.column) == char
    assert node.text.split("\n")[0] == lines[0]


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("a: metrics.auc >= 1", 8, (1, 12)),
        ("a: 'it''s x'", 3, (1, 9)),
        ("a: 'it''s x'", 4, (1, 10)),
        (r'a: "\u0041\x42c\"d"', 0, (1, 5)),
        (r'a: "\u0041\x42c\"d"', 1, (1, 11)),
        (r'a: "\u0041\x42c\"d"', 2, (1, 15)),
        (r'a: "\u0041\x42c\"d"', 4, (1, 18)),
        ("a: |\n\n  x\n\n    y\n", 0, (2, 1)),
        ("a: |\n\n  x\n\n    y\n", 1, (3, 3)),
        ("a: |\n\n  x\n\n    y\n", 6, (5, 5)),
        ("a: |\r\n  x\r\n  y\r\n", 2, (3, 3)),
        ("😀: 😀x", 1, (1, 5)),
        ("a: x", 1, (1, 5)),  # just past the end
    ],
)
def test_offsets(text, offset, place):
    root = parse(text)
    assert isinstance(root, MapNode)
    node = root.entries[0][1]
    assert isinstance(node, ScalarNode)
    span = node.place(offset)
    assert (span.line, span.column) == place


@pytest.mark.parametrize("text", ["a: >\n  x\n  y\n", "a: x\n  y\n", 'a: "x\n  y"\n', "a: 'x\n  y'\n"])
def test_no_exact_place_in_folded_text(text):
    assert parse(text).get("a").place(0) is None


@pytest.mark.parametrize("separator", ["\u0085", "\u2028", "\u2029"])
def test_lines_are_those_of_an_editor(separator):
    root = parse(f"a: 'x{separator}y'\nb: 1\n")
    assert root.key_span("b").line == 2


def test_crlf_and_cr_keep_lines():
    for end in ("\n", "\r\n", "\r"):
        root = parse(f"a: 1{end}{end}b: 2{end}")
        assert (root.get("b").span.line, root.get("b").span.column) == (3, 4)


def test_span_at_gives_the_nearest_node():
    root = parse("a:\n  - x\n  - b: y\n")
    assert (span_at(root, ("a", 1, "b")).line, span_at(root, ("a", 1, "b")).column) == (3, 8)
    assert span_at(root, ("a", 1, "nothing", "deeper")).line == 3
    assert span_at(root, ("a", 7)).line == 2
    assert span_at(root, ("nothing",)) == root.span
    assert span_at(root, ("a", "not an index")).line == 2


@given(st.binary(max_size=200), st.sampled_from(["policy", "evidence"]))
def test_random_bytes_never_raise_anything_else(data, strictness):
    root, codes = attempt(data, strictness)
    assert root is not None or codes
    assert all(code.startswith("I1") for code in codes)


@given(st.text("ab:-?![]{}#&*|>'\"%@`,\n \t1<.~0_\\x\u2028", max_size=60), st.sampled_from(["policy", "evidence"]))
def test_random_yaml_like_text_never_raises_anything_else(text, strictness):
    root, codes = attempt(text.encode(), strictness)
    assert all(code.startswith("I1") for code in codes)
    if root is not None:
        lines = text.count("\n") + 2
        for node in scalars(root):
            assert 1 <= node.span.line <= lines
            for offset in range(len(node.text) + 1):
                node.place(offset)


def test_a_fault_at_the_end_of_a_file_is_placed_in_its_last_line():
    """libyaml counts a line that is not there when the last one has no end."""
    for text, place in (("a: [1", (1, 6)), ("a: 1\nb", (2, 2)), ("a: [1\n", (2, 1))):
        with pytest.raises(InputError) as caught:
            parse_yaml(text.encode(), file="f.yaml", strictness="policy")
        span = caught.value.diagnostics[0].span
        assert (span.line, span.column) == place


def test_a_place_behind_the_last_character_has_no_width():
    for text, column, width in (("e: ab\n", 6, 0), ("e: 'ab'\n", 7, 1), ("e: |\n  ab\n", 5, 0)):
        tree = parse_yaml(text.encode(), file="f.yaml", strictness="policy")
        span = tree.get("e").place(2)
        assert (span.column, span.end_column) == (column, column + width)


def test_nodes_are_equal_when_they_say_the_same_in_the_same_way_and_place() -> None:
    def tree(text: str) -> Node:
        return parse_yaml(text.encode(), file="p.yaml", strictness="policy")

    text = "a: [b, 'c']\nd: {e: f}\n"
    same = tree(text)
    assert tree(text) == same
    assert hash(tree(text)) == hash(same)
    for other in ("a: [b, c]\nd: {e: f}\n", "a: [b, 'c']\nd: {e: g}\n", "a:  [b, 'c']\nd: {e: f}\n", "- a\n"):
        assert tree(other) != same, other
    assert same != text
    assert "'b'" in repr(same)


def test_every_ascii_character_is_taken_or_refused_as_yaml_says() -> None:
    """YAML 1.2.2, section 5.1: of ASCII only tab, line ends and what prints; the rest is named with its place."""
    for code in range(1, 128):
        data = f"a: b\nc: x # {chr(code)}\n".encode()
        if code in (9, 10, 13) or 32 <= code < 127:
            assert parse_yaml(data, file="p.yaml", strictness="policy").keys() == ("a", "c"), code
            continue
        with pytest.raises(InputError) as caught:
            parse_yaml(data, file="p.yaml", strictness="policy")
        (fault,) = caught.value.diagnostics
        assert (fault.code, fault.span.line, fault.span.column) == ("I109", 2, 8), code


def test_no_node_reaches_past_a_last_line_without_an_end():
    for text in ("a:\n  - b: 1\n  - c: 2", "a: {b: 1}", "a:", "a:\n- x", "a: |\n  x", "[1]"):
        lines = text.split("\n")
        for whole in (text, text.replace("\n", "\r\n")):
            span = parse(whole).span
            assert (span.end_line, span.end_column) <= (len(lines), len(lines[-1]) + 1), text
