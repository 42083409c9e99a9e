"""A verification as SARIF: what code-scanning views ask for, and nothing hostile in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from govern.attestation.verification import Result
from govern.attestation.verify import STEPS
from govern.attestation.verify_sarif import render_sarif
from govern.policy.outcomes import Decision
from support.attestations import Gate, manifest


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


def run_of(result: Result, *, file: str = "out/c d.json") -> dict[str, Any]:
    document = json.loads(render_sarif(result, file=file, version="1.2.3"))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_every_step_is_a_rule_and_every_line_that_is_not_ok_a_result(gate: Gate) -> None:
    result = gate.verify(gate.issue().certificate_bytes)
    run = run_of(result)
    rules = run["tool"]["driver"]["rules"]
    assert [item["name"] for item in rules] == list(dict.fromkeys(step.id for step in STEPS))
    for item in rules:
        assert item["help"]["text"]
        assert item["shortDescription"]["text"]
    levels = {item["ruleId"]: item["level"] for item in run["results"]}
    assert levels["verify/bundle"] == "note"
    for item in run["results"]:
        assert rules[item["ruleIndex"]]["id"] == item["ruleId"]
        assert item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "out/c%20d.json"
    assert run["automationDetails"]["id"] == "govern/verify/credit-risk@3.2.0/"


def test_a_failure_is_an_error_with_what_was_expected_and_found(gate: Gate) -> None:
    other = manifest({"README.md": b"another"})
    run = run_of(gate.verify(gate.issue().certificate_bytes, bundle=other))
    (found,) = [item for item in run["results"] if item["level"] == "error"]
    assert found["ruleId"] == "verify/bundle"
    assert other.digest in found["message"]["text"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 4}]


def test_a_hostile_name_is_made_harmless(gate: Gate) -> None:
    hostile = "a\x1b[31m\u202e::error::"
    issued = gate.issue(decision=Decision.DENIED, model_name=hostile)
    text = render_sarif(gate.verify(issued.certificate_bytes), file="c.json", version="1")
    assert "\x1b" not in text
    assert "\\u001b" not in text
    assert "\u202e" not in text
    json.loads(text)
