"""The only way to a bundle's bytes: through no link, and compared with the manifest."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from govern.bundle.manifest import FileEntry, changed_while_reading
from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span
from govern.inputs.folder import folder_inside, open_file

__all__ = ["UNNAMED", "ReadLog", "open_entry", "read_entry"]

UNNAMED = "check"
"""The reader of whoever did not say its name."""


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Who read which file of a bundle: one log for all readers, for the list that a report ends with."""

    _readers: dict[str, set[str]] = field(default_factory=dict)

    def note(self, path: str, reader: str) -> None:
        """Remember that a reader was given a file's bytes; the empty name only looks, and claims nothing."""
        if reader:
            self._readers.setdefault(path, set()).add(reader)

    def of(self, path: str) -> frozenset[str]:
        """Give the readers of a file; empty when nobody read it."""
        return frozenset(self._readers.get(path, ()))


def read_entry(root: Path, entry: FileEntry, *, limit: int) -> bytes:
    """Give a file's bytes, which are exactly those that were hashed.

    Raises InputError I102 for more than `limit` bytes and A620 for a withheld file, and IntegrityError B109 when the
    file has changed.
    """
    if entry.size > limit:
        raise InputError(
            Diagnostic(
                code="I102",
                message=f"{entry.size:,} bytes; at most {limit:,} are read",
                span=Span(entry.path),
                hint="Split the file, or have the operator raise the cap.",
            )
        )
    with open_entry(root, entry) as file:
        data = file.read(entry.size + 1)
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise IntegrityError(changed_while_reading(entry.path, "the file changed"))
    return data


def open_entry(root: Path, entry: FileEntry) -> BinaryIO:
    """Open a regular file for streaming. The caller closes it.

    Raises IntegrityError B109 when it is no more, InputError A620 when its bytes are withheld.
    """
    if entry.withheld is not None:
        entry.withheld.asked.add(entry.path)
        hint = "Ask whoever made the pack for these bytes."
        raise InputError(Diagnostic("A620", "the bytes of this file are withheld", Span(entry.path), hint))
    try:
        folder, _, name = entry.path.rpartition("/")
        with folder_inside(root, folder) as descriptor:
            return os.fdopen(open_file(descriptor, name), "rb")
    except OSError as fault:
        problem = f"the file can no longer be opened ({fault.strerror})"
        raise IntegrityError(changed_while_reading(entry.path, problem)) from fault
