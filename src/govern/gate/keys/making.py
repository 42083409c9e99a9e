"""Making signing keys: a private half that is never overwritten, and a public half to hand on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from govern.attestation.keys import (
    LocalSigner,
    generate_certifier_key,
    generate_log_key,
    private_pem,
    write_private_key,
)
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.outputs import write_atomic, writing
from govern.ledger.note import COSIGNATURE, NOTE_KEY, NoteSigner, is_origin

__all__ = ["KINDS", "is_key_name", "new_key", "next_step", "unfit_name"]

KINDS: Mapping[str, str] = {
    "certifier": "certificates, refusals and verification summaries of the gate",
    "root": "versions of the trust root",
    "log": "the heads of the ledger",
    "witness": "cosignatures on heads of ledgers",
    "approver": "votes of the review board",
    "waiver": "waivers of rules",
    "attester": "statements of people about a model",
    "producer": "evidence",
    "advisory": "advisory snapshots",
    "policy": "policy releases",
    "revoker": "revocations and status lists",
}
"""What a key may be made for, and what it signs: Ed25519 for log and witness, ECDSA P-256 for every other."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,99}", re.ASCII)
_WITNESS_NAME = re.compile(r"[!-*,-~]{1,200}", re.ASCII)


def is_key_name(name: str) -> bool:
    """Whether a text may name a key's files."""
    return _FILE_NAME.fullmatch(name) is not None


def new_key(folder: Path, name: str, *, kind: str, origin: str | None = None, password: bytes | None = None) -> str:
    """Make a private key `<name>.pem` (PKCS #8, mode 0600) and its public half; give the key id.

    A `log` or `witness` key is Ed25519, its public half `<name>.vkey` and its id the C2SP verifier key, which holds
    the log's origin or the witness's name. All others are P-256, their public half is `<name>.pub` and their id the
    OpenSSH fingerprint.

    Raises UsageError: A107 when a key of that name exists, U111 without a proper origin or witness name, A319 for a
    name that cannot name a file.
    """
    if not is_key_name(name):
        raise unfit_name(f"{name} cannot name a key", "use letters, digits and . _ @ + -")
    if kind in ("log", "witness"):
        return _new_note_key(folder, name, kind=kind, origin=origin, password=password)
    key = generate_certifier_key()
    public = LocalSigner(key).public
    _write_pair(folder, name, private_pem(key, password=password), ".pub", public.pem)
    return public.keyid


def next_step(folder: Path, name: str, kind: str) -> str:
    """Say how a new key comes into the trust root."""
    option = {
        "log": f"--log {folder / name}.vkey",
        "witness": f"--witness {name}={folder / name}.vkey",
    }.get(kind, f"--add {kind}={folder / name}.pub,OWNER")
    return f"signs {KINDS[kind]} once it is listed: govern trust edit {option}"


def _new_note_key(folder: Path, name: str, *, kind: str, origin: str | None, password: bytes | None) -> str:
    if kind == "log" and (origin is None or not is_origin(origin)):
        message = "a log key needs --origin, a bare lower-case host name such as ledger.example"
        raise UsageError(Diagnostic(code="U111", message=message))
    if origin is None or not _WITNESS_NAME.fullmatch(origin):
        message = "a witness key needs --origin, the name it signs under, such as witness.example/w1"
        raise UsageError(Diagnostic(code="U111", message=message))
    key = generate_log_key()
    vkey = NoteSigner(origin, key, kind=NOTE_KEY if kind == "log" else COSIGNATURE).key.vkey
    _write_pair(folder, name, private_pem(key, password=password), ".vkey", f"{vkey}\n".encode())
    return vkey


def _write_pair(folder: Path, name: str, private: bytes, suffix: str, public: bytes) -> None:
    """Write both halves; the private one first, because it is the one that is never overwritten."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_private_key(folder / f"{name}.pem", private)
    with writing(folder):
        write_atomic(folder / f"{name}{suffix}", public)


def unfit_name(message: str, hint: str | None = None) -> UsageError:
    """Say that a key cannot be made or found under a name (A319)."""
    return UsageError(Diagnostic("A319", message, hint=hint))
