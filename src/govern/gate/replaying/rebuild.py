"""A pack's bundle, policies and advisories as files again, in a folder that nobody else may enter.

Nothing is made executable, and nothing that was packed names a place outside.
"""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from govern.attestation.pack.index import Role, damaged
from govern.attestation.pack.reading import Pack
from govern.bundle.manifest import FileEntry
from govern.bundle.withheld import Withheld
from govern.gate.packs.places import PackPlaces
from govern.gate.private_folder import no_room, private_folder

__all__ = ["Rebuilt", "private_folder", "rebuild"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNFIT = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EINVAL, errno.EILSEQ)
"""What the file system says of names that no folder could have held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """Where the parts of a pack are."""

    bundle: Path
    policies: tuple[Path, ...]
    places: PackPlaces
    advisories: Path | None
    withheld: tuple[FileEntry, ...]
    wanted: Withheld
    """What the checks wanted of withheld files."""


def rebuild(pack: Pack, root: Path) -> Rebuilt:
    """Write a pack's parts below `root`.

    Raises IntegrityError A608 for names that no folder could hold, InputError A621 when there is no room.
    """
    wanted = Withheld()
    withheld: list[FileEntry] = []
    bundle = root / "bundle"
    _folder(bundle)
    for line in pack.manifest.entries:
        entry = pack.evidence(line.sha256)
        if entry.withheld:
            withheld.append(FileEntry(line.path, line.sha256, entry.size, withheld=wanted))
        else:
            _write(bundle, line.path, pack.chunks(entry.path))
    policies = [
        _write(root / "policies", entry.path.removeprefix("policy/source/"), pack.chunks(entry.path))
        for entry in pack.having(Role.POLICY)
    ]
    return Rebuilt(
        bundle=bundle,
        policies=tuple(policies),
        places=_packs(pack, root),
        advisories=_advisories(pack, root),
        withheld=tuple(withheld),
        wanted=wanted,
    )


def _packs(pack: Pack, root: Path) -> PackPlaces:
    """The policy packs, each in a folder of its own, and the lock that pins them."""
    lock = pack.one(Role.POLICY_LOCK)
    if lock is None:
        return PackPlaces()
    packs = root / "packs"
    _folder(packs)
    for entry in pack.having(Role.POLICY_PACK):
        _write(packs, entry.path.removeprefix("policy/packs/"), pack.chunks(entry.path))
    return PackPlaces(lock=_write(root, "govern.lock", [lock]), replayed=packs)


def _advisories(pack: Pack, root: Path) -> Path | None:
    index, records = pack.one(Role.ADVISORY_INDEX), pack.one(Role.ADVISORY_RECORDS)
    if index is None or records is None:
        return None
    folder = root / "advisories"
    _write(folder, "snapshot.json", [index])
    _write(folder, "records.jsonl.gz", [gzip.compress(records, compresslevel=1, mtime=0)])
    return folder


def _folder(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise _fault(path, fault) from fault


def _write(folder: Path, name: str, chunks: Iterable[bytes]) -> Path:
    path = folder / name
    _folder(path.parent)
    try:
        with os.fdopen(os.open(path, _NEW, 0o600), "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
    except OSError as fault:
        raise _fault(path, fault) from fault
    return path


def _fault(path: Path, fault: OSError) -> Exception:
    if fault.errno in _UNFIT:
        return damaged("A608", f"a file of the bundle cannot be called so ({fault.strerror})", at=path.name)
    return no_room(f"cannot write {path}: {fault.strerror}")
