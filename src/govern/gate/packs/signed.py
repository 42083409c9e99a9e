"""Signed packs: a workspace may demand that every pack it builds on was released by the office for policies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from govern.diagnostics import Diagnostic, Span, UsageError
from govern.gate.packs.places import PackPlaces, ReleaseOf
from govern.gate.workspace import Workspace
from govern.policy.compile import Compiled
from govern.policy.packs.lockfile import Release

__all__ = ["known_releases", "pack_places", "pack_release_name", "unsigned"]


_PACK = "pack:"


def pack_release_name(pack: str) -> str:
    """Give the name under which a pack is released: a policy in it may bear the pack's own name."""
    return f"{_PACK}{pack}"


def pack_places(workspace: Workspace, *, at: datetime) -> PackPlaces:
    """Say where the packs of a workspace are, and who vouches for them when it demands that somebody does.

    Raises UsageError U102 for a `signed_packs` that is neither `required` nor `optional`.
    """
    lock = workspace.lock
    if not demanded(workspace):
        return PackPlaces(lock=lock)
    return PackPlaces(lock=lock, release_of=_releases(workspace, at))


def demanded(workspace: Workspace) -> bool:
    """Whether the workspace demands signed packs."""
    text = workspace.text("signed_packs")
    if text not in ("required", "optional"):
        message = f"[workspace] signed_packs is '{text}'"
        raise UsageError(Diagnostic("U102", message, hint="write required or optional"))
    return text == "required"


def _releases(workspace: Workspace, at: datetime) -> ReleaseOf:
    from govern.gate.statements import people_of, workspace_statements, workspace_trust

    people = people_of(workspace_statements(workspace), trust=workspace_trust(workspace), at=at)
    return people.release_of


def unsigned(compiled: Compiled, release_of: ReleaseOf, lock: str) -> Iterator[Diagnostic]:
    """Report every pack without a signed release of exactly its bytes (P314)."""
    for name, pack in sorted(compiled.packs.items()):
        entry = pack.locked
        if entry is None:
            continue
        found = release_of(pack_release_name(name), entry.version, pack.digest)
        recorded = None if entry.release is None else entry.release.statement.removeprefix("sha256:")
        if found is None or recorded not in (None, found):
            message = f"the pack {name} {entry.version} (sha256:{pack.digest}) has no signed release that holds"
            hint = f"Get it from its owner (govern policy release {pack.label}) and put it with the statements."
            yield Diagnostic("P314", message, Span(lock, 1, 1), hint)


def known_releases(workspace: Workspace, *, at: datetime) -> dict[tuple[str, str, str], Release]:
    """Give the signed releases of the workspace's statements that hold, by (name, version, digest in hex)."""
    from govern.gate.statements import people_of, workspace_statements, workspace_trust

    trust = workspace_trust(workspace)
    people = people_of(workspace_statements(workspace), trust=trust, at=at)
    return {
        (name.removeprefix(_PACK), version, source): Release(statement=f"sha256:{digest}", keyid=keyid)
        for name, version, source, digest, keyid in people.releases()
        if name.startswith(_PACK)
    }
