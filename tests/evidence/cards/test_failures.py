"""Twenty ways in which real cards fail to say something, made again by hand; none is copied."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from govern.diagnostics import InputError
from govern.evidence.cards import Cards, Need, State, judge, read_cards
from govern.evidence.cards.aliases import section_ids
from govern.evidence.cards.facts import DEFAULT_NEEDS, missing_fact
from govern.evidence.cards.template import template_card
from support.bundles import BundleBuilder
from support.cards import PROSE, as_json, read, state

MORE = "[More Information Needed]"
CORE = ("intended_use", "limitations", "training_data", "evaluation")


def bundle_cards(folder: Path, **files: str) -> Cards:
    """Read the cards of a bundle with these files; `__` in a name stands for a dot."""
    builder = BundleBuilder(folder).remove("README.md").record(cards=None)
    for name, text in files.items():
        builder.file(name.replace("__", "."), text)
    return read_cards(builder.open())


def complete(text: str) -> set[str]:
    """Give the sections of a card that are complete, default facts asked."""
    card = read(text)
    found = set()
    for name, section in card.sections.items():
        least = 1 if name in ("owner", "contact", "licence") else 8
        verdict = judge(name, section, Need(least))
        if verdict.settled and missing_fact(DEFAULT_NEEDS.get(name, ()), section, verdict, card) is None:
            found.add(name)
    return found


def test_01_an_unfilled_template_with_valid_metadata_completes_what_the_metadata_says() -> None:
    front = "---\nlicense: apache-2.0\ndatasets: [acme/loans]\nlanguage: en\n---\n"
    body = "\n\n".join(f"## {title}\n\n{MORE}" for title in ("Uses", "Limitations", "Training Data", "Evaluation"))
    assert complete(f"{front}# Model Card for Model ID\n\n{body}\n") == {"licence"}


def test_02_comments_of_a_template_complete_nothing() -> None:
    hints = "\n\n".join(f"## {name}\n\n<!-- {PROSE} -->" for name in ("Uses", "Limitations", "Evaluation"))
    assert complete(f"# M\n\n{hints}\n") == set()
    assert complete(template_card()) == set()


def test_03_an_adapter_card_written_by_a_trainer_says_one_thing() -> None:
    labels = "".join(f"- **{name}:** {MORE}\n" for name in ("Developed by", "Model type", "License", "Language(s)"))
    titles = ("Direct Use", "Out-of-Scope Use", "Bias, Risks, and Limitations", "Training Data", "Results", "Contact")
    body = "".join(f"## {title}\n\n{MORE}\n\n" for title in titles)
    text = f"---\nbase_model: acme/base\nlibrary_name: peft\n---\n# Model Card\n\n{labels}\n{body}"
    assert complete(text) == set()
    card = read(text)
    assert [item.value for item in card.base_models] == ["acme/base"]
    assert len(card.placeholders) == 10
    assert not card.owners
    assert not card.licences


def test_04_front_matter_of_a_web_app_describes_no_model(tmp_path: Path) -> None:
    cards = bundle_cards(
        tmp_path, README__md=f"---\nsdk: gradio\napp_file: a.py\n---\n# Demo\n\n## Limitations\n\n{PROSE}\n"
    )
    assert cards.card is None
    assert "hosted application" in cards.looked[0].why


def test_05_a_card_inside_a_python_string_declares_nothing() -> None:
    card = read(f'import x\n\nCARD = """---\nlicense: mit\n---\n# M\n\n## Limitations\n\n{PROSE}\n"""\n')
    assert not card.licences
    assert [item.code for item in card.diagnostics] == ["E223"]


def test_06_an_evaluation_without_a_number_and_words_of_a_chat_assistant() -> None:
    text = f"Certainly! Here is a draft for the evaluation section of the model card. {PROSE} I hope this helps!"
    card = read(f"# M\n\n## Evaluation\n\n{text}\n")
    assert state(card, "evaluation") is State.COMPLETE
    assert complete(f"# M\n\n## Evaluation\n\n{text}\n") == set()
    assert [item.text for item in card.placeholders] == ["Certainly! Here", "I hope this helps"]


def test_07_a_licence_file_of_its_own_does_not_change_what_the_card_says(tmp_path: Path) -> None:
    text = f"---\nlicense: mit\n---\n# M\n\n## Usage\n\nLoad `weights/gone.bin`.\n\n## Limitations\n\n{PROSE}\n"
    cards = bundle_cards(tmp_path, MODEL_CARD__md=text, LICENSE="Apache License\nVersion 2.0\n")
    assert cards.card is not None
    assert [(item.value, item.origin, item.locator.line) for item in cards.card.licences] == [("mit", "metadata", 2)]


def test_08_a_permissive_licence_over_a_base_keeps_both_with_their_lines() -> None:
    card = read("---\nlicense: mit\nbase_model: acme/restricted\nbase_model_relation: finetune\n---\n# M\n")
    assert [(item.value, item.locator.line) for item in card.licences] == [("mit", 2)]
    base = card.base_models[0]
    assert (base.value, base.locator.line, base.relation and base.relation.value) == ("acme/restricted", 3, "finetune")


def test_09_a_metric_that_breaks_the_cards_own_limit_is_read_as_it_stands() -> None:
    table = "| metric | value |\n|---|---|\n| disparate impact | 0.72 |\n| demographic parity difference | 0.339 |\n"
    card = read(
        f"# M\n\n## Fairness\n\nWithin the usual bounds for all groups, as the policy of the bank asks.\n\n{table}"
    )
    found = {item.name: item.value for item in card.metrics}
    assert found == {"disparate impact": Decimal("0.72"), "demographic parity difference": Decimal("0.339")}


def test_10_a_claim_of_comparable_quality_is_only_its_number() -> None:
    card = read("# M\n\n## Evaluation\n\nComparable to the best models, with an accuracy of 0.56 on the test set.\n")
    assert [(item.name, item.value) for item in card.metrics] == [("accuracy", Decimal("0.56"))]


def test_11_bold_lines_are_the_only_headings() -> None:
    text = f"# M\n\n**Intended use**\n\n{PROSE}\n\n**Limitations:**\n\n{PROSE} Not elsewhere.\n\n__Training data__\n\n{PROSE}\n"
    assert complete(text) == {"intended_use", "limitations", "training_data"}


def test_12_numbered_emoji_and_underlined_headings() -> None:
    text = f"1. M\n====\n\n## 2.1 🎯 Intended use\n\n{PROSE}\n\n⚠️ Limitations\n---\n\n{PROSE}\n\n### (c) Training data\n\n{PROSE}\n"
    assert {"intended_use", "limitations", "training_data"} <= complete(text)


def test_13_chinese_headings() -> None:
    words = "本模型用于对消费贷款申请进行排序以便人工优先审核可疑申请。"
    card = read(
        f"# 模型\n\n## 用途\n\n{words}\n\n## 局限性\n\n{words}\n\n## 训练数据\n\n{words}\n\n## 评估结果\n\n{words}\n"
    )
    for name in CORE:
        assert state(card, name) is State.COMPLETE


def test_14_a_json_card_as_a_list_of_empty_answers() -> None:
    items = [
        {"question": text, "answer": ""} for text in ("Intended use", "Limitations", "Training data", "Evaluation")
    ]
    card = read(as_json(items), "model_card.json")
    assert card.sources[0].format == "questionnaire"
    assert {state(card, name) for name in CORE} == {State.STUB}


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        (b"# Only a title\n", False),
        (b"", True),
        (b"\xef\xbb\xbf", True),
        (b"\xef\xbb\xbf# Only a title\r\n", False),
        ("# Only a title\r\n".encode("utf-16"), False),
        (b" \r\n\t\r\n", True),
    ],
)
def test_15_title_only_empty_and_other_encodings(data: bytes, refused: bool) -> None:
    if refused:
        with pytest.raises(InputError):
            read(data)
        return
    card = read(data)
    assert not card.sections
    assert [item.value for item in card.headings] == ["Only a title"]


def test_16_a_private_mix_as_training_data_names_no_data_set() -> None:
    card = read("# M\n\n## Training data\n\nA private mix of public and licensed sources that we cannot disclose.\n")
    section = card.sections["training_data"]
    verdict = judge("training_data", section, Need(8))
    assert verdict.state is State.COMPLETE
    assert missing_fact(("dataset_name",), section, verdict, card) == "names no data set"


def test_17_limitations_pasted_into_bias_are_the_same_text() -> None:
    card = read(f"# M\n\n## Limitations\n\n{PROSE}\n\n## Bias\n\n{PROSE.upper()}\n")
    for name in ("limitations", "bias_ethics"):
        section = card.sections[name]
        assert "same text" in (missing_fact(("distinct",), section, judge(name, section, Need(8)), card) or "")


def test_18_two_cards_and_two_versions_are_a_conflict_with_both_places(tmp_path: Path) -> None:
    one = f"---\nmodel_name: m\nversion: 1.0.0\nlicense: mit\ndate: 2026-01-01\n---\n# M\n\n## Limitations\n\n{PROSE}\n"
    two = one.replace("1.0.0", "2.0.0").replace("2026-01-01", "2026-06-01")
    cards = bundle_cards(tmp_path, MODEL_CARD__md=one, README__md=two)
    assert cards.card is not None
    found = {item.field: (item.level, [claim.locator.file for claim in item.claims]) for item in cards.card.conflicts}
    assert found == {
        "version": ("fail", ["MODEL_CARD.md", "README.md"]),
        "date": ("warn", ["MODEL_CARD.md", "README.md"]),
    }


def test_19_results_under_usage_are_no_evaluation() -> None:
    card = read(f"# M\n\n## Usage\n\n{PROSE}\n\n| metric | value |\n|---|---|\n| auc | 0.9 |\n")
    assert "evaluation" not in card.sections
    assert [item.name for item in card.metrics] == ["auc"]


def test_20_a_diagram_with_forty_kilobytes_of_css_has_no_words() -> None:
    css = "".join(f".sk-{number} {{ color: red; content: 'many words of css' }}\n" for number in range(1000))
    diagram = (
        f"<style>{css}</style><body><div id='sk-container-id-2' class='sk-top-container'><div><pre>LogisticRegression()"
        "</pre><b>In a notebook, please rerun this cell to show the representation.</b></div><div hidden>and more words"
        " of the diagram</div></div><script>function forceTheme(id) { return id; }</script></body>"
    )
    card = read(f"# M\n\n## Architecture\n\n{diagram}\n\n## Limitations\n\n{PROSE}\n")
    assert state(card, "architecture", 1) is State.STUB
    assert state(card, "limitations") is State.COMPLETE
    assert not any("color" in item.text or "rerun" in item.text for item in card.text)


def test_every_section_of_our_template_is_a_stub_until_somebody_writes() -> None:
    card = read(template_card())
    assert set(card.sections) == set(section_ids())
    assert {state(card, name, 1) for name in section_ids()} == {State.STUB}
    assert not card.licences
    assert not card.datasets
