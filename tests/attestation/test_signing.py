"""From a payload to a file: signed, stamped, logged; in one batch or none; and once for each key."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from govern.attestation.catalogue import statement_bytes
from govern.attestation.dsse import read_envelope, sign_payload
from govern.attestation.kinds import WAIVER
from govern.attestation.signing import log_envelopes, sign_and_log, sign_only
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.verification import Request
from govern.attestation.verify import verify
from govern.canonical import base64_text
from govern.diagnostics import Diagnostic, InputError, IntegrityError
from support.attestations import Gate, failed
from support.ledgers import LedgerBox
from support.people import BEFORE, CLOCK, ERIN, HEIDI, NOW, Board, waiver
from support.tsa import LocalTsa


def payload(number: int = 0) -> bytes:
    return statement_bytes(waiver(reason=f"Reason {number}").statement(nonce=number.to_bytes(16, "big")))


@pytest.fixture
def box(tmp_path: Path) -> LedgerBox:
    return LedgerBox(tmp_path).filled(2)


def judge(board: Board, data: bytes) -> list[tuple[str, int]]:
    return failed(verify(Request(certificate=data, kind=WAIVER, trust=board.trust, at=NOW)))


def test_a_signed_file_that_waits_has_no_entry_and_gets_one_later(box: LedgerBox) -> None:
    board = Board()
    waiting = sign_only(payload(), signer=HEIDI)
    assert (waiting.index, waiting.tlog_proof, waiting.keyid) == (None, None, HEIDI.public.keyid)
    assert judge(board, waiting.data) == [("log-entry", 1)]
    with box.open() as ledger:
        (logged,) = log_envelopes(
            [(read_envelope(read_container(waiting.data, file="x").envelope), HEIDI.public)], ledger=ledger
        )
    assert (logged.digest, logged.index) == (waiting.digest, 2)
    assert judge(board, logged.data) == []
    assert logged.envelope.signature == waiting.envelope.signature


def test_all_payloads_of_a_call_stand_under_one_checkpoint(box: LedgerBox) -> None:
    with box.open() as ledger:
        made = sign_and_log([payload(1), payload(2), payload(3)], signer=HEIDI, ledger=ledger)
    assert [item.index for item in made] == [2, 3, 4]
    notes = {
        json.loads(item.data)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"]
        for item in made
    }
    assert len(notes) == 1


def test_signing_again_keeps_entry_and_signature_and_proves_to_the_newest_head(box: LedgerBox) -> None:
    with box.open() as ledger:
        (first,) = sign_and_log([payload()], signer=HEIDI, ledger=ledger)
        sign_and_log([payload(1)], signer=HEIDI, ledger=ledger)
        (again,) = sign_and_log([payload()], signer=HEIDI, ledger=ledger)
        (other,) = sign_and_log([payload()], signer=ERIN, ledger=ledger)
        size = ledger.head().size
    assert (again.index, again.envelope) == (first.index, first.envelope)
    assert again.data != first.data
    assert other.index == size - 1, "another key's signature is an entry of its own"
    board = Board()
    assert judge(board, again.data) == []


def test_one_unsound_payload_leaves_no_entry_of_the_others(box: LedgerBox) -> None:
    from govern.diagnostics import InternalError

    with box.open() as ledger:
        before = ledger.head().size
        with pytest.raises(InternalError):
            sign_and_log([payload(1), b"not json"], signer=HEIDI, ledger=ledger)
        assert ledger.head().size == before


def test_an_authority_that_is_silent_leaves_no_entry(box: LedgerBox) -> None:
    def silent(_signature: bytes) -> bytes:
        raise InputError(Diagnostic("A413", "no answer"))

    with box.open() as ledger:
        before = ledger.head().size
        with pytest.raises(InputError):
            sign_and_log([payload()], signer=HEIDI, ledger=ledger, stamp=silent)
        assert ledger.head().size == before
    with pytest.raises(InputError):
        sign_only(payload(), signer=HEIDI, stamp=silent)


def test_a_token_of_what_is_no_token_is_refused_before_anything_is_logged(box: LedgerBox) -> None:
    with box.open() as ledger:
        before = ledger.head().size
        with pytest.raises(IntegrityError):
            sign_and_log([payload()], signer=HEIDI, ledger=ledger, stamp=lambda _signature: b"0\x00")
        assert ledger.head().size == before


def test_a_file_that_waited_brings_its_token_along(box: LedgerBox, tmp_path: Path) -> None:
    tsa = LocalTsa(tmp_path / "tsa")
    board = Board(
        edit_trust=lambda made: made.update(tsas=[{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}])
    )
    waiting = sign_only(payload(), signer=HEIDI, stamp=tsa.stamper(at=BEFORE + timedelta(seconds=1)))
    container = read_container(waiting.data, file="x")
    envelope = read_envelope(container.envelope)
    with box.open() as ledger:
        (logged,) = log_envelopes([(envelope, HEIDI.public)], ledger=ledger, tokens=container.tokens)
    assert read_container(logged.data, file="x").tokens == container.tokens
    assert judge(board, logged.data) == []


def test_where_the_log_holds_an_earlier_signature_the_token_is_of_that_one(box: LedgerBox, tmp_path: Path) -> None:
    """A device that signs at random: the second signature of a payload has no entry, so its token would cover nothing."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.derive_private_key(37, ec.SECP256R1())  # Heidi's

    class Random:
        public = HEIDI.public

        def sign(self, message: bytes) -> bytes:
            return private.sign(message, ec.ECDSA(hashes.SHA256()))

    assert HEIDI.public.verifies(Random().sign(b"x"), b"x")
    tsa = LocalTsa(tmp_path / "tsa")
    board = Board(
        edit_trust=lambda made: made.update(tsas=[{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}])
    )
    stamp = tsa.stamper(at=CLOCK)
    with box.open() as ledger:
        (first,) = sign_and_log([payload()], signer=Random(), ledger=ledger, stamp=stamp)
        (second,) = sign_and_log([payload()], signer=Random(), ledger=ledger, stamp=stamp)
        carried = sign_payload(payload(), Random())
        (third,) = log_envelopes([(carried, HEIDI.public)], ledger=ledger, tokens=[stamp(carried.signature)])
    assert first.envelope == second.envelope == third.envelope
    for item in (first, second, third):
        assert judge(board, item.data) == []
    assert read_container(third.data, file="x").tokens == ()


def test_an_entry_with_a_signature_that_never_held_is_said_and_nothing_is_wrapped(tmp_path: Path) -> None:
    from govern.ledger.leaf import leaf_body
    from govern.ledger.store import NewEntry

    gate = Gate(tmp_path)
    with gate.box.open() as ledger:
        ledger.append([NewEntry(payload=payload(), body=leaf_body(payload(), b"0" * 70, HEIDI.public.spki))])
        with pytest.raises(IntegrityError) as caught:
            sign_and_log([payload()], signer=HEIDI, ledger=ledger)
    assert caught.value.diagnostics[0].code == "A106"
