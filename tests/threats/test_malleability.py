"""Threat: a signature has a twin, (r, n-s), that verifies as well. Control: the payload's digest is the identity."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from conformance.making.logged import twin_of
from govern.attestation.dsse import pae
from govern.attestation.signing import log_envelopes
from support.attestations import CERTIFIER, Gate
from support.kinds import Kinds
from support.threats import vector


def test_the_twin_verifies_and_is_the_same_attestation(world: Kinds) -> None:
    own = world["certificate"].envelope
    twin = replace(own, signature=twin_of(own.signature))
    assert twin.signature != own.signature
    assert CERTIFIER.public.verifies(twin.signature, pae(own.payload)), "mathematics allows it"
    assert twin.digest == own.digest


def test_the_log_takes_no_second_entry_for_the_twin(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    issued = gate.issue()
    from govern.attestation.dsse import read_envelope

    envelope = read_envelope(json.loads(issued.certificate_bytes)["dsseEnvelope"])
    twin = replace(envelope, signature=twin_of(envelope.signature))
    with gate.box.open() as ledger:
        size = ledger.head().size
        (again,) = log_envelopes([(twin, CERTIFIER.public)], ledger=ledger)
        assert ledger.head().size == size
    assert again.index == issued.ledger_index
    assert again.envelope.signature == envelope.signature, "the first signature stays"
    assert again.data == issued.certificate_bytes


def test_a_file_with_the_twin_in_it_is_exit_4() -> None:
    """The log has the other signature, and the token covers the other."""
    assert vector("twin-signature") == (4, ["log-entry", "time"])
