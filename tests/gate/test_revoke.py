"""`govern revoke`: what no longer counts, and the list of it as of a head of the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.dsse import sign_payload
from govern.attestation.kinds import REVOCATION
from govern.attestation.notices import Revocation, StatusList
from govern.attestation.reading import read_claims
from govern.canonical import base64_bytes, sha256_hex
from govern.diagnostics import GovernError
from govern.gate.attest import AttestRequest, attest
from govern.gate.desk import Delivered
from govern.gate.ledgers import open_ledger
from govern.gate.revoke import RevokeRequest, list_revoked, revoke
from govern.gate.waive import WaiveRequest, waive
from govern.ledger.leaf import leaf_body
from govern.ledger.store import NewEntry
from support.attestations import failed
from support.office import AT, RULE, Office
from support.people import HEIDI, KARL, STRANGER


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(begun: Office, tmp_path: Path) -> Office:
    return begun.copy(tmp_path)


def exception(office: Office) -> Delivered:
    request = WaiveRequest(
        evaluation=office.evaluation_file, rule=RULE, reason="R", until="30d", controls=("C",), owner=None
    )
    return waive(request, office.desk("heidi"))


def word(office: Office) -> Delivered:
    request = AttestRequest(type="t", text="T", until="1y", model="m", versions=("1",), fields={})
    return attest(request, office.desk("ivan"))


def withdraw(office: Office, path: Path, *, by: str = "karl", at: str = AT, **changes: Any) -> Delivered:
    given: dict[str, Any] = {"statement": path, "reason": "other", "text": "Signed by mistake.", **changes}
    return revoke(RevokeRequest(**given), office.desk(by, at=at))


def statement_of(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(base64_bytes(json.loads(path.read_bytes())["dsseEnvelope"]["payload"]))
    return made


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def body_of(made: Delivered) -> Any:
    statement = statement_of(made.path)
    return read_claims(statement, statement["predicateType"]).body


def test_a_waiver_is_revoked_by_the_digest_of_its_payload(office: Office) -> None:
    one = exception(office)
    made = withdraw(office, one.path, effective="2026-05-01T00:00:00Z", replaced_by="ab" * 32)
    body = body_of(made)
    assert isinstance(body, Revocation)
    assert (
        body.target_digest
        == one.digest
        == sha256_hex(base64_bytes(json.loads(one.path.read_bytes())["dsseEnvelope"]["payload"]))
    )
    assert (body.target_id, body.subject_name) == (one.digest, f"waiver:v1:{one.digest}")
    assert (body.effective, body.issued_at, body.replaced_by) == ("2026-05-01T00:00:00Z", AT, "ab" * 32)
    assert made.path.name.startswith(f"waiver-{one.digest[:8]}-")
    assert office.verify(made.path, "revocation").exit_code == 0


def test_a_refusal_is_revoked_by_its_own_id(office: Office) -> None:
    body = body_of(withdraw(office, office.refusal))
    assert isinstance(body, Revocation)
    assert body.target_id == statement_of(office.refusal)["predicate"]["certificateId"]
    assert body.effective == AT


def test_a_fraud_can_be_revoked_too(office: Office, tmp_path: Path) -> None:
    """Whether the signature holds is not asked."""
    one = exception(office)
    value = json.loads(one.path.read_bytes())
    value["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA"
    from govern.canonical import canonical_bytes

    forged = tmp_path / "forged.sigstore.json"
    forged.write_bytes(canonical_bytes(value) + b"\n")
    assert body_of(withdraw(office, forged)).target_digest == one.digest


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"by": "heidi"}, "A503"),
        ({"text": ""}, "A506"),
        ({"reason": "because"}, "A506"),
        ({"effective": "soon"}, "U101"),
        ({"replaced_by": "xyz"}, "A506"),
    ],
)
def test_what_says_nothing_is_not_signed(office: Office, changes: dict[str, Any], code: str) -> None:
    one = exception(office)
    before = office.size()
    assert refused(lambda: withdraw(office, one.path, **changes)) == (code, 2)
    assert office.size() == before


def test_what_is_no_statement_or_is_never_revoked_is_said(office: Office, tmp_path: Path) -> None:
    one = exception(office)
    gone, lists = withdraw(office, one.path), list_revoked(office.desk("karl"), next_in="7d")
    office.ok("trust", "publish", "trust.json", "-o", tmp_path, "--at", AT)
    (root,) = tmp_path.glob("*.trust-root.sigstore.json")
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    before = office.size()
    for path, code in (
        (gone.path, "A508"),
        (lists.path, "A508"),
        (root, "A508"),
        (empty, "A508"),
        (office.evaluation_file, "A508"),
        (office.root / "trust.json", "A508"),
        (office.keys / "karl.pem", "A508"),
        (tmp_path, "U103"),
        (tmp_path / "absent", "U103"),
    ):
        assert refused(lambda path=path: withdraw(office, path)) == (code, 2), path
    assert office.size() == before


# -- the list -----------------------------------------------------------------------------------------------------------


def listed(made: Delivered) -> StatusList:
    body = body_of(made)
    assert isinstance(body, StatusList)
    return body


def test_a_list_of_nothing_is_a_list(office: Office) -> None:
    size = office.size()
    body = listed(list_revoked(office.desk("karl"), next_in="7d"))
    assert (body.origin, body.size, body.revoked) == ("ledger.example", size, ())
    assert (body.time, body.next) == (AT, "2026-06-09T00:00:00Z")
    with open_ledger(office.workspace) as ledger:
        assert ledger.head().size == size + 1, "the list itself is logged after"


def test_it_holds_every_revocation_once_with_its_earliest_date_as_of_the_head(office: Office) -> None:
    one, two = exception(office), word(office)
    withdraw(office, one.path, effective="2026-06-05T00:00:00Z")
    withdraw(office, one.path, effective="2026-05-05T00:00:00Z")
    withdraw(office, one.path, effective="2026-06-07T00:00:00Z")
    withdraw(office, two.path, effective="2026-12-01T00:00:00Z")
    with open_ledger(office.workspace) as ledger:
        head = ledger.head()
    made = list_revoked(office.desk("karl"), next_in="7d")
    body = listed(made)
    assert {item.digest: item.effective for item in body.revoked} == {
        one.digest: "2026-05-05T00:00:00Z",
        two.digest: "2026-12-01T00:00:00Z",
    }
    assert (body.size, body.root) == (head.size, head.root.hex())
    assert office.verify(made.path, "status-list").exit_code == 0
    # A later list still has them: it is cumulative.
    again = listed(list_revoked(office.desk("karl"), next_in="7d"))
    assert {item.digest for item in again.revoked} == {one.digest, two.digest}
    assert again.size == body.size + 1


def test_an_auditor_goes_by_the_list(office: Office) -> None:
    one, two = exception(office), word(office)
    withdraw(office, one.path)
    made = list_revoked(office.desk("karl"), next_in="7d")
    assert failed(office.verify(one.path, "waiver", statements=(made.path,))) == [("revocation", 1)]
    assert office.verify(two.path, "attestation", statements=(made.path,)).exit_code == 0


@pytest.mark.parametrize("by", [HEIDI, STRANGER])
def test_a_revocation_by_somebody_else_in_the_log_does_not_get_in(office: Office, by: Any) -> None:
    """Whoever may append could log one; it is theirs, not a revoker's."""
    one = exception(office)
    body = Revocation(
        target_type=REVOCATION.replace("revocation", "waiver"),
        target_id=one.digest,
        target_digest=one.digest,
        reason="other",
        effective=AT,
        issued_at=AT,
        text="x",
    )
    from govern.attestation.catalogue import statement_bytes

    envelope = sign_payload(statement_bytes(body.statement(nonce=bytes(16))), by)
    forged = sign_payload(statement_bytes(body.statement(nonce=b"1" * 16)), by)
    from govern.gate.desk import log_key_of

    with open_ledger(office.workspace, signer=log_key_of(office.workspace, {})) as ledger:
        ledger.append(
            [
                NewEntry(
                    payload=envelope.payload, body=leaf_body(envelope.payload, envelope.signature, by.public.spki)
                ),
                # Under the revoker's name, with a signature that is not the revoker's.
                NewEntry(payload=forged.payload, body=leaf_body(forged.payload, forged.signature, KARL.public.spki)),
                NewEntry(payload=b"no statement", body=leaf_body(b"no statement", b"0", by.public.spki)),
            ]
        )
    assert listed(list_revoked(office.desk("karl"), next_in="7d")).revoked == ()


def test_only_a_revoker_lists(office: Office) -> None:
    assert refused(lambda: list_revoked(office.desk("heidi"), next_in="7d")) == ("A503", 2)
    for text_, code in (("0d", "A506"), ("soon", "U101"), ("2026-01-01T00:00:00Z", "A506")):
        assert refused(lambda text_=text_: list_revoked(office.desk("karl"), next_in=text_)) == (code, 2)


def test_a_list_can_wait_for_the_logs_keeper(office: Office) -> None:
    made = list_revoked(office.desk("karl", log=False), next_in="7d")
    assert made.index is None
    office.ok("ledger", "add", made.path)
    assert office.verify(made.path, "status-list").exit_code == 0


def test_what_a_compromised_or_retired_revoker_signed_counts_as_far_as_the_trust_root_says(office: Office) -> None:
    first, second = exception(office), word(office)
    withdraw(office, first.path)
    middle = office.size()
    withdraw(office, second.path)
    office.write_key("lena", STRANGER)
    edit = ("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT)
    office.ok(*edit, "--add", f"revoker={office.keys}/lena.pub,person:lena")

    def now(*more: str | Path, at: str = AT) -> set[str]:
        changed = office.copy(office.root.parent / f"copy {len(list(office.root.parent.iterdir()))}")
        if more:
            changed.ok(*edit, *more)
        return {item.digest for item in listed(list_revoked(changed.desk("lena", at=at), next_in="7d")).revoked}

    karl = f"{office.keys}/karl.pub"
    assert now() == {first.digest, second.digest}
    assert now("--revoke-key", f"{karl},from-index={middle}") == {first.digest}
    assert now("--revoke-key", f"{karl},from=2026-06-01T00:00:00Z") == set()
    assert now("--revoke-key", karl) == set()
    assert now("--retire", f"{karl}=2026-06-03T00:00:00Z") == {first.digest, second.digest}
    assert now("--remove", f"revoker={karl}") == set()
