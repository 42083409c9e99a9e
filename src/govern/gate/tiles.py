"""The ledger as static files: written by its operator, checked by anybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govern.diagnostics import Diagnostic, IntegrityError, UsageError, plain
from govern.gate.cosign import witnessing_of
from govern.gate.ledgers import open_ledger
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace
from govern.ledger.note import NOTE_KEY, NoteKey, parse_note
from govern.ledger.quorum import WitnessPolicy
from govern.ledger.tile_check import check_export, exported_note
from govern.ledger.tile_export import export_tiles

__all__ = ["check_mirror", "export_ledger"]


def export_ledger(workspace: Workspace, folder: Path) -> str:
    """Bring a folder up to the ledger's head, with the cosignatures that it has; say what was written.

    Raises what `export_tiles` does.
    """
    trust = workspace.path("trust")
    with open_ledger(workspace) as inner:
        ledger = inner if trust is None else witnessing_of(workspace, read_trust(trust)).over(inner, ask=False)
        made = export_tiles(ledger, folder)
        origin = ledger.key.name
    return f"{plain(origin)}: {made.size} entries in {folder}, {len(made.written)} files written"


def check_mirror(folder: Path, *, vkeys: Sequence[str], trust: Path | None) -> tuple[str, int]:
    """Check an export by a log's verifier key, or by a trust root: no ledger, no network.

    Gives the text and the exit code: 0 whole, 1 whole but cosigned by fewer witnesses than the trust root asks for.
    Raises what `check_export` does, and UsageError (U105) when no key is known.
    """
    policy: WitnessPolicy | None = None
    keys = [_log_key(text) for text in vkeys]
    named = "given as --vkey"
    if not keys and trust is not None:
        root = read_trust(trust)
        keys, policy = [item.key for item in root.logs], root.witnesses
        named = f"named by the trust root, version {root.version}, fingerprint sha256:{root.digest}"
    if not keys:
        hint = "give the log's verifier key, --vkey, or a trust root, --trust"
        raise UsageError(Diagnostic("U105", "there is no key to check the export by", hint=hint))
    log = _signing_key(folder, keys)
    made = check_export(folder, log=log, witnesses=() if policy is None else policy.keys)
    head = made.checkpoint
    lines = [
        f"{plain(head.origin)}: {head.size} entries, root {head.root.hex()}",
        f"key    {plain(log.vkey)}, {named}",
        f"files  {made.files} tiles and bundles, each as the entries say",
    ]
    met = policy is None or policy.met(made.cosigners)
    if policy is not None and policy.quorum != "none":
        names = ", ".join(plain(key.name) for key in made.cosigners) or "nobody"
        lines.append(f"quorum {plain(policy.quorum)} {'met' if met else 'NOT MET'}, cosigned by {names}")
    lines.append(f"complete and unchanged as of checkpoint {head.size}")
    return "\n".join(lines), 0 if met else 1


def _log_key(text: str) -> NoteKey:
    try:
        key = NoteKey.parse(text)
    except IntegrityError as fault:
        raise UsageError(fault.diagnostics) from fault
    if key.kind != NOTE_KEY:
        raise UsageError(Diagnostic("G256", f"{text} is not the key of a log"))
    return key


def _signing_key(folder: Path, keys: Sequence[NoteKey]) -> NoteKey:
    """Which of the keys the export's checkpoint names; whether it holds is checked afterwards."""
    signed = {(line.name, line.key_id) for line in parse_note(exported_note(folder)).signatures}
    return next((key for key in keys if (key.name, key.key_id) in signed), keys[0])
