"""A witness for ledgers of others: its key, the logs it knows, its memory; over HTTP or by files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from govern.attestation.signers import load_note_signer
from govern.diagnostics import Diagnostic, GovernError, IntegrityError, UsageError
from govern.gate.files import read_file
from govern.ledger.note import COSIGNATURE, NoteKey
from govern.ledger.witness import Reply, Witness
from govern.ledger.witness_state import WitnessState

if TYPE_CHECKING:
    from govern.ledger.witness_http import WitnessServer

__all__ = ["WitnessRequest", "answer_file", "open_witness", "serve_witness"]

_REFUSALS: Mapping[int, type[GovernError]] = {
    400: UsageError,
    404: UsageError,
    403: IntegrityError,
    422: IntegrityError,
}
"""Whose fault a refused request file is: the caller's, or the log's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRequest:
    """Which witness is meant."""

    key: str
    """URI of its Ed25519 private key, e.g. a PEM file."""
    name: str
    """The name that it signs under, such as `witness.example/w1`."""
    logs: tuple[str, ...]
    """Verifier keys of the logs that it knows, or files that hold one."""
    state: Path
    """Where it keeps what it has seen."""
    new: bool
    """Whether it has seen nothing yet, so that the file is to be made."""


def open_witness(request: WitnessRequest, *, environment: Mapping[str, str]) -> Witness:
    """Load a witness.

    Raises UsageError: G256 for a name or key that does not fit, G245 when the state is not there (or is, for a new
    witness), what `load_note_signer` raises; IntegrityError (G246) for a state that this witness did not write.
    """
    if not request.name or any(char.isspace() or char == "+" or not char.isprintable() for char in request.name):
        hint = "for example witness.example/w1"
        raise UsageError(Diagnostic("G256", f"{request.name!r} cannot name a witness", hint=hint))
    logs = [_vkey(text) for text in request.logs]
    signer = load_note_signer(request.key, origin=request.name, environment=environment, kind=COSIGNATURE)
    state = WitnessState(request.state, signer.key, logs)
    witness = Witness(signer, logs, state)
    if request.new:
        state.create()
    with state.exclusively():
        return witness


def _vkey(text: str) -> NoteKey:
    path = Path(text)
    try:
        if path.is_file():
            text = read_file(path, limit=4096).decode().strip()
        return NoteKey.parse(text)
    except (IntegrityError, UnicodeDecodeError, OSError, ValueError) as fault:
        message = f"{text} is neither a verifier key nor a file that holds one"
        raise UsageError(Diagnostic("G256", message)) from fault


def answer_file(witness: Witness, request: Path, *, seconds: int) -> Reply:
    """Answer a request file, at a time in Unix seconds: status 200 or 409, whose body is for the one who asked.

    Raises UsageError (G253) for a malformed request or an unknown log, IntegrityError (G253) for one that the log did
    not sign or that does not extend what was cosigned.
    """
    reply = witness.add_checkpoint(read_file(request, limit=1_000_000), seconds=seconds)
    if reply.status in (200, 409):
        return reply
    message = f"not cosigned ({reply.status}): {reply.body.strip()}"
    raise _REFUSALS[reply.status](Diagnostic("G253", message))


def serve_witness(
    witness: Witness,
    *,
    listen: str,
    prefix: str,
    clock: Callable[[], int],
    report: Callable[[str], None],
) -> WitnessServer:
    """Bind a witness to an address, `HOST:PORT`; the caller serves and closes it. Raises UsageError (G254)."""
    from govern.ledger.witness_http import WitnessServer

    host, _colon, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        raise UsageError(Diagnostic("G254", f"{listen!r} is not HOST:PORT", hint="for example 127.0.0.1:8090"))
    host = host.removeprefix("[").removesuffix("]")
    return WitnessServer(witness, host=host, port=int(port), clock=clock, report=report, prefix=prefix)
