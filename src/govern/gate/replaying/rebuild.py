"""A pack's bundle, policies and advisories as files again, in a folder that nobody else may enter.

No name is drawn by lot: `mkdir` fails when something is there already, so a foreseeable name is as safe as a random
one, and a replay needs no randomness. Nothing is made executable, and nothing that was packed names a place outside.
"""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from govern.attestation.pack.index import Role, damaged
from govern.attestation.pack.reading import Pack
from govern.bundle.manifest import FileEntry
from govern.bundle.withheld import Withheld
from govern.diagnostics import Diagnostic, InputError
from govern.gate.packs.places import PackPlaces

__all__ = ["Rebuilt", "private_folder", "rebuild"]

_ATTEMPTS = 1000
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


@contextmanager
def private_folder(scratch: Path) -> Iterator[Path]:
    """Make a folder of mode 0700 in `scratch`, and remove it with all that is in it.

    Raises InputError A621 when it cannot be made or removed.
    """
    root = _made(scratch)
    try:
        yield root
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(root)
        raise
    try:
        shutil.rmtree(root)
    except OSError as fault:
        raise _no_room(f"{root} cannot be removed: {fault.strerror}") from fault


def _made(scratch: Path) -> Path:
    for number in range(_ATTEMPTS):
        root = scratch / f"govern-replay-{os.getpid()}-{number}"
        try:
            root.mkdir(mode=0o700)
            status = os.lstat(root)
        except FileExistsError:
            continue
        except OSError as fault:
            raise _no_room(f"no folder can be made in {scratch}: {fault.strerror}") from fault
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise _no_room(f"{root} is not the private folder that was made")
        return root
    raise _no_room(f"{scratch} is full of folders of other replays")


def _no_room(message: str) -> InputError:
    return InputError(Diagnostic("A621", message, hint="name another folder for it: TMPDIR"))


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
    return _no_room(f"cannot write {path}: {fault.strerror}")
