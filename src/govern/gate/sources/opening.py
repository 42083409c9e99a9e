"""The one way from what the user named to a folder that can be judged: a folder, an archive or a URI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from govern.diagnostics import Diagnostic, InputError, Severity, UsageError, plain
from govern.gate.private_folder import private_folder
from govern.gate.sources.faults import not_a_uri, shown_uri
from govern.gate.sources.interface import Fetch, Fetched, Origin, Source
from govern.inputs.limits import FetchLimits

if TYPE_CHECKING:
    from govern.inputs.archives.unpacking import Unpacked

__all__ = ["Places", "identity", "local_path", "opened_folder", "opened_source"]

_URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?:/|$)|(?P<plain>models|runs|hf|mlflow-artifacts):")
_RECORD = "govern.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Folders of the caller's that opening may use."""

    scratch: Path
    """A private folder is made here while the bundle is judged, and removed again."""
    beside: Path
    """Where certificates of what was fetched go when the workspace names no place."""
    keep: Path | None = None
    """Keep what was unpacked or fetched here: absent or empty."""


def local_path(given: str) -> Path | None:
    """Give the path of a bundle on this machine, or None for one that must be fetched. Raises UsageError U151."""
    found = _URI.match(given)
    if found is None:
        return Path(given)
    if plain(given, limit=len(given)) != given:
        raise not_a_uri(given, "it holds characters that cannot be seen", "write them in percent form, as %0A")
    if (found["scheme"] or found["plain"]).lower() != "file":
        return None
    parts = urlsplit(given)
    if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise not_a_uri(given, "a file on another machine", "write file:///absolute/path, or the path alone")
    return Path(unquote(parts.path))


@contextmanager
def opened_source(given: str | Path, places: Places, *, limits: FetchLimits | None = None) -> Iterator[Source]:
    """Give a bundle as a folder, while the caller looks at it: as it is, unpacked, or (never for a Path) fetched.

    An archive or a store that is refused gives a source with `refused`, for that is an answer about the bundle.
    Raises UsageError U103 when nothing is there, B115 for a file that is no archive, U150 for an extra that is not
    installed, U151 for a URI that is none, U152 for a place to keep it that is taken; InputError A621 without room.
    """
    path = given if isinstance(given, Path) else local_path(given)
    given = str(given)
    if path is not None and path.is_dir():
        if places.keep is not None:
            message = "the bundle is a folder already"
            raise UsageError(Diagnostic("U152", message, hint="leave --keep-bundle out"))
        yield Source(folder=path, beside=path.resolve().parent)
        return
    if path is not None:
        _look_like_archive(path)
    with private_folder(places.scratch, purpose="bundle") as room:
        target = _empty(places.keep) if places.keep is not None else _made(room / "bundle")
        try:
            source = _brought(given, path, room, target, places, limits or FetchLimits())
        except InputError as fault:
            _emptied(target)
            origin = Origin(kind="archive")
            if path is None:
                origin = Origin(kind=_fetcher_name(given), uri=shown_uri(given))
            source = Source(folder=target, beside=places.beside, origin=origin, refused=fault.diagnostics)
        except BaseException:
            _emptied(target)
            raise
        yield source


@contextmanager
def opened_folder(given: str | Path, places: Places) -> Iterator[Path]:
    """Give a bundle's folder to a command that judges nothing. Raises as `opened_source`, and InputError if refused."""
    with opened_source(given, places) as source:
        if source.refused:
            raise InputError(source.refused)
        yield source.folder


def identity(source: Source, name: str | None, version: str | None) -> tuple[str | None, str | None]:
    """Settle what the caller and the URI say the model is. Raises UsageError B113 when they differ.

    What a registry says must agree with the record; a hub knows no record, so its names serve where there is none.
    """
    faults = [
        Diagnostic("B113", f"--{option} says '{said}', the address says '{named}'", hint=f"leave --{option} out")
        for option, said, named in (("name", name, source.name), ("model-version", version, source.version))
        if source.binding and said is not None and named is not None and said != named
    ]
    if faults:
        raise UsageError(faults)
    if not source.binding and (name is not None or version is not None or (source.folder / _RECORD).exists()):
        return name, version
    return name or source.name, version or source.version


# --- bringing it here


def _brought(given: str, path: Path | None, room: Path, target: Path, places: Places, limits: FetchLimits) -> Source:
    if path is not None:
        source = Source(folder=target, beside=path.resolve().parent)
        return _unpacked(source, Origin(kind="archive"), path, target, path.name)
    fetched_to = target if not _may_be_archive(given) else _made(room / "fetched")
    fetched = _fetcher(given)(given, fetched_to, limits)
    source = Source(
        folder=fetched.folder,
        beside=places.beside,
        origin=fetched.origin,
        name=fetched.name,
        version=fetched.version,
        binding=fetched.binding,
    )
    if fetched.archive is None:
        return source if fetched_to == target else replace(source, folder=_moved(fetched, target))
    _look_like_archive(fetched.archive, shown=shown_uri(given))
    return _unpacked(source, fetched.origin, fetched.archive, target, shown_uri(given))


def _may_be_archive(given: str) -> bool:
    """Only of a store of files it is not known beforehand whether one file or a folder is meant."""
    return _fetcher_name(given) == "fsspec"


def _emptied(target: Path) -> None:
    """Leave nothing of what is worth nothing."""
    import shutil

    shutil.rmtree(target, ignore_errors=True)


def _moved(fetched: Fetched, target: Path) -> Path:
    import shutil

    for item in fetched.folder.iterdir():
        shutil.move(item, target / item.name)
    return target


def _unpacked(source: Source, origin: Origin, archive: Path, target: Path, shown: str) -> Source:
    from govern.inputs.archives.unpacking import unpack_archive

    try:
        made = unpack_archive(archive, target, shown=shown)
    except OSError as fault:
        message = f"cannot unpack {shown} into {target}: {fault.strerror or fault}"
        raise UsageError(Diagnostic("U108", message)) from fault
    return _descended(source, origin, made, target)


def _descended(source: Source, origin: Origin, made: Unpacked, target: Path) -> Source:
    """Go into the one folder that holds everything, as most who pack a folder make it; and say so."""
    entries = list(target.iterdir())
    if len(entries) != 1 or not entries[0].is_dir():
        return replace(source, folder=target, origin=replace(origin, archive=made.kind))
    top = entries[0].name
    note = Diagnostic(
        "B130", f"everything in the archive lies in the folder {top}: it is the bundle", severity=Severity.NOTE
    )
    return replace(
        source, folder=entries[0], origin=replace(origin, archive=made.kind, top=top), notes=(*source.notes, note)
    )


def _fetcher_name(given: str) -> str:
    scheme = given.partition(":")[0].lower()
    if scheme == "hf":
        return "hub"
    return "mlflow" if scheme in ("models", "runs", "mlflow-artifacts") else "fsspec"


def _fetcher(given: str) -> Fetch:
    name = _fetcher_name(given)
    if name == "hub":
        from govern.gate.sources.hub import fetch
    elif name == "mlflow":
        from govern.gate.sources.mlflow_store import fetch
    else:
        from govern.gate.sources.fsspec_store import fetch
    return fetch


# --- places


def _look_like_archive(path: Path, *, shown: str | None = None) -> None:
    """Refuse what is no archive, before anything is made for it. Raises UsageError U103 or B115."""
    from govern.inputs.archives.unpacking import archive_kind

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO is not waited for
        with os.fdopen(descriptor, "rb") as stream:
            head = stream.read(512) if path.is_file() else b""
    except OSError as fault:
        message = f"there is no folder or archive {path}: {fault.strerror or fault}"
        hint = "pass the folder that holds the model, an archive of it, or its address"
        raise UsageError(Diagnostic("U103", message, hint=hint)) from fault
    kind = archive_kind(head)
    if kind in ("7z", "rar", "zstd", None):
        what = f"a {kind} archive, which is not read" if kind else "neither a folder nor an archive"
        hint = "pass the folder that holds the model, or a zip or tar of it"
        raise UsageError(Diagnostic("B115", f"{shown or path} is {what}", hint=hint))


def _made(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def _empty(path: Path) -> Path:
    """Make the folder that the user named, or take it as it is when nothing is in it. Raises UsageError U152."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = any(path.iterdir())
    except OSError as fault:
        raise UsageError(Diagnostic("U152", f"cannot use {path}: {fault.strerror}")) from fault
    if taken:
        raise UsageError(Diagnostic("U152", f"{path} is not empty", hint="name a folder that is absent or empty"))
    return path
