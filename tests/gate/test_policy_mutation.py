"""`--mutate`: each operator is noticed by a good set of cases and survives a weak one."""

from __future__ import annotations

import pytest

from govern.gate.policy_tests import TestRequest, test_policies
from govern.report.policy_tests import renderers
from support.bundles import BundleBuilder
from support.policy_tests import HEAD, Desk, cases, codes, rules, survivors

RECORD = "model: {metadata: {name: m, version: 1, tags: [credit]}, spec: {owner: {name: J, contact: j@example.com}}}"
FAIR = "[{times: 400, sex: F, y_pred: 1}, {times: 400, sex: F, y_pred: 0}, {times: 400, sex: M, y_pred: 1}, {times: 400, sex: M, y_pred: 0}]"
UNFAIR = FAIR.replace(
    "{times: 400, sex: F, y_pred: 1}", "{times: 290, sex: F, y_pred: 1}, {times: 110, sex: F, y_pred: 0}"
)

EXPRESSION = "- {id: r, check: expression, with: {assert: '%s'}}\n"
PARITY = (
    "- id: r\n  check: fairness.disparity\n  with: {metric: selection_rate, compare: ratio, at_least: 0.8, "
    "attributes: [sex], decide: point%s}\n"
)


def pass_and(*more: str) -> str:
    """The weak set: one case that passes; `more` are cases that a good set has beside it."""
    lines = [
        "  - {name: good, expect: {decision: allowed, outcomes: {r: pass}}}",
        *(f"  - {{{item}}}" for item in more),
    ]
    return "cases:\n" + "\n".join(lines) + "\n"


def metrics(text: str) -> str:
    return f"evidence: {{metrics: {text}}}\n"


def low(value: str, outcome: str = "fail", decision: str = "denied") -> str:
    return f"name: low, evidence: {{metrics: {value}}}, expect: {{decision: {decision}, outcomes: {{r: {outcome}}}}}"


TWO = EXPRESSION % "metrics.auc >= 0.8 && metrics.f1 > 0.5"
LISTS = EXPRESSION % 'size(model.tags) > 0 && model.tags.all(t, t == "credit")'

OPERATORS = [
    ("credit/r:looser:with.assert#1", EXPRESSION % "metrics.auc >= 0.8", metrics("{auc: 0.9}"), low("{auc: 0.79}")),
    (
        "credit/r:strictness:with.assert#>=1",
        EXPRESSION % "metrics.auc >= 0.8",
        metrics("{auc: 0.9}"),
        "name: limit, evidence: {metrics: {auc: 0.8}}, expect: {outcomes: {r: pass}}",
    ),
    ("credit/r:conjunct:with.assert#1", TWO, metrics("{auc: 0.9, f1: 0.9}"), low("{auc: 0.7, f1: 0.9}")),
    ("credit/r:conjunct:with.assert#2", TWO, metrics("{auc: 0.9, f1: 0.9}"), low("{auc: 0.9, f1: 0.4}")),
    ("credit/r:logic:with.assert#&&1", TWO, metrics("{auc: 0.9, f1: 0.9}"), low("{auc: 0.9, f1: 0.4}")),
    (
        "credit/r:quantifier:with.assert#all1",
        LISTS,
        f"evidence: {{{RECORD}}}\n",
        "name: other, patch: [{op: add, path: /model/metadata/tags/-, value: x}], expect: {outcomes: {r: fail}}",
    ),
    ("credit/r:enforcement", EXPRESSION % "metrics.auc >= 0.8", metrics("{auc: 0.9}"), low("{auc: 0.7}")),
    (
        "credit/r:condition:when",
        "- {id: r, when: 'model.risk_tier == \"high\"', check: expression, with: {assert: metrics.auc >= 0.8}}\n",
        f"evidence: {{metrics: {{auc: 0.9}}, {RECORD.replace('spec: {', 'spec: {risk_tier: high, ')}}}\n",
        (
            "name: elsewhere, patch: [{op: replace, path: /model/spec/risk_tier, value: low}], "
            "expect: {outcomes: {r: not_applicable}}"
        ),
    ),
    (
        "credit/r:looser:with.at_least",
        PARITY % "",
        f"evidence: {{predictions: {FAIR}}}\n",
        f"name: low, evidence: {{predictions: {UNFAIR}}}, expect: {{outcomes: {{r: fail}}}}",
    ),
    (
        "credit/r:looser:with.min_n",
        PARITY % ", min_n: 800",
        f"evidence: {{predictions: {FAIR}}}\n",
        f"name: few, evidence: {{predictions: {FAIR.replace('400, sex: M, y_pred: 0', '399, sex: M, y_pred: 0')}}}, expect: {{outcomes: {{r: inconclusive}}}}",
    ),
    (
        "credit/r:weaker:with.bound",
        "- {id: r, check: performance.threshold, with: {metric: accuracy, at_least: 0.8, bound: true}}\n",
        "bundle: bundle\n",
        "name: unbound, remove: [/fairness_rows/model/files], expect: {outcomes: {r: missing_evidence}}",
    ),
    (
        "credit/r:member:with.required[limitations]",
        "- {id: r, check: model_card.sections, with: {required: [intended_use, limitations]}}\n",
        (
            "evidence: {card: {intended_use: It ranks loan applications for a person who decides each., "
            "limitations: The data hold salaried applicants of two regions only.}}\n"
        ),
        "name: none, remove: [/card/limitations], expect: {outcomes: {r: fail}}",
    ),
    (
        "credit/r:duration:with.max_snapshot_age",
        "- {id: r, check: dependencies.vulnerabilities, with: {max_snapshot_age: 30d}}\n",
        "evidence: {requirements: [numpy==1.26.4]}\nadvisories: []\n",
        "name: stale, advisories: {as_of: 2026-01-30T00:00:00Z}, expect: {outcomes: {r: missing_evidence}}",
    ),
    (
        "credit/r:looser:with.roles[approver].count",
        "- {id: r, check: approval.quorum, with: {roles: [{role: approver, count: 2}]}}\n",
        "evidence: {files: {a.txt: a}}\napprovals: [{approver: a}, {approver: b}]\n",
        "name: one, approvals: [{approver: a}], expect: {outcomes: {r: missing_evidence}}",
    ),
]


@pytest.mark.parametrize(("mutant", "policy", "evidence", "killer"), OPERATORS, ids=[row[0] for row in OPERATORS])
def test_an_operator_survives_a_weak_set_and_is_noticed_by_a_good_one(tmp_path, mutant, policy, evidence, killer):
    if evidence.startswith("bundle:"):
        BundleBuilder(tmp_path).build()
    weak = Desk(tmp_path, rules(policy), cases(evidence + pass_and())).run(mutate=True)
    assert mutant in survivors(weak)
    assert weak.exit_code == 1
    good = Desk(tmp_path, rules(policy), cases(evidence + pass_and(killer))).run(mutate=True)
    assert mutant not in survivors(good)


def test_a_removed_rule_is_noticed_by_any_case_that_names_it(tmp_path):
    policy = rules(EXPRESSION % "metrics.auc >= 0.8" + "- {id: s, check: dependencies.pinned}\n")
    evidence = "evidence: {metrics: {auc: 0.9}, requirements: [numpy==1.26.4]}\n"
    found = survivors(Desk(tmp_path, policy, cases(evidence + pass_and())).run(mutate=True))
    assert "credit/s:removed" in found
    assert "credit/r:removed" not in found


def test_an_applies_when_is_broken_as_well(tmp_path):
    policy = rules(EXPRESSION % "metrics.auc >= 0.8").replace(
        "spec:\n", 'spec:\n  applies_when: model.tags.exists(t, t == "credit")\n'
    )
    evidence = f"evidence: {{metrics: {{auc: 0.9}}, {RECORD}}}\n"
    found = survivors(Desk(tmp_path, policy, cases(evidence + pass_and())).run(mutate=True))
    assert {"credit:condition:applies_when", "credit:quantifier:applies_when#exists1"} <= found
    other = "name: other, patch: [{op: replace, path: /model/metadata/tags, value: [x]}], expect: {outcomes: {r: not_applicable}}"
    both = other.replace("other", "both", 1).replace("[x]", "[x, credit]").replace("not_applicable", "pass")
    found = survivors(Desk(tmp_path, policy, cases(evidence + pass_and(other, both))).run(mutate=True))
    assert not {item for item in found if item.startswith("credit:")}


def test_a_parameter_is_broken_where_it_is_declared(tmp_path):
    policy = rules(
        "- {id: r, check: performance.threshold, with: {metric: auc, at_least: '${params.floor}'}}\n"
    ).replace("spec:\n", "spec:\n  params: {floor: {type: number, default: 0.80, tighten: up}}\n")
    found = survivors(Desk(tmp_path, policy, cases(metrics("{auc: 0.9}") + pass_and())).run(mutate=True))
    assert "credit:looser:params.floor" in found
    found = survivors(
        Desk(tmp_path, policy, cases(metrics("{auc: 0.9}") + pass_and(low("{auc: 0.79}")))).run(mutate=True)
    )
    assert "credit:looser:params.floor" not in found


def test_what_does_not_compile_or_means_the_same_is_no_mutant(tmp_path):
    """Least words below one are refused, and a rule of one section cannot lose it."""
    policy = rules("- {id: r, check: model_card.sections, with: {required: [limitations], min_words: {default: 1}}}\n")
    text = cases(
        "evidence: {card: {limitations: None are known.}}\n"
        + pass_and("name: none, evidence: {card: '# A'}, expect: {decision: denied, outcomes: {r: fail}}")
    )
    report = Desk(tmp_path, policy, text).run(mutate=True)
    assert survivors(report) == set()
    assert report.mutation.policy == ("credit/r:enforcement", "credit/r:removed")


def test_a_mutant_may_be_accepted_by_name_with_a_reason(tmp_path):
    evidence = metrics("{auc: 0.9}")
    text = cases(evidence + pass_and(low("{auc: 0.7}")))
    policy = rules(EXPRESSION % "metrics.auc >= 0.8")
    left = survivors(Desk(tmp_path, policy, text).run(mutate=True))
    assert left == {"credit/r:strictness:with.assert#>=1"}
    accepted = 'accepted: [{mutant: "credit/r:strictness:with.assert#>=1", reason: the limit itself never occurs}]\n'
    report = Desk(tmp_path, policy, text + accepted).run(mutate=True)
    assert survivors(report) == set()
    assert "accepted: credit/r:strictness:with.assert#>=1: the limit itself never occurs" in renderers(report)["text"]()
    assert report.holes, "an accepted mutant excuses nothing else"


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        ("credit/r:strictness:with.assert#>=9", "credit/r:strictness:with.assert#>=1"),
        ("credit/r:removed", "notices it"),
    ],
)
def test_accepting_what_does_not_survive_is_a_fault(tmp_path, mutant, words):
    text = metrics("{auc: 0.9}") + pass_and(low("{auc: 0.7}")) + f'accepted: [{{mutant: "{mutant}", reason: why}}]\n'
    report = Desk(tmp_path, rules(EXPRESSION % "metrics.auc >= 0.8"), cases(text)).run(mutate=True)
    (fault,) = report.faults
    assert (fault.code, report.exit_code) == ("P705", 2)
    assert words in fault.hint


def test_mutants_of_rules_that_never_block_are_tried_and_accepted_where_every_rule_is(tmp_path):
    policy = rules(EXPRESSION % "metrics.auc >= 0.8").replace("id: r,", "id: r, enforcement: warn,")
    looser = "credit/r:looser:with.assert#1"
    accepted = f'accepted: [{{mutant: "{looser}", reason: advice only}}]\n'
    desk = Desk(tmp_path, policy, cases(metrics("{auc: 0.9}") + pass_and() + accepted))
    report = desk.run(mutate=True)
    assert (report.faults, report.mutation.policy, report.mutation.accepted) == ((), (), ())
    report = desk.run(mutate=True, every_rule=True)
    assert looser in report.mutation.policy
    assert [item.mutant for item in report.mutation.accepted] == [looser]


def test_a_survivor_is_shown_with_its_place_and_as_a_patch(tmp_path):
    report = Desk(tmp_path, rules(EXPRESSION % "metrics.auc >= 0.8"), cases(metrics("{auc: 0.9}") + pass_and())).run(
        mutate=True
    )
    found = next(item for item in report.survivors if "looser" in item.message)
    assert (found.code, found.span.line) == ("P703", 6)
    assert "- metrics.auc >= 0.8 + metrics.auc >= 0.7" in found.hint
    patch = report.mutation.patches["credit/r:looser:with.assert#1"]
    assert "-    - {id: r, check: expression, with: {assert: 'metrics.auc >= 0.8'}}" in patch
    assert "+    - {id: r, check: expression, with: {assert: 'metrics.auc >= 0.7'}}" in patch


def test_nothing_is_mutated_while_a_case_fails(tmp_path):
    text = metrics("{auc: 0.7}") + pass_and()
    report = Desk(tmp_path, rules(EXPRESSION % "metrics.auc >= 0.8"), cases(text)).run(mutate=True)
    assert report.mutation is None
    assert "P701" in codes(report)
    assert "mutants: none was tried" in renderers(report)["text"]()


def test_two_files_of_cases_share_the_mutants_of_a_policy(tmp_path):
    policy = rules(EXPRESSION % "metrics.auc >= 0.8")
    desk = Desk(tmp_path, policy, cases(metrics("{auc: 0.9}") + pass_and()))
    desk.write("more.test.yaml", HEAD + "cases:\n  - {" + low("{auc: 0.79}") + "}\n")
    assert "credit/r:looser:with.assert#1" not in survivors(desk.run(mutate=True))
    alone = test_policies(TestRequest(paths=[tmp_path / "credit.test.yaml"], mutate=True))
    assert "credit/r:looser:with.assert#1" in survivors(alone)


def test_a_waiver_of_a_case_is_no_reason_to_notice_a_changed_rule(tmp_path):
    """Its digest is that of the rule as it stands, mutant or not: otherwise every mutant would be noticed for that."""
    waiver = "waivers: [{rule: r, not_before: 2026-02-01T00:00:00Z, expires: 2026-03-15T00:00:00Z}]"
    waived = f"name: waived, {waiver}, evidence: {{metrics: {{auc: 0.1}}}}, expect: {{decision: allowed, outcomes: {{r: waived}}}}"
    text = cases(metrics("{auc: 0.9}") + pass_and(waived))
    found = survivors(Desk(tmp_path, rules(EXPRESSION % "metrics.auc >= 0.8"), text).run(mutate=True))
    assert {"credit/r:looser:with.assert#1", "credit/r:strictness:with.assert#>=1"} <= found
