"""`model_card.fields`: there, matching, accepted; and what must not slip through."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from govern.checks.cards.rule_params import FieldsParams
from govern.policy.outcomes import Outcome
from govern.policy.patterns import matches, pattern_fault
from support.bundles import CARD, BundleBuilder
from support.card_rules import changed, codes, front, run_card, words


def fields(tmp_path, card=CARD, **params):
    return run_card("fields", BundleBuilder(tmp_path).file("README.md", card).open(), **params)


def test_what_is_declared_is_there(tmp_path):
    made = fields(
        tmp_path, required=["/license/0/raw", "/identity/date", "/metrics/*/dataset", "/sections/limitations"]
    )
    assert (made.outcome, made.findings) == (Outcome.PASS, ())
    assert made.evidence[0].file == "README.md"


def test_an_absent_field_fails_with_its_pointer_and_what_to_write(tmp_path):
    made = fields(tmp_path, required=["/identity/version", "/license"])
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E240"])
    assert "/identity/version" in made.findings[0].detail
    assert "front matter" in made.findings[0].remediation


def test_no_card_is_one_missing_evidence(tmp_path):
    made = run_card("fields", BundleBuilder(tmp_path).remove("README.md").open(), required=["/license"])
    assert (made.outcome, codes(made)[0]) == (Outcome.MISSING_EVIDENCE, "E201")


def test_a_star_asks_every_member_and_one_at_least(tmp_path):
    two = changed(
        "| accuracy | acme/loans holdout | 0.9 |", "| accuracy | acme/loans holdout | 0.9 |\n| auc |  | 0.8 |"
    )
    made = fields(tmp_path, two, required=["/metrics/*/dataset"])
    assert made.outcome is Outcome.FAIL
    assert "/metrics/1/dataset" in words(made)
    assert made.findings[0].location.line == two.splitlines().index("| auc |  | 0.8 |") + 1
    none = changed("| accuracy | acme/loans holdout | 0.9 |", "", CARD)
    assert fields(tmp_path, none, required=["/metrics/*/dataset"]).outcome is Outcome.FAIL


def test_a_pattern_speaks_of_the_whole_value(tmp_path):
    pattern = {"/identity/version": r"[0-9]+\.[0-9]+\.[0-9]+"}
    for version, outcome in (("3.1.0", "pass"), ("3.1.0-rc", "fail"), ("v3.1.0", "fail"), ("a3.1.0\\n", "fail")):
        card = changed("date: 2026-04-10", f'date: 2026-04-10\nversion: "{version}"')
        assert fields(tmp_path, card, patterns=pattern).outcome == outcome, version
    assert codes(fields(tmp_path, patterns=pattern)) == ["E240"], "what must match must be there"


def test_a_second_value_cannot_hide_behind_the_first(tmp_path):
    card = changed("license: apache-2.0", "license: [apache-2.0, cc-by-nc-4.0]")
    made = fields(tmp_path, card, allowed={"/license/*/raw": ["apache-2.0"]})
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E242"])
    assert "cc-by-nc-4.0" in words(made)
    languages = changed("license:", "language: [en, xx]\nlicense:")
    assert fields(tmp_path, languages, allowed={"/languages": ["en"]}).outcome is Outcome.FAIL
    assert fields(tmp_path, languages, allowed={"/languages": ["en", "xx"]}).outcome is Outcome.PASS


def test_flags_and_counts_are_compared_as_text(tmp_path):
    card = front("license: mit\nbase_model: acme/base")
    made = fields(tmp_path, card, allowed={"/base_models/*/is_local_path": ["false"]})
    assert made.outcome is Outcome.PASS
    made = fields(tmp_path, card, allowed={"/sections/limitations/state": ["stub"]})
    assert made.outcome is Outcome.FAIL


def test_what_stands_in_unreadable_front_matter_is_unknown(tmp_path):
    card = changed("[acme/loans]", "[acme/loans")
    made = fields(tmp_path, card, required=["/license"])
    assert made.outcome is Outcome.ERROR
    assert fields(tmp_path, card, required=["/sections/limitations"]).outcome is Outcome.PASS


def test_a_rule_that_asks_for_nothing_does_not_pass(tmp_path):
    assert fields(tmp_path).outcome is Outcome.INCONCLUSIVE


def test_hostile_text_is_shown_plain(tmp_path):
    card = changed("license: apache-2.0", 'license: "\\e[31m::error::x"')
    made = fields(tmp_path, card, allowed={"/license": ["mit"], "/license/*/raw": ["mit"]})
    assert made.outcome is Outcome.FAIL
    assert "\x1b" not in words(made)


def test_more_findings_than_anybody_reads_are_counted(tmp_path):
    rows = "\n".join(f"| accuracy | d{number} | 0.9 |" for number in range(300))
    made = fields(
        tmp_path, changed("| accuracy | acme/loans holdout | 0.9 |", rows), allowed={"/metrics/*/dataset": ["x"]}
    )
    assert len(made.findings) == 101


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"required": ["license"]}, "JSON pointer"),
        ({"required": ["/licence"]}, "license"),
        ({"required": ["/identity/~2"]}, "JSON pointer"),
        ({"patterns": {"/identity/version": "(?=x)"}}, "invalid perl operator"),
        ({"patterns": {"/identity/version": "(a"}}, "missing \\)"),
        ({"patterns": {"/identity/version": "a)|(b"}}, "unexpected \\)"),
        ({"patterns": {"/identity/version": r"(a)\1"}}, "invalid escape"),
        ({"patterns": {"/identity/version": "a" * 2000}}, "characters"),
    ],
)
def test_a_slip_in_the_policy_is_refused(params, text):
    with pytest.raises(ValidationError, match=text):
        FieldsParams.model_validate(params)


def test_patterns_are_linear_and_anchored():
    assert matches("(a+)+", "a" * 50)
    assert not matches("(a+)+b", "a" * 100_000)
    assert not matches("a|b", "ab")
    assert not matches("a", "a\n")
    assert matches("(?i)abc", "ABC")
    assert pattern_fault("(?x) a # )") is not None, "a comment must not swallow the anchor"
    assert pattern_fault("a{1000}{1000}") is not None
