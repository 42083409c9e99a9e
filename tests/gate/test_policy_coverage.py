"""Which outcomes the cases of a policy show, what is demanded, and what may be excused."""

from __future__ import annotations

import pytest

from govern.checks.registry import builtin_specs
from govern.policy.outcomes import Outcome
from govern.report.policy_tests import renderers
from support.policy_tests import Desk, cases, codes, rules

POLICY = rules(
    """\
    - id: auc-floor
      check: expression
      when: model.risk_tier == "high"
      with: {assert: metrics.auc >= 0.8}
    - id: advice
      enforcement: warn
      check: dependencies.pinned
    """
)
RECORD = "model: {metadata: {name: m, version: 1}, spec: {owner: {name: J, contact: j@example.com}, risk_tier: high}}"
SHOWN = f"""\
evidence: {{metrics: {{auc: 0.8}}, {RECORD}}}
cases:
  - {{name: good, expect: {{outcomes: {{auc-floor: pass}}}}}}
  - {{name: low, evidence: {{metrics: {{auc: 0.79}}}}, expect: {{outcomes: {{auc-floor: fail}}}}}}
  - {{name: none, remove: [/metrics], expect: {{outcomes: {{auc-floor: missing_evidence}}}}}}
"""
ELSEWHERE = """\
  - name: elsewhere
    patch: [{op: replace, path: /model/spec/risk_tier, value: low}]
    expect: {outcomes: {auc-floor: not_applicable}}
"""


def test_a_condition_must_be_shown_both_ways(tmp_path):
    report = Desk(tmp_path, POLICY, cases(SHOWN)).run()
    (hole,) = report.holes
    assert (hole.code, hole.span.line) == ("P702", 6)
    assert hole.message == "no case shows credit/auc-floor to be not_applicable"
    assert report.exit_code == 1
    report = Desk(tmp_path, POLICY, cases(SHOWN + ELSEWHERE)).run()
    assert (codes(report), report.exit_code) == ([], 0)


def test_an_outcome_counts_only_where_a_case_expects_it(tmp_path):
    text = (SHOWN + ELSEWHERE).replace("{outcomes: {auc-floor: fail}}", "{decision: denied}")
    report = Desk(tmp_path, POLICY, cases(text)).run()
    assert [item.message for item in report.holes] == ["no case shows credit/auc-floor to be fail"]


def test_rules_that_never_block_are_shown_and_not_demanded(tmp_path):
    desk = Desk(tmp_path, POLICY, cases(SHOWN + ELSEWHERE))
    (advice, floor) = desk.run().coverage
    assert (advice.rule, advice.demanded, advice.missing) == ("credit/advice", (), ())
    assert floor.counts[Outcome.PASS] == 1
    report = desk.run(every_rule=True)
    assert [item.message for item in report.holes] == ["no case shows credit/advice to be pass, fail, missing_evidence"]


def test_a_hole_may_be_excused_with_a_reason_that_is_printed(tmp_path):
    excuse = "excused: {auc-floor: {not_applicable: every model here is of high risk}}\n"
    report = Desk(tmp_path, POLICY, cases(excuse + SHOWN)).run()
    assert (codes(report), report.exit_code) == ([], 0)
    text = renderers(report)["text"]()
    assert "excused: credit/auc-floor is never not_applicable: every model here is of high risk" in text
    assert "~" in next(line for line in text.splitlines() if line.startswith("credit/auc-floor"))


@pytest.mark.parametrize(
    ("excuse", "words"),
    [
        ("{auc-flor: {fail: why}}", "auc-flor"),
        ("{auc-floor: {fail: why}}", "a case shows it"),
    ],
)
def test_an_excuse_for_nothing_is_a_fault(tmp_path, excuse, words):
    report = Desk(tmp_path, POLICY, cases(f"excused: {excuse}\n{SHOWN}{ELSEWHERE}")).run()
    assert [item.code for item in report.faults] == ["P705"]
    assert words in report.faults[0].message
    assert (report.faults[0].span.line, report.exit_code) == (6, 2)


def test_inconclusive_is_demanded_where_the_kind_can_come_to_it(tmp_path):
    policy = rules("- {id: accuracy, check: performance.threshold, with: {metric: accuracy, at_least: 0.8}}\n")
    text = "evidence: {metrics: {accuracy: 0.9}}\ncases: [{name: a, expect: {outcomes: {accuracy: pass}}}]\n"
    report = Desk(tmp_path, policy, cases(text)).run()
    assert report.holes[0].message == "no case shows credit/accuracy to be fail, missing_evidence, inconclusive"


@pytest.mark.parametrize("kind", sorted(builtin_specs()))
def test_every_kind_says_what_it_can_come_to(kind):
    spec = builtin_specs()[kind]
    assert {Outcome.PASS, Outcome.MISSING_EVIDENCE} <= set(spec.comes_to)
    assert not {Outcome.ERROR, Outcome.WAIVED, Outcome.NOT_APPLICABLE} & set(spec.comes_to)
    assert len(set(spec.comes_to)) == len(spec.comes_to)
