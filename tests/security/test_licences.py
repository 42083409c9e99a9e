"""Licences: what is declared, what a text is, what conflicts. Texts are made here or taken from this project."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.security.licences import (
    Meets,
    alternatives_of,
    comparable,
    is_licence_file,
    match_text,
    meets,
    read_licence,
    spdx_id,
)
from govern.security.licences.texts import words_of
from support.licence_texts import APACHE, ISC, MIT

NAMED = [
    ("mit", "MIT"),
    ("MIT License", "MIT"),
    ("The MIT Licence", "MIT"),
    ("apache-2.0", "Apache-2.0"),
    ("Apache License, Version 2.0", "Apache-2.0"),
    ("**Apache 2.0**", "Apache-2.0"),
    ("gpl-3.0", "GPL-3.0-only"),
    ("GPL-3.0+", "GPL-3.0-or-later"),
    ("mit or apache-2.0", "MIT OR Apache-2.0"),
    ("MIT AND (Apache-2.0 OR ISC)", "MIT AND (Apache-2.0 OR ISC)"),
    ("GPL-2.0-only with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
    ("Creative Commons Attribution-NonCommercial 4.0 International", "CC-BY-NC-4.0"),
    ("https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
    ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
    ("https://spdx.org/licenses/MPL-2.0.html", "MPL-2.0"),
    ("odbl", "ODbL-1.0"),
    ("llama3.1", "LicenseRef-Llama-3.1"),
    ("gemma", "LicenseRef-Gemma"),
    ("creativeml-openrail-m", "LicenseRef-CreativeML-OpenRAIL-M"),
    ("openrail", "LicenseRef-Hub-openrail"),
    ("[MIT](LICENSE)", "MIT"),
    ("Released under the Apache-2.0 license.", "Apache-2.0"),
]


@pytest.mark.parametrize(("text", "expression"), NAMED)
def test_a_licence_is_read_in_every_usual_spelling(text, expression):
    assert read_licence(text).expression == expression


@pytest.mark.parametrize("text", ["", "unknown", "null", "None", "2", "3.5", "nan", "~", "n/a", "NOASSERTION"])
def test_what_declares_nothing_is_not_a_licence(text):
    assert (read_licence(text).state, read_licence(text).expression) == ("undeclared", None)


@pytest.mark.parametrize(
    "text",
    [
        "This model is not MIT licensed",
        "Everything except Apache-2.0",
        "This isn't Apache-2.0",
        "mit, apache-2.0",
        "Licensed under MIT and Apache-2.0",
        "Apache-2.0, research use only",
        "Apache-2.0 for non-commercial purposes",
        "a modified MIT license",
        "the weights are CC-BY-NC-4.0, the code is MIT",
        "see LICENSE",
        "our own terms",
        "MIT OR",
        "(" * 400,
        "MIT AND " * 200 + "MIT",
        "a" * 3000,
        "\x00MIT",
    ],
)
def test_a_doubtful_text_is_unknown_and_never_guessed(text):
    assert (read_licence(text).state, read_licence(text).expression) == ("unknown", None)


def test_other_is_a_word_of_its_own():
    assert read_licence("Other").state == "other"


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_exception(text):
    reading = read_licence(text)
    assert (reading.expression is not None) == (reading.state == "named")
    assert reading.expression is None or alternatives_of(reading.expression)


@given(st.text(alphabet="()ANDORWITHMIT -0.+", max_size=120))
def test_texts_that_look_like_expressions_are_read_without_an_exception(text):
    named = spdx_id(text)
    assert named is None or spdx_id(named) == named


def test_an_expression_is_its_alternatives():
    assert alternatives_of("MIT OR (Apache-2.0 AND ISC)") == {frozenset(["MIT"]), frozenset(["Apache-2.0", "ISC"])}
    assert alternatives_of("(MIT OR ISC) AND Zlib") == {frozenset(["MIT", "Zlib"]), frozenset(["ISC", "Zlib"])}
    assert alternatives_of("A WITH B AND C") == {frozenset(["A WITH B", "C"])}


def test_an_expression_with_more_ways_than_anybody_means_is_refused():
    assert alternatives_of(" AND ".join(["(MIT OR ISC)"] * 8)) is not None, "few different ones"
    wide = " AND ".join(f"(LicenseRef-a{number} OR LicenseRef-b{number})" for number in range(20))
    assert alternatives_of(wide) is None


def test_texts_cannot_tell_only_from_later():
    assert comparable("GPL-3.0-only") == comparable("GPL-3.0-or-later") == "gpl-3.0"


# --- what a licence text is


@pytest.mark.parametrize(("text", "name"), [(MIT, "MIT"), (ISC, "ISC"), (APACHE, "Apache-2.0")])
def test_an_unchanged_text_is_certain(text, name):
    assert (match_text(text).ids, match_text(text).certainty) == ((name,), "certain")


def test_form_does_not_matter():
    for form in (
        MIT.replace("\n", "\r\n"),
        MIT.upper(),
        " ".join(MIT.split()),
        "The MIT License (MIT)\n\nCopyright \xa9 2024 A and B\n\n" + MIT,
        "\n".join(f"> {line}" for line in MIT.splitlines()),
    ):
        assert match_text(form).ids == ("MIT",), form


def test_two_texts_in_one_file_are_two_licences():
    assert match_text(f"{MIT}\n\n-----\n\n{APACHE}").ids == ("Apache-2.0", "MIT")


@pytest.mark.parametrize(
    "more",
    [
        '"Commons Clause" License Condition v1.0',
        "The Software may not be used commercially.",
        "Use is permitted for research purposes.",
        "word " * 80,
    ],
)
def test_a_known_text_with_something_beside_it_is_not_that_licence(more):
    for text in (f"{MIT}\n{more}", f"{more}\n{MIT}"):
        assert (match_text(text).ids, match_text(text).certainty) == ((), "unknown")
        assert "MIT" in match_text(text).why


def test_a_changed_word_makes_it_unknown():
    assert match_text(MIT.replace("free of charge", "for a fee")).certainty == "unknown"


def test_a_restriction_where_a_name_belongs_is_seen():
    changed = re.sub(r"AUTHORS OR\s+COPYRIGHT", "AUTHORS FOR NONCOMMERCIAL USE OR COPYRIGHT", MIT)
    assert changed != MIT
    assert match_text(changed).certainty == "unknown"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Apache-2.0\n", ("Apache-2.0",)),
        ("MIT License\n", ("MIT",)),
        ("SPDX-License-Identifier: MIT OR Apache-2.0\n", ("Apache-2.0", "MIT")),
        ("Apache-2.0. For research purposes only.\n", ()),
        ("Attribution-NonCommercial 4.0 International\n" + "some word " * 1300, ("CC-BY-NC-4.0",)),
        ("BigScience OpenRAIL-M License\n" + "some word " * 800, ("LicenseRef-BigScience-OpenRAIL-M",)),
        ("BigScience OpenRAIL-M License\n" + "some word " * 100, ()),
        ("CreativeML Open RAIL-M\nCreativeML OpenRAIL License\n" + "some word " * 800,
         ("LicenseRef-CreativeML-OpenRAIL-M",)),
    ],
)  # fmt: skip
def test_a_name_or_title_is_probable_at_most(text, ids):
    found = match_text(text)
    assert found.ids == ids
    assert found.certainty == ("probable" if ids else "unknown")


@pytest.mark.parametrize(
    "text", ["", "hello", "All rights reserved.", "x" * 600_000, "unknown", "SPDX-License-Identifier: NONE"]
)
def test_anything_else_is_unknown_with_the_reason(text):
    assert (match_text(text).certainty, match_text(text).ids) == ("unknown", ())
    assert match_text(text).why


@given(st.text(max_size=400))
def test_random_text_is_never_certain(text):
    assert match_text(text).certainty != "certain"


def test_hostile_repetition_is_read_to_its_end():
    """A backtracking pattern would never come back from these; the answer is what is asserted."""
    for text in (
        "permission is hereby granted free of charge " * 11_000,
        "shall a b c d e f " * 28_000,
        "(c) (" * 100_000,
    ):
        assert match_text(text[:500_000]).certainty == "unknown"


@pytest.mark.parametrize(
    "name", ["LICENSE", "licence.txt", "License.TXT", "COPYING", "LICENSE-MIT", "UNLICENSE", "LICENSE.md"]
)
def test_licence_files_are_known_by_name(name):
    assert is_licence_file(name)


@pytest.mark.parametrize(
    "name", ["license.py", "licenses", "MY_LICENSE", "LICENSE/x", "license_check.json", "README.md"]
)
def test_other_files_are_not(name):
    assert not is_licence_file(name)


def test_the_table_holds_fingerprints_and_no_texts():
    table = json.loads(files("govern.security.licences").joinpath("data/fingerprints.json").read_text("utf-8"))
    longest = max(len(str(value)) for item in (*table["texts"], *table["titles"]) for value in item.values())
    assert longest <= 64
    assert len({item["id"] for item in table["texts"]}) >= 12


def test_this_projects_own_licence_is_recognised():
    text = (Path(__file__).parents[2] / "LICENSE").read_text("utf-8")
    assert match_text(text).certainty == "certain", words_of(text)[:20]


# --- does a declared licence keep what its base asks


def ways(text):
    found = read_licence(text)
    assert found.alternatives, text
    return found.alternatives


@pytest.mark.parametrize(
    ("declared", "base", "verdict"),
    [
        ("MIT", "Apache-2.0", Meets.YES),
        ("cc-by-nc-4.0", "cc-by-nc-4.0", Meets.YES),
        ("GPL-3.0-or-later", "GPL-3.0-only", Meets.YES),
        ("llama3", "llama3", Meets.YES),
        ("MIT", "MIT OR GPL-3.0-only", Meets.YES),
        ("apache-2.0", "cc-by-nc-4.0", Meets.NO),
        ("mit", "gpl-3.0", Meets.NO),
        ("apache-2.0", "llama3", Meets.NO),
        ("apache-2.0", "bigscience-openrail-m", Meets.NO),
        ("mit OR cc-by-nc-4.0", "cc-by-nc-4.0", Meets.NO),
        ("mit", "MIT AND CC-BY-NC-4.0", Meets.NO),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", Meets.NO),
        ("cc-by-nc-4.0", "cc-by-nc-2.0", Meets.YES),
        ("cc-by-sa-4.0", "gpl-3.0", Meets.UNKNOWN),
        ("llama3", "cc-by-nc-4.0", Meets.UNKNOWN),
        ("llama3", "gemma", Meets.UNKNOWN),
        ("mit", "openrail", Meets.UNKNOWN),
        ("mit", "Vim", Meets.UNKNOWN),
    ],
)
def test_a_base_models_terms_are_kept_or_not(declared, base, verdict):
    assert meets(ways(declared), ways(base)) is verdict


def test_nothing_declared_meets_nothing():
    assert meets(frozenset(), ways("MIT")) is Meets.UNKNOWN
    assert meets(ways("MIT"), frozenset()) is Meets.UNKNOWN
