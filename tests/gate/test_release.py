"""`govern policy release`: a policy's bytes and plans under its version, and what a gate and an auditor make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.notices import PolicyRelease
from govern.attestation.reading import read_claims
from govern.canonical import base64_bytes
from govern.diagnostics import GovernError
from govern.gate.desk import Delivered
from govern.gate.policies import load_policies
from govern.gate.release import release
from govern.gate.revoke import RevokeRequest, revoke
from govern.policy.outcomes import Stage
from support.attestations import failed, lines_of
from support.office import AT, STAGE, Office

LATER = "2026-06-03T00:00:00Z"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(begun: Office, tmp_path: Path) -> Office:
    return begun.copy(tmp_path)


def body_of(made: Delivered) -> PolicyRelease:
    payload = base64_bytes(json.loads(made.path.read_bytes())["dsseEnvelope"]["payload"])
    statement = json.loads(payload)
    body = read_claims(statement, statement["predicateType"]).body
    assert isinstance(body, PolicyRelease)
    return body


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def named(path: Path) -> list[str | None]:
    """The releases that a certificate or refusal names."""
    predicate = json.loads(base64_bytes(json.loads(path.read_bytes())["dsseEnvelope"]["payload"]))["predicate"]
    return [item["release"] and item["release"]["digest"]["sha256"] for item in predicate["policies"]]


def judged(office: Office, *more: str | Path, at: str = LATER) -> Path:
    """The starter policies on the example: a certificate."""
    office.ok("check", "example", "-s", STAGE, "--at", at, "-q", *more)
    return office.certificate


def verified(office: Office, path: Path, *files: Path, at: str = LATER) -> tuple[list[Any], list[str]]:
    result = office.verify(path, at=at, statements=files or (office.statements,))
    return [item for item in failed(result) if item[0] in ("policy", "revocation")], lines_of(result, "policy")


def test_a_release_names_source_version_and_the_plan_of_every_stage_that_has_rules(office: Office) -> None:
    (made,) = release([office.policy], office.desk("judy"))
    body = body_of(made)
    plans = {stage: load_policies([office.policy], stage=stage).plan for stage in Stage}
    assert (body.name, body.version, body.legal_status) == ("strict", "1.0.0", "in_force")
    assert body.released_at == AT
    assert dict(body.plans) == {stage.value: plan.digest for stage, plan in plans.items() if plan.rules}
    assert len(body.plans) >= 2
    (policy,) = plans[Stage.PRE_REGISTRATION].policies
    assert body.source == policy.digest.removeprefix("sha256:")
    assert made.path.name.startswith("strict-1.0.0-")


def test_a_rule_of_one_stage_makes_a_plan_of_that_stage(office: Office) -> None:
    file = office.write_policy(
        "one",
        [{"id": "a", "title": "A", "stages": ["pre-deployment"], "check": "expression", "with": {"assert": "true"}}],
    )
    assert refused(lambda: release([file], office.desk("judy")))[0].startswith("P")  # a constant is no rule
    rule = {"id": "a", "title": "A", "stages": ["pre-deployment"], "check": "expression"}
    file = office.write_policy("one", [{**rule, "with": {"assert": 'model.version == "7"'}}])
    (made,) = release([file], office.desk("judy"))
    assert [stage for stage, _ in body_of(made).plans] == ["pre-deployment"]


def test_each_policy_of_the_files_gets_its_own(office: Office) -> None:
    made = release([office.policy, office.root / "policies"], office.desk("judy"))
    assert [body_of(item).name for item in made] == ["starter", "strict"]
    assert refused(
        lambda: release([office.policy, office.root / "policies"], office.desk("judy"), previous="ab" * 32)
    ) == (
        "A509",
        2,
    )
    (second,) = release([office.policy], office.desk("judy"), previous=made[1].digest)
    assert body_of(second).previous == made[1].digest


def test_the_gate_names_the_release_of_the_text_that_it_applied(office: Office) -> None:
    assert named(judged(office)) == [None]
    (made,) = release([office.root / "policies"], office.desk("judy"))
    path = judged(office)
    assert named(path) == [made.digest]
    faults, lines = verified(office, path)
    assert faults == []
    assert lines[0].startswith("ok: starter 1.0.0 as released by person:judy")
    assert lines[0].endswith("the plan too")


def test_an_edited_source_under_the_same_version_is_named_by_nobody_and_refused(office: Office) -> None:
    """The threat row, through the gate: the editor runs the gate, the auditor holds the release."""
    release([office.root / "policies"], office.desk("judy"))
    file = office.root / "policies" / "starter.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("default: 0.8", "default: 0.7"), encoding="utf-8")
    path = judged(office)
    assert named(path) == [None]
    faults, lines = verified(office, path)
    assert faults == [("policy", 1)]
    assert "edited under the same version" in lines[0]


def test_an_edit_of_a_comment_is_another_text(office: Office) -> None:
    """What was released is bytes; the plan tells that the meaning is the same."""
    release([office.root / "policies"], office.desk("judy"))
    file = office.root / "policies" / "starter.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    assert verified(office, judged(office))[0] == [("policy", 1)]


def test_a_released_edit_under_the_same_version_is_the_alarm(office: Office) -> None:
    first = release([office.root / "policies"], office.desk("judy"))
    file = office.root / "policies" / "starter.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    second = release([office.root / "policies"], office.desk("judy"))
    path = judged(office)
    assert named(path) == [second[0].digest]
    faults, lines = verified(office, path)
    assert faults == [("policy", 1)]
    assert "two different texts" in lines[0]
    assert verified(office, path, second[0].path)[0] == []
    assert first[0].digest != second[0].digest


def test_the_gate_names_no_release_that_is_revoked_and_one_that_will_be(office: Office) -> None:
    (made,) = release([office.root / "policies"], office.desk("judy"))

    def withdraw(effective: str) -> None:
        request = RevokeRequest(statement=made.path, reason="policy_withdrawn", text="x", effective=effective)
        revoke(request, office.desk("karl"))

    withdraw("2026-06-10T00:00:00Z")
    assert named(judged(office, at="2026-06-09T23:59:59Z")) == [made.digest]
    assert named(judged(office, at="2026-06-10T00:00:00Z")) == [None]


def test_the_gate_names_no_release_by_somebody_else(office: Office, tmp_path: Path) -> None:
    (made,) = release([office.root / "policies"], office.desk("judy", log=False))
    assert named(judged(office)) == [None], "it is not logged"
    office.ok("ledger", "add", made.path)
    assert named(judged(office)) == [made.digest]
    elsewhere = office.copy(tmp_path / "elsewhere")
    elsewhere.ok(
        *("trust", "edit", "trust.json", "--remove", f"policy={elsewhere.keys}/judy.pub"),
        *("--key", ".govern/keys/root.pem", "--at", AT),
    )
    assert named(judged(elsewhere)) == [None]


def test_a_policy_below_the_least_version_is_refused_by_the_auditor(office: Office) -> None:
    release([office.root / "policies"], office.desk("judy"))
    office.ok(
        *("trust", "edit", "trust.json", "--min-policy", "starter=1.0.1"),
        *("--key", ".govern/keys/root.pem", "--at", AT),
    )
    faults, lines = verified(office, judged(office))
    assert faults == [("policy", 1)]
    assert lines[0].startswith("FAIL: policy starter is too old")


def test_what_cannot_be_released_is_said(office: Office, tmp_path: Path) -> None:
    before = office.size()
    broken = tmp_path / "broken.yaml"
    broken.write_text("apiVersion: govern/v1\nkind: Policy\n", encoding="utf-8")
    empty = tmp_path / "empty.yaml"
    empty.write_bytes(b"")
    registry = office.root / "policies" / "sources.yaml"
    for paths in ([broken], [empty], [registry], [tmp_path / "absent"], [office.evaluation_file]):
        assert refused(lambda paths=paths: release(paths, office.desk("judy")))[1] == 2
    assert refused(lambda: release([office.policy], office.desk("heidi"))) == ("A503", 2)
    assert office.size() == before
