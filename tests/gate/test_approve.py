"""`govern approve`: a vote on one evaluation and on the waivers in force, and what the votes come to so far."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.people import Approval
from govern.attestation.reading import read_claims
from govern.canonical import base64_bytes, parse_instant
from govern.diagnostics import GovernError, InputError
from govern.gate.approve import VoteRequest, approve, votes_so_far
from govern.gate.desk import Delivered
from govern.gate.revoke import RevokeRequest, revoke
from govern.gate.waive import WaiveRequest, waive
from support.office import AT, RULE, STAGE, Office


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(begun: Office, tmp_path: Path) -> Office:
    return begun.copy(tmp_path)


def vote(
    office: Office, by: str, kind: str = "approve", *, at: str = AT, until: str = "30d", **signature: Any
) -> Delivered:
    if by == "erin":
        signature.setdefault("role", "approver/model-risk")
    request = VoteRequest(evaluation=office.evaluation_file, vote=kind, text="Read it all.", until=until)
    return approve(request, office.desk(by, at=at, **signature))


def exception(office: Office, *, at: str = AT, until: str = "30d", **changes: Any) -> Delivered:
    given: dict[str, Any] = {"owner": None, "controls": ("C",), **changes}
    return waive(
        WaiveRequest(evaluation=office.evaluation_file, rule=RULE, reason="R", until=until, **given),
        office.desk("heidi", at=at),
    )


def body_of(made: Delivered) -> Approval:
    payload = base64_bytes(json.loads(made.path.read_bytes())["dsseEnvelope"]["payload"])
    statement = json.loads(payload)
    body = read_claims(statement, statement["predicateType"]).body
    assert isinstance(body, Approval)
    return body


def status(office: Office, *, at: str = AT) -> tuple[str, int]:
    return votes_so_far(office.workspace, office.evaluation_file, at=parse_instant(at))


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def test_a_vote_names_the_evaluation_the_bundle_and_the_waivers_in_force(office: Office) -> None:
    waiver = exception(office)
    exception(office, stages=("pre-deployment",))  # another stage: not needed here
    exception(office, start="2026-07-01T00:00:00Z")  # not yet
    body = body_of(vote(office, "frank"))
    about = office.evaluation
    assert (body.evaluation, body.bundle, body.stage) == (about.digest, about.subject.digest, STAGE)
    assert (body.model, body.version) == (about.subject.name, about.subject.version)
    assert body.waivers_considered == (waiver.digest,)
    assert (body.role, body.approver, body.vote) == ("approver/model-risk", "person:frank", "approve")
    assert (body.signed_at, body.expires) == (AT, "2026-07-02T00:00:00Z")


def test_the_way_to_a_certificate_and_what_the_status_says_on_it(office: Office) -> None:
    said, code = status(office)
    assert code == 3
    assert "  no vote yet" in said
    assert "strict/board: missing_evidence, approvals: 0 of 2 for approver/model-risk" in said
    exception(office)
    vote(office, "frank")
    said, code = status(office)
    assert code == 3
    assert f"  approve  person:frank as approver/model-risk on {AT}\n" in said
    assert "1 of 2" in said
    vote(office, "erin")
    said, code = status(office)
    assert code == 0
    assert "strict/board: pass, approved by person:erin, person:frank until 2026-07-02T00:00:00Z" in said
    assert office.check().code == 0
    assert office.certificate.is_file()
    vote(office, "grace", "reject")
    said, code = status(office)
    assert code == 1
    assert "strict/board: fail, rejected by person:grace" in said
    assert office.check(at="2026-06-02T00:00:01Z").code == 1


def test_a_waiver_signed_after_the_vote_asks_for_another_vote(office: Office) -> None:
    for name in ("frank", "erin"):
        vote(office, name)
    assert status(office)[1] == 0
    exception(office)
    said, code = status(office)
    assert code == 3
    assert said.count("not counted: waivers_not_considered") == 2
    for name in ("frank", "erin"):
        vote(office, name, at="2026-06-02T01:00:00Z")
    said, code = status(office, at="2026-06-02T01:00:00Z")
    assert code == 0
    assert said.count("not counted: changed_mind") == 2


def test_a_change_of_mind_and_a_revoked_vote(office: Office) -> None:
    vote(office, "frank", "reject")
    assert status(office)[1] == 1
    vote(office, "frank", "abstain", at="2026-06-02T01:00:00Z")
    assert status(office, at="2026-06-02T01:00:00Z")[1] == 3
    against = vote(office, "grace", "reject", at="2026-06-02T02:00:00Z")
    assert status(office, at="2026-06-02T02:00:00Z")[1] == 1
    revoke(
        RevokeRequest(statement=against.path, reason="other", text="Signed by mistake"),
        office.desk("karl", at="2026-06-02T03:00:00Z"),
    )
    said, code = status(office, at="2026-06-02T03:00:00Z")
    assert code == 3
    assert "not counted: revoked" in said


@pytest.mark.parametrize(("at", "code"), [("2026-06-11T23:59:59Z", 0), ("2026-06-12T00:00:00Z", 3), (AT, 0)])
def test_a_vote_holds_until_its_very_second(office: Office, at: str, code: int) -> None:
    for name in ("frank", "erin"):
        vote(office, name, until="10d")
    assert status(office, at=at)[1] == code


def test_votes_on_other_evaluations_are_left_out(office: Office) -> None:
    for name in ("frank", "erin"):
        vote(office, name)
    (office.bundle / "README.md").write_text(
        (office.bundle / "README.md").read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8"
    )
    office.check()
    said, code = status(office)
    assert code == 3
    assert "  no vote yet" in said


def test_a_plan_that_asks_nobody_says_so(office: Office) -> None:
    made = office("check", "example", "-s", STAGE, "--at", AT, "-q")
    assert made.code == 0
    said, code = status(office)
    assert code == 0
    assert said.endswith("no rule of the plan asks for approvals")


@pytest.mark.parametrize("name", ["alice"])
def test_the_submitter_casts_no_vote(office: Office, name: str) -> None:
    assert refused(lambda: vote(office, name)) == ("A507", 2)


def test_the_owner_casts_no_vote(office: Office) -> None:
    text = (office.bundle / "govern.yaml").read_text(encoding="utf-8")
    (office.bundle / "govern.yaml").write_text(
        text.replace("name: Example team", "name: person:frank"), encoding="utf-8"
    )
    office.check()
    assert office.evaluation.subject.owner == "person:frank"
    assert refused(lambda: vote(office, "frank")) == ("A507", 2)
    vote(office, "grace")


def test_others_cast_no_vote(office: Office) -> None:
    assert refused(lambda: vote(office, "heidi")) == ("A503", 2)
    assert refused(lambda: vote(office, "erin", role="approver/legal")) == ("A503", 2)
    assert refused(lambda: vote(office, "erin", role=None)) == ("A503", 2)
    office.ok(
        *("trust", "edit", "trust.json", "--stages", "approver/model-risk=pre-deployment"),
        *("--key", ".govern/keys/root.pem", "--at", AT),
    )
    assert refused(lambda: vote(office, "frank")) == ("A503", 2)


@pytest.mark.parametrize("until", ["0d", "2026-06-01T00:00:00Z", AT])
def test_a_vote_that_ends_before_it_begins_is_not_signed(office: Office, until: str) -> None:
    assert refused(lambda: vote(office, "frank", until=until)) == ("A506", 2)


def test_a_file_that_is_no_evaluation_is_refused(office: Office, tmp_path: Path) -> None:
    for path in (office.refusal, tmp_path / "absent.json", tmp_path):
        request = VoteRequest(evaluation=path, vote="approve", text="x", until="1d")
        for call in (
            lambda request=request: approve(request, office.desk("frank")),
            lambda path=path: votes_so_far(office.workspace, path, at=parse_instant(AT)),
        ):
            with pytest.raises(GovernError) as caught:
                call()
            assert caught.value.exit_code == (3 if isinstance(caught.value, InputError) else 2)


def test_statements_that_do_not_hold_are_noted_and_harmless(office: Office) -> None:
    (office.statements / "a\x1b[31m.sigstore.json").write_bytes(b"{}")
    said, code = status(office)
    assert code == 3
    assert "note: " in said
    assert "\x1b" not in said


def test_without_a_trust_root_nobody_has_voted(office: Office) -> None:
    for name in ("frank", "erin"):
        vote(office, name)
    (office.root / "trust.json").unlink()
    said, code = status(office)
    assert code == 3
    assert "2 signed statements were not looked at: there is no trust root" in said


def test_hostile_names_never_reach_the_terminal_raw(office: Office) -> None:
    value = json.loads(office.evaluation_file.read_bytes())
    value["bundle"]["name"] = "m\x1b[2J\u202e::error::x\n::set-output"
    value["outcomes"][0]["rule"] = "strict/\x1b]0;x\x07board"
    from govern.canonical import canonical_bytes

    office.evaluation_file.write_bytes(canonical_bytes(value))
    said, _code = status(office)
    assert not any(character in said for character in "\x1b\x07\u202e")
    assert not any(line.startswith("::") for line in said.splitlines())
