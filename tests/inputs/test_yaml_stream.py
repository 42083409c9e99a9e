"""A stream of documents: each a tree with its places, under the caps and rules of one document."""

from __future__ import annotations

import pytest

from govern.diagnostics import InputError
from govern.inputs.limits import YamlLimits
from govern.inputs.yaml import parse_yaml, parse_yaml_stream, value_of


def codes(data: bytes, limits: YamlLimits | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_yaml_stream(data, file="k.yaml", limits=limits)
    return [item.code for item in caught.value.diagnostics]


def test_each_document_is_a_tree_with_its_own_lines() -> None:
    first, second, third = parse_yaml_stream(b"a: 1\n---\n# nothing\n---\nb:\n  - x\n", file="k.yaml")
    assert [value_of(item) for item in (first, second, third)] == [{"a": "1"}, None, {"b": ["x"]}]
    assert third.span.line == 5


def test_one_document_is_a_stream_of_one_and_json_is_yaml() -> None:
    (only,) = parse_yaml_stream(b'{"a": [1, null]}', file="k.yaml")
    assert value_of(only) == {"a": ["1", None]}


def test_equal_keys_in_two_documents_are_no_duplicates_and_in_one_they_are() -> None:
    assert len(parse_yaml_stream(b"a: 1\n---\na: 2\n", file="k.yaml")) == 2
    assert codes(b"a: 1\n---\nb: 2\nb: 3\n") == ["I104"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"a: &x 1\n---\nb: *x\n", "I105"),
        (b"a: 1\n---\nb: !!python/object:os.system x\n", "I107"),
        (b"%YAML 1.1\n---\na: 1\n", "I108"),
        (b"a: 1\n---\n" + b"[" * 70 + b"]" * 70, "I110"),
        (b"", "I114"),
        (b"---\n---\n", "I114"),
        (b"a: 1\n---\nb: {{ .Values.x }}\n", "I115"),
        ("a: 1\n---\nb: \u0007\n".encode(), "I109"),
        (b"a: 1\n---\nb: [\n", "I103"),
    ],
)
def test_every_document_is_held_to_the_rules(data: bytes, code: str) -> None:
    assert code in codes(data)


def test_the_caps_are_those_of_the_whole_stream() -> None:
    assert codes(b"a: 1\n---\n" * 50, YamlLimits(nodes=60)) == ["I110"]
    assert codes(b"---\n" * 100, YamlLimits(nodes=60)) == ["I110"]


def test_one_document_is_still_asked_for_where_one_is_meant() -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml(b"a: 1\n---\nb: 2\n", file="k.yaml", strictness="evidence")
    assert [item.code for item in caught.value.diagnostics] == ["I111"]
