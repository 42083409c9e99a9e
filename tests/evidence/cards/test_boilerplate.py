"""The fingerprints of template sentences are those of the tools that are installed; sentences are told exactly."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from govern.evidence.cards import State
from govern.evidence.cards.boilerplate import cut_boilerplate, fingerprint
from support.cards import PROSE, read, read_file, state

ROOT = Path(__file__).parents[3]
SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("card_fingerprints", ROOT / "scripts/card_fingerprints.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_the_installed_tools_give(script: ModuleType) -> None:
    """A template of a new version changes the file: run scripts/card_fingerprints.py and read the difference."""
    assert script.OUT.read_text("utf-8") == script.rendered()


def test_every_sentence_of_the_templates_is_cut(script: ModuleType) -> None:
    found = [*script.hub(), *script.skops(), *script.own()]
    assert len(found) > 20
    for sentence in found:
        assert cut_boilerplate(sentence)[0].strip() == "", sentence


def test_no_text_is_stored(script: ModuleType) -> None:
    for entry in json.loads(script.OUT.read_text("utf-8"))["sentences"]:
        assert set(entry) == {"origin", "sha256", "version"}
        assert len(entry["sha256"]) == 64


def test_an_untouched_card_of_the_hubs_own_library_completes_nothing() -> None:
    from huggingface_hub import ModelCard, ModelCardData

    card = read(str(ModelCard.from_template(ModelCardData())))
    assert {name for name in card.sections if state(card, name, 1) is State.COMPLETE} == set()
    assert sum(item.text == "[More Information Needed]" for item in card.placeholders) == 39


def test_an_untouched_card_of_skops_completes_nothing() -> None:
    from sklearn.linear_model import LogisticRegression
    from skops.card import Card as SkopsCard

    card = read(SkopsCard(LogisticRegression()).render())
    assert {name: state(card, name, 1) for name in card.sections if state(card, name, 1) is State.COMPLETE} == {}


@pytest.mark.parametrize(
    ("change", "cut"),
    [
        (lambda text: text.upper(), True),
        (lambda text: text.replace(" ", "  "), True),
        (lambda text: f"**{text}**", True),
        (lambda text: text.rstrip("."), True),
        (lambda text: text.replace("model", "classifier"), False),
        (lambda text: text + " " + PROSE, False),
    ],
)
def test_only_the_authors_own_words_are_left(change: object, cut: bool) -> None:
    sentence = "Use the code below to get started with the model."
    assert callable(change)
    assert (cut_boilerplate(change(sentence))[0].strip() == "") is cut


def test_what_only_a_link_changes_is_the_same_sentence() -> None:
    assert fingerprint("See [the docs](https://a.test) first.") == fingerprint("see  [the docs](https://b.test) First")


# What `samples/README.md` says of the cards that the tools wrote.
HUGGINGFACE = {
    "licence": State.COMPLETE,
    **dict.fromkeys(
        (
            *("architecture", "bias_ethics", "citation", "contact", "description", "environmental_impact"),
            *("evaluation", "evaluation_data", "intended_use", "limitations", "out_of_scope", "owner", "subgroups"),
            *("training_data", "training_procedure", "usage"),
        ),
        State.PLACEHOLDER,
    ),
}
SKOPS = {
    "description": State.PLACEHOLDER,
    "intended_use": State.TOO_SHORT,
    "limitations": State.TOO_SHORT,
    "training_procedure": State.PLACEHOLDER,
    "evaluation": State.TOO_SHORT,
    "architecture": State.STUB,
    "usage": State.PLACEHOLDER,
    "owner": State.PLACEHOLDER,
    "contact": State.PLACEHOLDER,
    "citation": State.STUB,
}


@pytest.mark.parametrize(("tool", "expected"), [("huggingface", HUGGINGFACE), ("skops", SKOPS)])
def test_the_cards_of_the_tools_themselves(tool: str, expected: dict[str, State]) -> None:
    card = read_file(SAMPLES / tool / "README.md")
    least = {"owner": 1, "contact": 1, "licence": 1}
    assert {name: state(card, name, least.get(name, 8)) for name in card.sections} == expected


def test_the_hubs_card_has_its_placeholders_and_one_number_without_a_split() -> None:
    card = read_file(SAMPLES / "huggingface/README.md")
    assert sum(item.text == "[More Information Needed]" for item in card.placeholders) == 37
    assert [(item.name, item.raw, item.dataset, item.split, item.locator.line) for item in card.metrics] == [
        ("accuracy", "0.91", "Loans", None, 19)
    ]
    places = {name: section.claimed_at[0].line for name, section in card.sections.items()}
    assert (places["intended_use"], places["limitations"], places["owner"]) == (52, 74, 36)


def test_the_card_of_skops_has_one_number_without_a_data_set_and_no_words_of_its_diagram() -> None:
    card = read_file(SAMPLES / "skops/README.md")
    assert [(item.name, item.raw, item.dataset, item.locator.line) for item in card.metrics] == [
        ("accuracy", "0.9", None, 188)
    ]
    text = " ".join(item.text for item in card.text)
    assert not any(word in text for word in ("sklearn-color", "Jupyter", "forceTheme", "LogisticRegression"))


def test_the_bill_of_materials_says_all_that_its_readme_says() -> None:
    card = read_file(SAMPLES / "cyclonedx/mlbom-1.6.json")
    assert card.identity.name is not None
    assert card.identity.version is not None
    assert (card.identity.name.value, card.identity.version.value) == ("credit-risk", "3")
    assert [(item.value, item.origin) for item in card.licences] == [("Apache-2.0", "bom")]
    assert [item.value for item in card.datasets] == ["loans"]
    assert [(item.name, str(item.value), item.slice) for item in card.metrics] == [
        ("auc", "0.91", "overall"),
        ("selection rate", "0.28", "sex=F"),
    ]
