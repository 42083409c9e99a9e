"""Conditions fail closed: only what is surely false switches a rule off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from govern.policy.cel.bind import Bound
from support.compiling import HEAD, compiled, open_schema
from support.packs_of_policies import Shelf, policy_yaml

TEXT = (
    HEAD
    + """\
  applies_when: 'model.tags.exists(t, t == "credit")'
  params:
    tier: {type: string, default: high}
  rules:
    - id: a
      check: lineage.present
      when: model.risk_tier == params.tier
"""
)


@dataclass
class Source:
    """Evidence for conditions, as the check context gives it."""

    evidence: dict[str, Any]
    unreadable: dict[str, str] = field(default_factory=dict)

    def bind(self, roots, params):
        held = {name: value for name, value in self.evidence.items() if name in roots}
        return Bound(open_schema(), {**held, "params": dict(params), "stage": "pre-registration"}, self.unreadable)


def rule():
    return compiled(TEXT).plan.rules[0]


@pytest.mark.parametrize(
    "evidence",
    [
        {"model": {"tags": ["credit"], "risk_tier": "high"}},
        {"model": {"tags": ["credit"]}},
        {"model": {"risk_tier": "high"}},
        {"model": {}},
        {},
        {"model": {"tags": "credit", "risk_tier": "high"}},
        {"model": {"tags": None, "risk_tier": "high"}},
        {"model": {"tags": ["credit", 7], "risk_tier": "high"}},
    ],
)
def test_true_absent_and_broken_facts_make_the_rule_apply(evidence):
    assert rule().switched_off(Source(evidence)) is None


def test_unreadable_facts_make_the_rule_apply():
    assert rule().switched_off(Source({}, {"model": "not YAML"})) is None


def test_only_false_switches_off():
    off = rule().switched_off(Source({"model": {"tags": ["credit"], "risk_tier": "low"}}))
    assert (
        off == 'does not apply: model.risk_tier==params.tier is false (model.risk_tier is "low", params.tier is "high")'
    )
    assert rule().switched_off(Source({"model": {"tags": ["text"], "risk_tier": "high"}})) is not None
    assert rule().switched_off(Source({"model": {"tags": [], "risk_tier": "high"}})) is not None


WIDER = 'imports:\n  - {pack: base, version: "1", rules: {base/a: {also_when: "model.third_party"}}}'


@pytest.mark.parametrize(
    ("evidence", "applies"),
    [
        ({"model": {"risk_tier": "low", "third_party": False}}, False),
        ({"model": {"risk_tier": "low", "third_party": True}}, True),
        ({"model": {"risk_tier": "high", "third_party": False}}, True),
        ({"model": {"risk_tier": "low"}}, True),
        ({"model": {"risk_tier": "low", "third_party": "no"}}, True),
        ({"model": {"third_party": False}}, True),
        ({}, True),
    ],
)
def test_what_an_import_adds_can_only_make_a_rule_apply(evidence, applies):
    rules = "- {id: a, check: lineage.present, when: 'model.risk_tier == \"high\"'}"
    shelf = Shelf().put("base", {"policies/base.yaml": policy_yaml("base", rules)})
    made = shelf.compile({"p.yaml": policy_yaml("p", "", spec=WIDER)}).plan.rules[0]
    assert (made.switched_off(Source(evidence)) is None) is applies


def test_messages():
    text = TEXT.replace("      when:", "      message: 'a {{b}} c'\n      when:")
    made = compiled(text).plan.rules[0]
    assert made.document["message"] == ["a {b} c"]
    assert made.render_message({}) == "a {b} c"
    assert rule().render_message({"x": "y"}) is None
    parity = """\
    - id: parity
      check: fairness.disparity
      with: {metric: selection_rate, compare: ratio, at_least: 0.8, attributes: [sex]}
      message: '{worst.group}: {worst.ratio}'
"""
    made = compiled(TEXT + parity).plan.rules[1]
    assert made.render_message({"worst.group": "sex=F", "worst.ratio": "0.5"}) == "sex=F: 0.5"
    assert made.render_message({"worst.group": "sex=F"}) is None
