"""Where people sign: what the trust root lets them, what is refused before anything is signed, and the file they get."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from govern.attestation.kinds import APPROVAL, ATTESTATION, CERTIFICATE, KIND_NAMES, REVOCATION, WAIVER, short_type
from govern.attestation.people import HumanAttestation, Waiver
from govern.canonical import parse_instant
from govern.diagnostics import GovernError, InputError, UsageError
from govern.gate.desk import end_of, payload_of
from support.attestations import failed
from support.office import AT, Office
from support.people import attestation, waiver


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def own(office: Office, tmp_path: Path) -> Office:
    """An office of one's own."""
    return office.copy(tmp_path)


def code_of(fault: pytest.ExceptionInfo[GovernError]) -> tuple[str, int]:
    return fault.value.diagnostics[0].code, fault.value.exit_code


def word(**changes: object) -> HumanAttestation:
    given = {
        "issued_at": AT,
        "valid_from": AT,
        "expires": "2026-12-01T00:00:00Z",
        "attester": "person:ivan",
        **changes,
    }
    return attestation(**given)


# -- who may sign what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("heidi", WAIVER, "waiver"),
        ("frank", APPROVAL, "approver/model-risk"),
        ("ivan", ATTESTATION, "attester/ciso"),
        ("karl", REVOCATION, "revoker"),
    ],
)
def test_a_key_signs_in_its_role(office: Office, name: str, kind: str, role: str) -> None:
    assert office.desk(name).role(kind).name == role


def test_nobody_signs_what_their_role_may_not(office: Office) -> None:
    for name in ("heidi", "frank", "ivan", "karl"):
        for kind in KIND_NAMES:
            desk = office.desk(name)
            may = any(short_type(kind) in role.types for role in office.trust.roles_of(desk.signer.public.keyid))
            if not may:
                with pytest.raises(UsageError) as caught:
                    desk.role(kind)
                assert code_of(caught) == ("A503", 2)
                assert KIND_NAMES[kind] in caught.value.diagnostics[0].message


def test_who_plays_two_roles_says_in_which(office: Office) -> None:
    with pytest.raises(UsageError) as caught:
        office.desk("erin").role(APPROVAL)
    assert "approver, approver/model-risk" in caught.value.diagnostics[0].message
    assert caught.value.diagnostics[0].hint == "say which: --role"
    for role in ("approver", "approver/model-risk"):
        assert office.desk("erin", role=role).role(APPROVAL).name == role
    with pytest.raises(UsageError):
        office.desk("erin", role="waiver").role(APPROVAL)
    with pytest.raises(UsageError):
        office.desk("erin", role="approver/legal").role(APPROVAL)


def test_a_key_that_the_trust_root_does_not_know_signs_nothing(office: Office) -> None:
    with pytest.raises(UsageError) as caught:
        office.desk("stranger")
    assert code_of(caught) == ("A503", 2)


def test_windows_stages_and_revocations_of_a_key_are_heeded(own: Office) -> None:
    edit = ("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT, "--replace")
    own.ok(
        *edit,
        *("--stages", "waiver=pre-deployment", "--retire", f"{own.keys}/frank.pub=2026-06-10T00:00:00Z"),
        *("--revoke-key", f"{own.keys}/grace.pub,reason=stolen laptop"),
    )
    heidi = own.desk("heidi")
    assert heidi.role(WAIVER).stages == {"pre-deployment"}
    assert heidi.role(WAIVER, stages=frozenset({"pre-deployment"})).name == "waiver"
    with pytest.raises(UsageError) as caught:
        heidi.role(WAIVER, stages=frozenset({"pre-deployment", "pre-registration"}))
    assert "for the stage pre-deployment, pre-registration" in caught.value.diagnostics[0].message
    assert own.desk("frank", at="2026-06-09T23:59:59Z").role(APPROVAL).name == "approver/model-risk"
    with pytest.raises(UsageError) as caught:
        own.desk("frank", at="2026-06-10T00:00:00Z").role(APPROVAL)
    assert code_of(caught) == ("A503", 2)
    with pytest.raises(UsageError) as caught:
        own.desk("grace").role(APPROVAL)
    assert "is revoked (stolen laptop)" in caught.value.diagnostics[0].message


@pytest.mark.parametrize("at", ["2026-05-31T23:59:59Z", "2027-06-01T00:00:00Z", "2030-01-01T00:00:00Z"])
def test_under_a_trust_root_that_is_not_in_force_nobody_signs(office: Office, at: str) -> None:
    with pytest.raises(InputError) as caught:
        office.desk("heidi", at=at)
    assert code_of(caught) == ("U112", 3)


# -- what is refused before anything is signed --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        word(text=""),
        word(type=""),
        word(fields={"": "x"}),
        word(fields={"x": ""}),
        word(covers=("",)),
        word(expires=AT),
        word(expires="2026-06-01T23:59:59Z"),
        word(role="approver"),
        word(text="\ud800"),
        word(fields={"\udcff": "x"}),
        word(evidence=(("x", "sha256:" + "0" * 64),)),
    ],
)
def test_what_every_verifier_would_refuse_is_not_signed(office: Office, body: HumanAttestation) -> None:
    desk, before, files = office.desk("ivan"), office.size(), sorted(office.statements.iterdir())
    with pytest.raises(UsageError) as caught:
        desk.deliver(body.statement(nonce=desk.nonce()), name="x")
    assert code_of(caught) == ("A506", 2)
    assert office.size() == before
    assert sorted(office.statements.iterdir()) == files


def test_a_certificate_is_delivered_by_no_desk(office: Office) -> None:
    """The desk is for people's words; whatever is put on it, the last door is shut."""
    value = json.loads(office.evaluation_file.read_bytes())
    with pytest.raises(UsageError):
        payload_of({"predicateType": CERTIFICATE, "predicate": value})


def test_a_place_that_cannot_be_written_is_said_before_anything_is_logged(office: Office, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")
    before = office.size()
    for output, said in (
        (blocked, "it is there already"),
        (blocked / "in" / "x.json", "Not a directory"),
        (tmp_path / ("x" * 300), "too long"),
        (office.keys / "ivan.pem", "it is there already"),
    ):
        desk = office.desk("ivan", output=output)
        with pytest.raises(UsageError) as caught:
            desk.deliver(word().statement(nonce=desk.nonce()), name="x")
        assert code_of(caught) == ("U108", 2)
        assert said in caught.value.diagnostics[0].message
    assert office.size() == before
    assert blocked.read_text(encoding="utf-8") == "x"


@pytest.mark.skipif(os.name == "nt", reason="modes")
def test_a_dangling_link_is_not_followed(office: Office, tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "elsewhere.json")
    desk = office.desk("ivan", output=link)
    with pytest.raises(UsageError):
        desk.deliver(word().statement(nonce=desk.nonce()), name="x")
    assert not (tmp_path / "elsewhere.json").exists()


# -- the file -----------------------------------------------------------------------------------------------------------


def test_a_signed_file_lies_in_the_statements_folder_and_verifies(office: Office) -> None:
    desk, before = office.desk("ivan"), office.size()
    made = desk.deliver(word().statement(nonce=desk.nonce()), name="loan/../model 1.0\x1b")
    assert made.path.parent == office.statements
    assert made.path.name == f"loan_.._model_1.0_-{made.digest[:8]}.attestation.sigstore.json"
    assert made.index == before == office.size() - 1
    assert made.text == f"{made.path}\nsha256:{made.digest}, log entry {before}"
    result = office.verify(made.path, "attestation")
    assert (result.exit_code, result.payload_digest) == (0, made.digest)


@pytest.mark.parametrize("name", ["", "..", ".hidden", "-rf", "/", "é" * 300, "a" * 300])
def test_no_name_makes_a_file_that_is_hidden_an_option_or_too_long(office: Office, name: str) -> None:
    desk = office.desk("ivan", log=False)
    made = desk.deliver(word().statement(nonce=desk.nonce()), name=name)
    assert made.path.parent == office.statements
    assert made.path.name[0] not in ".-"
    assert len(made.path.name) < 200


def test_a_folder_or_a_file_may_be_named(office: Office, tmp_path: Path) -> None:
    desk = office.desk("ivan", output=tmp_path)
    made = desk.deliver(word().statement(nonce=desk.nonce()), name="x")
    assert made.path.parent == tmp_path
    desk = office.desk("ivan", output=tmp_path / "new" / "mine.sigstore.json")
    assert desk.deliver(word().statement(nonce=desk.nonce()), name="x").path == tmp_path / "new" / "mine.sigstore.json"


def test_without_the_logs_key_the_file_waits(own: Office) -> None:
    (own.root / "govern.toml").write_text(
        (own.root / "govern.toml").read_text(encoding="utf-8").replace('log = ".govern/keys/log.pem"\n', ""),
        encoding="utf-8",
    )
    desk = own.desk("ivan")
    with pytest.raises(UsageError) as caught:
        desk.deliver(word().statement(nonce=desk.nonce()), name="x")
    assert code_of(caught) == ("U105", 2)
    assert "--no-log" in (caught.value.diagnostics[0].hint or "")
    made = own.desk("ivan", log=False).deliver(word().statement(nonce=desk.nonce()), name="x")
    assert made.index is None
    assert made.text.endswith("not logged yet: govern ledger add")
    assert failed(own.verify(made.path, "attestation")) == [("log-entry", 1)]


def test_each_statement_has_another_nonce(office: Office) -> None:
    desk = office.desk("ivan", log=False)
    digests = {desk.deliver(word().statement(nonce=desk.nonce()), name="x").digest for _ in range(3)}
    assert len(digests) == 3


# -- ends ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("90d", "2028-04-19T12:00:00Z"),
        ("1mo", "2028-02-20T12:00:00Z"),
        ("1y", "2029-01-20T12:00:00Z"),
        ("2d", "2028-01-22T12:00:00Z"),
        ("12h", "2028-01-21T00:00:00Z"),
        ("0d", "2028-01-20T12:00:00Z"),
        ("2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_an_end_is_an_instant_or_a_duration(text: str, end: str) -> None:
    assert end_of(text, parse_instant("2028-01-20T12:00:00Z")) == end


def test_a_leap_day_and_a_year_later_is_the_twenty_eighth() -> None:
    assert end_of("1y", parse_instant("2028-02-29T00:00:00Z")) == "2029-02-28T00:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        *("", "90", "d", "-1d", "1.5d", "90 d", "P90D", "1w", "999999y", "2028-02-30T00:00:00Z", "2028-01-01"),
        *("2028-01-01T00:00:00+01:00", "٩d", "1d\n"),
    ],
)
def test_anything_else_is_no_end(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        end_of(text, datetime.fromisoformat("2028-01-20T12:00:00+00:00"))
    assert code_of(caught) == ("U101", 2)


def test_what_a_person_signs_is_of_the_types_that_people_sign() -> None:
    assert isinstance(waiver(), Waiver)
