"""`spec.approvals` and `spec.separation`: two rules like any other, with every fault at the author's own word."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml

from govern.policy.outcomes import Stage
from govern.policy.schema import policy_schema
from support.compiling import FILE, HEAD, compiled, errors, specs

ROLES = "[{role: approver/model-risk, count: 2}, {role: approver/legal}]"
LONGHAND = f"""\
  rules:
    - id: approvals
      title: The review board has approved
      severity: high
      enforcement: block
      stages: [pre-deployment]
      check: approval.quorum
      with: {{roles: {ROLES}, identity: key, max_age: 180d}}
      remediation: "Ask the board to vote: govern approve EVALUATION.json."
    - id: separation
      title: Nobody stands on two sides that must be kept apart
      severity: high
      enforcement: block
      check: approval.separation
      with: {{pairs: [[developer, validator], [approver, submitter]]}}
      remediation: Let somebody else take one of the two parts, or name who takes it.
"""
SHORTHAND = f"""\
  approvals:
    roles: {ROLES}
    stages: [pre-deployment]
    identity: key
    max_age: 180d
  separation: [[validator, developer], [submitter, approver]]
  rules: []
"""


def plan_of(text: str, stage: Stage = Stage.PRE_DEPLOYMENT) -> Any:
    found = compiled(HEAD + text, stage=stage)
    assert found.plan is not None, [str(item) for item in errors(found)]
    return json.loads(found.plan.data())


def said(text: str) -> list[tuple[str, int | None, int | None]]:
    found = compiled(HEAD + text)
    assert found.plan is None
    return [
        (item.code, item.span.line, item.span.column)
        for item in errors(found)
        if item.span is not None and item.span.file == FILE
    ]


def test_a_shorthand_means_its_rule_to_the_byte() -> None:
    assert compiled(HEAD + SHORTHAND, stage=Stage.PRE_DEPLOYMENT).plan is not None
    assert plan_of(SHORTHAND) == plan_of(LONGHAND)


def test_a_shorthand_stands_at_the_gates_of_its_kind_unless_it_says_otherwise() -> None:
    early = plan_of(SHORTHAND, Stage.PRE_REGISTRATION)
    assert [item["id"] for item in early["rules"]] == ["p/separation"]
    assert [item["id"] for item in plan_of(SHORTHAND)["rules"]] == ["p/approvals", "p/separation"]
    assert {item["enforcement"] for item in plan_of(SHORTHAND)["rules"]} == {"block"}


def test_pairs_have_no_order_and_sides_have_none_either() -> None:
    one = plan_of("  separation: [[owner, approver], [waiver, developer]]\n  rules: []\n")
    two = plan_of("  separation: [[developer, waiver], [approver, owner], [owner, approver]]\n  rules: []\n")
    assert one == two
    assert one["rules"][0]["with"]["pairs"] == [["approver", "owner"], ["developer", "waiver"]]


def test_shorthands_stand_behind_the_rules_and_use_parameters_as_they_do() -> None:
    text = (
        "  params: {people: {type: integer, default: 3, tighten: up}}\n"
        "  approvals: {roles: [{role: approver, count: '${params.people}'}]}\n"
        "  rules:\n    - {id: x, check: expression, with: {assert: 'model.version == \"7\"'}}\n"
    )
    rules = plan_of(text)["rules"]
    assert [item["id"] for item in rules] == ["p/approvals", "p/x"]
    assert rules[0]["with"]["roles"] == [{"count": 3, "role": "approver"}]


@pytest.mark.parametrize("text", ["  approvals:\n  separation:\n  rules: []\n", "  rules: []\n"])
def test_a_shorthand_without_a_value_is_none(text: str) -> None:
    found = compiled(HEAD + text)
    assert not errors(found)
    assert found.plan is not None
    assert found.plan.rules == ()


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("P203", "approvals: ⁂[1]"),
        ("P203", "approvals: ⁂yes please"),
        ("P202", "approvals: ⁂{stages: [pre-deployment]}"),
        ("P201", "approvals: {roles: [{role: approver}], ⁂quorum: 2}"),
        ("P204", "approvals: {roles: ⁂[]}"),
        ("P204", "approvals: {roles: [{role: ⁂waiver}]}"),
        ("P204", "approvals: {roles: [{role: approver, count: ⁂0}]}"),
        ("P203", "approvals: {roles: [{role: approver, count: ⁂two}]}"),
        ("P201", "approvals: {roles: [{role: approver, ⁂cuont: 2}]}"),
        ("P204", "approvals: {roles: ⁂[{role: approver}, {role: approver}]}"),
        ("P212", "approvals: {roles: [{role: approver}], stages: [⁂never]}"),
        ("P204", "approvals: {roles: [{role: approver}], identity: ⁂face}"),
        ("P207", "approvals: {roles: [{role: approver}], max_age: ⁂P7D}"),
        ("P401", "approvals: {roles: ⁂'${params.none}'}"),
        ("P203", "separation: ⁂validator"),
        ("P204", "separation: ⁂[]"),
        ("P202", "separation: [⁂[validator]]"),
        ("P204", "separation: ⁂[[validator, validator]]"),
        ("P204", "separation: [[validator, ⁂tester]]"),
        ("P203", "separation: ⁂{validator: developer}"),
    ],
)
def test_every_fault_of_a_shorthand_has_its_place(code: str, line: str) -> None:
    """The mark stands before the place that the diagnostic must name."""
    text = f"  {line}\n"
    column = text.index("⁂") + 1
    assert said(text.replace("⁂", "") + "  rules: []\n") == [(code, 5, column)]


@pytest.mark.parametrize(("key", "value"), [("approvals", "{roles: [{role: approver}]}"), ("separation", "[[a, b]]")])
def test_a_rule_of_the_same_name_is_given_twice(key: str, value: str) -> None:
    text = f"  {key}: {value.replace('a, b', 'owner, approver')}\n  rules:\n"
    text += f"    - {{id: {key}, check: expression, with: {{assert: 'model.version == \"7\"'}}}}\n"
    found = compiled(HEAD + text)
    (fault,) = errors(found)
    assert (fault.code, fault.span and fault.span.line, fault.span and fault.span.column) == ("P206", 5, 3)
    assert [item.span.line for item in fault.related] == [7]


def test_the_key_is_known_and_a_near_miss_is_suggested() -> None:
    (fault,) = errors(compiled(HEAD + "  aprovals: {roles: [{role: approver}]}\n  rules: []\n"))
    assert (fault.code, fault.hint) == ("P201", "Did you mean 'approvals'?")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (SHORTHAND, True),
        ("  approvals: {roles: '${params.roles}'}\n  rules: []\n", True),
        ("  approvals: {stages: [pre-deployment]}\n  rules: []\n", False),
        ("  approvals: {roles: [{role: approver}], quorum: 2}\n  rules: []\n", False),
        ("  approvals: {roles: [{role: approver, cuont: 2}]}\n  rules: []\n", False),
        ("  approvals: {roles: [{role: approver}], stages: [never]}\n  rules: []\n", False),
        ("  approvals: {roles: [{role: approver}], max_age: P7D}\n  rules: []\n", False),
        ("  separation: [[validator, tester]]\n  rules: []\n", False),
        ("  separation: [[validator]]\n  rules: []\n", False),
    ],
)
def test_an_editor_that_reads_the_schema_says_the_same(text: str, fits: bool) -> None:
    validator = jsonschema.Draft202012Validator(policy_schema(specs()))
    assert validator.is_valid(yaml.safe_load(HEAD + text)) is fits
