"""DVC's checksums of what lies in the bundle: md5 of files, and of folders as DVC lists them.

md5 identifies nothing against an attacker: a match says which bytes a record means, and from then on their sha256
counts.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, IntegrityError, Span

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["FOLDER", "Content"]

FOLDER = ".dir"
"""Ending of the checksum of a folder."""
_CHUNK = 1 << 20


class Content:
    """Checksums of a bundle's files, each worked out when it is asked for and once."""

    def __init__(self, bundle: Bundle) -> None:
        """Nothing is read yet."""
        self._bundle = bundle
        self._known: dict[str, str] = {}

    def files_below(self, folder: str) -> tuple[str, ...]:
        """Give the files of the bundle below a folder, in path order."""
        prefix = f"{folder}/" if folder else ""
        return tuple(path for path in self._bundle.files if path.startswith(prefix))

    def sha256(self, path: str) -> str | None:
        """Give the sha256 of a file as the manifest has it; None for what is no file of the bundle."""
        entry = self._bundle.files.get(path)
        return None if entry is None else entry.sha256

    def md5(self, path: str) -> str:
        """Give the md5 of a file's bytes. Raises IntegrityError B109 when they are not those of the manifest."""
        if path not in self._known:
            weak, strong = hashlib.md5(usedforsecurity=False), hashlib.sha256()
            with self._bundle.open(path, reader="lineage") as file:
                while part := file.read(_CHUNK):
                    weak.update(part)
                    strong.update(part)
            if strong.hexdigest() != self._bundle.files[path].sha256:
                message = "the file changed while it was read"
                raise IntegrityError(Diagnostic("B109", message, Span(path), "Try again."))
            self._known[path] = weak.hexdigest()
        return self._known[path]

    def md5_of_folder(self, folder: str) -> str | None:
        """Give what DVC calls a folder: the md5 of the JSON list of its files, with `.dir`; None without files."""
        found = self.files_below(folder)
        if not found:
            return None
        listed = [{"md5": self.md5(path), "relpath": path[len(folder) + 1 :]} for path in found]
        listed.sort(key=lambda item: item["relpath"])
        text = json.dumps(listed, sort_keys=True).encode()
        return f"{hashlib.md5(text, usedforsecurity=False).hexdigest()}{FOLDER}"
