"""Where packs lie, and reading one: from what govern ships, from below the lock file, or from a replayed pack."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

import govern
from govern.diagnostics import BundleRefusedError, Diagnostic, GovernError, Span, UsageError
from govern.gate.files import read_file
from govern.gate.packs.archive import ArchiveError, read_archive
from govern.inputs.folder import folder_inside, open_file, walk_folder
from govern.inputs.json import pointer_span
from govern.inputs.limits import FolderLimits
from govern.policy.packs.lockfile import LOCK_FILE, Lock, LockedPack, PackFiles, Release, read_lock

__all__ = ["PackPlaces", "builtin_packs", "label_of", "read_pack_folder"]

_LIMITS = FolderLimits(entries=2_000, depth=8, path_bytes=200)
_MOST_BYTES = 16 * 1024 * 1024

Releases = Mapping[tuple[str, str, str], Release]
"""Signed releases of packs that hold at the clock, by (name, version, digest in hex)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPlaces:
    """Where `govern.lock` is, and therefore where its packs are."""

    lock: Path | None = None
    """The lock file; None, or a path where nothing is, when there is none."""
    replayed: Path | None = None
    """A folder with one folder a pack: the packs of an evidence pack, whatever their sources were."""
    releases: Releases | None = None
    """Set when the workspace demands signed packs."""

    def read_lock(self) -> tuple[Lock | None, bytes | None]:
        """Read the lock file, with its bytes. Raises UsageError or InputError for one that cannot be read."""
        if self.lock is None or not self.lock.is_file():
            return None, None
        data = read_file(self.lock)
        return read_lock(data, file=str(self.lock)), data

    def read(self, entry: LockedPack) -> PackFiles:
        """Give the files of a locked pack as they are now. What is wrong with them is in `problem`."""
        label = label_of(entry.source, None if self.lock is None else self.lock.parent)
        try:
            if self.replayed is not None:
                return PackFiles(label=f"packs/{entry.name}", files=read_pack_folder(self.replayed / entry.name))
            return PackFiles(label=label, files=self._files(entry.source))
        except GovernError as fault:
            return PackFiles(label=label, files={}, problem=self._problem(entry, fault.diagnostics[0]))

    def _problem(self, entry: LockedPack, found: Diagnostic) -> Diagnostic:
        code = found.code if found.code in ("P302", "P311") else "P302"
        message = f"the pack '{entry.name}' ({entry.source}) cannot be read: {found.message}"
        return Diagnostic(code, message, self._named_at(entry), found.hint)

    def _named_at(self, entry: LockedPack) -> Span:
        """Where the lock file says where a pack lies."""
        if self.lock is None or not self.lock.is_file():
            return Span(LOCK_FILE, 1, 1)
        data, file = read_file(self.lock), str(self.lock)
        index = [item.name for item in read_lock(data, file=file).packs].index(entry.name)
        return pointer_span(data, file=file, pointer=f"/packs/{index}/source") or Span(file, 1, 1)

    def _files(self, source: str) -> dict[str, bytes]:
        kind, _colon, rest = source.partition(":")
        if kind == "builtin":
            known = builtin_packs()
            if rest not in known:
                hint = f"Packs that come with govern: {', '.join(sorted(known))}."
                raise UsageError(Diagnostic("P302", f"govern ships no pack '{rest}'", hint=hint))
            return read_pack_folder(known[rest])
        root = Path() if self.lock is None else self.lock.parent
        place = _inside(root, rest)
        return read_pack_folder(place) if kind == "path" else _archive(place)


def label_of(source: str, root: Path | None) -> str:
    """Say how the files of a pack are called in diagnostics: by their path where they have one."""
    kind, _colon, rest = source.partition(":")
    return source if kind == "builtin" or root is None else os.path.normpath(root / rest)


@cache
def builtin_packs() -> dict[str, Path]:
    """Give the folders of the packs that come with govern, by name."""
    package = Path(govern.__file__).parent
    installed = package / "shipped_packs"
    root = installed if installed.is_dir() else package.parents[1] / "policies"
    if not root.is_dir():
        return {}
    return {item.name: item for item in sorted(root.iterdir()) if (item / "pack.yaml").is_file()}


def _inside(root: Path, relative: str) -> Path:
    """Give a path below the lock file's folder. Raises UsageError P311 for one that leaves it."""
    path = PurePosixPath(relative)
    fault = Diagnostic(
        "P311",
        f"the pack's source '{relative}' leaves the folder of {LOCK_FILE}",
        hint="Packs lie below the folder of the lock file; copy it there, or move the lock file up.",
    )
    if path.is_absolute() or ".." in path.parts or "\\" in relative:
        raise UsageError(fault)
    here = root
    for part in path.parts:
        here = here / part
        if here.is_symlink():
            raise UsageError(fault)
    return here


def read_pack_folder(folder: Path) -> dict[str, bytes]:
    """Read every file of a pack, without passing through any link. Raises UsageError P302 or P311."""
    try:
        listing = walk_folder(folder, limits=_LIMITS)
    except BundleRefusedError as fault:
        first = fault.diagnostics[0]
        code = "P311" if first.code == "B101" else "P302"
        raise UsageError(Diagnostic(code, f"{folder}: {first}", hint=first.hint)) from fault
    except GovernError as fault:
        raise UsageError(Diagnostic("P302", f"{folder} cannot be read: {fault.diagnostics[0].message}")) from fault
    made: dict[str, bytes] = {}
    left = _MOST_BYTES
    for item in listing.files:
        parent, _slash, name = item.path.rpartition("/")
        try:
            with folder_inside(folder, parent) as descriptor, os.fdopen(open_file(descriptor, name), "rb") as stream:
                data = stream.read(left + 1)
        except OSError as fault:
            raise UsageError(Diagnostic("P302", f"{folder / item.path} cannot be read: {fault.strerror}")) from fault
        left -= len(data)
        if left < 0:
            raise UsageError(Diagnostic("P302", f"{folder} holds more than {_MOST_BYTES:,} bytes"))
        made[item.path] = data
    return made


def _archive(path: Path) -> dict[str, bytes]:
    data = read_file(path, limit=_MOST_BYTES)
    try:
        return read_archive(data, most_files=_LIMITS.entries, most_bytes=_MOST_BYTES)
    except ArchiveError as fault:
        raise UsageError(Diagnostic("P302", f"{path}: {fault}")) from fault
