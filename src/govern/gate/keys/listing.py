"""The keys of a folder, with what the trust root says of each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from govern.attestation.keys import PublicKey
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot, Window
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, IntegrityError, UsageError, plain
from govern.gate.files import read_file
from govern.gate.keys.public import read_public_key
from govern.ledger.note import NOTE_KEY, NoteKey

__all__ = ["list_keys"]


def list_keys(folder: Path, *, trust: Path | None, at: datetime) -> str:
    """Say of every public half in a folder what it is and what the trust root lets it do now.

    Raises UsageError (U103) for a folder that is not there, IntegrityError for a broken trust root.
    """
    if not folder.is_dir():
        raise UsageError(Diagnostic("U103", f"there is no folder {folder}", hint="make a key: govern keys new"))
    root = None if trust is None else load_trust(read_file(trust), file=str(trust))
    lines: list[str] = []
    for path in sorted(item for item in folder.iterdir() if item.suffix in (".pub", ".vkey")):
        private = "" if path.with_suffix(".pem").is_file() else "  (public half only)"
        lines.append(f"{plain(path.stem)}{private}")
        lines += [f"  {line}" for line in _said_of(path, root, at)]
    alone = [item for item in folder.glob("*.pem") if not any(map(Path.is_file, _halves(item)))]
    lines += [f"{plain(item.stem)}  (private half only: {plain(item.name)})" for item in sorted(alone)]
    if root is None:
        lines.append("roles are not shown: no trust root was given, and the workspace names none")
    return "\n".join(lines) if lines else f"there are no keys in {plain(str(folder))}"


def _halves(private: Path) -> tuple[Path, Path]:
    return private.with_suffix(".pub"), private.with_suffix(".vkey")


def _said_of(path: Path, root: TrustRoot | None, at: datetime) -> list[str]:
    try:
        if path.suffix == ".vkey":
            return _note_key_lines(NoteKey.parse(read_file(path, limit=4096).decode().strip()), root, at)
        return _key_lines(read_public_key(path), root, at)
    except UnicodeDecodeError:
        return ["NOT A KEY: it is not text"]
    except (UsageError, IntegrityError) as fault:
        return [f"NOT A KEY: {plain(fault.diagnostics[0].message)}"]


def _note_key_lines(key: NoteKey, root: TrustRoot | None, at: datetime) -> list[str]:
    lines = [f"{'log' if key.kind == NOTE_KEY else 'witness'}  {plain(key.vkey)}"]
    if root is None:
        return lines
    logs = [item for item in root.logs if item.key == key]
    names = [name for name, item in root.witnesses.witnesses.items() if item == key]
    lines += [f"trusted as log {plain(key.name)}{_window_text(item.window, at)}" for item in logs]
    lines += [f"known as witness {plain(name)}" for name in names]
    return lines if logs or names else [*lines, f"not in version {root.version} of the trust root"]


def _key_lines(key: PublicKey, root: TrustRoot | None, at: datetime) -> list[str]:
    lines = [f"P-256  {key.keyid}"]
    if root is None:
        return lines
    if key.keyid not in root.keys:
        return [*lines, f"not in version {root.version} of the trust root"]
    owner = plain(root.keys[key.keyid].owner)
    for name, role in sorted(root.roles.items()):
        lines += [f"{name}  {owner}{_window_text(item.window, at)}" for item in role.keys if item.keyid == key.keyid]
    if len(lines) == 1:
        lines.append(f"no role  {owner}")
    for item in root.revoked:
        if item.keyid == key.keyid:
            since = [] if item.start is None else [instant_text(item.start)]
            since += [] if item.from_index is None else [f"log index {item.from_index}"]
            lines.append(f"REVOKED from {' and '.join(since) or 'the beginning'} ({plain(item.reason)})")
    return lines


def _window_text(window: Window, at: datetime) -> str:
    start = f"  from {instant_text(window.start)}" if window.start is not None else ""
    end = f"  until {instant_text(window.end)}" if window.end is not None else ""
    return f"{start}{end}{'' if window.holds(at) else '  NOT IN USE'}"
