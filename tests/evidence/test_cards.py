"""Cards as people really write them: what counts as text, and what only looks like it."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.evidence.cards import Card, Need, State, card_of_bytes, judge
from govern.evidence.cards.aliases import Matcher, covered_languages, normalise_title, section_ids
from govern.evidence.cards.boilerplate import cut_boilerplate, fingerprint
from govern.evidence.cards.facts import licence_expression
from govern.evidence.cards.metrics import read_value
from govern.evidence.cards.placeholders import cut_placeholders, find_placeholders
from govern.evidence.cards.template import heading_of, template_markdown
from govern.evidence.cards.words import count_words

PROSE = "Ranks consumer loan applications so that an underwriter reads the doubtful ones first."


def read(text: str | bytes, file: str = "README.md") -> Card:
    data = text.encode() if isinstance(text, str) else text
    return card_of_bytes(data, file=file, digest=hashlib.sha256(data).hexdigest())


def state(card: Card, name: str, least: int = 8, *, na: bool = False) -> State:
    return judge(name, card.sections.get(name), Need(least, na)).state


# --- headings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "## Limitations",
        "## 4.2 Limitations:",
        "## (a) Limitations",
        "## IV. Limitations",
        "## 🚧 Limitations [optional]",
        "## **Limitations**",
        "## [Limitations](#limits)",
        "Limitations\n-----------",
        "**Limitations**",
        "**Limitations:**",
        "<h2 align=center>Limitations</h2>\n",
        "## LIMITATIONS ##",
        "## Known limitations of the model",
        "## Ｌｉｍｉｔａｔｉｏｎｓ",
    ],
)
def test_one_section_under_every_style_of_heading(heading: str) -> None:
    card = read(f"# M\n\n{heading}\n\n{PROSE}\n")
    assert state(card, "limitations") is State.COMPLETE


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Bias, Risks, and Limitations", {"bias_ethics", "limitations"}),
        ("Intended uses & limitations", {"intended_use", "limitations"}),
        ("Not intended for", {"out_of_scope"}),
        ("Not intended uses", {"out_of_scope"}),
        ("Out-of-Scope Use", {"out_of_scope"}),
        ("Limitations of use", {"limitations"}),
        ("Testing Data, Factors & Metrics", {"evaluation", "evaluation_data", "subgroups"}),
        ("How to use", {"usage"}),
        ("Usage", {"usage"}),
        ("Data preprocessing", set()),
        ("Changelog", set()),
        ("训练数据", {"training_data"}),
        ("模型的局限性", {"limitations"}),
        ("학습 데이터", {"training_data"}),
        ("想定される用途", {"intended_use"}),
        ("Données d’entraînement", {"training_data"}),
        ("Verwendungszweck", {"intended_use"}),
        ("Ограничения", {"limitations"}),
        ("Mục đích sử dụng", {"intended_use"}),
        ("", set()),
        ("###", set()),
        ("x" * 5000, set()),
    ],
)
def test_which_sections_a_title_names(title: str, expected: set[str]) -> None:
    assert set(Matcher().match(title)) == expected


def test_every_section_has_a_heading_that_names_it_and_nothing_else_needs_one() -> None:
    matcher = Matcher()
    for name in section_ids():
        assert name in matcher.match(heading_of(name))


def test_every_covered_language_names_the_core_sections() -> None:
    for language in covered_languages():
        found = {section for section in section_ids() if Matcher([language])._within or Matcher([language])._exact}
        assert found
        table = Matcher([language])
        named = {*table._exact.values(), *table._within.values()}
        assert {"intended_use", "limitations", "training_data", "evaluation", "licence"} <= named


def test_a_heading_in_code_or_in_a_quote_is_none() -> None:
    card = read(f"# M\n\n```python\n# Limitations\n{PROSE}\n```\n\n    # Evaluation\n\n> ## Training data\n> {PROSE}\n")
    assert not card.sections


def test_setext_beside_headings_in_a_fence() -> None:
    card = read(
        "---\nlicense: apache-2.0\n---\n# M\n\n```python\n# Limitations\nprint('x')\n# Intended Use\n```\n\n"
        "Training Data\n-------------\n\nThe acme/loans extract of March, 48,000 closed loans.\n"
    )
    assert state(card, "training_data") is State.COMPLETE
    assert {"limitations", "intended_use", "evaluation"}.isdisjoint(card.sections)
    assert card.sections["training_data"].claimed_at[0].line == 12


def test_a_subtree_that_another_section_claims_does_not_feed_its_parent() -> None:
    card = read(f"# M\n\n## Uses\n\n### Out-of-Scope Use\n\n{PROSE}\n")
    assert state(card, "intended_use") is State.STUB
    assert state(card, "out_of_scope") is State.COMPLETE


def test_an_unclaimed_subheading_feeds_its_parent() -> None:
    card = read(f"# M\n\n## Limitations\n\n### Winter\n\n{PROSE}\n\n## Changelog\n\nother\n")
    assert state(card, "limitations") is State.COMPLETE
    assert card.sections["limitations"].passages[0].locator.line == 7


def test_a_shared_heading_marks_its_text_as_shared() -> None:
    card = read(f"# M\n\n## Intended uses & limitations\n\n{PROSE}\n")
    assert card.sections["limitations"].passages[0].shared
    assert state(card, "intended_use") is state(card, "limitations") is State.COMPLETE


def test_the_title_of_a_card_does_not_own_the_card() -> None:
    card = read(f"# Evaluation of loans\n\n{PROSE}\n\n# Limitations\n\n{PROSE}\n")
    assert "evaluation" not in card.sections
    assert state(card, "limitations") is State.COMPLETE


# --- labels and tables -----------------------------------------------------------------------


def test_labels_carry_sections() -> None:
    card = read(
        "# M\n\n**License:** MIT\n**Developed by**: Acme Risk\n\n- Contact: risk@bank.test\n- **Model type:** trees\n"
    )
    assert [claim.value for claim in card.licences] == ["MIT"]
    assert [claim.value for claim in card.owners] == ["Acme Risk"]
    assert [claim.value for claim in card.contacts] == ["risk@bank.test"]
    assert card.sections["owner"].claimed_at[0].line == 4


def test_an_empty_label_is_a_stub() -> None:
    assert state(read("# M\n\n- **License:**\n"), "licence", 1) is State.STUB


def test_two_column_table_rows_carry_sections() -> None:
    card = read("# M\n\n| Field | Value |\n|---|---|\n| License | Apache-2.0 |\n| Limitations | " + PROSE + " |\n")
    assert state(card, "licence", 1) is State.COMPLETE
    assert state(card, "limitations") is State.COMPLETE
    assert card.sections["limitations"].claimed_at[0].line == 6


# --- states ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", State.STUB),
        ("<!-- Say where it fails, in at least eight words or so. -->", State.STUB),
        ("```\nsome code that goes on and on and on for long\n```", State.STUB),
        ("![a picture of many words in a row here](x.png)", State.STUB),
        ('<img alt="many words in an attribute do not count at all">', State.STUB),
        ("<style>body { color: red; background: green; margin: 0 }</style>", State.STUB),
        ("[More Information Needed]", State.PLACEHOLDER),
        ("TODO", State.PLACEHOLDER),
        ("todo", State.PLACEHOLDER),
        ("N/A", State.PLACEHOLDER),
        ("None.", State.PLACEHOLDER),
        ("-", State.STUB),
        ("\\-", State.PLACEHOLDER),
        ("...", State.PLACEHOLDER),
        ("Coming soon!", State.PLACEHOLDER),
        ("{{ limitations }}", State.PLACEHOLDER),
        ("[Describe here where it fails, please, in detail and at length]", State.PLACEHOLDER),
        ("<insert the limitations of this model here, in your own words>", State.PLACEHOLDER),
        ("N/A: this model has no limitations that anybody here has ever heard of", State.PLACEHOLDER),
        ("Few.", State.TOO_SHORT),
        ("1 2 3 4 5 6 7 8 9 10", State.TOO_SHORT),
        ("https://a.test/x https://a.test/y https://a.test/z " * 3, State.TOO_SHORT),
        ("# " * 3, State.STUB),
        (PROSE, State.COMPLETE),
        (f"{PROSE} [More Information Needed]", State.COMPLETE),
        ("We are coming soon to the point where every branch uses it daily.", State.COMPLETE),
        ("局限在于训练数据只包含受薪申请人因此对自雇人士不可靠", State.COMPLETE),
    ],
)
def test_the_state_of_what_stands_under_a_heading(text: str, expected: State) -> None:
    assert state(read(f"# M\n\n## Limitations\n\n{text}\n\n## Changelog\n\nx\n"), "limitations") is expected


def test_absent_needs_no_claim_at_all() -> None:
    assert state(read(f"# M\n\n{PROSE}\n"), "limitations") is State.ABSENT


def test_not_applicable_needs_permission_and_a_reason() -> None:
    reason = "N/A: the model decides nothing about natural persons"
    card = read(f"# M\n\n## Limitations\n\n{reason}\n")
    assert state(card, "limitations", na=True) is State.NOT_APPLICABLE
    assert state(card, "limitations") is State.PLACEHOLDER
    assert state(read("# M\n\n## Limitations\n\nN/A: because\n"), "limitations", na=True) is State.PLACEHOLDER


def test_template_sentences_are_nobodys_words() -> None:
    text = (
        "Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. "
        "More information needed for further recommendations."
    )
    assert state(read(f"# M\n\n## Limitations\n\n{text}\n"), "limitations") is State.STUB
    assert cut_boilerplate(text) == ("", 2)
    edited = text.replace("downstream", "later")
    assert cut_boilerplate(edited) == (edited.split(". ")[0] + ".", 1)
    assert fingerprint("Use *this* [code](http://a) now.") == fingerprint("use this  [code](http://b) NOW")


def test_an_unfilled_template_of_ours_completes_nothing() -> None:
    card = read(template_markdown("Credit risk", section_ids()))
    assert set(card.sections) == set(section_ids())
    assert {state(card, name, 1) for name in section_ids()} == {State.STUB}


def test_an_untouched_hub_card_keeps_its_placeholders() -> None:
    more = "[More Information Needed]"
    card = read(
        f"---\nlicense: mit\n---\n# Model Card for Model ID\n\n### Model Description\n\n<!-- Long. -->\n\n"
        f"- **Developed by:** {more}\n- **Model type:** {more}\n- **License:** mit\n\n## Uses\n\n### Direct Use\n\n{more}\n\n"
        f"## Bias, Risks, and Limitations\n\n{more}\n\n### Recommendations\n\n{more}\n"
    )
    assert len(card.placeholders) == 5
    assert state(card, "licence", 1) is State.COMPLETE
    for name in ("description", "owner", "intended_use", "limitations", "bias_ethics"):
        assert state(card, name, 1) is State.PLACEHOLDER
    assert not card.owners


def test_a_diagram_with_forty_kilobytes_of_css_has_no_words() -> None:
    css = ".a { color: red }\n" * 2500
    card = read(
        f"# M\n\n## Architecture\n\n<style>{css}</style><div class='x'><svg><text>a b c d e f g h</text></svg></div>\n"
    )
    assert state(card, "architecture") is State.STUB


@pytest.mark.parametrize("hidden", ["<!-- never closed\n", "<style>\n", "<script>\n"])
def test_what_a_browser_hides_to_the_end_does_not_count(hidden: str) -> None:
    card = read(f"# M\n\n## Limitations\n\n{hidden}{PROSE}\n")
    assert state(card, "limitations") is State.STUB


def test_a_comment_mark_in_a_fence_hides_nothing() -> None:
    card = read(f"# M\n\n```html\n<!-- open\n```\n\n## Limitations\n\n{PROSE}\n")
    assert state(card, "limitations") is State.COMPLETE


# --- placeholders, words, numbers ------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("[insert name](http://a.test)", 0),
        ("[insert name]", 1),
        ("Todo el modelo se entrena con datos reales", 0),
        ("TODO: write", 1),
        ("todo: write", 1),
        ("lorem ipsum dolor", 1),
        ("to be determined by the bank", 1),
        ("{{ a }} and {% if x %}", 2),
        ("released YYYY-MM-DD", 1),
        ("see [the paper](http://x.test/your)", 0),
        ("more information needed", 1),
        ("arrays such as a[your_index]", 0),
    ],
)
def test_placeholder_phrases(text: str, count: int) -> None:
    assert len(list(find_placeholders(text))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("a bb ccc", 2), ("48,000 loans", 1), ("https://x.test/a/b one", 1), ("", 0), ("x1 22 é", 1), ("漢字仮名", 2)],
)
def test_words(text: str, count: int) -> None:
    assert count_words(text) == count


@pytest.mark.parametrize(
    ("raw", "value", "unit"),
    [
        ("0.91", Decimal("0.91"), "ratio"),
        ("91.2%", Decimal("0.912"), "percent"),
        ("**0.91**", Decimal("0.91"), "ratio"),
        ("91.2", Decimal("91.2"), None),
        ("0,91", None, None),
        ("20.0 ± 1.2", None, None),
        ("≥ 0.8", None, None),
        ("NaN", None, None),
        ("inf", None, None),
        ("", None, None),
        ("1e99", None, None),
        ("٠.٩", None, None),
    ],
)
def test_a_declared_number_is_plain_or_has_no_value(raw: str, value: Decimal | None, unit: str | None) -> None:
    assert read_value(raw) == (value, unit)


def test_metrics_are_bound_to_the_row_they_stand_in() -> None:
    card = read(
        "# M\n\n## Evaluation\n\n| Dataset | AUC | F1 |\n|---|---|---|\n| loans-2026 | 0.81 | 70% |\n\n- Accuracy: 0.84\n\n"
        "It reaches a recall of 0.7 there.\n"
    )
    seen = {(m.name, m.raw, m.dataset, m.locator.line) for m in card.sections["evaluation"].metrics}
    assert seen == {
        ("auc", "0.81", "loans-2026", 7),
        ("f1", "70%", "loans-2026", 7),
        ("accuracy", "0.84", None, 9),
        ("recall", "0.7", None, 11),
    }


def test_results_under_usage_are_metrics_of_the_card_and_not_its_evaluation() -> None:
    card = read(f"# M\n\n## Usage\n\n{PROSE}\n\n| metric | value |\n|---|---|\n| auc | 0.9 |\n")
    assert [item.name for item in card.metrics] == ["auc"]
    assert "evaluation" not in card.sections


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("MIT License", "MIT"),
        ("Released under the Apache License 2.0.", "Apache-2.0"),
        ("LicenseRef-Acme", "LicenseRef-Acme"),
        ("Fair use by all of us", None),
        ("openrail", None),
        ("other", None),
        ("", None),
    ],
)
def test_licences_are_spdx_or_nothing(text: str, expected: str | None) -> None:
    assert licence_expression(text) == expected


# --- front matter ----------------------------------------------------------------------------

FRONT = """\
---
license: apache-2.0
language: [en, de]
datasets:
- acme/loans
base_model: acme/base
model-index:
- name: credit
  results:
  - task: {type: tabular-classification}
    dataset: {name: Loans, type: loans, split: test}
    metrics:
    - {type: accuracy, value: 0.91}
    - {type: auc, value: "91.2%"}
    - {type: f1, value: .nan}
---
# Credit
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n"])
def test_front_matter_in_every_line_ending(end: str, start: str) -> None:
    card = read((start + FRONT).replace("\n", end))
    shift = start.count("\n")
    assert [(c.value, c.locator.line) for c in card.licences] == [("apache-2.0", 2 + shift)]
    assert [c.value for c in card.languages] == ["en", "de"]
    assert [(c.value, c.locator.line) for c in card.datasets] == [("acme/loans", 5 + shift)]
    assert [c.value for c in card.base_models] == ["acme/base"]
    assert card.identity.name is not None
    assert card.identity.name.value == "credit"
    assert [(m.name, m.value, m.dataset, m.split, m.locator.line) for m in card.metrics] == [
        ("accuracy", Decimal("0.91"), "Loans", "test", 13 + shift),
        ("auc", Decimal("0.912"), "Loans", "test", 14 + shift),
        ("f1", None, "Loans", "test", 15 + shift),
    ]
    assert card.metrics[0].locator.pointer == "/model-index/0/results/0/metrics/0/value"


def test_utf16_with_a_mark_reads_like_utf8() -> None:
    same = read(FRONT.encode("utf-16"))
    assert [c.value for c in same.licences] == ["apache-2.0"]


@pytest.mark.parametrize("value", ["unknown", "null", "~", '""', "[]", "{a: b}"])
def test_a_licence_that_is_none_is_not_declared(value: str) -> None:
    assert not read(f"---\nlicense: {value}\ntags: [x]\n---\n# M\n").licences


def test_broken_front_matter_is_named_by_line_and_the_body_is_read() -> None:
    text = (
        "---\nlicense: apache-2.0\ndatasets: [acme/loans, b\n\ttags: x\n---\n# M\n\n## Limitations\n\n" + PROSE + "\n"
    )
    card = read(text)
    assert card.metadata_unreadable
    assert not card.licences
    assert [(item.span.file, item.span.line) for item in card.diagnostics if item.span] == [("README.md", 4)]
    assert state(card, "limitations") is State.COMPLETE


def test_duplicate_keys_choose_no_value() -> None:
    card = read("---\nlicense: cc-by-nc-4.0\ntags: [x]\nlicense: apache-2.0\n---\n# M\n")
    assert not card.licences
    places = {item.span.line for item in card.diagnostics if item.span}
    places |= {related.span.line for item in card.diagnostics for related in item.related}
    assert {2, 4} <= places


def test_front_matter_that_never_ends_is_said() -> None:
    card = read("---\nlicense: mit\n# M\n")
    assert [item.code for item in card.diagnostics] == ["E204"]
    assert not read("---\n\nJust a rule above.\n").diagnostics


# --- JSON cards ------------------------------------------------------------------------------

TOOLKIT_1 = {
    "schema_version": "0.0.1",
    "model_details": {
        "name": "credit",
        "overview": PROSE,
        "owners": [{"name": "Credit team", "contact": "credit@bank.test"}],
        "version": {"name": "3", "date": "2026-03-01"},
        "license": "Apache-2.0",
    },
    "model_parameters": {"data": {"train": {"name": "loans"}, "eval": {"name": "loans holdout"}}},
    "quantitative_analysis": {"performance_metrics": [{"type": "accuracy", "value": Decimal("0.9"), "slice": "all"}]},
    "considerations": {"use_cases": [PROSE], "limitations": [PROSE], "ethical_considerations": [{"name": PROSE}]},
}


def as_json(value: object) -> bytes:
    return json.dumps(value, default=float).encode()


def test_toolkit_card_of_the_first_schema() -> None:
    card = read(as_json(TOOLKIT_1), "model_card.json")
    assert card.sources[0].format == "toolkit"
    assert card.identity.version is not None
    assert (card.identity.version.value, card.identity.version.locator.pointer) == ("3", "/model_details/version/name")
    assert [(c.value, c.locator.pointer) for c in card.licences] == [("Apache-2.0", "/model_details/license")]
    assert [c.value for c in card.owners] == ["Credit team"]
    assert [c.locator.pointer for c in card.contacts] == ["/model_details/owners/0/contact"]
    assert [c.value for c in card.datasets] == ["loans", "loans holdout"]
    for name in ("description", "intended_use", "limitations", "bias_ethics"):
        assert state(card, name) is State.COMPLETE
    assert card.sections["limitations"].passages[0].locator.pointer == "/considerations/limitations/0"
    metric = card.sections["evaluation"].metrics[0]
    assert (metric.name, metric.value, metric.slice) == ("accuracy", Decimal("0.9"), "all")
    assert "evaluation_data" in card.sections


def test_toolkit_card_of_the_second_schema() -> None:
    card = read(
        as_json(
            {
                "model_details": {"licenses": [{"identifier": "MIT"}, {"custom_text": "see below"}]},
                "model_parameters": {"data": [{"name": "loans"}, {"name": "loans test"}]},
                "quantitative_analysis": {"performance_metrics": [{"type": "auc", "value": "0.81"}]},
                "considerations": {"use_cases": [{"description": PROSE}]},
            }
        ),
        "model_card.json",
    )
    assert [c.value for c in card.licences] == ["MIT", "see below"]
    assert card.metrics[0].value == Decimal("0.81")
    assert state(card, "intended_use") is State.COMPLETE


def test_flat_keys_go_through_the_alias_table() -> None:
    card = read(as_json({"intendedUse": PROSE, "model_info": {"limitations": [PROSE]}, "license": "MIT"}), "card.json")
    assert card.sources[0].format == "flat-json"
    assert card.sections["limitations"].claimed_at[0].pointer == "/model_info/limitations"
    assert [c.value for c in card.licences] == ["MIT"]


def test_a_questionnaire_of_empty_answers_is_a_set_of_stubs() -> None:
    card = read(
        as_json([{"question": "Intended use", "answer": ""}, {"question": "Limitations", "answer": ""}]), "card.json"
    )
    assert {state(card, name) for name in ("intended_use", "limitations")} == {State.STUB}


@pytest.mark.parametrize("value", [{"doelstelling": PROSE}, [1, 2], "text", None, 3, {}])
def test_a_shape_nobody_knows_is_not_recognised(value: object) -> None:
    card = read(as_json(value), "model_card.json")
    assert not card.recognised
    assert [item.code for item in card.diagnostics] == ["E202"]


# --- hostile ---------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"Sachbearbeiter f\xfcr Kredite\n", b"\x00"])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read(data)
    assert caught.value.diagnostics[0].code == "I101"


def test_caps_refuse_before_parsing() -> None:
    for data in (b"x" * (256 * 1024 + 1), b"\n" * 20_001 + b"x"):
        with pytest.raises(InputError) as caught:
            read(data)
        assert caught.value.diagnostics[0].code == "I102"
    with pytest.raises(InputError):
        read("")


@pytest.mark.parametrize(
    "part", ["[", "*a **a ", "- a\n", "# a\n", "|a", "<!--", "<a ", "**a", "`", "{{", "| a | b |\n"]
)
def test_a_hostile_card_at_the_caps_is_read(part: str) -> None:
    text = (part * (256 * 1024 // len(part)))[: 250 * 1024]
    lines = text.split("\n")
    read("# M\n" + "\n".join(lines[:19_000]))


CARD = (
    "---\nlicense: mit\ndatasets: [acme/loans]\n---\n# M\n\n**Developed by:** Acme Risk\n\n## Uses\n\n" + PROSE + "\n\n"
    "## Limitations\n\n" + PROSE + "\n\n## Evaluation\n\nOn the held-out quarter of the loans it was measured once.\n\n"
    "| metric | value |\n|---|---|\n| auc | 0.8 |\n"
)
RANK = {state: number for number, state in enumerate(State)}


def states(text: str) -> dict[str, State]:
    card = read(text)
    return {name: state(card, name) for name in ("intended_use", "limitations", "evaluation", "owner")}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(CARD.split()) - 1), max_size=12, unique=True))
def test_removing_words_never_improves_a_state(gone: list[int]) -> None:
    pieces = CARD.split(" ")
    fewer = " ".join(piece for index, piece in enumerate(pieces) if index not in gone or "\n" in piece)
    before, after = states(CARD), states(fewer)
    assert all(RANK[after[name]] <= RANK[before[name]] for name in before)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["# Limitations", "## Uses", "**License:**", "<!-- a b -->", "TODO", "- ", "| |", "```", ""])
    ),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_no_card_without_text_completes_anything(lines: list[str], end: str) -> None:
    card = read("# M" + end + end.join(lines) + end)
    assert all(not judge(name, section, Need(1)).settled for name, section in card.sections.items())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_for_a_reason(text: str) -> None:
    try:
        card = read(text)
    except InputError:
        return
    for name, section in card.sections.items():
        verdict = judge(name, section, Need(8))
        assert verdict.words >= 0
        assert section.claimed_at


@given(st.text(max_size=200))
def test_cutting_placeholders_leaves_none_that_spread(text: str) -> None:
    assert count_words(cut_placeholders(text)) <= count_words(text)
    assert isinstance(normalise_title(text), tuple)
