"""Witnesses with fixed keys, asked in this process or as a client asks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.diagnostics import Diagnostic, InputError
from govern.ledger.note import COSIGNATURE, NoteKey, NoteSigner
from govern.ledger.store import Head
from govern.ledger.witness import Reply, Witness, add_checkpoint_request
from govern.ledger.witness_state import WitnessState
from support.ledgers import log_signer
from support.memory_log import MemoryLog

SECONDS = 1767323045
"""The time of the golden cosignature, 2026-01-02T03:04:05Z."""


def witness_signer(name: str = "witness.example/w1", seed: int = 2) -> NoteSigner:
    """The witness key of the golden figures: 32 bytes of 0x02."""
    return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32), kind=COSIGNATURE)


def new_witness(
    folder: Path, *, name: str = "witness.example/w1", seed: int = 2, logs: list[NoteKey] | None = None
) -> Witness:
    """A witness that has seen nothing, with its state in a folder."""
    signer = witness_signer(name, seed)
    known = [log_signer().key] if logs is None else logs
    state = WitnessState(folder / f"{name.replace('/', '-')}.json", signer.key, known)
    state.create()
    return Witness(signer, known, state)


def asked(witness: Witness, log: MemoryLog, old: int, head: Head | None = None, *, seconds: int = SECONDS) -> Reply:
    """What a witness says to a head of a log, with the right proof from a size."""
    head = head or log.head()
    proof = log.consistency(old, head.size) if old <= head.size else ()
    return witness.add_checkpoint(add_checkpoint_request(old, proof, head.note), seconds=seconds)


@dataclass
class Client:
    """Asks a witness in this process, or answers what a test says."""

    name: str
    key: NoteKey
    answer: Callable[[bytes], Reply]
    requests: int = 0

    def add_checkpoint(self, request: bytes) -> Reply:
        self.requests += 1
        return self.answer(request)


def client(witness: Witness, name: str, *, seconds: int = SECONDS) -> Client:
    return Client(name, witness.key, lambda request: witness.add_checkpoint(request, seconds=seconds))


def unreachable(name: str, key: NoteKey) -> Client:
    def answer(_request: bytes) -> Reply:
        raise InputError(Diagnostic("G249", f"the witness {name} cannot be reached"))

    return Client(name, key, answer)
