"""`govern.compile_policies`: the public way to a plan, and values for parameters from outside."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import govern
from govern.diagnostics import GovernError, UsageError
from govern.gate.parameters import parameter_texts
from govern.policy.outcomes import Stage
from support.in_process import govern_here

POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: credit, version: "1"}
spec:
  params:
    min_auc: {type: number, default: 0.8, tighten: up, description: least AUC}
    min_n: {type: integer, default: 30, tighten: up, description: fewest cases}
    strict: {type: bool, default: "false", tighten: order, description: bound evidence}
    roles: {type: set, default: [train], tighten: superset, description: roles}
    age: {type: duration, default: 1y, tighten: down, description: age}
  rules:
    - id: auc
      check: performance.threshold
      with: {metric: auc, at_least: "${params.min_auc}", min_n: "${params.min_n}", max_age: "${params.age}"}
    - id: leak
      check: lineage.closed
      with: {bound: "${params.strict}"}
    - id: sources
      check: expression
      with: {assert: 'size(card.owners) >= size(params.roles)'}
"""
POLICY = POLICY.replace('default: "false"', "default: false")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "credit.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def held(plan: Any) -> dict[str, Any]:
    """The parameters of a plan by their bare name."""
    return {name.partition("/")[2]: item["value"] for name, item in plan.document["params"].items()}


def test_a_plan_has_digest_bytes_and_rules(policy: Path) -> None:
    plan = govern.compile_policies([policy], "pre-registration")
    assert [rule.id for rule in plan.rules] == ["credit/auc", "credit/leak", "credit/sources"]
    assert len(plan.digest) == 64
    assert plan.data().startswith(b"{")
    for paths in (policy, str(policy), [str(policy)], policy.parent):
        assert govern.compile_policies(paths, Stage.PRE_REGISTRATION).digest == plan.digest


@pytest.mark.parametrize(
    ("params", "name", "value"),
    [
        ({"min_auc": 0.85}, "min_auc", "0.85"),
        ({"min_auc": Decimal("0.850")}, "min_auc", "0.85"),
        ({"min_auc": 1}, "min_auc", "1"),
        ({"credit/min_auc": "0.85"}, "min_auc", "0.85"),
        ({"min_n": 50}, "min_n", 50),
        ({"strict": True}, "strict", True),
        ({"roles": ["train", "evaluate"]}, "roles", ["evaluate", "train"]),
        ({"roles": frozenset({"train", "a, b"})}, "roles", ["a, b", "train"]),
        ({"roles": "train, evaluate"}, "roles", ["evaluate", "train"]),
        ({"age": "6mo"}, "age", "6mo"),
    ],
)
def test_a_value_of_any_type_may_tighten(policy: Path, params: dict[str, Any], name: str, value: object) -> None:
    plan = govern.compile_policies([policy], "pre-registration", params)
    assert held(plan)[name] == value
    assert plan.document["params"][f"credit/{name}"]["given"] is True


def test_giving_the_policys_own_value_changes_nothing(policy: Path) -> None:
    plain = govern.compile_policies([policy], "pre-registration")
    again = govern.compile_policies([policy], "pre-registration", {"min_auc": 0.8, "roles": ["train"]})
    assert again.data() == plain.data()


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"min_auc": 0.75}, "P307"),
        ({"strict": "no"}, "P402"),
        ({"min_auc": float("nan")}, "P402"),
        ({"min_auc": float("inf")}, "P402"),
        ({"min_auc": Decimal("1e1000000")}, "P402"),
        ({"min_auc": Fraction(1, 2)}, "P402"),
        ({"min_auc": None}, "P402"),
        ({"roles": [1]}, "P402"),
        ({"min_acu": 0.9}, "P401"),
        ({"roles": []}, "P307"),
    ],
)
def test_a_value_that_loosens_or_is_none_is_refused(policy: Path, params: dict[str, Any], code: str) -> None:
    with pytest.raises(GovernError) as caught:
        govern.compile_policies([policy], "pre-registration", params)
    assert [item.code for item in caught.value.diagnostics] == [code]
    assert caught.value.exit_code == 2


def test_every_fault_is_in_one_error(policy: Path) -> None:
    policy.write_text(POLICY.replace("metric: auc", "metric: acu").replace("lineage.closed", "lineage.closd"))
    with pytest.raises(GovernError) as caught:
        govern.compile_policies([policy], "pre-registration")
    assert [item.code for item in caught.value.diagnostics] == ["P204", "P209"]
    assert all(item.span is not None and item.span.line for item in caught.value.diagnostics)
    with pytest.raises(UsageError) as faults:
        parameter_texts({"a": None, "b": object()})  # type: ignore[dict-item]
    assert len(faults.value.diagnostics) == 2


def test_absent_files_and_stages_are_usage_errors(policy: Path) -> None:
    with pytest.raises(UsageError, match="U103"):
        govern.compile_policies([policy.parent / "none.yaml"], "pre-registration")
    with pytest.raises(UsageError, match="P212") as caught:
        govern.compile_policies([policy], "pre-registraton")
    assert "pre-registration" in str(caught.value)


def test_the_command_line_gives_the_same_plan(policy: Path) -> None:
    plan = govern.compile_policies([policy], "pre-registration", {"min_auc": 0.85, "roles": ["train", "evaluate"]})
    arguments = ("policy", "compile", policy, "-s", "pre-registration", "--digest")
    here = policy.parent
    made = govern_here(*arguments, "--param", "credit/min_auc=0.85", "--param", "roles=train,evaluate", cwd=here)
    assert (made.code, made.out.strip()) == (0, f"sha256:{plan.digest}"), made.err
    looser = govern_here(*arguments, "--param", "min_auc=0.5", cwd=here)
    assert looser.code == 2
    assert "P307" in looser.err
    for words in (("min_auc",), ("=1",), ("min_auc=0.9", "--param", "min_auc=0.95")):
        assert govern_here(*arguments, "--param", *words, cwd=here).code == 2


def test_a_given_value_is_said_in_the_source_map(policy: Path) -> None:
    made = govern_here(
        "policy", "compile", policy, "-s", "pre-registration", "--map", "--param", "min_auc=0.85", cwd=policy.parent
    )
    assert "--param min_auc=0.85" in made.out
