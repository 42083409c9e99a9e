"""Fetching an advisory database and making it the current snapshot: the only module here that opens a connection."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from govern.diagnostics import Diagnostic, GovernError, InputError, UsageError
from govern.security.advisories.build import build_snapshot
from govern.security.advisories.snapshot import Snapshot, current_snapshot, load_snapshot
from govern.security.advisories.sources import MAX_INPUT_BYTES, read_database

__all__ = ["OSV_PYPI_EXPORT", "Opener", "Readable", "Update", "update"]

OSV_PYPI_EXPORT = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
"""OSV's export of every PyPI record (GHSA, PYSEC, MAL), one JSON file a record. Data licence: CC-BY-4.0."""

TIMEOUT_SECONDS = 60
_CHUNK = 1 << 20


class Readable(Protocol):
    """What an opener gives: bytes in chunks, then closed."""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, none at the end."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


Opener = Callable[[str], Readable]
"""Opens an address for reading. Raises OSError when it cannot be reached."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an update changed."""

    snapshot: Snapshot
    path: Path
    previous: str | None
    """Digest of the snapshot that was current before."""
    added: int
    changed: int
    withdrawn: int
    """Records withdrawn since the previous snapshot."""
    removed: int
    """Records that stood in the previous snapshot and are gone: unusual, worth a look."""


def update(
    destination: Path,
    source: str | Path = OSV_PYPI_EXPORT,
    *,
    as_of: str,
    name: str = "osv-pypi",
    revision: str = "",
    licence: str = "CC-BY-4.0",
    attribution: str = "OSV and its source databases",
    opener: Opener | None = None,
) -> Update:
    """Build a snapshot from `source` under `destination` and point `destination/current` at it, last of all.

    `source` is an https address, or a local file or folder (nothing is fetched then). `as_of` is the instant at which
    the copy is taken, from the caller's clock. Raises InputError when the source cannot be fetched or read; the
    current snapshot then stays what it was.
    """
    before = _previous(destination)
    destination.mkdir(parents=True, exist_ok=True)
    if isinstance(source, Path):
        path, location, fetched = source, source.name, None
    else:
        fetched = _fetch(source, destination, opener or _open_https)
        path, location = fetched, source
    try:
        database = read_database(
            path,
            name=name,
            as_of=as_of,
            location=location,
            revision=revision,
            licence=licence,
            attribution=attribution,
        )
    finally:
        if fetched is not None:
            fetched.unlink()
    built = build_snapshot([database], destination, as_of=as_of)
    snapshot = load_snapshot(built.path)
    _point_at(destination, built.digest)
    return _compare(before, snapshot, built.path)


def _previous(destination: Path) -> Snapshot | None:
    try:
        current = current_snapshot(destination)
        return load_snapshot(current) if current is not None else None
    except GovernError:
        return None  # a damaged predecessor must not stop its replacement


def _fetch(address: str, destination: Path, opener: Opener) -> Path:
    handle, name = tempfile.mkstemp(prefix=".download-", dir=destination)
    target = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, closing(opener(address)) as response:
            total = 0
            while chunk := response.read(_CHUNK):
                total += len(chunk)
                if total > MAX_INPUT_BYTES:
                    raise _failed(address, f"larger than {MAX_INPUT_BYTES:,} bytes")
                out.write(chunk)
    except OSError as fault:
        target.unlink()
        raise _failed(address, str(fault)[:200] or type(fault).__name__) from fault
    except GovernError:
        target.unlink()
        raise
    return target


def _open_https(address: str) -> Readable:
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    if not address.startswith("https://"):
        raise UsageError(
            Diagnostic("S109", f"{address[:80]!r} is not an https address", hint="give an https address, or a file")
        )
    request = Request(address, headers={"User-Agent": "govern-advisories"})  # noqa: S310 - https, checked above
    try:
        return urlopen(request, timeout=TIMEOUT_SECONDS)  # type: ignore[no-any-return]  # noqa: S310
    except HTTPException as fault:
        raise OSError(type(fault).__name__) from fault


def _point_at(destination: Path, digest: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".current-", dir=destination)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(digest + "\n")
    pointer = Path(name)
    pointer.chmod(0o644)
    pointer.replace(destination / "current")


def _compare(before: Snapshot | None, after: Snapshot, path: Path) -> Update:
    old = {record.id: record for record in before.records} if before is not None else {}
    new = {record.id: record for record in after.records}
    shared = [(old[key], new[key]) for key in old.keys() & new.keys()]
    return Update(
        snapshot=after,
        path=path,
        previous=before.digest if before is not None else None,
        added=len(new.keys() - old.keys()),
        changed=sum(1 for first, second in shared if first != second),
        withdrawn=sum(1 for first, second in shared if second.withdrawn and not first.withdrawn),
        removed=len(old.keys() - new.keys()),
    )


def _failed(address: str, reason: str) -> InputError:
    return InputError(
        Diagnostic(
            "S109",
            f"cannot fetch {address[:120]}: {reason}",
            hint="check the connection, or download the export elsewhere and give it with --from FILE",
        )
    )
