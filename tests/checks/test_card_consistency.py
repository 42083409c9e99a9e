"""`model_card.consistent`: who contradicts whom, with both places, whatever order the files are read in."""

from __future__ import annotations

import itertools

import pytest
from pydantic import ValidationError

from govern.checks.cards.rule_params import ConsistentParams
from govern.diagnostics import InputError
from govern.policy.outcomes import Outcome
from support.bundles import CARD, BundleBuilder
from support.card_rules import changed, codes, front, run_card, words
from support.licence_texts import APACHE, MIT

BASE = '{"base_model_name_or_path": "%s", "peft_type": "LORA"}\n'


def judged(tmp_path, files=None, card=CARD, **params):
    builder = BundleBuilder(tmp_path).file("README.md", card)
    for path, text in (files or {}).items():
        builder.file(path, text)
    return run_card("consistent", builder.record(cards=None).open(), **params)


def test_the_sound_bundle_agrees(tmp_path):
    made = judged(tmp_path, {"LICENSE": APACHE})
    assert (made.outcome, made.findings) == (Outcome.PASS, ())
    assert {item.file for item in made.evidence} == {"README.md", "LICENSE", "govern.yaml"}


def test_two_cards_with_two_licences(tmp_path):
    made = judged(tmp_path, {"MODEL_CARD.md": changed("apache-2.0", "cc-by-nc-4.0")})
    assert (made.outcome, codes(made)[0]) == (Outcome.FAIL, "E243")
    finding = made.findings[0]
    assert "cc-by-nc-4.0 (MODEL_CARD.md:2)" in finding.detail
    assert "apache-2.0 (README.md:2)" in finding.detail


def test_the_licence_file_counts(tmp_path):
    made = judged(tmp_path, {"LICENSE": MIT})
    assert made.outcome is Outcome.FAIL
    assert "MIT (certain)" in words(made)
    assert "README.md:2" in words(made)
    assert "LICENSE" in words(made)


@pytest.mark.parametrize("said", ["Apache-2.0", "Apache License 2.0", "https://www.apache.org/licenses/LICENSE-2.0"])
def test_spellings_of_one_licence_agree(tmp_path, said):
    card = front(f"license: '{said}'\ndate: 2026-04-10")
    assert judged(tmp_path, {"LICENSE": APACHE, "docs/MODEL_CARD.md": CARD}, card).outcome is Outcome.PASS


def test_two_licence_files_are_one_answer(tmp_path):
    files = {"LICENSE-MIT": MIT, "LICENSE-APACHE": APACHE}
    assert judged(tmp_path, files, changed("apache-2.0", "MIT OR Apache-2.0")).outcome is Outcome.PASS
    assert judged(tmp_path, files).outcome is Outcome.FAIL


def test_an_unknown_licence_text_is_never_a_pass(tmp_path):
    made = judged(tmp_path, {"LICENSE": APACHE + "\nNot for commercial use.\n"})
    assert (made.outcome, codes(made)) == (Outcome.INCONCLUSIVE, ["E244"])
    binary = judged(tmp_path, {"LICENSE": b"\xff\xfe\x00binary"})
    assert binary.outcome is Outcome.INCONCLUSIVE


def test_front_matter_and_text_of_one_card(tmp_path):
    card = changed("## Human oversight", "**License:** MIT\n\n## Human oversight")
    made = judged(tmp_path, card=card)
    assert made.outcome is Outcome.FAIL
    assert "MIT" in words(made)
    prose = changed(
        "## Human oversight", "## License\n\nThe weights follow the terms agreed with the bank.\n\n## Human oversight"
    )
    assert judged(tmp_path, card=prose).outcome is Outcome.PASS


def test_versions(tmp_path):
    made = judged(tmp_path, card=changed("date:", "version: 3.0.0\ndate:"))
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E243", "E243"])
    assert [item.location and item.location.file for item in made.findings] == ["README.md", "govern.yaml"]
    assert made.observed == "1 contradictions", "one, shown at both places"
    assert "3.0.0 (README.md:4)" in words(made)
    assert "3.1.0 (govern.yaml:" in words(made)
    assert judged(tmp_path, card=changed("date:", "version: 3.1.0\ndate:")).outcome is Outcome.PASS
    two = {"docs/MODEL_CARD.md": changed("date:", "version: 3.1.0\ndate:")}
    made = judged(tmp_path, two, changed("date:", "version: 3.0.9\ndate:"))
    assert made.outcome is Outcome.FAIL
    assert len(made.findings) >= 2, "against the other card and against the record"


def test_names(tmp_path):
    for name, outcome in (
        ("Credit risk", "pass"),
        ("acme/credit-risk", "pass"),
        ("credit_risk", "pass"),
        ("fraud", "fail"),
    ):
        card = changed("date:", f"model_name: {name}\ndate:")
        assert judged(tmp_path, card=card).outcome == outcome, name
    two = {"docs/MODEL_CARD.md": changed("date:", "model_name: other/credit-risk\ndate:")}
    assert judged(tmp_path, two, changed("date:", "model_name: acme/credit-risk\ndate:")).outcome is Outcome.FAIL


def test_mlmodel(tmp_path):
    for text, outcome in (
        ("flavors: {}\nmetadata: {model_version: 3.1.0, license: apache-2.0}\n", "pass"),
        ("flavors: {}\nmetadata:\n  model_version: 2.0.0\n", "fail"),
        ("flavors: {}\nmetadata:\n  license: mit\n", "fail"),
        ("flavors: {}\nmetadata: null\n", "pass"),
    ):
        assert judged(tmp_path, {"MLmodel": text}).outcome == outcome, text


def test_the_adapters_base_model(tmp_path):
    card = changed("date:", "base_model: acme/base\ndate:")
    assert judged(tmp_path, {"adapter_config.json": BASE % "acme/base"}, card).outcome is Outcome.PASS
    assert judged(tmp_path, {"adapter_config.json": BASE % "https://huggingface.co/Acme/Base"}, card).outcome == "pass"
    made = judged(tmp_path, {"adapter_config.json": BASE % "acme/other"}, card)
    assert made.outcome is Outcome.FAIL
    assert "acme/base (README.md:4)" in words(made)
    assert "acme/other (adapter_config.json:1)" in words(made)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("adapter_config.json", "[]"),
        ("adapter_config.json", "null"),
        ("adapter_config.json", '{"base_model_name_or_path": 7}'),
        ("adapter_config.json", '{"base_model_name_or_path": true}'),
        ("MLmodel", "- flavors\n"),
    ],
)
def test_a_file_of_another_shape_does_not_say_nothing(tmp_path, path, text):
    """Whoever cannot read what the model is built on does not know that nothing contradicts."""
    with pytest.raises(InputError, match="B121"):
        judged(tmp_path, {path: text})


def test_a_merge_names_several_bases_and_its_adapter_one(tmp_path):
    card = changed("date:", "base_model: [acme/base, acme/second]\ndate:")
    assert judged(tmp_path, {"adapter_config.json": BASE % "acme/second"}, card).outcome is Outcome.PASS


def test_a_local_base_is_a_finding_and_leaves_lineage_undetermined(tmp_path):
    made = judged(tmp_path, {"adapter_config.json": BASE % "/home/me/models/base"})
    assert (made.outcome, codes(made)) == (Outcome.INCONCLUSIVE, ["E245"])
    assert "/home/me/models/base" in words(made)
    assert made.findings[0].location.file == "adapter_config.json"


def test_what_only_the_adapter_says_contradicts_nothing(tmp_path):
    assert judged(tmp_path, {"adapter_config.json": BASE % "acme/base"}).outcome is Outcome.PASS


def test_figures_agree_at_the_coarser_precision(tmp_path):
    def two(first, second, **params):
        other = changed("holdout | 0.9 |", f"holdout | {second} |")
        card = changed("holdout | 0.9 |", f"holdout | {first} |")
        return judged(tmp_path, {"docs/MODEL_CARD.md": other}, card, fields=["metrics"], **params).outcome

    assert two("0.91", "0.912") is Outcome.PASS
    assert two("91.2%", "0.91") is Outcome.PASS
    assert two("0.91", "0.916") is Outcome.FAIL
    assert two("0.915", "0.91") is Outcome.PASS
    assert two("0.91", "0.916", tolerance="0.001") is Outcome.PASS
    assert two("0.90", "0.95") is Outcome.FAIL


def test_other_fields_are_compared_when_asked_and_shown_otherwise(tmp_path):
    other = changed("[acme/loans]", "[acme/cards]")
    shown = judged(tmp_path, {"docs/MODEL_CARD.md": other})
    assert (shown.outcome, codes(shown)) == (Outcome.PASS, ["E208"])
    asked = judged(tmp_path, {"docs/MODEL_CARD.md": other}, fields=["datasets", "languages", "owners", "date"])
    assert (asked.outcome, codes(asked)) == (Outcome.FAIL, ["E243", "E243"])


def test_a_card_that_declares_nothing_agrees_with_nothing(tmp_path):
    made = judged(tmp_path, card=CARD.split("---\n", 2)[2])
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E259"])


def test_unreadable_front_matter_is_an_error(tmp_path):
    assert judged(tmp_path, card=changed("[acme/loans]", "[acme/loans")).outcome is Outcome.ERROR


def test_the_order_of_files_changes_nothing(tmp_path):
    texts = [changed("apache-2.0", name) for name in ("mit", "apache-2.0", "isc")]
    results = []
    for number, order in enumerate(itertools.permutations(("MODEL_CARD.md", "docs/README.md", "README.md"))):
        builder = BundleBuilder(tmp_path / str(number))
        (tmp_path / str(number)).mkdir()
        for path in order:
            builder.file(path, texts[("MODEL_CARD.md", "docs/README.md", "README.md").index(path)])
        results.append(run_card("consistent", builder.record(cards=None).open()))
    assert len({repr(item.findings) for item in results}) == 1
    assert results[0].outcome is Outcome.FAIL


def test_hostile_text_is_shown_plain(tmp_path):
    made = judged(tmp_path, {"docs/MODEL_CARD.md": changed("date:", 'version: "\\e]0;x\\a::error::"\ndate:')})
    assert made.outcome is Outcome.FAIL
    assert "\x1b" not in words(made)


@pytest.mark.parametrize("fields", [[], ["licence"], ["text"]])
def test_a_slip_in_the_policy_is_refused(fields):
    with pytest.raises(ValidationError):
        ConsistentParams.model_validate({"fields": fields})


def test_a_tolerance_below_zero_is_refused():
    with pytest.raises(ValidationError):
        ConsistentParams.model_validate({"tolerance": "-0.1"})
