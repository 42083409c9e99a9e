"""Issuing: what is signed is logged in one batch, and the same statement never gets a second entry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from govern.attestation.dsse import Envelope, read_envelope
from govern.attestation.issue import issue
from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.sigstore_bundle import bundle_bytes, read_container
from govern.canonical import base64_text, canonical_bytes
from govern.diagnostics import GovernError, IntegrityError, InternalError, UsageError
from govern.ledger.fsck import verify_ledger
from govern.ledger.leaf import leaf_body
from govern.ledger.proof import parse_proof
from govern.ledger.store import NewEntry
from govern.policy.outcomes import Decision
from support.attestations import CERTIFIER, OTHER, Gate, failed, manifest

ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def twin_of(envelope: Envelope) -> Envelope:
    """The other signature (r, n-s) of the same key over the same bytes."""
    r, s = decode_dss_signature(envelope.signature)
    return Envelope(payload=envelope.payload, keyid=envelope.keyid, signature=encode_dss_signature(r, ORDER - s))


def test_an_allowed_decision_gives_certificate_summary_and_proof_in_one_batch(gate: Gate) -> None:
    issued = gate.issue()
    assert sorted(issued.files()) == [
        "credit-risk-3.2.0.pre-registration.certificate.sigstore.json",
        "credit-risk-3.2.0.pre-registration.tlog-proof",
        "credit-risk-3.2.0.pre-registration.vsa.intoto.json",
        "credit-risk-3.2.0.pre-registration.vsa.sigstore.json",
    ]
    assert (issued.kind, issued.ledger_index, issued.keyid) == ("certificate", 3, CERTIFIER.public.keyid)
    assert gate.verify(issued.certificate_bytes, bundle=manifest()).exit_code == 0
    assert issued.vsa_bundle_bytes is not None
    assert gate.verify(issued.vsa_bundle_bytes, kind=VSA, bundle=manifest()).exit_code == 0
    report = verify_ledger(gate.box.paths, expected=gate.box.signer.key)
    assert (report.exit_code, report.size, report.checkpoints) == (0, 5, 5)
    proof = parse_proof(issued.tlog_proof)
    bundle = json.loads(issued.certificate_bytes)
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    assert proof.checkpoint == entry["inclusionProof"]["checkpoint"]["envelope"]
    assert [base64_text(item) for item in proof.hashes] == entry["inclusionProof"]["hashes"]
    assert issued.vsa_dsse_bytes is not None
    assert json.loads(issued.vsa_dsse_bytes) == json.loads(issued.vsa_bundle_bytes)["dsseEnvelope"]
    with gate.box.open() as ledger:
        assert ledger.payload(issued.digest) == issued.payload


@pytest.mark.parametrize("decision", [Decision.DENIED, Decision.UNDECIDED])
def test_a_refusal_has_no_summary_and_no_certificate(gate: Gate, decision: Decision) -> None:
    issued = gate.issue(decision=decision, blocking=("credit-risk/parity",))
    assert sorted(issued.files()) == [
        "credit-risk-3.2.0.pre-registration.refusal.sigstore.json",
        "credit-risk-3.2.0.pre-registration.tlog-proof",
    ]
    assert issued.kind == "refusal"
    result = gate.verify(issued.certificate_bytes, kind=REFUSAL)
    assert result.exit_code == 0
    assert result.verdict.startswith("VALID REFUSAL (the model was not allowed) as of checkpoint 4")
    taken = gate.verify(issued.certificate_bytes, kind=CERTIFICATE)
    assert (taken.exit_code, failed(taken)) == (1, [("statement", 1)])


def test_issuing_again_gives_the_same_statement_signature_and_index(gate: Gate) -> None:
    first, second = gate.issue(), gate.issue()
    assert first.files() == second.files()
    third = gate.issue(nonce=b"\xff" * 16)
    assert third.ledger_index == 5
    later = gate.issue()
    assert later.ledger_index == first.ledger_index
    assert later.payload == first.payload
    assert later.certificate_bytes != first.certificate_bytes  # the proof leads to the newer head
    assert gate.verify(later.certificate_bytes).exit_code == 0


def test_a_signers_second_signature_is_replaced_by_the_logged_one(gate: Gate) -> None:
    class Twin:
        """A signer that is not deterministic: as valid, another signature."""

        public = CERTIFIER.public

        def sign(self, message: bytes) -> bytes:
            r, s = decode_dss_signature(CERTIFIER.sign(message))
            return encode_dss_signature(r, ORDER - s)

    first = gate.issue()
    with gate.box.open() as ledger:
        again = issue(gate.inputs(), signer=Twin(), ledger=ledger)
        assert ledger.head().size == 5
    assert again.files() == first.files()


def test_the_malleable_twin_is_the_same_attestation_and_gets_no_second_entry(gate: Gate) -> None:
    issued = gate.issue()
    envelope = read_envelope(json.loads(issued.certificate_bytes)["dsseEnvelope"])
    twin = twin_of(envelope)
    assert CERTIFIER.public.verifies(twin.signature, twin.pae)
    assert (twin.digest, twin.signature != envelope.signature) == (envelope.digest, True)
    body = leaf_body(twin.payload, twin.signature, CERTIFIER.public.spki)
    with gate.box.open() as ledger:
        (logged,) = ledger.append([NewEntry(payload=twin.payload, body=body)])
        assert (logged.proof.index, ledger.head().size) == (issued.ledger_index, 5)
        forged = bundle_bytes(twin, hint=CERTIFIER.public.hint, log=ledger.key, logged=[logged])
    assert failed(gate.verify(forged)) == [("log-entry", 4)]


def test_a_statement_that_another_key_signed_gets_an_entry_of_its_own(gate: Gate) -> None:
    """A trust root is signed by several people over the same bytes, and each signature is to be in the log."""
    by_other, ours = gate.issue(by=OTHER), gate.issue()
    assert (by_other.digest, by_other.keyid) == (ours.digest, OTHER.public.keyid)
    assert by_other.ledger_index < ours.ledger_index
    assert gate.verify(ours.certificate_bytes).exit_code == 0
    assert gate.issue(by=OTHER).ledger_index == by_other.ledger_index


def test_a_logged_signature_that_does_not_verify_is_not_issued(gate: Gate) -> None:
    payload = gate.issue().payload
    fresh = Gate(gate.box.root / "fresh")
    body = leaf_body(payload, b"not a signature", CERTIFIER.public.spki)
    with fresh.box.open() as ledger:
        ledger.append([NewEntry(payload=payload, body=body)])
    with pytest.raises(IntegrityError) as caught:
        fresh.issue(trust_digest=gate.trust_digest)
    assert caught.value.diagnostics[0].code == "A106"


def test_another_log_than_the_one_named_is_refused_before_signing(gate: Gate) -> None:
    with pytest.raises(UsageError) as caught:
        gate.issue(ledger_origin="other.example")
    assert caught.value.diagnostics[0].code == "A105"
    with gate.box.open() as ledger:
        assert ledger.head().size == 3


def test_what_cannot_be_signed_enters_no_log(gate: Gate) -> None:
    with pytest.raises(InternalError):
        gate.issue(stage="someday")
    with gate.box.open() as ledger:
        assert ledger.head().size == 3


def test_a_log_that_was_cut_issues_nothing(gate: Gate) -> None:
    held = gate.box.paths.published.read_bytes()
    gate.issue()
    newest = gate.box.paths.published.read_bytes()
    fresh = Gate(gate.box.root / "fresh")
    fresh.box.paths.published.write_bytes(newest)
    with pytest.raises(GovernError) as caught:
        fresh.issue()
    assert caught.value.exit_code == 4
    assert held != newest


def test_file_names_hold_nothing_that_a_name_could_smuggle_in(gate: Gate) -> None:
    issued = gate.issue(model_name="../../etc/x\u202e", model_version="1;rm")
    assert issued.certificate_name == "_._.._etc_x_-1_rm.pre-registration.certificate.sigstore.json"


def test_the_bundle_file_is_canonical_and_reads_back(gate: Gate) -> None:
    data = gate.issue().certificate_bytes
    assert canonical_bytes(json.loads(data)) + b"\n" == data
    container = read_container(data, file="c")
    assert (container.hint, len(container.entries), container.tokens) == (CERTIFIER.public.hint, 1, ())
