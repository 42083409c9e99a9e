"""The normalised card as JSON types: its shape, its places, and pointers into it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.evidence.cards import card_of_bytes
from govern.evidence.cards.beside import adapter_bases, mlmodel_claims
from govern.evidence.cards.normalised import FIELDS, is_local_path, normalised, values_at
from support.bundles import CARD, BundleBuilder


def document(text: str, file: str = "README.md"):
    return normalised(card_of_bytes(text.encode(), file=file, digest="0" * 64))


def test_every_member_is_there_whatever_the_card_says():
    for text in (CARD, "# Title\n\nNothing else is said here.\n"):
        assert tuple(document(text).document) == FIELDS


def test_the_sound_card():
    made = document(CARD)
    held = json.loads(canonical_bytes(made.document))
    assert held["identity"] == {"name": None, "version": None, "date": "2026-04-10"}
    assert held["license"] == [{"raw": "apache-2.0", "expression": "Apache-2.0", "name": None, "link": None}]
    assert held["datasets"] == [{"name": "acme/loans"}]
    assert held["sections"]["limitations"]["state"] == "complete"
    assert held["sections"]["limitations"]["words"] > 8
    (metric,) = held["metrics"]
    assert (metric["name"], metric["value"], metric["unit"]) == ("accuracy", "0.9", "ratio")
    assert made.place("/license/0/raw").line == 2
    assert made.place("/metrics/0").line == CARD.splitlines().index("| accuracy | acme/loans holdout | 0.9 |") + 1
    assert made.place("/sources") is None


def test_a_hub_licence_that_is_no_spdx_expression_stays_raw():
    held = document("---\nlicense: other\nlicense_name: house\nlicense_link: LICENSE.md\n---\n# M\n").document
    assert held["license"] == [{"raw": "other", "expression": None, "name": "house", "link": "LICENSE.md"}]


def test_pointers_and_wildcards():
    held = {"a": [{"b": 1}, {"b": 2}, {"c": ""}], "x/y": {"~": "t"}, "e": [], "n": None}
    assert [item.pointer for item in values_at(held, "/a/*/b")] == ["/a/0/b", "/a/1/b"]
    assert values_at(held, "/x~1y/~0")[0].value == "t"
    for nowhere in ("/a/3", "/a/-1", "/a/01x", "/a/2/c", "/e", "/n", "/zz", "/a/b", "/e/*"):
        assert values_at(held, nowhere) == [], nowhere


@given(st.text(alphabet="/*~01ab", max_size=20))
def test_any_pointer_is_followed_without_an_exception(pointer):
    assert isinstance(values_at({"a": [1, {"b": "x"}], "": 0}, pointer), list)


@pytest.mark.parametrize(
    "text",
    ["/home/me/base", "~/models/x", "./base", "../x", "C:\\models\\x", "models/llama/7b", "file:///x", "out/checkpoint-500",
     "base/", "a\\b"],
)  # fmt: skip
def test_a_path_is_no_name_of_a_model(text):
    assert is_local_path(text)


@pytest.mark.parametrize("text", ["acme/base", "bert-base-uncased", "hf://acme/base", "https://huggingface.co/a/b/c"])
def test_a_hub_id_or_uri_is_one(text):
    assert not is_local_path(text)


def test_what_stands_beside_a_card_is_read_with_its_line(tmp_path: Path):
    bundle = (
        BundleBuilder(tmp_path)
        .file("adapter_config.json", '{\n "base_model_name_or_path": "acme/base"\n}\n')
        .file("MLmodel", "flavors: {}\nmetadata:\n  model_version: 9.9.9\n  license: mit\n  base_model: [a/b, c/d]\n")
        .open()
    )
    (base,) = adapter_bases(bundle)
    assert (base.value, base.locator.line) == ("acme/base", 2)
    (version,) = mlmodel_claims(bundle, "version")
    assert (version.value, version.locator.line, version.locator.pointer) == ("9.9.9", 3, "/metadata/model_version")
    assert [item.value for item in mlmodel_claims(bundle, "base_models")] == ["a/b", "c/d"]
    assert mlmodel_claims(bundle, "name") == ()
