"""`model_card.fresh`: the card's date against the last material change, and its version against the bundle's."""

from __future__ import annotations

import pytest

from govern.policy.outcomes import Outcome
from support.bundles import CARD, BundleBuilder
from support.card_rules import changed, codes, front, run_card, words


def judged(tmp_path, card=CARD, **record):
    builder = BundleBuilder(tmp_path).file("README.md", card)
    return run_card("fresh", builder.record(**record).open() if record else builder.open())


def test_the_sound_card_is_fresh(tmp_path):
    made = judged(tmp_path)
    assert (made.outcome, made.findings) == (Outcome.PASS, ())
    assert [item.name for item in made.evidence] == ["model_card", "model_record"]
    assert made.fields == {"card.date": "2026-04-10", "changed": "2026-04-02"}


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2026-04-02", "pass"), ("2026-04-01", "fail"), ("2026-04-02T23:59:59Z", "pass"), ("2020-01-01", "fail"),
        ("April 2026", "missing_evidence"), ("2026-13-01", "missing_evidence"), ("2026", "missing_evidence"),
        ("YYYY-MM-DD", "missing_evidence"),
    ],
)  # fmt: skip
def test_the_cards_date(tmp_path, day, outcome):
    assert judged(tmp_path, changed("2026-04-10", day)).outcome == outcome


def test_an_undated_card_is_missing_evidence(tmp_path):
    made = judged(tmp_path, front("license: mit"))
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E110"])


def test_a_record_that_declares_no_change_is_missing_evidence(tmp_path):
    made = judged(tmp_path, change=None)
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E259"])


def test_a_version_that_is_named_must_be_this_one(tmp_path):
    assert judged(tmp_path, changed("date:", "version: 3.1.0\ndate:")).outcome is Outcome.PASS
    made = judged(tmp_path, changed("date:", "version: 3.0.0\ndate:"))
    assert (made.outcome, codes(made)) == (Outcome.FAIL, ["E257"])
    assert "3.0.0 (README.md:4)" in words(made)


def test_one_old_card_of_two_is_enough(tmp_path):
    builder = BundleBuilder(tmp_path).file("docs/MODEL_CARD.md", changed("2026-04-10", "2026-03-31"))
    made = run_card("fresh", builder.record(cards=None).open())
    assert (made.outcome, codes(made)[0]) == (Outcome.FAIL, "E257")


def test_a_card_of_tomorrow_does_not_hold_yet(tmp_path):
    made = judged(tmp_path, changed("2026-04-10", "2099-01-01"))
    assert made.outcome is Outcome.PASS
    assert [(item.start, item.otherwise) for item in made.holds] == [("2098-12-31T00:00:00Z", Outcome.MISSING_EVIDENCE)]


def test_max_age_ends_with_the_cards_date(tmp_path):
    bundle = BundleBuilder(tmp_path).open()
    made = run_card("fresh", bundle, max_age="90d")
    assert [item.until for item in made.holds if item.until] == ["2026-07-09T00:00:00Z"]
