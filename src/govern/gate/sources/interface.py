"""What a fetcher of bundles is, and what comes of fetching."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from govern.canonical import Json
from govern.diagnostics import Diagnostic
from govern.inputs.limits import FetchLimits

__all__ = ["Fetch", "Fetched", "Listed", "Origin", "Source", "Store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the bytes of a bundle came from, as the result shows it. No secret of a URI is in it."""

    kind: str
    """archive, fsspec, mlflow or hub."""
    uri: str | None = None
    """With the version that an alias stood for; None for an archive on this machine."""
    revision: str | None = None
    """The commit of a repository, 40 hex digits."""
    archive: str | None = None
    """zip, tar, tar.gz, tar.bz2 or tar.xz, when the bundle was unpacked from one."""
    top: str | None = None
    """The folder within that holds everything, and is judged."""

    def document(self) -> dict[str, Json]:
        """Give it as the result document holds it."""
        return {
            "kind": self.kind,
            "uri": self.uri,
            "revision": self.revision,
            "archive": self.archive,
            "top": self.top,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A bundle as it can be judged: a folder, whatever was named."""

    folder: Path
    beside: Path
    """Where certificates go when the workspace names no place."""
    origin: Origin | None = None
    """None for a folder that was named itself."""
    name: str | None = None
    version: str | None = None
    """Which model it is, where the URI says so."""
    binding: bool = False
    """Whether a model record must say the same (a registry's name), or merely goes before (a hub's)."""
    notes: tuple[Diagnostic, ...] = ()
    refused: tuple[Diagnostic, ...] = ()
    """Why there is nothing to judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a fetcher brought."""

    folder: Path
    """The files; or, when `archive` is set, the folder that holds it."""
    origin: Origin
    archive: Path | None = None
    name: str | None = None
    version: str | None = None
    binding: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a store, before it is fetched; the size is None where the store does not say."""

    path: str
    size: int | None


Fetch = Callable[[str, Path, FetchLimits], Fetched]
"""Bring what a URI names into an empty folder.

Raises UsageError U150 for an extra that is not installed and U151 for a URI that is none, InputError B131 to B133 and
I204 for what cannot or may not be fetched.
"""


class Store(Protocol):
    """A place that lists before it gives: a registry or a hub, at one resolved version."""

    def listing(self) -> Iterable[Listed]:
        """Give every file."""
        ...

    def bring(self, target: Path) -> Path:
        """Fetch every file into `target`; give the folder that holds them."""
        ...
