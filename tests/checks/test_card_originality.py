"""`model_card.original`: pasted sections."""

from __future__ import annotations

import re

from govern.policy.outcomes import Outcome
from support.bundles import CARD, BundleBuilder
from support.card_rules import changed, codes, run_card, words

LIMITS = re.search(r"## Limitations\n\n(.*?)\n\n##", CARD, re.DOTALL)[1]
BIAS = re.search(r"## Bias and ethical considerations\n\n(.*?)\n\n##", CARD, re.DOTALL)[1]
PASTED = changed(BIAS, LIMITS)


def judged(tmp_path, card=CARD, files=None, **params):
    builder = BundleBuilder(tmp_path).file("README.md", card)
    for path, text in (files or {}).items():
        builder.file(path, text)
    return run_card("original", builder.record(cards=None).open(), **params)


def test_the_sound_card_is_original(tmp_path):
    for against in ("card", "bundle"):
        made = judged(tmp_path, against=against)
        assert (made.outcome, made.findings, made.observed) == (Outcome.PASS, (), "0")


def test_limitations_pasted_into_bias(tmp_path):
    made = judged(tmp_path, PASTED)
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E258"])
    assert "'bias_ethics' (README.md:" in words(made)
    assert "'limitations' (README.md:" in words(made)
    assert judged(tmp_path, PASTED, max_equal=1).outcome is Outcome.PASS


def test_white_space_case_and_emphasis_do_not_hide_a_copy(tmp_path):
    for form in (LIMITS.upper(), LIMITS.replace(" ", "\n"), f"**{LIMITS}**", LIMITS + "\n\n[More Information Needed]"):
        assert judged(tmp_path, changed(BIAS, form)).outcome is Outcome.FAIL, form


def test_a_heading_that_claims_two_sections_copies_nothing(tmp_path):
    card = changed("## Limitations\n", "## Bias, Risks, and Limitations\n").replace(
        f"## Bias and ethical considerations\n\n{BIAS}\n", ""
    )
    assert judged(tmp_path, card).outcome is Outcome.PASS


def test_the_same_section_in_two_cards_of_one_model_is_no_copy(tmp_path):
    made = judged(tmp_path, files={"docs/MODEL_CARD.md": CARD}, against="bundle")
    assert made.outcome is Outcome.PASS


def test_a_section_copied_from_another_card_counts_for_the_bundle(tmp_path):
    other = "# Card\n\n## Bias\n\n" + LIMITS + "\n\n## Training data\n\nThe acme/loans extract, read anew in May.\n"
    files = {"docs/MODEL_CARD.md": other}
    assert judged(tmp_path, files=files).outcome is Outcome.PASS
    made = judged(tmp_path, files=files, against="bundle")
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E258"])
    assert "docs/MODEL_CARD.md" in words(made)


def test_other_models_are_not_known_here(tmp_path):
    made = judged(tmp_path, against="fleet")
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E259"])
    assert "other model" in words(made)
    assert judged(tmp_path, PASTED, against="fleet").outcome is Outcome.FAIL


def test_a_card_without_text_is_not_original(tmp_path):
    made = judged(tmp_path, "---\nlicense: mit\n---\n# Model\n")
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E259"])
