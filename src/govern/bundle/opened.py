"""An opened bundle: what is in it, which model it is, and the only way to its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from govern.bundle.layout.listing import Layout, Listing
from govern.bundle.manifest import (
    FileEntry,
    ManifestLine,
    changed_while_reading,
    compare,
    hash_folder,
    manifest_from,
    parse_manifest,
)
from govern.bundle.paths import inside
from govern.bundle.reading import UNNAMED, ReadLog, open_entry, read_entry
from govern.bundle.record import ModelRecord
from govern.bundle.record_reading import ReadRecord
from govern.diagnostics import BundleRefusedError, Diagnostic, InputError, IntegrityError, Span
from govern.inputs.limits import FolderLimits

__all__ = ["Bundle", "Layout"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A folder that was listed and hashed. Immutable; its bytes are checked against the manifest when read."""

    root: Path
    name: str
    version: str
    layout: Layout
    digest: str
    """The bundle digest: sha256 of `manifest`, in hex."""
    manifest: bytes
    """The bytes of MANIFEST.sha256."""
    files: Mapping[str, FileEntry]
    """Every file by its path, in the order of the paths' bytes."""
    record: ModelRecord
    """The declared facts; holds only name and version when the bundle has no record."""
    record_file: str | None
    artefacts: tuple[str, ...]
    """Paths of the files that make up the model, in the order of their bytes."""
    weights: tuple[str, ...]
    """Those of them that must hold the model itself: not settings, vocabulary or code."""
    home: str = ""
    """The folder of the model below `root`; empty for the root itself, which it is for every bundle with a record."""
    notes: tuple[Diagnostic, ...] = ()
    """Warnings about the folder, such as named files that are absent."""
    limits: FolderLimits = field(default_factory=FolderLimits)
    log: ReadLog = field(default_factory=ReadLog)
    """Who read which file so far."""
    _read_record: ReadRecord | None = None

    @property
    def model_digest(self) -> str:
        """The sha256 of the manifest lines of the artefact files alone, in hex.

        Without artefacts it is the digest of nothing, the same for every such bundle: to see whether evidence
        speaks of this model ask `is_model`.
        """
        return manifest_from(ManifestLine(path, self.files[path].sha256) for path in self.artefacts).digest

    def is_model(self, digest: str) -> bool:
        """Say whether a digest that evidence cites is this model's; never true for a bundle without artefacts."""
        return bool(self.artefacts) and digest == self.model_digest

    def read(self, path: str, *, limit: int, reader: str = UNNAMED) -> bytes:
        """Give a file's bytes, which are exactly those whose sha256 is in the manifest; `reader` says who reads them.

        Raises InputError B117 for a path that is not in the bundle and I102 for more than `limit` bytes, and
        IntegrityError B109 when the file is no longer what was hashed.
        """
        data = read_entry(self.root, self._entry(path), limit=limit)
        self.log.note(path, reader)
        return data

    def open(self, path: str, *, reader: str = UNNAMED) -> BinaryIO:
        """Open a file of the bundle for streaming; never through a link. The caller closes it.

        What is streamed is not compared with the manifest while it is read: `verify_unchanged` does that at the
        end of a run. Raises InputError B117 and IntegrityError B109 as `read` does.
        """
        file = open_entry(self.root, self._entry(path))
        self.log.note(path, reader)
        return file

    @property
    def listing(self) -> Listing:
        """The folder as layouts see it, with the same log of readers."""
        return Listing(self.root, self.files, self.log)

    def find(self, *names: str) -> tuple[str, ...]:
        """Give the files whose name is one of `names`, upper and lower case aside, in path order: see `usual`."""
        wanted = {name.casefold() for name in names}
        return tuple(path for path in self.usual() if path.rpartition("/")[2].casefold() in wanted)

    def usual(self) -> tuple[str, ...]:
        """Give the files that lie where files of usual names are looked for, in path order.

        That is the root of the bundle and, in a bundle whose model lies in a folder of its own (`home`, such as a store
        of MLflow), that folder too.
        """
        start = f"{self.home}/" if self.home else ""
        return tuple(
            path
            for path in self.files
            if "/" not in path or (start and path.startswith(start) and "/" not in path[len(start) :])
        )

    def resolve(self, text: str, *, base: str = "") -> str | None:
        """Give the path of the file that a path written in the bundle names, or None when it is absent.

        `base` is the folder the text is relative to. Raises InputError B110 when it points outside the bundle.
        """
        path = inside(text, base=base)
        return path if path in self.files else None

    def record_span(self, *path: str | int) -> Span | None:
        """Give the place of a value of the record, or of the nearest node above it; None without a record."""
        return self._read_record.span(path) if self._read_record is not None else None

    def verify_unchanged(self) -> None:
        """List and hash the folder again. Raises IntegrityError B109 naming every file that differs."""
        try:
            absent = [entry for entry in self.files.values() if entry.withheld is not None]
            now = manifest_from([*hash_folder(self.root, limits=self.limits), *absent])
        except BundleRefusedError as fault:
            raise IntegrityError(
                [
                    changed_while_reading(".", f"the folder became one that may not be opened ({item.code})")
                    for item in fault.diagnostics
                ]
            ) from fault
        said = {"changed": "the file changed", "missing": "the file went away", "extra": "the file was added"}
        differences = compare(parse_manifest(self.manifest), now)
        if differences:
            raise IntegrityError([changed_while_reading(item.path, said[item.kind]) for item in differences])

    def _entry(self, path: str) -> FileEntry:
        entry = self.files.get(path)
        if entry is None:
            raise InputError(
                Diagnostic(
                    code="B117",
                    message="there is no such file in the bundle",
                    span=Span(path),
                    hint="Add the file or correct the path; upper and lower case count.",
                )
            )
        return entry
