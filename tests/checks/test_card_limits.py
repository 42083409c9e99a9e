"""A figure that only the card declares: it breaks a limit, and never meets one."""

from __future__ import annotations

import pytest

from govern.checks.context import CheckContext
from govern.checks.performance.threshold import CHECKS
from govern.policy.outcomes import Outcome
from support.bundles import CARD, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.card_rules import changed, codes, words

ROW = "| accuracy | acme/loans holdout | 0.9 |"


def judged(tmp_path, row=ROW, **params):
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).remove("metrics.json")
    bundle = builder.record(evidence=None).file("README.md", changed(ROW, row)).open()
    check = CHECKS[0]
    given = check.spec.params.model_validate({"metric": "accuracy", "at_least": "0.8", **params})
    return check.evaluate(given, CheckContext(bundle=bundle, stage="pre-registration"))


@pytest.mark.parametrize(
    ("written", "outcome", "code"),
    [
        ("0.72", "fail", "E140"), ("72%", "fail", "E140"), ("0.79", "fail", "E140"),
        ("0.8", "missing_evidence", "E254"), ("0.99", "missing_evidence", "E254"), ("91.2%", "missing_evidence", "E254"),
        ("91.2", "missing_evidence", "E256"), ("0,72", "missing_evidence", "E255"), ("≥ 0.8", "missing_evidence", "E255"),
    ],
)  # fmt: skip
def test_a_claim_against_a_limit(tmp_path, written, outcome, code):
    made = judged(tmp_path, ROW.replace("0.9", written))
    assert made.outcome == outcome
    assert set(codes(made)) == {"E120", code}, "what is really missing is said as well"
    finding = next(item for item in made.findings if item.code == code)
    assert finding.location.line == CARD.splitlines().index(ROW) + 1
    assert finding.observed == written


def test_another_metric_or_none_is_missing_evidence(tmp_path):
    assert codes(judged(tmp_path, "| auc | x | 0.1 |")) == ["E120"]
    assert codes(judged(tmp_path, "")) == ["E120"]


def test_other_names_and_data(tmp_path):
    assert judged(tmp_path, "| acc | d | 0.1 |").outcome is Outcome.FAIL
    assert judged(tmp_path, "| acc | d | 0.1 |", dataset="other").outcome is Outcome.MISSING_EVIDENCE
    assert judged(tmp_path, "| acc | d | 0.1 |", dataset="d").outcome is Outcome.FAIL


def test_one_attribute_that_breaks_a_limit_on_groups(tmp_path):
    table = "| attribute | disparate impact |\n|---|---|\n| sex | 0.72 |\n| age | 0.95 |"
    made = judged(tmp_path, f"{ROW}\n\n{table}", metric="demographic_parity_ratio")
    assert (made.outcome, made.observed) == (Outcome.FAIL, "0.72")
    table = "| attribute | accuracy |\n|---|---|\n| sex=F | 0.72 |"
    assert judged(tmp_path, f"{ROW}\n\n{table}").outcome is Outcome.MISSING_EVIDENCE, "one group is not the whole"


def test_a_difference_has_an_upper_limit(tmp_path):
    made = judged(
        tmp_path, "| demographic parity difference | d | 0.339 |", metric="demographic_parity_difference", at_least=None,
        at_most="0.10",
    )  # fmt: skip
    assert made.outcome is Outcome.FAIL
    assert "0.339" in words(made)


def test_where_recomputing_is_required_the_card_does_not_count(tmp_path):
    made = judged(tmp_path, ROW.replace("0.9", "0.1"), recompute="required")
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E135"])


def test_an_unreadable_card_says_nothing(tmp_path):
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).remove("metrics.json")
    bundle = builder.record(evidence=None).file("README.md", b"\xff\xfe\x00").open()
    given = CHECKS[0].spec.params.model_validate({"metric": "accuracy", "at_least": "0.8"})
    made = CHECKS[0].evaluate(given, CheckContext(bundle=bundle, stage="pre-registration"))
    assert (made.outcome, codes(made)) == (Outcome.MISSING_EVIDENCE, ["E120"])
