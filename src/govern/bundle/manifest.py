"""The manifest: every file of a bundle with its sha256. Its own sha256 is the bundle digest.

The bytes are what `sha256sum` prints, in the order of the paths' bytes, so that
`find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum` gives the same digest, as do in-toto's
dirHash and Go's h1. Neither YAML nor pydantic is needed here: `govern verify` starts with this module.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from govern.bundle.withheld import Withheld
from govern.diagnostics import BundleRefusedError, Diagnostic, InputError, IntegrityError, Span
from govern.inputs.folder import FileStat, folder_inside, open_file, walk_folder
from govern.inputs.limits import FolderLimits
from govern.records import record

__all__ = [
    "Difference",
    "FileEntry",
    "Manifest",
    "ManifestLine",
    "changed_while_reading",
    "compare",
    "hash_folder",
    "manifest_from",
    "manifest_of",
    "parse_manifest",
]

_CHUNK_BYTES = 1024 * 1024
_HEAD_BYTES = 256
_PORTION_BYTES = 16 * 1024 * 1024
_SERIAL_BELOW_BYTES = 4 * 1024 * 1024
"""Below this a thread costs more than it saves."""
_LINE = re.compile(rb"([0-9a-f]{64})  ([^\x00-\x1f\x7f\\]+)\n")


@record
class ManifestLine:
    """One line of a manifest."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of an opened bundle."""

    path: str
    """Relative to the bundle, with `/`."""
    sha256: str
    size: int
    head: bytes = b""
    """Its first bytes, for telling formats apart."""
    withheld: Withheld | None = field(default=None, compare=False, repr=False)
    """Set when the bytes are not here (replay of a pack): what is wanted of them is noted there."""


@record
class Manifest:
    """A manifest: its lines, its bytes, and its digest (sha256 of the bytes, in hex)."""

    entries: tuple[ManifestLine, ...]
    data: bytes
    digest: str


@record
class Difference:
    """How one path differs between two manifests."""

    kind: Literal["changed", "missing", "extra"]
    """`missing`: only in the first manifest; `extra`: only in the second."""
    path: str
    first: str | None
    """sha256 in the first manifest."""
    second: str | None
    """sha256 in the second manifest."""


def manifest_from(files: Iterable[FileEntry | ManifestLine]) -> Manifest:
    """Make the manifest of files whose sha256 is known, in the order of their paths' bytes."""
    lines = tuple(sorted((ManifestLine(item.path, item.sha256) for item in files), key=lambda line: line.path.encode()))
    data = b"".join(f"{line.sha256}  {line.path}\n".encode() for line in lines)
    return Manifest(lines, data, hashlib.sha256(data).hexdigest())


def manifest_of(root: Path, *, limits: FolderLimits | None = None) -> Manifest:
    """Hash a folder. Raises BundleRefusedError (B101 to B108, B114) or IntegrityError B109."""
    return manifest_from(hash_folder(root, limits=limits))


def hash_folder(root: Path, *, limits: FolderLimits | None = None) -> tuple[FileEntry, ...]:
    """List and hash every file below `root`, large folders in a few threads; in the order of the paths' bytes.

    Raises BundleRefusedError with every refusal, and IntegrityError B109 for files that change meanwhile.
    """
    portions = list(_portions(walk_folder(root, limits=limits).files))

    def one(portion: _Portion) -> list[FileEntry | Diagnostic]:
        return _hash_portion(root, portion)

    workers = min(8, len(os.sched_getaffinity(0)))  # the cores that this process may use, as a container sets them
    if workers > 1 and len(portions) > 1 and sum(portion.size for portion in portions) >= _SERIAL_BELOW_BYTES:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=workers) as pool:
            results = list(pool.map(one, portions))
    else:
        results = [one(portion) for portion in portions]
    entries: list[FileEntry] = []
    faults: list[Diagnostic] = []
    for result in chain.from_iterable(results):
        if isinstance(result, FileEntry):
            entries.append(result)
        else:
            faults.append(result)
    refused = [fault for fault in faults if fault.code == "B108"]
    if refused:
        raise BundleRefusedError(refused)
    if faults:
        raise IntegrityError(faults)
    return tuple(sorted(entries, key=lambda entry: entry.path.encode()))


@record
class _Portion:
    """Files of one folder that one thread hashes, so that the folder is opened once for all of them."""

    folder: str
    files: tuple[FileStat, ...]

    @property
    def size(self) -> int:
        return sum(item.size for item in self.files)


def _portions(files: Iterable[FileStat]) -> Iterator[_Portion]:
    by_folder: dict[str, list[FileStat]] = {}
    for item in files:
        by_folder.setdefault(item.path.rpartition("/")[0], []).append(item)
    for folder, members in by_folder.items():
        portion: list[FileStat] = []
        size = 0
        for item in members:
            portion.append(item)
            size += item.size
            if size >= _PORTION_BYTES:
                yield _Portion(folder, tuple(portion))
                portion, size = [], 0
        if portion:
            yield _Portion(folder, tuple(portion))


def _hash_portion(root: Path, portion: _Portion) -> list[FileEntry | Diagnostic]:
    try:
        with folder_inside(root, portion.folder) as descriptor:
            return [_hash_file(descriptor, item) for item in portion.files]
    except OSError as fault:
        return [changed_while_reading(portion.folder or ".", f"the folder can no longer be opened ({fault.strerror})")]


def changed_while_reading(path: str, what: str) -> Diagnostic:
    """Make the diagnostic B109 for one path."""
    return Diagnostic(
        code="B109",
        message=f"{what} while the bundle was being judged",
        span=Span(path),
        hint="Judge a copy that nothing writes to, then run again.",
    )


def _hash_file(folder: int, item: FileStat) -> FileEntry | Diagnostic:
    try:
        file = open_file(folder, item.path.rpartition("/")[2])
        try:
            digest, size, head = _hash_open_file(file, item.size)
            after = os.fstat(file)
        finally:
            os.close(file)
    except FileNotFoundError:
        return changed_while_reading(item.path, "the file went away")
    except OSError as fault:
        return Diagnostic(
            code="B108",
            message=f"cannot be read: {fault.strerror}",
            span=Span(item.path),
            hint="Make it readable for the user that runs govern, or remove it.",
        )
    if size != item.size or (after.st_size, after.st_mtime_ns) != (item.size, item.mtime_ns):
        return changed_while_reading(item.path, "the file changed")
    return FileEntry(item.path, digest, size, head)


def _hash_open_file(file: int, expected: int) -> tuple[str, int, bytes]:
    """Give sha256, number of bytes and first bytes. Stops early when the file is longer than expected."""
    digest = hashlib.sha256()
    size = 0
    head = b""
    while size <= expected:
        asked = min(_CHUNK_BYTES, expected - size + 1)
        chunk = os.read(file, asked)
        head = head or chunk[:_HEAD_BYTES]
        digest.update(chunk)
        size += len(chunk)
        if len(chunk) < asked:  # the end of a regular file
            break
    return digest.hexdigest(), size, head


def parse_manifest(data: bytes, *, file: str = "MANIFEST.sha256") -> Manifest:
    """Read manifest bytes in their one allowed form. Raises InputError B116 with the line for any other."""

    def refuse(line: int, problem: str) -> InputError:
        return InputError(
            Diagnostic(
                code="B116",
                message=problem,
                span=Span(file, line, 1),
                hint="Use the manifest that govern wrote beside the bundle, unchanged.",
            )
        )

    lines: list[ManifestLine] = []
    previous = b""
    position = 0
    while position < len(data):
        match = _LINE.match(data, position)
        if match is None:
            raise refuse(len(lines) + 1, "not of the form `<64 lower-case hex digits>  <path>`")
        path = match.group(2)
        if path <= previous:
            raise refuse(len(lines) + 1, "out of order or given twice: lines are sorted by the path's bytes")
        try:
            text = path.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise refuse(len(lines) + 1, "the path is not UTF-8") from fault
        if any(part in ("", ".", "..") for part in text.split("/")):
            raise refuse(len(lines) + 1, "the path is absolute or has empty, `.` or `..` parts")
        lines.append(ManifestLine(text, match.group(1).decode("ascii")))
        previous, position = path, match.end()
    if not lines:
        raise refuse(1, "the manifest is empty")
    return Manifest(tuple(lines), data, hashlib.sha256(data).hexdigest())


def compare(first: Manifest, second: Manifest) -> tuple[Difference, ...]:
    """Name every path in which two manifests differ, in the order of the paths' bytes; empty when they are equal."""
    before = {line.path: line.sha256 for line in first.entries}
    after = {line.path: line.sha256 for line in second.entries}
    return tuple(
        Difference(_kind(before.get(path), after.get(path)), path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys(), key=str.encode)
        if before.get(path) != after.get(path)
    )


def _kind(first: str | None, second: str | None) -> Literal["changed", "missing", "extra"]:
    if first is None:
        return "extra"
    return "missing" if second is None else "changed"
