"""Advice: each code at its place, and nothing where there is nothing to say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govern.diagnostics import Diagnostic, Severity
from govern.evidence.schema import evidence_schema
from govern.policy.advice.lint import lint
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.types import Number, Text
from support.compiling import FILE, HEAD, compiled, errors, specs, with_rule

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def linted(text: str, *more: str, at: datetime | None = NOW, checks=None) -> list[Diagnostic]:
    files = {FILE: text.encode()} | {f"other-{index}.yaml": item.encode() for index, item in enumerate(more)}
    return list(lint(files, checks=checks or specs(), evidence_schema=evidence_schema(), at=at))


def places(found: list[Diagnostic], code: str) -> list[tuple[int, int]]:
    return [(item.span.line, item.span.column) for item in found if item.code == code]


def several(*rules: str, head: str = HEAD, enforcement: str = "warn") -> str:
    text = f"{head}  rules:\n"
    for number, rule in enumerate(rules):
        lines = [f"id: r{number}", f"enforcement: {enforcement}", *rule.strip("\n").splitlines()]
        text += "".join(("    - " if index == 0 else "      ") + line + "\n" for index, line in enumerate(lines))
    return text


def asserting(text: str, *, when: str | None = None) -> str:
    condition = f"when: '{when}'\n" if when else ""
    return f"check: expression\n{condition}with: {{assert: '{text}'}}\n"


AUC = "check: performance.threshold\nwith: {metric: auc, at_least: 0.9}"


# --- P801, P802: at the literal


def test_advice_on_an_expression_points_at_the_literal():
    found = linted(several(asserting('metrics.auc >= 0.75 && model.name.matches("x")')))
    assert places(found, "P801") == [(9, 38)]
    assert places(found, "P802") == [(9, 65)]
    block = several("check: expression\nwith:\n  assert: |\n    size(card.owners) > 0 &&\n    metrics.auc >= 0.75\n")
    assert places(linted(block), "P801") == [(12, 26)]


def test_a_whole_number_is_exact():
    assert places(linted(several(asserting("size(card.owners) >= 2"))), "P801") == []


# --- P603


@pytest.mark.parametrize(
    ("rule", "line"), [(f"stages: [pre-training]\n{AUC}", 8), ("stages: [pre-training]\ncheck: lineage.present", None)]
)
def test_evidence_that_cannot_be_there_yet(rule, line):
    found = places(linted(several(rule)), "P603")
    assert found == ([] if line is None else [(line, 7)])


# --- P604


def conflict(*rules: str, **options) -> list[Diagnostic]:
    return [item for item in linted(several(*rules, **options)) if item.code == "P604"]


def test_limits_that_no_evidence_can_meet():
    (found,) = conflict(asserting("metrics.auc >= 0.9"), asserting("metrics.auc < 0.8"))
    assert (found.span.line, found.span.column, found.severity) == (10, 7, Severity.WARNING)
    assert found.related[0].span.line == 6
    assert "metrics.auc >= 0.9" in found.message
    assert "metrics.auc < 0.8" in found.message


def test_a_conflict_between_blocking_rules_is_an_error_of_the_compiler():
    text = several(asserting("metrics.auc >= 0.9"), asserting("metrics.auc < 0.8"), enforcement="block")
    assert [item.code for item in errors(compiled(text))] == ["P604"]
    assert compiled(text).plan is None


@pytest.mark.parametrize(
    ("first", "second", "conflicts"),
    [
        ("metrics.auc >= 0.8", "metrics.auc <= 0.8", False),
        ("metrics.auc > 0.8", "metrics.auc <= 0.8", True),
        ("metrics.auc >= 0.8", "metrics.brier <= 0.2", False),
        ("metrics.auc >= 0.8", "0.9 <= metrics.auc", False),
        ("metrics.auc >= 0.8", "0.7 >= metrics.auc", True),
        ('model.risk_tier == "high"', 'model.risk_tier == "low"', True),
        ('model.risk_tier == "high"', 'model.risk_tier != "high"', True),
        ('model.risk_tier == "high"', 'model.risk_tier != "low"', False),
        ("size(card.owners) == 2", "size(card.owners) > 3", True),
        ("size(card.owners) == 4", "size(card.owners) > 3", False),
        ("model.third_party == true", "model.third_party == false", True),
    ],
)
def test_which_limits_exclude_each_other(first, second, conflicts):
    assert bool(conflict(asserting(first), asserting(second))) is conflicts
    assert bool(conflict(asserting(second), asserting(first))) is conflicts
    assert bool(conflict(asserting(f"{first} && {second}"))) is conflicts


def test_a_figure_is_one_subject_whichever_kind_limits_it():
    assert len(conflict(AUC, asserting("metrics.auc < 0.8"))) == 1
    elsewhere = AUC.replace("metric: auc", "metric: auc, dataset: other")
    assert conflict(elsewhere, asserting("metrics.auc < 0.8")) == []


def test_rules_that_never_apply_together_do_not_conflict():
    high, low = 'model.risk_tier == "high"', 'model.risk_tier == "low"'
    apart = asserting("metrics.auc >= 0.9", when=high), asserting("metrics.auc < 0.8", when=low)
    assert conflict(*apart) == []
    assert len(conflict(asserting("metrics.auc >= 0.9"), asserting("metrics.auc < 0.8", when=low))) == 1
    stages = [f"stages: [{stage}]\n" for stage in ("pre-registration", "pre-deployment")]
    assert conflict(stages[0] + asserting("metrics.auc >= 0.9"), stages[1] + asserting("metrics.auc < 0.8")) == []


def test_an_error_is_not_hidden_behind_a_warning():
    rules = [asserting("metrics.auc >= 0.9"), asserting("metrics.auc >= 0.95"), asserting("metrics.auc < 0.8")]
    text = several(*rules, enforcement="block").replace("enforcement: block", "enforcement: warn", 1)
    assert [item.code for item in errors(compiled(text))] == ["P604"]


class _Limits(CheckParams):
    metric: Text = parameter("What.")
    split: Text | None = parameter("Where.", default=None)
    at_least: Number | None = parameter("Least.", tighten="up", default=None)
    at_most: Number | None = parameter("Most.", tighten="down", default=None)


def test_at_least_above_at_most_of_any_kind():
    spec = CheckSpec(
        kind="other.limits",
        version=1,
        summary="it is within its limits.",
        cannot_show="Anything.",
        params=_Limits,
        needs=lambda _params: (EvidenceNeed("metrics"),),
    )
    checks = {**specs(), spec.kind: spec}

    def of(*values: str) -> list[Diagnostic]:
        rules = [f"check: other.limits\nwith: {{{item}}}" for item in values]
        return [item for item in linted(several(*rules), checks=checks) if item.code == "P604"]

    assert len(of("metric: a, at_least: 0.9", "metric: a, at_most: 0.8")) == 1
    assert len(of("metric: a, at_least: 0.9, at_most: 0.8")) == 1
    assert of("metric: a, at_least: 0.9", "metric: b, at_most: 0.8") == []
    assert of("metric: a, at_least: 0.9", "metric: a, split: test, at_most: 0.8") == []


# --- P805, P806

LAW = "metadata: {name: p, version: '1', legal_status: %s, applies_from: 2020-01-01, source_checked_on: %s}\n"


def law(status: str, checked: str) -> str:
    head = HEAD.replace('metadata: {name: p, version: "1"}\n', LAW % (status, checked))
    return several("check: lineage.present", head=head)


def test_a_source_is_stale_after_180_days():
    assert places(linted(law("in_force", "2026-06-03")), "P805") == []
    assert places(linted(law("in_force", "2026-06-02")), "P805") == [(3, 104)]
    assert places(linted(law("in_force", "2026-06-02"), at=None), "P805") == [], "no clock, no age"


def test_a_catalogue_grows_stale_as_well():
    catalogue = (
        "apiVersion: govern/v1\nkind: ControlCatalog\nmetadata:\n  name: c\n  version: 1.0.0\n"
        "  source_checked_on: 2025-01-01\ncontrols: [{id: '1', clause: '1', title: One}]\n"
    )
    found = [item for item in linted(several("check: lineage.present"), catalogue) if item.code == "P805"]
    assert [(item.span.file, item.span.line, item.span.column) for item in found] == [("other-0.yaml", 6, 22)]


@pytest.mark.parametrize(("status", "gone"), [("superseded", True), ("rescinded", True), ("rescinding", False)])
def test_law_that_no_longer_holds(status, gone):
    assert places(linted(law(status, "2026-11-01")), "P806") == ([(3, 49)] if gone else [])


@pytest.mark.parametrize(("successor", "ends", "told"), [("new", True, False), ("new", False, True), ("x", True, True)])
def test_law_whose_successor_stands_beside_it(successor, ends, told):
    """Old decisions are judged again under the rule of their day: a policy that ends and is followed is no fault."""
    until = ", applies_until: 2026-07-21" if ends else ""
    old = several("check: lineage.present").replace(
        "name: p", f"name: p, legal_status: superseded, superseded_by: {successor}{until}"
    )
    new = several("check: lineage.present").replace("name: p", "name: new")
    found = linted(old, new)
    assert not any(item.severity is Severity.ERROR for item in found), found
    assert bool(places(found, "P806")) is told


# --- P807


def test_a_rule_that_asks_what_another_asks():
    found = [item for item in linted(several(AUC, AUC.replace("0.9", "0.90"))) if item.code == "P807"]
    assert [(item.span.line, item.related[0].span.line) for item in found] == [(10, 6)]
    assert places(linted(several(AUC, AUC.replace("0.9", "0.8"))), "P807") == []
    other = several(AUC).replace("name: p", "name: q")
    assert places(linted(several(AUC), other), "P807") == [], "each policy stands alone"
    apart = several(f"stages: [pre-registration]\n{AUC}", f"stages: [pre-deployment]\n{AUC}")
    assert places(linted(apart), "P807") == [], "asked at two gates"


def test_conditions_that_say_nothing_or_hold_nowhere():
    head = HEAD + "  applies_when: 'model.risk_tier == \"high\"'\n"
    same = several(f"when: 'model.risk_tier == \"high\"'\n{AUC}", head=head)
    assert places(linted(same), "P807") == [(9, 13)]
    never = several(f"when: 'model.risk_tier == \"low\"'\n{AUC}", head=head)
    (found,) = [item for item in linted(never) if item.code == "P807"]
    assert "never hold together" in found.message
    fine = several(f"when: 'model.third_party == true'\n{AUC}", head=head)
    assert places(linted(fine), "P807") == []


# --- P808


def test_one_note_a_policy_for_figures_of_unknown_origin():
    high = f"severity: high\n{AUC}"
    bound = high.replace("0.9}", "0.9, bound: true}").replace("auc", "recall")
    found = linted(several(high, high.replace("auc", "f1"), bound, AUC.replace("auc", "mcc"), enforcement="block"))
    notes = [item for item in found if item.code == "P808"]
    assert [(item.severity, item.span.line) for item in notes] == [(Severity.NOTE, 6)]
    assert "2 grave blocking rules" in notes[0].message
    assert places(linted(several(high)), "P808") == [], "nothing blocks"
    assert places(linted(several(AUC, enforcement="block")), "P808") == [], "of medium severity"
    grave = several("severity: high\ncheck: lineage.present", enforcement="block")
    assert places(linted(grave), "P808") == [], "nothing is measured"


# --- all in one run


def test_ten_faults_in_one_run_each_at_its_place():
    """Reading faults of one file, shape, parameters, expressions and advice of another, sorted by place."""
    first = with_rule("id: a\ntitle: no\ncheck: lineage.present\nseverity: on")
    second = several(
        "chekc: x\n" + AUC,
        asserting("metrics.acu >= 0.5 and true"),
        "check: fairness.disparty",
        AUC.replace("0.9", "90%"),
        asserting("metrics.auc >= 0.9"),
    ).replace("name: p", "name: q")
    found = linted(first, second)
    assert [(item.span.file, item.code, item.span.line, item.span.column) for item in found] == [
        ("other-0.yaml", "P201", 8, 7),
        ("other-0.yaml", "P501", 14, 42),
        ("other-0.yaml", "P209", 17, 14),
        ("other-0.yaml", "P203", 21, 37),
        ("other-0.yaml", "P801", 25, 38),
        (FILE, "I112", 7, 14),
        (FILE, "I112", 9, 17),
    ]
