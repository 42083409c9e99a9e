"""Every single changed byte of the files that travel is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.attestation.issue import Issued
from support.attestations import Gate, failed


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def issued(gate: Gate) -> Issued:
    return gate.issue()


def changes(data: bytes, *, masks: tuple[int, ...]) -> list[tuple[int, bytes]]:
    """Each byte changed by each mask: 0x01 gives a neighbour in every alphabet, 0x20 the other case."""
    return [
        (place, data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :])
        for place in range(len(data))
        for mask in masks
    ]


def test_every_byte_of_the_certificate(gate: Gate, issued: Issued) -> None:
    assert gate.verify(issued.certificate_bytes).exit_code == 0
    accepted = [
        place
        for place, data in changes(issued.certificate_bytes, masks=(0x01, 0x20))
        if gate.verify(data).exit_code == 0
    ]
    assert accepted == []


def test_every_byte_of_the_trust_root(gate: Gate, issued: Issued) -> None:
    accepted = [
        place
        for place, data in changes(gate.trust, masks=(0x01, 0x20))
        if gate.verify(issued.certificate_bytes, trust=data).exit_code == 0
    ]
    assert accepted == []


def test_every_byte_of_the_proof_file(gate: Gate, issued: Issued) -> None:
    accepted = [
        place
        for place, data in changes(issued.tlog_proof, masks=(0x01, 0x02, 0x20, 0x80))
        if gate.verify(issued.certificate_bytes, tlog_proof=data).exit_code == 0
    ]
    assert accepted == []


def test_every_truncation_and_every_inserted_byte(gate: Gate, issued: Issued) -> None:
    data = issued.certificate_bytes
    for place in range(0, len(data), 7):
        assert gate.verify(data[:place]).exit_code == 4
        assert gate.verify(data[:place] + b" " + data[place:]).exit_code == 4
        assert gate.verify(data[:place] + data[place + 1 :]).exit_code == 4


def test_a_second_log_under_the_same_key_is_noticed_by_anybody_who_kept_a_head(
    gate: Gate, issued: Issued, tmp_path: Path
) -> None:
    """One certificate alone cannot show a split view; two heads of one size with two roots do."""
    other = Gate(tmp_path).issue(nonce=b"s" * 16)
    assert failed(gate.verify(issued.certificate_bytes, tlog_proof=other.tlog_proof)) == [("inclusion", 4)]
    kept = gate.box.paths.published.read_bytes()
    assert failed(gate.verify(other.certificate_bytes, checkpoint=kept)) == [("inclusion", 4)]
