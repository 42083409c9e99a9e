"""The list of threats, and that each has its test, named after it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

THREATS: dict[str, str] = {
    "bundle swapped after check": "test_bundle_swapped_after_check",
    "policy downgraded or edited": "test_policy_downgraded_or_edited",
    "evidence forged": "test_evidence_forged",
    "waiver forged or widened": "test_waiver_forged_or_widened",
    "approval reused after a change": "test_approval_reused_after_a_change",
    "replay elsewhere; refusal taken for certificate": "test_replay_elsewhere_or_refusal_taken_for_certificate",
    "log truncated, forked, edited": "test_log_truncated_forked_or_edited",
    "signed but not logged": "test_signed_but_not_logged",
    "stolen key; clock lies": "test_stolen_key_and_lying_clock",
    "one person meets a threshold": "test_one_person_meets_a_threshold",
    "malleability": "test_malleability",
    "JSON or base64 ambiguity": "test_json_or_base64_ambiguity",
    "keyid or hint confusion; key smuggled in": "test_keyid_or_hint_confusion",
    "path tricks; pickle": "test_path_tricks_and_pickles",
    "zip bomb, YAML bomb": "test_zip_bomb_and_yaml_bomb",
    "hostile names in output": "test_hostile_names_in_output",
}
"""Threat -> module. A threat that nobody tests is a claim that nobody should believe."""

HERE = Path(__file__).parent


@pytest.mark.parametrize("threat", list(THREATS))
def test_the_threat_has_tests(threat: str) -> None:
    tree = ast.parse((HERE / f"{THREATS[threat]}.py").read_text(encoding="utf-8"))
    tests = [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert tests
    said = ast.get_docstring(tree) or ""
    assert said.startswith("Threat: ")
    assert "Control: " in said


def test_no_module_is_left_out() -> None:
    modules = {path.stem for path in HERE.glob("test_*.py")} - {Path(__file__).stem}
    assert modules == set(THREATS.values())
