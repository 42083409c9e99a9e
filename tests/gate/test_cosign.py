"""Issuing with witnesses: the certificate carries the cosignatures, and its verification asks for them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.issue import issue
from govern.attestation.trust.reading import load_trust
from govern.diagnostics import Diagnostic, IntegrityError
from govern.gate.cosign import Witnessing, describe
from govern.ledger.cosigning import CosigningLedger
from govern.ledger.quorum import WitnessPolicy
from govern.ledger.witness import Witness
from govern.ledger.witness_http import WitnessServer
from support.attestations import CERTIFIER, Gate, failed, lines_of
from support.ledgers import entry
from support.memory_log import MemoryLog, bodies
from support.witnesses import SECONDS, new_witness, witness_signer

NAMES = ("w1", "w2")


def two_of_two(predicate: dict[str, Any]) -> None:
    keys = [witness_signer(f"witness.example/{name}", seed).key for name, seed in (("w1", 2), ("w2", 3))]
    predicate["witnesses"] = [{"name": name, "vkey": key.vkey} for name, key in zip(NAMES, keys, strict=True)]
    predicate["groups"] = ["both all w1 w2"]
    predicate["quorum"] = "both"


@contextmanager
def serving(*witnesses: Witness) -> Iterator[list[str]]:
    """The addresses of witnesses that answer in threads of this process."""
    with ExitStack() as stack:
        urls = []
        for witness in witnesses:
            server = stack.enter_context(
                WitnessServer(witness, host="127.0.0.1", port=0, clock=lambda: SECONDS, report=lambda _line: None)
            )
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            urls.append(server.url)
        yield urls


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path / "gate", edit_trust=two_of_two)


@pytest.fixture
def witnesses(tmp_path: Path) -> tuple[Witness, Witness]:
    return (
        new_witness(tmp_path, name="witness.example/w1", seed=2),
        new_witness(tmp_path, name="witness.example/w2", seed=3),
    )


def witnessing(gate: Gate, *urls: str) -> Witnessing:
    return Witnessing(
        addresses=tuple(zip(NAMES, urls, strict=False)),
        policy=load_trust(gate.trust).witnesses,
        published=gate.box.paths.published,
    )


def test_a_certificate_is_issued_with_its_quorum(gate: Gate, witnesses: tuple[Witness, Witness]) -> None:
    said: list[Diagnostic] = []
    with serving(*witnesses) as urls, gate.box.open() as inner:
        ledger = witnessing(gate, *urls).over(inner, notify=said.append)
        made = issue(gate.inputs(), signer=CERTIFIER, ledger=ledger)
    assert said == []
    result = gate.verify(made.certificate_bytes, tlog_proof=made.tlog_proof)
    assert (result.exit_code, failed(result)) == (0, [])
    assert lines_of(result, "witness") == ["ok: quorum both met by witness.example/w1, witness.example/w2"]
    entries = json.loads(made.certificate_bytes)["verificationMaterial"]["tlogEntries"]
    assert entries[0]["inclusionProof"]["checkpoint"]["envelope"] == gate.box.paths.published.read_text()


def test_without_its_quorum_it_is_issued_with_a_warning_and_not_valid(
    gate: Gate, witnesses: tuple[Witness, Witness]
) -> None:
    said: list[Diagnostic] = []
    with serving(witnesses[0]) as urls, gate.box.open() as inner:
        ledger = witnessing(gate, urls[0], "http://127.0.0.1:9").over(inner, notify=said.append)
        made = issue(gate.inputs(), signer=CERTIFIER, ledger=ledger)
    assert [item.code for item in said] == ["G249", "G255"]
    assert failed(gate.verify(made.certificate_bytes)) == [("witness", 1)]


def test_a_proof_is_renewed_when_the_quorum_is_met_later(gate: Gate, witnesses: tuple[Witness, Witness]) -> None:
    made = gate.issue()
    assert failed(gate.verify(made.certificate_bytes)) == [("witness", 1)]
    with gate.box.open() as inner:
        inner.append([entry("later")])
        with serving(*witnesses) as urls:
            witnessing(gate, *urls).cosigning(inner, ask=True).cosign()
        renewed = witnessing(gate).over(inner, ask=False).prove(made.ledger_index).proof.data
    result = gate.verify(made.certificate_bytes, tlog_proof=renewed)
    assert "ok: the proof file proves entry 3 of 6" in lines_of(result, "inclusion")


def test_a_forked_gate_issues_nothing(gate: Gate, witnesses: tuple[Witness, Witness], tmp_path: Path) -> None:
    twin = Gate(tmp_path / "twin", edit_trust=two_of_two)
    with serving(*witnesses) as urls:
        for box, name in ((gate, "mine"), (twin, "yours")):
            with box.box.open() as inner:
                inner.append([entry(name)])
        with gate.box.open() as inner:
            issue(gate.inputs(), signer=CERTIFIER, ledger=witnessing(gate, *urls).over(inner))
        with twin.box.open() as inner:
            size = inner.head().size
            with pytest.raises(IntegrityError):
                issue(twin.inputs(), signer=CERTIFIER, ledger=witnessing(twin, *urls).over(inner))
            assert inner.head().size == size


def test_without_witnesses_the_ledger_stays_what_it_is(gate: Gate) -> None:
    with gate.box.open() as inner:
        assert witnessing(gate).over(inner) is inner
        assert witnessing(gate, "http://127.0.0.1:9").over(inner, ask=False) is inner
        assert isinstance(witnessing(gate, "http://127.0.0.1:9").over(inner), CosigningLedger)


def test_a_time_that_no_calendar_has_is_said_in_seconds(tmp_path: Path) -> None:
    signer, log = witness_signer(), MemoryLog(bodies(3))
    note = log.head().note
    line = signer.line(note.partition("\n\n")[0] + "\n", seconds=2**64 - 1)
    policy = WitnessPolicy.parse([("w1", signer.key.vkey)], [], "w1")
    text, code = describe(note + line, Witnessing(addresses=(), policy=policy, published=tmp_path / "x"))
    assert (code, f"cosigned at Unix time {2**64 - 1}" in text) == (0, True)
