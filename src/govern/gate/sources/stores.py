"""Fetching from a place that lists first: names and caps are held against the list, and the files against it after."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from govern.gate.sources.faults import fetching, shown_uri, too_much, unreachable
from govern.gate.sources.interface import Listed, Store
from govern.inputs.archives.faults import Faults
from govern.inputs.archives.names import Names
from govern.inputs.limits import FetchLimits, FolderLimits

__all__ = ["bring", "checked_listing"]


def checked_listing(uri: str, files: Iterable[Listed], limits: FetchLimits) -> tuple[Listed, ...]:
    """Give the files of a store whose names could be a bundle's.

    Raises BundleRefusedError I204 with every name that could not, InputError B132 beyond the caps and B131 for none.
    """
    faults = Faults(shown_uri(uri))
    names = Names(faults, FolderLimits())
    kept: list[Listed] = []
    total = 0
    for item in files:
        if len(kept) >= limits.files:
            raise too_much(uri, f"more than {limits.files:,} files")
        total += item.size or 0
        if total > limits.bytes:
            raise too_much(uri, f"more than {limits.bytes:,} bytes")
        names.file(item.path)
        kept.append(item)
    faults.refuse()
    if not kept:
        raise unreachable(uri, "there is no file")
    return tuple(kept)


def bring(uri: str, store: Store, target: Path, limits: FetchLimits) -> Path:
    """Fetch the files of a store; give their folder. Raises as `checked_listing`, and B131 when other files came."""
    with fetching(uri):
        listed = checked_listing(uri, store.listing(), limits)
        folder = store.bring(target)
    if not folder.resolve().is_relative_to(target.resolve()):
        raise unreachable(uri, f"the client put the files elsewhere: {folder}")
    found = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    if sum(path.lstat().st_size for path in found) > limits.bytes:
        raise too_much(uri, f"more than {limits.bytes:,} bytes, and the store had listed fewer")
    came = {path.relative_to(folder).as_posix() for path in found}
    wanted = {item.path for item in listed}
    if came != wanted:
        odd = ", ".join(sorted(came ^ wanted)[:5])
        raise unreachable(uri, f"the store gave other files than it lists: {odd}")
    return folder
