"""The files of a folder as a layout sees them: listed, hashed, and read on demand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from govern.bundle.manifest import FileEntry
from govern.bundle.reading import ReadLog, read_entry
from govern.diagnostics import Diagnostic
from govern.records import record

__all__ = ["Files", "Layout", "Listing", "View"]

Layout = Literal["plain", "mlflow", "huggingface"]
Files = Mapping[str, FileEntry]


@dataclass(frozen=True, slots=True)
class Listing:
    """A folder that was listed and hashed, before it is known which model it is."""

    root: Path
    files: Files
    """Every file by its path, in the order of the paths' bytes."""
    log: ReadLog = field(default_factory=ReadLog)

    def read(self, path: str, *, limit: int, reader: str) -> bytes:
        """Give a file's bytes and note who read them. Raises as `read_entry`; the path must be listed."""
        data = read_entry(self.root, self.files[path], limit=limit)
        self.log.note(path, reader)
        return data

    def below(self, folder: str) -> Iterator[str]:
        """Give the paths in a folder and in the folders below it; `` is the root."""
        start = f"{folder}/" if folder else ""
        return (path for path in self.files if path.startswith(start))


@record(kw_only=True)
class View:
    """What a layout makes of a folder when the record declares no artefacts."""

    layout: Layout
    artefacts: tuple[str, ...]
    """The files that make up the model, in the order of their paths' bytes."""
    weights: tuple[str, ...]
    """Those of them that must hold the model itself, not settings, vocabulary or code."""
    notes: tuple[Diagnostic, ...] = ()
