"""Folders and archives in object stores and on web servers, through fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from govern.diagnostics import Diagnostic, UsageError
from govern.gate.sources.faults import fetching, lacking, not_a_uri, shown_uri, too_much
from govern.gate.sources.interface import Fetched, Listed, Origin
from govern.gate.sources.stores import checked_listing
from govern.inputs.archives.writing import FolderWriter
from govern.inputs.limits import FetchLimits

__all__ = ["fetch"]

_CHUNK = 1024 * 1024
_PAGE = re.compile(r"https://[^/]+/.*[^/]")
_DRIVERS = {
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "adlfs"),
    "https": "aiohttp",
    "hdfs": "pyarrow",
    "sftp": "paramiko",
    "memory": "nothing more",
}
"""Stores that are read, with the driver that fsspec uses. Its wrappers (zip, cache, reference) lead to other places."""


def fetch(uri: str, target: Path, limits: FetchLimits) -> Fetched:
    """Fetch a folder, or one file that must be an archive. See `interface.Fetch`.

    A link within the store is whatever the store gives for it; nothing here makes one.
    """
    scheme = uri.partition(":")[0]
    if "::" in uri:
        raise not_a_uri(uri, "chained addresses are not followed", "give the address of the folder or the archive")
    if scheme == "http":
        raise not_a_uri(uri, "nobody vouches for what comes over plain http", "use https")
    if scheme not in _DRIVERS:
        known = ", ".join([*sorted(_DRIVERS), "file", "models", "runs", "mlflow-artifacts", "hf"])
        raise not_a_uri(uri, f"there is no store '{scheme}'", f"known are {known}")
    if scheme == "https" and not _PAGE.fullmatch(shown_uri(uri)):
        raise not_a_uri(uri, "over https only an archive can be fetched", "give the address of a zip or tar")
    system, root = _system(uri, scheme)
    origin = Origin(kind="fsspec", uri=shown_uri(uri))
    with fetching(uri):
        if scheme == "https" or system.isfile(root):
            archive = target / "archive"
            with FolderWriter(target) as writer:
                writer.file("archive", _capped(uri, _chunks(system, root), limits.bytes))
            return Fetched(folder=target, origin=origin, archive=archive)
        _folder(uri, system, root, target, limits)
    return Fetched(folder=target, origin=origin)


def _system(uri: str, scheme: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as fault:
        raise lacking("fetch", "fsspec") from fault
    try:
        system, root = fsspec.core.url_to_fs(uri)
    except ImportError as fault:
        text = f"fsspec needs {_DRIVERS[scheme]} for {scheme}:// ({fault})"
        raise UsageError(Diagnostic("U150", text, hint=f"pip install {_DRIVERS[scheme]}")) from fault
    except ValueError as fault:
        raise not_a_uri(uri, str(fault), "write it as fsspec does") from fault
    return system, str(root)


def _folder(uri: str, system: Any, root: str, target: Path, limits: FetchLimits) -> None:
    base = root.rstrip("/") + "/"
    found = {str(path): info for path, info in system.find(root, detail=True).items()}
    files = {path: info for path, info in found.items() if not path.endswith("/")}
    listing = [Listed(path.removeprefix(base), _size(info)) for path, info in files.items()]
    left = limits.bytes
    with FolderWriter(target) as writer:
        for path, item in zip(files, checked_listing(uri, listing, limits), strict=True):
            before = writer.bytes
            writer.file(item.path, _capped(uri, _chunks(system, path), left))
            left -= writer.bytes - before


def _size(info: Any) -> int | None:
    size = info.get("size") if isinstance(info, dict) else None
    return size if isinstance(size, int) and size >= 0 else None


def _chunks(system: Any, path: str) -> Iterator[bytes]:
    with system.open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield bytes(chunk)


def _capped(uri: str, chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    left = most
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise too_much(uri, f"more than {most:,} bytes")
        yield chunk
