"""Members of the evidence of a case and the files that they are: written as they were read, and only then."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.gate.testing.cards import card_text, sections_of
from govern.gate.testing.digests import PlaceError, follow_text, resolved
from govern.gate.testing.members import is_plain_path, read_member, usual_path, written
from govern.gate.testing.writing import csv_text, json_text, records_of
from govern.inputs.yaml import parse_yaml
from govern.policy.testing.cases import data_of
from govern.policy.testing.patches import same
from support.bundles import CARD, predictions

SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(codec="utf-8"), max_size=12)
)
VALUES = st.recursive(
    SCALARS | st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1000, max_value=1000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read_as_the_same_value_by_json_and_yaml(value):
    text = json_text(value)
    assert same(json.loads(text, parse_float=Decimal), value)


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8), VALUES)
)
def test_a_model_record_is_read_by_our_own_yaml_reader(value):
    text = json_text({f"k{key}": item for key, item in value.items()})
    read = data_of(parse_yaml(text.encode(), file="x.yaml", strictness="evidence"))
    assert same(read, {f"k{key}": item for key, item in value.items()})


def test_nan_is_written_as_each_format_spells_it():
    assert json_text({"a": Decimal("NaN")}) == '{\n  "a": NaN\n}'
    assert "nan" in csv_text([{"a": Decimal("NaN")}])
    style = read_member("metrics", b"{}", file="m.json")[1]
    assert "NaN" in written("metrics", {"a": Decimal("NaN")}, style)
    assert ".nan" in written("lineage", {"a": Decimal("NaN")}, style)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=6)


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b,c": CELLS}), min_size=1, max_size=4))
def test_a_table_is_read_as_it_was_written(rows):
    records, header = records_of(csv_text(rows))
    assert records == rows
    assert header == tuple(rows[0])


def test_tables_may_be_written_in_three_ways():
    assert csv_text([{"times": 2, "a": 1}, {"a": None}]) == 'a\n1\n1\n""\n'
    assert csv_text({"a": [1, 2], "b": ["x", True]}) == "a,b\n1,x\n2,true\n"
    assert csv_text("a,b\n1,2\n") == "a,b\n1,2\n"
    assert csv_text({"a": []}) == "a\n"
    records, header = records_of(predictions(4).decode())
    assert csv_text(records, header).encode() == predictions(4)
    assert csv_text([{key: row[key] for key in header if key != "sex"} for row in records], header).startswith(
        "y_true,y_pred,score\n"
    )


@pytest.mark.parametrize("text", ["", "a,a\n1,2\n", "a,b\n1\n", "times\n1\n", "a\n" + "x" * 200_000 + "\n"])
def test_a_table_that_is_odd_stays_text(text):
    assert records_of(text)[0] == text


def test_a_card_is_cut_and_joined_again():
    sections, headings = sections_of(CARD)
    assert list(sections)[:4] == ["front_matter", "Credit risk", "intended_use", "out_of_scope"]
    assert card_text(sections, headings) == CARD
    del sections["limitations"]
    assert "## Limitations" not in card_text(sections, headings)
    assert "## Intended use\n\nFor tests.\n" in card_text({"intended_use": "For tests."}, {})
    assert card_text({"front_matter": {"license": "mit"}, "owner": "J"}, {}).startswith(
        '---\n{\n  "license": "mit"\n}\n---'
    )
    assert card_text(None, {}) == ""


@given(st.text(alphabet="#`~ ab\n-", max_size=80))
def test_any_markdown_is_joined_as_it_was_cut(text):
    sections, headings = sections_of(text)
    assert card_text(sections, headings).strip("\n") == text.strip("\n")


def test_headings_in_code_are_text_and_equal_headings_are_told_apart():
    sections, _headings = sections_of("# A\n```\n# B\n```\n# A\n")
    assert list(sections) == ["A", "A (2)"]


def test_a_long_line_of_blanks_is_cut_in_no_time():
    assert list(sections_of("# " + " " * 60_000 + "x #" + "#" * 60_000)[0]) == ["x"]


def test_digests_follow_and_gone_files_keep_theirs():
    files = {"a": "${sha256:b}", "b": "${sha256:c}", "c": b"c", "d": "${sha256:gone} ${model_digest}"}
    made, names_model = resolved(files, gone={"gone": "f" * 64}, model_digest=None)
    assert names_model
    assert made["d"] == f"{'f' * 64} {'0' * 64}".encode()
    assert follow_text(made["b"].decode(), {made["b"].decode(): "${sha256:c}"}) == "${sha256:c}"
    for broken in ({"a": "${sha256:a}"}, {"a": "${sha256:x}"}):
        with pytest.raises(PlaceError):
            resolved(broken, gone={}, model_digest=None)


@pytest.mark.parametrize(
    ("member", "document", "path"),
    [
        ("metrics", {}, "metrics.json"),
        ("metrics", {"model": {"spec": {"evidence": {"metrics": {"path": "e/m.json"}}}}}, "e/m.json"),
        ("metrics", {"model": {"spec": {"evidence": {"metrics": {"path": "../m.json"}}}}}, "metrics.json"),
        ("metrics", {"model": "text"}, "metrics.json"),
        ("card", {"model": {"spec": {"cards": ["card.json", "CARD.md"]}}}, "CARD.md"),
        ("lineage", {"model": {"spec": {"lineage": ["l.yaml"]}}}, "l.yaml"),
        ("predictions", {"model": {"spec": {"evidence": {"predictions": {"path": "p.yaml"}}}}}, "predictions.csv"),
        ("fairness_rows", {"model": {"spec": {"evidence": {"predictions": {"path": "p.yaml"}}}}}, "p.yaml"),
        ("predictions", {"model": {"spec": {"evidence": {"predictions": {"path": "p.csv"}}}}}, "p.csv"),
        ("predictions", {"fairness_rows": {"file": {"path": "t.csv"}}}, "t.csv"),
    ],
)
def test_members_are_written_where_the_record_says(member, document, path):
    assert usual_path(member, document) == path


@given(st.text(max_size=20))
def test_a_plain_path_never_leaves(text):
    if is_plain_path(text):
        assert not text.startswith(("/", "~"))
        assert ".." not in text.split("/")
