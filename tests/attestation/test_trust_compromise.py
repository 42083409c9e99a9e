"""A stolen key: what was provably signed before counts, everything else is void. And a person is a person."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.issue import issue
from govern.attestation.stamps.form import minimal
from govern.attestation.trust.reading import extend_trust, load_trust
from govern.attestation.trust.signing import sign_trust
from govern.canonical import base64_text, parse_instant
from govern.diagnostics import IntegrityError
from support.attestations import (
    CERTIFIER,
    NOW,
    OTHER,
    ROOT_A,
    ROOT_B,
    Edit,
    Gate,
    failed,
    lines_of,
    signer,
    trust_predicate,
)
from support.ledgers import LedgerBox
from support.tsa import LocalTsa

ISSUED = parse_instant("2026-01-02T03:04:05Z")
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Signed:
    """A certificate with or without a token, and its log index."""

    data: bytes
    index: int


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, tsa: LocalTsa) -> Gate:
    return Gate(tmp_path_factory.mktemp("compromise"), edit_trust=trusting(tsa))


@pytest.fixture(scope="module")
def bare(gate: Gate) -> Signed:
    made = gate.issue()
    return Signed(made.certificate_bytes, made.ledger_index)


@pytest.fixture(scope="module")
def stamped(gate: Gate, tsa: LocalTsa) -> Signed:
    with gate.box.open() as ledger:
        made = issue(
            gate.inputs(nonce=b"s" * 16),
            signer=CERTIFIER,
            ledger=ledger,
            stamp=lambda signature: minimal(tsa.token(signature, at=ISSUED)).data,
        )
    return Signed(made.certificate_bytes, made.ledger_index)


def trusting(tsa: LocalTsa, **revoked: Any) -> Edit:
    def edit(made: dict[str, Any]) -> None:
        made["tsas"] = [{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}]
        if revoked:
            made["revokedKeys"] = [{"keyid": CERTIFIER.public.keyid, "reason": "compromise", **revoked}]

    return edit


def successor(gate: Gate, edit: Edit) -> dict[str, Any]:
    """Version 2 of the gate's trust root, and version 1 before it, as an auditor gives them."""
    old = load_trust(gate.trust)
    made = json.loads(old.payload)["predicate"]
    made.update(version=2, previous={"digest": {"sha256": old.digest}})
    edit(made)
    return {"trust": sign_trust(made, [ROOT_A, ROOT_B]), "earlier_trust": (gate.trust,)}


FROM = [None, ISSUED - SECOND, ISSUED, ISSUED + SECOND]
INDEX = [None, -1, 0, 1]


@pytest.mark.parametrize("has_token", [False, True])
@pytest.mark.parametrize(("start", "offset"), list(itertools.product(FROM, INDEX)))
def test_before_and_after_a_compromise(
    gate: Gate, tsa: LocalTsa, bare: Signed, stamped: Signed, has_token: bool, start: Any, offset: int | None
) -> None:
    """Void when a proof says after, or no proof says before. The signer's own `issuedAt` is no proof."""
    signed = stamped if has_token else bare
    revoked: dict[str, Any] = {}
    if start is not None:
        revoked["from"] = start.strftime("%Y-%m-%dT%H:%M:%SZ")
    if offset is not None:
        revoked["fromIndex"] = signed.index + offset
    if not revoked:
        revoked["reason"] = "compromise"  # altogether
    result = gate.verify(signed.data, **successor(gate, trusting(tsa, **revoked)))
    said = [] if offset is None else ["before" if offset > 0 else "after"]
    if has_token and start is not None:
        said.append("before" if start > ISSUED else "after")
    holds = bool(said) and set(said) == {"before"}
    assert (("time", 1) not in failed(result)) == holds, lines_of(result, "time")
    if not holds:
        assert result.exit_code == 1


def test_the_clock_alone_never_decides(gate: Gate, tsa: LocalTsa, bare: Signed) -> None:
    """A compromise in the future of `--at` voids what cannot prove that it is older."""
    later = trusting(tsa, **{"from": "2027-06-01T00:00:00Z"})
    result = gate.verify(bare.data, **successor(gate, later), at=NOW)
    assert failed(result) == [("time", 1)]


def test_a_thief_who_backdates_is_caught_by_the_log(gate: Gate, tsa: LocalTsa, bare: Signed) -> None:
    """The same `issuedAt` as an honest certificate, but the entry comes after the index of the compromise."""
    edit = trusting(tsa, fromIndex=bare.index + 1)
    trust = successor(gate, edit)
    forged = gate.issue(nonce=b"f" * 16)
    assert forged.ledger_index > bare.index
    assert gate.verify(bare.data, **trust).exit_code == 0
    assert failed(gate.verify(forged.certificate_bytes, **trust)) == [("time", 1)]


def test_after_a_rotation_old_certificates_hold_and_the_old_key_signs_nothing_new(gate: Gate, bare: Signed) -> None:
    def rotated(made: dict[str, Any]) -> None:
        keyid = OTHER.public.keyid
        made["keys"][keyid] = {"spki": base64_text(OTHER.public.spki), "owner": "service:gate"}
        old, *_ = made["roles"]["certifier"]["keys"]
        old["validFor"] = {"start": "2026-01-01T00:00:00Z", "end": "2026-02-01T00:00:00Z"}
        made["roles"]["certifier"]["keys"].append({"keyid": keyid, "validFor": {"start": "2026-02-01T00:00:00Z"}})

    trust = successor(gate, rotated)
    assert gate.verify(bare.data, **trust).exit_code == 0
    new = {"issued_at": "2026-02-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}
    by_old = gate.issue(**new, nonce=b"p" * 16).certificate_bytes
    by_new = gate.issue(**new, nonce=b"q" * 16, by=OTHER).certificate_bytes
    too_early = gate.issue(nonce=b"e" * 16, by=OTHER).certificate_bytes
    assert failed(gate.verify(by_old, **trust)) == [("time", 1)]
    assert gate.verify(by_new, **trust).exit_code == 0
    assert failed(gate.verify(too_early, **trust)) == [("time", 1)]


# -- one person meets a threshold -------------------------------------------------------------------------------------

BOX = LedgerBox(Path("nowhere"))


def refusal(data: bytes) -> str:
    with pytest.raises(IntegrityError) as caught:
        load_trust(data)
    return caught.value.diagnostics[0].code


def owned_by_carol(made: dict[str, Any]) -> None:
    made["keys"][ROOT_B.public.keyid]["owner"] = "person:carol"


def same_key_under_two_ids(made: dict[str, Any]) -> None:
    made["keys"][ROOT_B.public.keyid] = {"spki": base64_text(ROOT_A.public.spki), "owner": "person:dave"}


def test_one_person_cannot_meet_a_threshold_of_two() -> None:
    for edit, code in ((owned_by_carol, "A304"), (same_key_under_two_ids, "A302")):
        made = trust_predicate(BOX)
        edit(made)
        assert refusal(sign_trust(made, [ROOT_A, ROOT_B])) == code
    # With a third person listed the root is possible, and the two keys of one person are still one signature.
    made = trust_predicate(BOX)
    owned_by_carol(made)
    third = signer(90)
    made["keys"][third.public.keyid] = {"spki": base64_text(third.public.spki), "owner": "person:dave"}
    made["roles"]["root"]["keys"].append({"keyid": third.public.keyid})
    assert refusal(sign_trust(made, [ROOT_A, ROOT_B])) == "A304"
    assert load_trust(sign_trust(made, [ROOT_A, ROOT_B, third])).signers == ("person:carol", "person:dave")


def test_a_person_who_is_relabelled_counts_as_the_old_version_knows_them() -> None:
    """Carol's second key is called dave's in the new version: the old version still counts one person."""
    first = trust_predicate(BOX)
    owned_by_carol(first)
    third = signer(90)
    first["keys"][third.public.keyid] = {"spki": base64_text(third.public.spki), "owner": "person:dave"}
    first["roles"]["root"]["keys"].append({"keyid": third.public.keyid})
    old = load_trust(sign_trust(first, [ROOT_A, ROOT_B, third]))
    made = json.loads(old.payload)["predicate"]
    made.update(version=2, previous={"digest": {"sha256": old.digest}}, issuedAt="2026-02-01T00:00:00Z")
    made["keys"][ROOT_B.public.keyid]["owner"] = "person:erin"
    data = sign_trust(made, [ROOT_A, ROOT_B])
    assert load_trust(data).signers == ("person:carol", "person:erin"), "alone it looks sound: hence the chain"
    with pytest.raises(IntegrityError) as caught:
        extend_trust(old, data)
    assert caught.value.diagnostics[0].code == "A304"


def test_an_expired_trust_root_leaves_the_question_open(gate: Gate, bare: Signed) -> None:
    for at, code in (("2027-12-31T23:59:59Z", 1), ("2028-01-01T00:00:00Z", 3)):
        result = gate.verify(bare.data, at=parse_instant(at))
        # The certificate itself ended in 2027, which is a failure of another step.
        assert [line for line in failed(result) if line[0] == "trust"] == ([] if code == 1 else [("trust", 3)])
        assert result.exit_code in (1, 3)
    made = gate.issue(nonce=b"x" * 16, valid_until="2029-01-01T00:00:00Z").certificate_bytes
    assert gate.verify(made, at=parse_instant("2028-01-01T00:00:00Z")).exit_code == 3
    assert gate.verify(made, at=parse_instant("2027-12-31T23:59:59Z")).exit_code == 0
