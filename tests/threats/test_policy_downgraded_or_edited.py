"""Threat: a policy is downgraded or edited. Control: plan and source digests, signed releases, the least version allowed."""

from __future__ import annotations

import json
from typing import Any

from support.kinds import Kinds
from support.threats import Workspace, vector


def predicate_of(workspace: Workspace) -> dict[str, Any]:
    from govern.canonical import base64_bytes

    envelope = json.loads(workspace.certificate.read_bytes())["dsseEnvelope"]
    found: dict[str, Any] = json.loads(base64_bytes(envelope["payload"]))["predicate"]
    return found


def test_an_older_version_than_the_least_is_exit_1() -> None:
    assert vector("policy-below-the-minimum") == (1, ["policy"])
    assert vector("policy-before-its-release") == (1, ["policy"])


def test_a_text_edited_under_its_version_is_exit_1() -> None:
    """The certificate carries the digest of the text, the signed release another."""
    assert vector("policy-edited-under-its-version") == (1, ["policy"])


def test_two_texts_released_under_one_version_are_an_alarm() -> None:
    assert vector("policy-released-twice") == (1, ["policy"])


def test_a_release_by_somebody_else_does_not_count() -> None:
    assert vector("release-by-another-role") == (1, ["policy"])
    assert vector("release-of-another-policy") == (1, ["policy"])


def test_an_edited_threshold_changes_plan_and_source_digest(workspace: Workspace) -> None:
    """Without a release nobody can say which text is right, but the two certificates do not name the same."""
    before = predicate_of(workspace)
    policy = workspace.root / "policies" / "starter.yaml"
    policy.write_text(policy.read_text().replace("at_least: 0.8\n", "at_least: 0.1\n"), encoding="utf-8")
    assert workspace.check().code == 0
    after = predicate_of(workspace)
    assert before["plan"] != after["plan"]
    assert before["policies"][0]["version"] == after["policies"][0]["version"]
    assert before["policies"][0]["source"] != after["policies"][0]["source"]


def test_a_comment_is_an_edit_of_the_text_and_not_of_the_plan(workspace: Workspace) -> None:
    before = predicate_of(workspace)
    policy = workspace.root / "policies" / "starter.yaml"
    policy.write_text(policy.read_text() + "# looser soon\n", encoding="utf-8")
    assert workspace.check().code == 0
    after = predicate_of(workspace)
    assert before["plan"] == after["plan"]
    assert before["policies"][0]["source"] != after["policies"][0]["source"]


def test_a_policy_that_was_left_out_is_noticed_by_who_asks_for_it(world: Kinds) -> None:
    from govern.attestation.verification import Expected

    asked = Expected(policies=("credit-risk", "fair-lending"))
    result = world.verify(world["certificate"], expected=asked)
    assert (result.exit_code, [line.step for line in result.lines if line.exit]) == (1, ["expected"])
