"""`govern advisories sign`: a signed statement of an advisory snapshot's digest, date and sources."""

from __future__ import annotations

from pathlib import Path

from govern.attestation.kinds import ADVISORY_SNAPSHOT
from govern.attestation.notices import snapshot_statement
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.desk import Delivered, Desk
from govern.gate.files import read_file
from govern.inputs.json import parse_json
from govern.security.advisories.snapshot import current_snapshot, load_snapshot

__all__ = ["sign_snapshot"]


def sign_snapshot(path: Path, desk: Desk) -> Delivered:
    """Verify a snapshot from its bytes, then sign it as role `advisory`.

    Args:
        path: a snapshot folder, or a store whose `current` points to one.
        desk: the signer.

    Raises UsageError A503, U103; InputError and IntegrityError for a snapshot that does not hold.
    """
    desk.role(ADVISORY_SNAPSHOT)
    folder = path if (path / "snapshot.json").exists() else current_snapshot(path)
    if folder is None:
        raise UsageError(Diagnostic("U103", f"there is no advisory snapshot in {path}"))
    snapshot = load_snapshot(folder)
    file = folder / "snapshot.json"
    index = parse_json(read_file(file, limit=16 << 20), file=str(file), utf16=False)
    assert isinstance(index, dict), "load_snapshot has read it"
    statement = snapshot_statement(index, snapshot.digest, nonce=desk.nonce())  # type: ignore[arg-type]  # JSON read above
    return desk.deliver(statement, name=f"advisories-{snapshot.as_of[:10]}")
