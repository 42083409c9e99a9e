"""Lint, origins and differences of rules that a pack brings and an import tightens."""

from __future__ import annotations

from govern.evidence.schema import evidence_schema
from govern.policy.advice.lint import advice
from govern.policy.compile import Compiled
from govern.policy.difference.diff import diff
from govern.policy.origins import origins_of
from support.compiling import errors
from support.packs_of_policies import Shelf, policy_yaml

RULES = """\
- id: auc
  check: expression
  when: model.risk_tier == "high"
  with:
    assert: metrics.auc >= 0.8
- id: f1
  check: performance.threshold
  severity: low
  with: {metric: f1, at_least: 0.5}
"""
OVERLAY = """\
imports:
  - pack: base
    version: "1"
    rules:
      base/f1: {severity: high, with: {min_n: 50}}
      base/auc: {and_assert: metrics.brier <= 0.2, also_when: '"eu" in model.jurisdictions'}
"""
PLAIN = 'imports:\n  - {pack: base, version: "1"}\n'


def team(spec: str, *, shelf: Shelf | None = None) -> Compiled:
    shelf = shelf or Shelf().put("base", {"policies/base.yaml": policy_yaml("base", RULES)})
    rules = "- {id: own, remediation: Do it., check: lineage.present}"
    made = shelf.compile({"team.yaml": policy_yaml("team", rules, spec=spec)}, stage=None)
    assert errors(made) == []
    return made


def chains(made: Compiled, name: str) -> dict[str, list[str]]:
    policy = next(item for item in made.policies if item.draft.metadata.name == "base")
    rule = next(item for item in policy.rules if item.draft.rule.id == name)
    return {item.name: [step.text for step in item.chain] for item in origins_of(policy, rule)}


def test_an_import_is_the_last_place_of_what_it_changes():
    found = chains(team(OVERLAY), "f1")
    assert found["severity"] == [
        "packs/base/policies/base.yaml:13:17  written in the rule",
        "team.yaml:9:29  tightened by an import",
    ]
    assert found["with.min_n"][-1] == "team.yaml:9:49  tightened by an import"
    added = chains(team(OVERLAY), "auc")
    assert added["and_assert"] == ["team.yaml:10:32  added by an import"]
    assert added["also_when"] == ["team.yaml:10:65  added by an import"]


def test_an_overlay_tightens_and_its_absence_loosens():
    found = diff(team(PLAIN), team(OVERLAY))
    (policy,) = found.policies
    assert {item.rule: item.status for item in policy.rules} == {"base/auc": "tightened", "base/f1": "tightened"}
    changes = {(item.what, item.new) for rule in policy.rules for item in rule.changes}
    assert ("assert", "metrics.brier <= 0.2") in changes
    assert ("also_when", '"eu" in model.jurisdictions') in changes
    assert not found.loosens
    assert found.diagnostics == (), "the version of a pack is its owner's business"
    back = diff(team(OVERLAY), team(PLAIN))
    assert [item.status for item in back.policies[0].rules] == ["loosened", "loosened"]
    assert diff(team(OVERLAY), team(OVERLAY)).empty


def test_packs_are_their_owners_business():
    found = list(advice(team(PLAIN), evidence_schema()))
    assert found == []


def test_a_superseded_pack_is_named_where_it_is_imported():
    text = policy_yaml("base", RULES.replace("check:", "enforcement: warn\n  check:"))
    gone = text.replace("{name: base", "{name: base, legal_status: superseded, superseded_by: base 2")
    made = team(PLAIN, shelf=Shelf().put("base", {"policies/base.yaml": gone}))
    (found,) = advice(made, evidence_schema())
    assert (found.code, found.span.file, found.span.line, found.span.column) == ("P806", "team.yaml", 6, 14)
    assert found.hint == "Use base 2 instead."
