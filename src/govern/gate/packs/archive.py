"""A pack as an archive (zip or tar): read in memory, nothing unpacked, every cap held before a byte is expanded."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

__all__ = ["ArchiveError", "read_archive"]


class ArchiveError(ValueError):
    """An archive that is not read, with the reason."""


def read_archive(data: bytes, *, most_files: int, most_bytes: int) -> dict[str, bytes]:
    """Give every file of a zip or tar archive by its path; one folder around everything is left out of the paths.

    Raises ArchiveError for links, devices, encrypted or repeated members, and for more than `most_files` files or
    `most_bytes` bytes unpacked.
    """
    try:
        return _without_top(_all(data, most_files, most_bytes))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, ValueError, NotImplementedError) as fault:
        if isinstance(fault, ArchiveError):
            raise
        raise ArchiveError(f"it is neither a zip nor a tar archive that can be read ({fault})") from fault


def _all(data: bytes, most_files: int, most_bytes: int) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    left = most_bytes
    for name, stream in _zip(data) if zipfile.is_zipfile(io.BytesIO(data)) else _tar(data):
        if name in made:
            raise ArchiveError(f"it holds {name} twice")
        if len(made) >= most_files:
            raise ArchiveError(f"it holds more than {most_files} files")
        made[name] = _read(name, stream, left)
        left -= len(made[name])
    return made


def _read(name: str, stream: IO[bytes], left: int) -> bytes:
    try:
        data = stream.read(left + 1)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, RuntimeError) as fault:
        raise ArchiveError(f"{name} cannot be read ({fault})") from fault
    if len(data) > left:
        raise ArchiveError("it unpacks to more than a pack may hold")
    return data


def _zip(data: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    for item in archive.infolist():
        if item.is_dir():
            continue
        kind = stat.S_IFMT(item.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or item.flag_bits & 0x1:
            raise ArchiveError(f"{item.filename} is a link, a device or encrypted")
        yield item.filename, archive.open(item)


def _tar(data: bytes) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for item in archive:
            if item.isdir():
                continue
            stream = archive.extractfile(item) if item.isreg() else None
            if stream is None:
                raise ArchiveError(f"{item.name} is a link or a device")
            yield item.name.removeprefix("./"), stream


def _without_top(files: dict[str, bytes]) -> dict[str, bytes]:
    tops = {path.partition("/")[0] for path in files}
    if "pack.yaml" in files or len(tops) != 1 or not all("/" in path for path in files):
        return files
    return {path.partition("/")[2]: data for path, data in files.items()}
