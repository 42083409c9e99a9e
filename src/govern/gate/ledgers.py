"""The workspace's ledger: a file, or a PostgreSQL database when the setting is an address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.workspace import Workspace

if TYPE_CHECKING:
    from govern.ledger.fsck import LedgerReport
    from govern.ledger.note import NoteKey, NoteSigner
    from govern.ledger.store import LedgerPlace, OpenLedger

__all__ = ["create_ledger", "is_server", "ledger_place", "open_ledger", "start_ledger", "verify_ledger"]

_SCHEMES = ("postgresql://", "postgres://")


def is_server(setting: str) -> bool:
    """Whether the setting `ledger` names a PostgreSQL database rather than a file. Raises UsageError (G228)."""
    if setting.startswith(_SCHEMES):
        return True
    if "://" in setting:
        message = f"the ledger is a file or a PostgreSQL database, not {setting.partition('://')[0]}://"
        raise UsageError(Diagnostic("G228", message, hint="postgresql://user@host:port/database"))
    return False


def ledger_place(workspace: Workspace) -> LedgerPlace:
    """Give where the parts of the ledger lie, touching none of them.

    Payloads lie in the folder `objects`; by default beside the database file, or in `.govern/objects`. Raises
    UsageError U105 when the ledger or its published checkpoint is not set, G228 for an address of something else.
    """
    setting = workspace.need("ledger")
    published = Path(workspace.need("published_checkpoint"))
    objects = workspace.path("objects")
    witnessed = workspace.paths("witnessed_checkpoints")
    if is_server(setting):
        from govern.ledger.postgres import PostgresPlace

        objects = objects or workspace.root / ".govern" / "objects"
        return PostgresPlace(url=setting, objects=objects, published=published, witnessed=witnessed)
    from govern.ledger.sqlite import LedgerPaths

    database = Path(setting)
    objects = objects or database.parent / "objects"
    return LedgerPaths(database=database, objects=objects, published=published, witnessed=witnessed)


def create_ledger(workspace: Workspace, signer: NoteSigner, created: str) -> OpenLedger:
    """Start the workspace's ledger, empty, under a log key. Raises UsageError (G202) when there is one."""
    return ledger_place(workspace).create(signer, created=created)


def start_ledger(workspace: Workspace, environment: Mapping[str, str], *, at: datetime, role: str | None) -> str:
    """Start the workspace's ledger under its own log key; in PostgreSQL let a role append to it. Give it in words.

    Raises UsageError: G202 there is one, U105 a setting is missing, G228 a role for a file or no name for one; and what
    loading the key and `create_ledger` raise.
    """
    from govern.attestation.signers import load_note_signer

    setting = workspace.need("ledger")
    if role is not None and not is_server(setting):
        raise UsageError(Diagnostic("G228", "--role is for a ledger in PostgreSQL, this one is in a file"))
    signer = load_note_signer(workspace.need("log"), origin=workspace.need("origin"), environment=environment)
    place = ledger_place(workspace)
    if role is not None:
        from govern.ledger.postgres import must_exist

        must_exist(setting, role)
    create_ledger(workspace, signer, instant_text(at)).close()
    lines = [f"created {plain(signer.key.name)} in {plain(place.label)}", f"key {plain(signer.key.vkey)}"]
    if role is not None:
        from govern.ledger.postgres import let_append

        let_append(setting, role)
        lines.append(f"the role {plain(role)} may append")
    return "\n".join(lines)


def open_ledger(workspace: Workspace, *, signer: NoteSigner | None = None) -> OpenLedger:
    """Open the workspace's ledger, for appending when the log's key is given. Use it in a `with` statement."""
    return ledger_place(workspace).open(signer=signer)


def verify_ledger(workspace: Workspace, *, expected: NoteKey | None = None) -> LedgerReport:
    """Re-check the workspace's ledger from its bytes (`govern.ledger.fsck`)."""
    from govern.ledger.fsck import verify_ledger as verify

    return verify(ledger_place(workspace), expected=expected)
