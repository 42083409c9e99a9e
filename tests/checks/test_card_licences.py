"""`model_card.licence`: declared, one, accepted, as the text says, and not more than its base allows."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from govern.checks.cards.rule_params import LicenceParams
from govern.policy.outcomes import Outcome
from support.bundles import CARD, BundleBuilder
from support.card_rules import base_registry, changed, codes, front, run_card, words
from support.licence_texts import APACHE, MIT


def judged(tmp_path, said="license: apache-2.0", files=None, registries=None, card=None, **params):
    builder = BundleBuilder(tmp_path).file("README.md", card if card is not None else front(said))
    for path, text in (files or {}).items():
        builder.file(path, text)
    return run_card("licence", builder.record(cards=None).open(), registries, **params)


@pytest.mark.parametrize(
    ("said", "params", "outcome"),
    [
        ("license: apache-2.0", {"allow": ["Apache-2.0"]}, "pass"),
        ("license: Apache License 2.0", {"allow": ["apache-2.0"]}, "pass"),
        ("license: mit", {"allow": ["Apache-2.0"]}, "fail"),
        ("license: mit OR apache-2.0", {"allow": ["Apache-2.0"]}, "pass"),
        ("license: mit AND apache-2.0", {"allow": ["Apache-2.0"]}, "fail"),
        ("license: cc-by-nc-4.0", {"deny": ["CC-BY-NC-4.0"]}, "fail"),
        ("license: mit OR cc-by-nc-4.0", {"deny": ["CC-BY-NC-4.0"]}, "pass"),
        ("license: GPL-2.0-only WITH Classpath-exception-2.0", {"deny": ["GPL-2.0-only"]}, "fail"),
        ("license: GPL-2.0-only WITH Classpath-exception-2.0", {"allow": ["GPL-2.0-only"]}, "fail"),
        ("license: llama3", {}, "pass"),
        ("license: llama3", {"allow": ["Apache-2.0"]}, "fail"),
        ("license: openrail", {"allow": ["MIT"]}, "fail"),
        ("license: our-own", {"allow": ["MIT"]}, "inconclusive"),
        ("license: our-own", {}, "inconclusive"),
        ("license: apache-2.0 as amended by us", {"allow": ["Apache-2.0"]}, "inconclusive"),
        ("license: 'apache-2.0, research use only'", {"allow": ["Apache-2.0"]}, "inconclusive"),
        ("license: other\nlicense_name: mit as amended\nlicense_link: https://x.example/l", {"allow": ["MIT"]}, "fail"),
        ("license: unknown", {}, "missing_evidence"),
        ("license: null", {}, "missing_evidence"),
        ("license: 2", {}, "missing_evidence"),
        ("language: en", {}, "missing_evidence"),
        ("license: [mit]", {"allow": ["MIT"]}, "pass"),
        ("license: [mit, apache-2.0]", {"allow": ["MIT", "Apache-2.0"]}, "fail"),
        ("license: other", {}, "missing_evidence"),
        ("license: other\nlicense_name: house", {}, "missing_evidence"),
        ("license: other\nlicense_name: house\nlicense_link: https://example.com/l", {}, "pass"),
        ("license: other\nlicense_name: house\nlicense_link: https://example.com/l", {"allow": ["MIT"]}, "fail"),
        ("license: other\nlicense_name: gemma\nlicense_link: https://x.example/l", {"allow": ["gemma"]}, "pass"),
        ("license: other\nlicense_name: house\nlicense_link: LICENSE.md", {}, "fail"),
    ],
)  # fmt: skip
def test_what_is_declared(tmp_path, said, params, outcome):
    made = judged(tmp_path, said, **params)
    assert made.outcome == outcome, words(made)
    assert bool(made.findings) == (outcome != "pass")


def test_a_list_says_what_is_missing(tmp_path):
    made = judged(tmp_path, "license: [mit, cc-by-nc-4.0]", allow=["MIT"])
    assert codes(made) == ["E247"]
    assert "without AND or OR" in words(made)


def test_a_link_to_a_file_that_is_there(tmp_path):
    said = "license: other\nlicense_name: house\nlicense_link: TERMS.md"
    assert judged(tmp_path, said, {"TERMS.md": "Our terms."}).outcome is Outcome.PASS
    outside = judged(tmp_path, said.replace("TERMS.md", "../../etc/passwd"))
    assert (outside.outcome, codes(outside)) == (Outcome.FAIL, ["E249"])


def test_a_licence_only_in_text(tmp_path):
    label = CARD.split("---\n", 2)[2].replace("**Dev", "**License:** MIT\n\n**Dev", 1)
    assert judged(tmp_path, card=label, allow=["MIT"]).outcome is Outcome.PASS
    prose = CARD.split("---\n", 2)[2] + "\n## License\n\nThis is not MIT licensed, ask us before you use any of it.\n"
    made = judged(tmp_path, card=prose)
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E246"])


@pytest.mark.parametrize(
    "text",
    [
        "**License:** our own\n",
        "## License\n\nYou may not use this model commercially.\n",
        "## License\n\nApache-2.0.\n\nOnly for research purposes, and not for anything else that one may think of.\n",
        "## License\n\nApache-2.0"
        + ", as everybody knows who has read this far" * 10
        + ", but not be used for profit.\n",
    ],
)
def test_what_the_text_takes_back_is_not_passed_over(tmp_path, text):
    made = judged(tmp_path, card=f"{CARD}\n{text}", allow=["Apache-2.0"])
    assert made.outcome is Outcome.INCONCLUSIVE, words(made)
    assert set(codes(made)) <= {"E244", "E247"}


def test_text_that_says_the_same_is_no_doubt(tmp_path):
    text = "## License\n\nReleased under the Apache-2.0 license; see the file beside this card for its words.\n"
    assert judged(tmp_path, card=f"{CARD}\n{text}", allow=["Apache-2.0"]).outcome is Outcome.PASS


def test_two_cards(tmp_path):
    made = judged(tmp_path, files={"MODEL_CARD.md": changed("apache-2.0", "cc-by-nc-4.0")}, allow=["Apache-2.0"])
    assert made.outcome is Outcome.FAIL
    assert "cc-by-nc-4.0 (MODEL_CARD.md:2) and apache-2.0 (README.md:2)" in words(made)


def test_the_licence_file(tmp_path):
    assert judged(tmp_path, files={"LICENSE": APACHE}, require_file=True).outcome is Outcome.PASS
    made = judged(tmp_path, files={"LICENSE": MIT})
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E243"])
    assert "LICENSE holds MIT (certain)" in words(made)
    absent = judged(tmp_path, require_file=True)
    assert (absent.outcome, codes(absent)) == (Outcome.MISSING_EVIDENCE, ["E250"])
    short = judged(tmp_path, files={"License.TXT": "Apache-2.0\n"}, require_file=True)
    assert short.outcome is Outcome.PASS
    unknown = judged(tmp_path, files={"LICENSE": "Ask us.\n"})
    assert (unknown.outcome, codes(unknown)) == (Outcome.INCONCLUSIVE, ["E250"])


def test_a_licence_file_alone_declares_nothing(tmp_path):
    made = judged(tmp_path, "language: en", {"LICENSE": MIT}, allow=["MIT"])
    assert made.outcome is Outcome.MISSING_EVIDENCE
    assert "LICENSE beside it does not say" in words(made)


def test_one_of_two_offered_licences_may_be_the_text(tmp_path):
    assert judged(tmp_path, "license: mit OR apache-2.0", {"LICENSE": MIT}).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("said", "entries", "outcome", "code"),
    [
        ("apache-2.0", ["hf://acme/base mit"], "pass", None),
        ("apache-2.0", ["hf://acme/base cc-by-nc-4.0"], "fail", "E251"),
        ("apache-2.0", ["hf://acme/base llama3"], "fail", "E251"),
        ("llama3", ["hf://acme/base llama3"], "pass", None),
        ("llama3", ["hf://acme/base gemma"], "inconclusive", "E252"),
        ("apache-2.0", ["hf://acme/base -"], "missing_evidence", "E252"),
        ("apache-2.0", ["hf://acme/base our terms"], "missing_evidence", "E252"),
        ("apache-2.0", ["hf://acme/base mit as amended"], "missing_evidence", "E252"),
        ("apache-2.0", ["hf://acme/other mit"], "missing_evidence", "E252"),
    ],
)
def test_the_base_models_licence(tmp_path, said, entries, outcome, code):
    said = f"license: {said}\nbase_model: acme/base"
    made = judged(tmp_path, said, registries=base_registry(*entries), registry="sources")
    assert made.outcome == outcome, words(made)
    assert codes(made) == ([code] if code else [])
    assert any(item.name == "registry" for item in made.evidence)
    if code == "E251":
        assert "conflicts with the registry entry" in words(made)
        assert "illegal" not in words(made)


def test_a_base_model_without_a_registry_is_unknown(tmp_path):
    said = "license: apache-2.0\nbase_model: acme/base"
    for params in ({}, {"registry": "other"}):
        made = judged(tmp_path, said, registries=base_registry("hf://acme/base mit"), **params)
        assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E252"])


def test_upper_and_lower_case_of_a_hub_id_do_not_hide_a_base(tmp_path):
    said = "license: apache-2.0\nbase_model: ACME/Base"
    made = judged(tmp_path, said, registries=base_registry("hf://acme/base cc-by-nc-4.0"), registry="sources")
    assert made.outcome is Outcome.FAIL


def test_the_adapters_base_counts_and_a_path_is_a_finding(tmp_path):
    held = base_registry("hf://acme/base cc-by-nc-4.0")
    adapter = {"adapter_config.json": '{"base_model_name_or_path": "acme/base"}'}
    assert judged(tmp_path, files=adapter, registries=held, registry="sources").outcome is Outcome.FAIL
    local = {"adapter_config.json": '{"base_model_name_or_path": "/models/base"}'}
    made = judged(tmp_path, files=local, registries=held, registry="sources")
    assert (made.outcome, codes(made)) == (Outcome.INCONCLUSIVE, ["E245"])


def test_unreadable_front_matter_is_an_error(tmp_path):
    made = judged(tmp_path, "license: apache-2.0\ndatasets: [a")
    assert made.outcome is Outcome.ERROR
    assert "unknown" in words(made)


def test_no_card_is_one_missing_evidence(tmp_path):
    made = run_card("licence", BundleBuilder(tmp_path).remove("README.md").open())
    assert (made.outcome, codes(made)[0]) == (Outcome.MISSING_EVIDENCE, "E201")


@pytest.mark.parametrize("name", ["MIT OR ISC", "no-such-licence", "", "mit, isc"])
def test_a_slip_in_the_policy_is_refused(name):
    with pytest.raises(ValidationError):
        LicenceParams.model_validate({"allow": [name]})


def test_ids_of_a_policy_are_read_as_those_of_a_card():
    params = LicenceParams.model_validate({"allow": ["mit", "gpl-3.0", "llama3"], "deny": ["CC-BY-NC-4.0"]})
    assert params.allow == ("GPL-3.0-only", "LicenseRef-Llama-3", "MIT")
