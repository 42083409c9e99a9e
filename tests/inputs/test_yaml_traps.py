"""One test for each way in which YAML means something else than it says."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from govern.diagnostics import InputError
from govern.inputs.limits import YamlLimits
from govern.inputs.yaml import MapNode, ScalarNode, parse_yaml, value_of
from govern.policy.types import Number, ScalarText, Text
from support.compiling import compiled, errors, with_rule


def read(text: str | bytes, strictness="policy", **options):
    data = text.encode() if isinstance(text, str) else text
    return parse_yaml(data, file="f.yaml", strictness=strictness, **options)


def faults(text: str | bytes, strictness="policy", **options):
    with pytest.raises(InputError) as caught:
        read(text, strictness, **options)
    return caught.value.diagnostics


def codes(text: str | bytes, strictness="policy", **options):
    return [item.code for item in faults(text, strictness, **options)]


# --- scalars


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "No", "YES", "oN"])
def test_yaml11_booleans_refused(word):
    assert codes(f"a: {word}\n") == ["I112"]
    assert codes(f"{word}: a\n") == ["I112"]
    assert value_of(read(f"a: '{word}'\n")) == {"a": word}
    assert value_of(read(f"a: {word}\n", "evidence")) == {"a": word}


@pytest.mark.parametrize("text", ["1:30", "010", "-010", "1_000", "0b101", "0o17", "1_0.5", "20:30:15", "0x_f"])
def test_yaml11_numbers_refused(text):
    (found,) = faults(f"a: {text}\n")
    assert found.code == "I112"
    assert f"'{text}'" in found.hint
    assert value_of(read(f"a: {text}\n", "evidence")) == {"a": text}


@pytest.mark.parametrize(("text", "number"), [("1e3", "1e3"), ("1E5", "1e5"), ("12e03", "12e3"), ("-2E+05", "-2e5")])
def test_exponent_is_number(text, number):
    value = value_of(read(f"a: {text}\n"))["a"]
    assert TypeAdapter(Number).validate_python(value) == Decimal(number)


@pytest.mark.parametrize("text", ["2026-01-02", "2026-01-02 03:04:05"])
def test_dates_stay_text(text):
    value = value_of(read(f"a: {text}\n"))["a"]
    assert value == text
    assert isinstance(value, ScalarText)


def test_version_keeps_zero():
    value = value_of(read("version: 1.10\nlimit: 0.80\n"))
    assert TypeAdapter(Text).validate_python(value["version"]) == "1.10"
    assert TypeAdapter(Number).validate_python(value["limit"]) == Decimal("0.8")


@pytest.mark.parametrize("text", [".nan", ".NaN", ".inf", "-.inf", "+.INF", "1e400", "-1e999999999999999999999"])
def test_non_finite_refused(text):
    assert codes(f"a: {text}\n") == ["I113"]
    assert value_of(read(f"a: {text}\n", "evidence")) == {"a": text}


def test_null_words():
    assert value_of(read("a: ~\nb: null\nc:\nd: ''\ne: 'null'\n")) == {
        "a": None,
        "b": None,
        "c": None,
        "d": "",
        "e": "null",
    }


@pytest.mark.parametrize(
    "text", ["true", "False", "12", "+7", "0", "0.5", "0x1F", ".5", "y", "n", "norway", "a=b", "1.2.3"]
)
def test_ordinary_scalars_are_accepted(text):
    assert value_of(read(f"a: {text}\n")) == {"a": text}


# --- structure


def test_duplicate_key():
    (found,) = faults("a: 1\nb: 2\n'a': 3\n")
    assert (found.code, found.span.line) == ("I104", 3)
    assert "line 1" in found.message
    assert found.related[0].span.line == 1
    assert codes("{a: 1, a: 2}", "evidence") == ["I104"]


def test_alias_refused_before_build():
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert set(codes(bomb)) == {"I105"}
    assert codes("a: &x 1\nb: *x\n", "evidence") == ["I105", "I105"]
    assert codes("&a [*a]") == ["I105", "I105"]
    assert codes("a: {b: 1}\nc:\n  <<: {d: 1}\n", "evidence") == ["I106"]


def test_tags_and_directives_refused():
    for text in ("a: !!int '1'", "a: !!python/name:os.system x", "a: !foo 1", "a: ! 1", "!!map {a: 1}", "!!seq [a]"):
        assert codes(text, "evidence") == ["I107"]
    assert codes("%YAML 1.1\n---\na: 1\n") == ["I108"]
    assert codes("%TAG ! tag:x,2000:\n---\na: 1\n") == ["I108"]
    assert codes("%FOO x\n---\na: 1\n") == ["I108"]


def test_bang_expression_hint():
    (found,) = faults("assert: !has(card.risk)\n")
    assert found.code == "I107"
    assert "starts with `!`" in found.hint
    assert (found.span.line, found.span.column) == (1, 9)


@pytest.mark.parametrize(
    "expression", ["a ? b : c", '"x" == y', "[1].exists(x, x == 1)", "@x", "{'a': 1}.a", "`x`", "%x", "'a' in b"]
)
def test_cel_in_plain_scalar_hints(expression):
    (found,) = faults(f"rules:\n  - assert: {expression}\n")
    assert found.code == "I103"
    assert "quote the whole value" in found.hint.lower()
    assert found.span.line == 2


def test_hash_truncation():
    assert value_of(read("assert: a #b\n")) == {"assert": "a"}
    rule = "id: a\ncheck: expression\nwith:\n  assert: "
    whole = compiled(with_rule(rule + "size(card.owners) > 0 #&& false"))
    assert whole.plan is not None
    assert whole.plan.rules[0].document["with"]["assert"]["text"] == "size(card.owners)>0", "what explain prints"
    (cut,) = errors(compiled(with_rule(rule + "model.name == 'a #b'")))
    assert cut.code == "P501"
    assert "start of a comment" in cut.hint


def test_line_separator_smuggling():
    for separator in ("\u0085", "\u2028", "\u2029"):
        (found,) = faults(f"a: 1{separator}b: 2\n")
        assert (found.code, found.span.column) == ("I109", 5)


def test_bidi_refused():
    for character in "\u202e\u2066\u200b\u200f\ufeff":
        assert codes(f"a: x{character}y\n") == ["I109"]


def test_control_characters_refused_everywhere():
    assert codes("a: \x1b[31m\n", "evidence") == ["I109"]
    assert codes("a: \x07\x08\n", "evidence") == ["I109", "I109"]
    assert value_of(read('a: "\\e[31m"\n', "evidence")) == {"a": "\x1b[31m"}


_DEEP = """
import sys
from govern.diagnostics import InputError
from govern.inputs.yaml import parse_yaml
for unit in (b"[", b"{a: ", b"- ", b"? ", b"a:\\n" ):
    for strictness in ("policy", "evidence"):
        try:
            parse_yaml(unit * 100_000, file="f", strictness=strictness)
        except InputError as error:
            print(error.diagnostics[0].code)
"""


def test_deep_nesting_is_a_diagnostic():
    # In a process of its own, because the failure that this guards against is a dead process.
    done = subprocess.run([sys.executable, "-c", _DEEP], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[:8] == ["I110"] * 8
    assert set(done.stdout.split()) <= {"I110", "I103", "I104"}


def test_depth_is_counted_in_containers():
    assert value_of(read("[" * 32 + "]" * 32))
    (found,) = faults("[" * 33 + "]" * 33)
    assert (found.code, found.span.column) == ("I110", 33)
    assert value_of(read("[" * 64 + "]" * 64, "evidence"))
    assert codes("[" * 65 + "]" * 65, "evidence") == ["I110"]


def test_node_and_scalar_caps():
    assert codes("[a, b, c]", limits=YamlLimits(nodes=3)) == ["I110"]
    assert value_of(read("[a, b]", limits=YamlLimits(nodes=3))) == ["a", "b"]
    assert codes("[abcd]", limits=YamlLimits(scalar_chars=3)) == ["I102"]
    assert codes("abcd", limits=YamlLimits(bytes=3)) == ["I102"]


def test_utf16_policy_refused():
    data = b"\xff\xfe" + "a: 1\n".encode("utf-16-le")
    assert codes(data) == ["I101"]
    assert value_of(read(data, "evidence")) == {"a": "1"}


def test_lone_surrogate():
    assert codes(b"a: \xed\xa0\x80\n") == ["I101"]
    assert codes('a: "\\ud800"\n') == ["I103"]


def test_document_shape():
    for text in ("", "  \n", "# only a comment\n", "---\n", "---\n...\n"):
        assert codes(text) == ["I114"]
        assert codes(text, "evidence") == ["I114"]
    (found,) = faults("a: 1\n---\nb: 2\n")
    assert (found.code, found.span.line) == ("I111", 2)
    assert codes("? [a]\n: b\n", "evidence") == ["I115"]
    assert codes("? {a: 1}\n: b\n", "evidence") == ["I115"]
    for key in ("1", "1.5", "true", "null", "~"):
        assert codes(f"{key}: b\n") == ["I115"]
    assert value_of(read("1: b\ntrue: c\n", "evidence")) == {"1": "b", "true": "c"}


@pytest.mark.parametrize(("text", "hint"), [("80%", "0.8"), ("0,8", "0.8")])
def test_percent_hint(text, hint):
    value = value_of(read(f"at_least: {text}\n"))["at_least"]
    with pytest.raises(ValueError, match=hint):
        TypeAdapter(Number).validate_python(value)
    rule = f"id: a\ncheck: performance.threshold\nwith:\n  metric: auc\n  at_least: {text}"
    (found,) = errors(compiled(with_rule(rule)))
    assert (found.code, found.span.line, found.span.column) == ("P203", 10, 19)
    assert f"as {hint}" in found.message


@pytest.mark.parametrize("text", ["a: [${params.x}]\n", "a: {b: ${params.x}}\n"])
def test_flow_placeholder_hint(text):
    (found,) = faults(text)
    assert found.code == "I103"
    assert "Quote the placeholder" in found.hint


def test_tab_indentation_hint():
    (found,) = faults("a:\n\tb: 1\n")
    assert (found.code, found.span.line, found.span.column) == ("I103", 2, 1)
    assert "tabs" in found.hint


# --- faults of one file, together


def test_all_faults_of_a_file_are_collected():
    text = "a: no\na: 1\nb: &x !t 2\n<<: {}\n1: y\nz: .nan\n"
    assert codes(text) == ["I112", "I104", "I105", "I107", "I106", "I115", "I113"]


def test_faults_before_broken_syntax_are_kept():
    assert codes("a: no\nb: [1\n") == ["I112", "I103"]


def test_number_of_faults_is_bounded():
    assert len(faults("- no\n" * 1000)) == 50


def test_first_line_shifts_every_place():
    (found,) = faults("a: 1\na: 2\n", first_line=5)
    assert (found.span.line, found.related[0].span.line) == (6, 5)
    assert faults("a: \x07\n", first_line=5)[0].span.line == 5
    assert read("a: 1\n", first_line=5).get("a").span.line == 5


def test_front_matter_with_unclosed_list_and_tab():
    (found,) = faults("license: mit\ndatasets: [acme/loans, b\n\ttags: x\n", "evidence", first_line=2)
    assert (found.code, found.span.line, found.span.column) == ("I103", 4, 1)


# --- the tree


def test_map_node():
    root = read("a: 1\nb: [x, {c: d}]\n")
    assert isinstance(root, MapNode)
    assert root.keys() == ("a", "b")
    assert root.get("nothing") is None
    assert isinstance(root.get("a"), ScalarNode)
    assert (root.key_span("b").line, root.key_span("b").column) == (2, 1)
    assert root.key_span("nothing") == root.span
