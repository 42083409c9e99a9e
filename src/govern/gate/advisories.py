"""The store of advisory snapshots: renewing it, and saying how old it is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from govern.canonical import instant_text, parse_instant
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.workspace import Workspace
from govern.security.advisories.snapshot import Snapshot, current_snapshot, load_snapshot
from govern.security.advisories.update import OSV_PYPI_EXPORT, update

__all__ = ["describe_store", "update_store"]


def update_store(
    workspace: Workspace, *, source: str | None, database: str, clock: datetime
) -> tuple[str, tuple[str, ...]]:
    """Build a new snapshot in the workspace's store; give a text and warnings.

    Raises UsageError U103 when the source is a path that is not there, InputError when it cannot be fetched or read.
    """
    store = _store(workspace)
    address: str | Path = source or OSV_PYPI_EXPORT
    if isinstance(address, str) and "://" not in address:
        address = Path(address)
        if not address.exists():
            raise UsageError(Diagnostic(code="U103", message=f"there is no {address}"))
    made = update(store, address, as_of=instant_text(clock), name=database)
    text = (
        f"{_describe(made.snapshot, clock)}\n"
        f"since the previous snapshot: {made.added} added, {made.changed} changed, {made.withdrawn} withdrawn, "
        f"{made.removed} gone"
    )
    warnings = tuple(f"unreadable record: {plain(item)}" for item in made.snapshot.unreadable[:10])
    return text, warnings


def describe_store(workspace: Workspace, *, clock: datetime) -> str:
    """Say what the current snapshot holds and how old it is.

    Raises UsageError U103 when there is none, InputError or IntegrityError when it does not hold.
    """
    store = _store(workspace)
    folder = store if (store / "snapshot.json").exists() else current_snapshot(store)
    if folder is None:
        message = f"there is no advisory snapshot in {store}"
        raise UsageError(Diagnostic(code="U103", message=message, hint="make one: govern advisories update"))
    return _describe(load_snapshot(folder), clock)


def _store(workspace: Workspace) -> Path:
    store = workspace.path("advisories")
    if store is None:
        hint = "pass --store DIR, or set [workspace] advisories in govern.toml"
        raise UsageError(Diagnostic(code="U103", message="no advisory store is named", hint=hint))
    return store


def _describe(snapshot: Snapshot, clock: datetime) -> str:
    lines = [
        f"snapshot    sha256:{snapshot.digest}",
        f"as of       {snapshot.as_of} ({_age(snapshot.as_of, clock)})",
        f"records     {len(snapshot.records)} ({len(snapshot.unreadable)} unreadable)",
        f"ecosystems  {', '.join(map(plain, snapshot.ecosystems))}",
    ]
    for item in snapshot.sources:
        newest = "no record" if item.newest_modified is None else f"newest record {item.newest_modified[:10]}"
        lines.append(f"source      {plain(item.name)}: {item.records} records, {newest}, from {plain(item.location)}")
    return "\n".join(lines)


def _age(text: str, clock: datetime) -> str:
    days = (clock - parse_instant(text)).days
    return f"{days} days old" if days >= 0 else "dated after the clock"
