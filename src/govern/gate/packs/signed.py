"""Signed packs: a workspace may demand that every pack it builds on was released by the office for policies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from govern.diagnostics import Diagnostic, Severity, Span, UsageError
from govern.gate.packs.places import PackPlaces, Releases
from govern.gate.workspace import Workspace
from govern.policy.compile import Compiled
from govern.policy.packs.documents import version_key
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
    return PackPlaces(lock=lock, releases=known_releases(workspace, at=at))


def demanded(workspace: Workspace) -> bool:
    """Whether the workspace demands signed packs."""
    text = workspace.text("signed_packs")
    if text not in ("required", "optional"):
        message = f"[workspace] signed_packs is '{text}'"
        raise UsageError(Diagnostic("U102", message, hint="write required or optional"))
    return text == "required"


def unsigned(compiled: Compiled, releases: Releases, lock: str) -> Iterator[Diagnostic]:
    """Report every pack without a signed release of exactly its bytes (P314), and each that is behind one (P315)."""
    for name, pack in sorted(compiled.packs.items()):
        entry = pack.locked
        if entry is None:
            continue
        found = releases.get((name, entry.version, pack.digest))
        if found is None or (entry.release is not None and entry.release.statement != found.statement):
            message = f"the pack {name} {entry.version} (sha256:{pack.digest}) has no signed release that holds"
            hint = f"Get it from its owner (govern policy release {pack.label}) and put it with the statements."
            yield Diagnostic("P314", message, Span(lock, 1, 1), hint)
        newest = max((version for held, version, _digest in releases if held == name), key=_key, default=entry.version)
        if _key(newest) > _key(entry.version):
            message = f"the pack {name} is pinned at {entry.version}, and {newest} has been released"
            hint = f"Bring that version, look at the difference, then: govern policy lock --update {name}"
            yield Diagnostic("P315", message, Span(lock, 1, 1), hint, Severity.WARNING)


def _key(version: str) -> tuple[tuple[int, ...], bool]:
    try:
        return version_key(version)
    except ValueError:  # a statement may call a version anything
        return (), False


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
