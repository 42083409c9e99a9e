"""The ledger in words: its entries, a full re-check, proofs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from govern.canonical import Json, canonical_bytes
from govern.diagnostics import Diagnostic, IntegrityError, UsageError, plain
from govern.gate.cosign import witnessing_of
from govern.gate.ledgers import open_ledger, verify_ledger
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace
from govern.ledger.note import NoteKey
from govern.ledger.proof import hash_lines
from govern.ledger.store import LedgerStore

__all__ = ["list_entries", "prove_consistency", "prove_entry", "recheck"]


def list_entries(workspace: Workspace, *, as_json: bool) -> str:
    """List every entry with what its payload says; an erased payload is shown as erased."""
    with open_ledger(workspace) as ledger:
        head = ledger.head()
        rows = [_row(index, digest, ledger.payload(digest)) for index, digest in ledger.digests()]
        origin = ledger.key.name
    if as_json:
        return canonical_bytes({"origin": origin, "size": head.size, "root": head.root.hex(), "entries": rows}).decode()
    lines = [f"{plain(origin)}: {head.size} entries, root {head.root.hex()}"]
    for row in rows:
        lines.append(
            f"{row['index']:>6}  {plain(str(row['issued'])):20}  {plain(str(row['kind'])):24}  "
            f"{plain(str(row['subject']))}  sha256:{str(row['payload'])[:16]}…"
        )
    return "\n".join(lines)


def _row(index: int, digest: str, payload: bytes | None) -> dict[str, Json]:
    row: dict[str, Json] = {"index": index, "payload": digest, "kind": "erased", "subject": "-", "issued": "-"}
    if payload is not None:
        statement = json.loads(payload)
        predicate = statement["predicate"]
        row["kind"] = _short(statement["predicateType"])
        row["subject"] = statement["subject"][0]["name"]
        row["issued"] = predicate.get("issuedAt") or predicate.get("timeVerified") or "-"
    return row


def _short(kind: str) -> str:
    if kind.startswith("https://slsa.dev/"):
        return "verification-summary"
    return kind.removeprefix("urn:govern:attestation:").removesuffix(":v1")


def recheck(workspace: Workspace) -> tuple[str, tuple[Diagnostic, ...], int]:
    """Re-check the whole ledger; give a text, the findings and the exit code.

    The log's key is the trust root's when the workspace names one, else the one stored in the ledger itself. A sound
    ledger is also held against the cosigned checkpoints that were collected.
    """
    expected = _trusted_key(workspace.path("trust"))
    report = verify_ledger(workspace, expected=expected)
    findings, code = report.findings, report.exit_code
    if code == 0:
        findings = (*findings, *_against_witnesses(workspace))
        code = 4 if len(findings) > len(report.findings) else 0
    state = {0: "sound", 3: "cannot be compared with a published checkpoint"}.get(code, "DAMAGED")
    text = (
        f"{plain(report.key.name)}: {report.size} entries, {report.checkpoints} checkpoints, "
        f"{report.objects} payloads, {report.erased} erased\n"
        f"root {report.root.hex()}\n"
        f"key  {'named by the trust root' if expected else 'taken from the ledger itself, not from a trust root'}\n"
        f"{state}"
    )
    return text, findings, code


def _against_witnesses(workspace: Workspace) -> tuple[Diagnostic, ...]:
    """What contradicts a checkpoint that witnesses have cosigned."""
    with open_ledger(workspace) as inner:
        try:
            _as_witnessed(workspace, inner).head()
        except IntegrityError as fault:
            return fault.diagnostics
    return ()


def _trusted_key(path: Path | None) -> NoteKey | None:
    if path is None:
        return None
    root = read_trust(path)
    return root.logs[0].key if root.logs else None


def prove_entry(workspace: Workspace, entry: str) -> bytes:
    """Give the `.tlog-proof` file of an entry, named by its index or by the sha256 of its payload.

    The proof leads to the checkpoint with the most cosignatures that covers the entry. Raises UsageError U109 when
    the ledger holds no such entry.
    """
    digest = entry.removeprefix("sha256:")
    with open_ledger(workspace) as inner:
        ledger = _as_witnessed(workspace, inner)
        if re.fullmatch(r"[0-9]{1,15}", entry):
            return ledger.prove(int(entry)).proof.data
        index = ledger.find(digest) if re.fullmatch(r"[0-9a-f]{64}", digest) else None
        if index is None:
            message = f"the ledger holds no entry '{entry}'"
            raise UsageError(Diagnostic(code="U109", message=message, hint="see: govern ledger log"))
        return ledger.prove(index).proof.data


def _as_witnessed(workspace: Workspace, ledger: LedgerStore) -> LedgerStore:
    """The ledger with the cosignatures that were collected, when a trust root says whose count."""
    trust = workspace.path("trust")
    return ledger if trust is None else witnessing_of(workspace, read_trust(trust)).over(ledger, ask=False)


def prove_consistency(workspace: Workspace, old: int, new: int) -> bytes:
    """Give the hashes that prove the log at `new` entries to extend the log at `old`: one in base64 a line.

    Raises UsageError G213 when the log has no such sizes.
    """
    with open_ledger(workspace) as ledger:
        return hash_lines(ledger.consistency(old, new)).encode()
