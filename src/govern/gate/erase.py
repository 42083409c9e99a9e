"""Erase a statement from the ledger's store, as a person may ask for (GDPR Art. 17): proofs stay, the text goes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from govern.attestation.kinds import REVOCATION
from govern.attestation.reading import predicate_type_of
from govern.canonical import base64_bytes, instant_text
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.ledgers import ledger_place, open_ledger
from govern.gate.workspace import Workspace
from govern.inputs.json import parse_json

__all__ = ["erase_payload"]

_MAX_REASON = 500
_MAX_BYTES = 8 << 20
_MAX_FILES = 100_000


def erase_payload(workspace: Workspace, digest: str, *, reason: str, at: datetime, confirmed: bool) -> str:
    """Delete the payload with this digest, record why, and say in words what remains and what was not reached.

    Args:
        workspace: names the ledger.
        digest: sha256 of the payload, 64 hex digits, with or without `sha256:`.
        reason: kept in the ledger for good, so it must hold no personal data itself.
        at: the instant, kept in the ledger.
        confirmed: whether whoever asks knows that it cannot be undone.

    Raises UsageError: G224 not confirmed, no reason, no digest; G213 the log has no such entry; and what opening the
    ledger raises.
    """
    wanted = digest.removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise _unconfirmed(f"'{digest}' is not a sha256 of 64 hex digits", "see: govern ledger log -o json")
    words = reason.strip()
    if not words or len(words) > _MAX_REASON or plain(words, limit=_MAX_REASON) != words:
        raise _unconfirmed(f"a reason is one line of 1 to {_MAX_REASON} printable characters", "it is kept for good")
    if not confirmed:
        raise _unconfirmed(f"sha256:{wanted} would be erased for good", "repeat with --yes")
    with open_ledger(workspace) as ledger:
        _not_a_revocation(ledger.payload(wanted))
        indices = ledger.erase(wanted, at=instant_text(at), reason=words)
    entries = ("entry " if len(indices) == 1 else "entries ") + ", ".join(map(str, indices))
    lines = [
        f"erased sha256:{wanted}, the payload of {entries}",
        "kept: hashes, signature and the signer's public key; every proof stays valid, and so does a copy that is held",
        "not reached, and yours to look after:",
        *(f"  {plain(str(path))} holds the statement" for path in _copies(workspace, wanted)),
        "  files that were handed out or committed: certificates, reports, evidence packs, records of decisions",
        f"  backups of {plain(str(ledger_place(workspace).objects))}",
        "  the blocks of the disk, until they are written over",
        "  the owner's name beside a key in the trust root",
    ]
    return "\n".join(lines)


def _not_a_revocation(payload: bytes | None) -> None:
    """Refuse to erase what makes something else void: the next status list would bring it back to life."""
    statement: object = None if payload is None else parse_json(payload, file="payload", utf16=False)
    if predicate_type_of(statement) == REVOCATION:
        message = "a revocation is not erased: without it, what it revokes would count again"
        raise UsageError(Diagnostic("A512", message, hint="it holds no more of a person than its reason and statement"))


def _unconfirmed(message: str, hint: str) -> UsageError:
    return UsageError(Diagnostic("G224", message, hint=hint))


def _copies(workspace: Workspace, digest: str) -> Iterator[Path]:
    """Files in the workspace's own folders whose envelope holds the payload."""
    folders = [folder for folder in (workspace.path("output"), *workspace.paths("statements")) if folder is not None]
    for folder in folders:
        for count, path in enumerate(sorted(folder.rglob("*.json")) if folder.is_dir() else ()):
            if count >= _MAX_FILES:
                break
            if _holds(path, digest):
                yield path


def _holds(path: Path, digest: str) -> bool:
    try:
        if path.stat().st_size > _MAX_BYTES:
            return False
        document = json.loads(path.read_bytes().decode())
        envelope = document.get("dsseEnvelope", document)
        return sha256(base64_bytes(envelope["payload"])).hexdigest() == digest
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
        return False
