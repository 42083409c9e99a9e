"""The workspace's ledger: a file, or a PostgreSQL database when the setting is an address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, UsageError
from govern.gate.workspace import Workspace

if TYPE_CHECKING:
    from govern.ledger.fsck import LedgerReport
    from govern.ledger.note import NoteKey, NoteSigner
    from govern.ledger.store import LedgerPlace, OpenLedger

__all__ = ["create_ledger", "is_server", "ledger_place", "open_ledger", "verify_ledger"]

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


def open_ledger(workspace: Workspace, *, signer: NoteSigner | None = None) -> OpenLedger:
    """Open the workspace's ledger, for appending when the log's key is given. Use it in a `with` statement."""
    return ledger_place(workspace).open(signer=signer)


def verify_ledger(workspace: Workspace, *, expected: NoteKey | None = None) -> LedgerReport:
    """Re-check the workspace's ledger from its bytes (`govern.ledger.fsck`)."""
    from govern.ledger.fsck import verify_ledger as verify

    return verify(ledger_place(workspace), expected=expected)
