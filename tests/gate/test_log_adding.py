"""`govern ledger add` and `govern trust publish`: what the log takes, what it does not, and the proofs it gives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.catalogue import statement_bytes
from govern.attestation.signing import sign_only
from govern.attestation.sigstore_bundle import read_container
from govern.canonical import base64_text, canonical_bytes, parse_instant
from govern.diagnostics import Diagnostic, GovernError, InputError
from govern.gate.attest import AttestRequest, attest
from govern.gate.log_adding import add_statements, publish_trust
from govern.gate.waive import WaiveRequest, waive
from support.attestations import ROOT_B, edited, failed
from support.office import AT, RULE, Office
from support.people import HEIDI, STRANGER, waiver
from support.tsa import LocalTsa


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(begun: Office, tmp_path: Path) -> Office:
    return begun.copy(tmp_path)


def waiting(office: Office, **signature: Any) -> Path:
    request = WaiveRequest(
        evaluation=office.evaluation_file, rule=RULE, reason="R", until="30d", controls=("C",), owner=None
    )
    return waive(request, office.desk("heidi", log=False, **signature)).path


def word(office: Office) -> Path:
    request = AttestRequest(type="t", text="T", until="1y", model="m", versions=("1",), fields={})
    return attest(request, office.desk("ivan", log=False)).path


def add(office: Office, *paths: Path) -> tuple[str, ...]:
    return add_statements(office.workspace, paths, environment={}, notify=office.heard.append)


def refused(call: Callable[[], object]) -> list[Diagnostic]:
    with pytest.raises(GovernError) as caught:
        call()
    assert caught.value.exit_code == (3 if isinstance(caught.value, InputError) else 2)
    return list(caught.value.diagnostics)


def test_files_that_waited_get_their_proofs_in_place(office: Office) -> None:
    one, two, size = waiting(office), word(office), office.size()
    assert failed(office.verify(one, "waiver")) == [("log-entry", 1)]
    lines = add(office, one, two)
    assert lines == (f"{one}: log entry {size}", f"{two}: log entry {size + 1}")
    assert office.verify(one, "waiver").exit_code == 0
    assert office.verify(two, "attestation").exit_code == 0


def test_adding_again_keeps_the_entry_and_renews_the_proof(office: Office) -> None:
    one = waiting(office)
    add(office, one)
    first, size = one.read_bytes(), office.size()
    add(office, waiting(office))
    add(office, one)
    assert office.size() == size + 1
    assert json.loads(one.read_bytes())["dsseEnvelope"] == json.loads(first)["dsseEnvelope"]
    assert one.read_bytes() != first
    assert office.verify(one, "waiver").exit_code == 0


def test_a_waiver_counts_once_it_is_logged(office: Office) -> None:
    one = waiting(office)
    before = office.check("--statements", one, "-o", f"json={office.root / 'r.json'}")
    assert before.code == 1
    assert (
        json.loads((office.root / "r.json").read_text(encoding="utf-8"))["waivers"][0]["ruling"]
        == "approver_not_allowed"
    )
    assert "A501" in before.err
    add(office, one)
    assert office.check("--statements", one).code == 3, "the board has not voted"


def test_nothing_is_logged_when_one_is_refused_and_every_reason_is_said(office: Office, tmp_path: Path) -> None:
    one = waiting(office)
    empty = tmp_path / "empty.sigstore.json"
    empty.write_bytes(b"")
    before, data = office.size(), one.read_bytes()
    faults = refused(lambda: add(office, one, empty, tmp_path / "absent", office.refusal))
    assert [fault.code for fault in faults] == ["A511"] * 3
    assert {str(empty), str(tmp_path / "absent"), str(office.refusal)} == {
        fault.message.partition(": ")[0] for fault in faults
    }
    assert office.size() == before
    assert one.read_bytes() == data


def by_stranger(office: Office) -> bytes:
    return sign_only(statement_bytes(waiver(by=STRANGER).statement(nonce=bytes(16))), signer=STRANGER).data


def in_anothers_name(office: Office) -> bytes:
    made = waiver(approver="person:carol")
    return sign_only(statement_bytes(made.statement(nonce=bytes(16))), signer=HEIDI).data


def of_another_kind(office: Office) -> bytes:
    return sign_only(statement_bytes(waiver().statement(nonce=bytes(16))), signer=office.desk("ivan").signer).data


def altered(edit: Callable[[dict[str, Any]], None]) -> Callable[[Office], bytes]:
    return lambda office: edited(waiting(office).read_bytes(), edit)


def payload(data: bytes) -> Callable[[Office], bytes]:
    return lambda _office: sign_only(data, signer=HEIDI).data


REFUSED: list[tuple[Callable[[Office], bytes], str]] = [
    (by_stranger, "key: the key"),
    (in_anothers_name, "role: the statement says that person:carol signed it"),
    (of_another_kind, "role: person:ivan may not sign a waiver"),
    (altered(lambda file: file["dsseEnvelope"]["signatures"][0].update(sig=base64_text(b"0" * 70))), "signature: "),
    (altered(lambda file: file["dsseEnvelope"]["signatures"][0].update(keyid=STRANGER.public.keyid)), "key: "),
    (altered(lambda file: file["verificationMaterial"]["publicKey"].update(hint=STRANGER.public.hint)), "key: "),
    (
        altered(
            lambda file: file["verificationMaterial"].update(
                timestampVerificationData={"rfc3161Timestamps": [{"signedTimestamp": "MAA="}]}
            )
        ),
        "time: ",
    ),
    (payload(b"{}"), "no statement that is known here"),
    (payload(b"null"), "no statement that is known here"),
    (payload(b'{"predicateType":"urn:govern:attestation:waiver:v1"}'), "statement: "),
    (payload(b'{"predicateType":"urn:govern:attestation:other:v1"}'), "no statement that is known here"),
    (lambda office: office.refusal.read_bytes(), "are logged by the gate"),
    (lambda office: (office.root / "trust.json").read_bytes(), ""),
    (lambda office: office.evaluation_file.read_bytes(), ""),
    (lambda _office: b"", ""),
    (lambda _office: b"\xff", ""),
    (lambda _office: b"-----BEGIN PRIVATE KEY-----", ""),
]


@pytest.mark.parametrize(("make", "said"), REFUSED)
def test_the_log_is_no_dump(office: Office, tmp_path: Path, make: Callable[[Office], bytes], said: str) -> None:
    path = tmp_path / "x.sigstore.json"
    data = make(office)
    path.write_bytes(data)
    before = office.size()
    (fault,) = refused(lambda: add(office, path))
    assert fault.code == "A511"
    assert said in fault.message
    assert office.size() == before
    assert path.read_bytes() == data


def test_what_the_gate_logs_itself_is_taken_from_nobody(office: Office, tmp_path: Path) -> None:
    """A certificate, a summary: signed with the certifier's key but without the gate, they would be no decision."""
    office.ok("check", "example", "-s", "pre-registration", "--at", AT, "-q")
    for name in ("certificate.sigstore.json", "vsa.sigstore.json"):
        (path,) = office.certificates.glob(f"*.{name}")
        bare = tmp_path / name
        bare.write_bytes(edited(path.read_bytes(), lambda file: file["verificationMaterial"].update(tlogEntries=[])))
        (fault,) = refused(lambda bare=bare: add(office, bare))
        assert "are logged by the gate when it decides" in fault.message


def test_a_key_that_is_revoked_or_retired_adds_nothing_more(office: Office) -> None:
    one = waiting(office)
    edit = ("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT)
    retired = office.copy(office.root.parent / "retired")
    retired.ok(*edit, "--retire", f"{retired.keys}/heidi.pub=2026-06-01T12:00:00Z")
    shutil.copy(one, retired.statements)
    (fault,) = refused(lambda: add(retired, retired.statements / one.name))
    assert "was not in use" in fault.message
    office.ok(*edit, "--revoke-key", f"{office.keys}/heidi.pub")
    (fault,) = refused(lambda: add(office, one))
    assert "is revoked" in fault.message


def test_a_key_whose_window_begins_later_than_the_trust_root_is_taken(office: Office) -> None:
    """Found here: the window was held against the trust root's own beginning."""
    office.write_key("nora", STRANGER)
    office.ok(
        *("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT),
        *("--add", f"waiver={office.keys}/nora.pub,person:nora,from=2026-07-01T00:00:00Z"),
    )
    request = WaiveRequest(
        evaluation=office.evaluation_file, rule=RULE, reason="R", until="30d", controls=("C",), owner=None
    )
    made = waive(request, office.desk("nora", at="2026-07-02T00:00:00Z", log=False))
    add(office, made.path)
    assert office.verify(made.path, "waiver", at="2026-07-03T00:00:00Z").exit_code == 0


def test_a_token_comes_along(office: Office, tmp_path: Path) -> None:
    tsa = LocalTsa(tmp_path / "tsa")
    (tmp_path / "tsa.pem").write_bytes(tsa.leaf_pem + tsa.root_pem)
    office.ok(
        *("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT),
        *("--tsa", tmp_path / "tsa.pem", "--require-timestamps", "1"),
    )
    one = waiting(office)
    assert [note.code for note in office.heard] == ["A416"]
    (fault,) = refused(lambda: add(office, one))
    assert "asks for tokens of 1 authorities" in fault.message
    assert fault.hint == "add one: govern stamp FILE"
    container = json.loads(one.read_bytes())
    from govern.attestation.stamps.asking import signature_of
    from govern.attestation.stamps.form import minimal

    token = tsa.token(signature_of(one.read_bytes(), file="x"), at=parse_instant(AT) + timedelta(seconds=1))
    stamps = [{"signedTimestamp": base64_text(minimal(token).data)}]
    container["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    one.write_bytes(canonical_bytes(container) + b"\n")
    add(office, one)
    assert len(read_container(one.read_bytes(), file="x").tokens) == 1
    assert office.verify(one, "waiver").exit_code == 0


def test_without_the_logs_key_nothing_is_added(office: Office) -> None:
    one = waiting(office)
    text = (office.root / "govern.toml").read_text(encoding="utf-8")
    (office.root / "govern.toml").write_text(text.replace('log = ".govern/keys/log.pem"\n', ""), encoding="utf-8")
    assert [fault.code for fault in refused(lambda: add(office, one))] == ["U105"]


# -- the trust root -----------------------------------------------------------------------------------------------------


def publish(office: Office, folder: Path, *, at: str = AT, file: Path | None = None) -> tuple[str, ...]:
    return publish_trust(
        office.workspace,
        file or office.root / "trust.json",
        folder,
        environment={},
        at=parse_instant(at),
        notify=office.heard.append,
    )


def two_owners(office: Office) -> None:
    office.write_key("dave", ROOT_B)
    office.ok(
        *("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT),
        *("--add", f"root={office.keys}/dave.pub,person:dave", "--threshold", "root=2"),
    )
    office.ok("trust", "sign", "trust.next.json", "--key", office.keys / "dave.pem")


def test_each_owners_signature_is_an_entry_of_its_own_and_both_verify(office: Office, tmp_path: Path) -> None:
    two_owners(office)
    size = office.size()
    lines = publish(office, tmp_path / "published")
    files = sorted((tmp_path / "published").iterdir())
    assert [file.name for file in files] == [f"trust-root-3.{number}.trust-root.sigstore.json" for number in (1, 2)]
    assert lines == tuple(f"{file}: log entry {size + number}" for number, file in enumerate(files))
    owners = set()
    for file in files:
        result = office.verify(file, "trust-root")
        assert (result.exit_code, result.subject) == (0, "trust-root@3")
        assert result.signatory is not None
        owners.add(result.signatory.owner)
    assert owners == {"person:alice", "person:dave"}
    assert office.size() == size + 2
    publish(office, tmp_path / "published")
    assert office.size() == size + 2, "publishing again changes nothing"


def test_an_expired_trust_root_is_not_published(office: Office, tmp_path: Path) -> None:
    (fault,) = refused(lambda: publish(office, tmp_path / "p", at="2027-06-01T00:00:00Z"))
    assert fault.code == "U112"
    assert not (tmp_path / "p").exists()


def test_what_is_no_trust_root_is_not_published(office: Office, tmp_path: Path) -> None:
    before = office.size()
    broken = tmp_path / "trust.json"
    broken.write_bytes((office.root / "trust.json").read_bytes().replace(b'"envelopes"', b'"envelopez"'))
    with pytest.raises(GovernError) as caught:
        publish(office, tmp_path / "p", file=broken)
    assert caught.value.exit_code == 4
    assert [fault.code for fault in refused(lambda: publish(office, tmp_path / "p", file=tmp_path / "absent"))] == [
        "U103"
    ]
    assert office.size() == before
