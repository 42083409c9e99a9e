"""Names of members: each could be a file of a bundle, and no two could be one file anywhere, or they are refused.

The rules are those of the folder walk (`inputs/folder.py`), and those that only an archive can break: a folder cannot
hold `../x`, an absolute path, or one name twice.
"""

from __future__ import annotations

import re
import unicodedata

from govern.inputs.archives.faults import Faults
from govern.inputs.limits import FolderLimits

__all__ = ["Names"]

_DRIVE = re.compile(r"[A-Za-z]:")
_MOST_PART_BYTES = 255
"""Longest name of one file or folder on the file systems in use."""
_RENAME = "Rename the file and make the archive again."


class Names:
    """Every name of one archive, asked in turn."""

    def __init__(self, faults: Faults, limits: FolderLimits) -> None:
        """Faults go to `faults`; the caps on paths are those of folders."""
        self._faults = faults
        self._limits = limits
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._folded: dict[str, str] = {}

    def file(self, name: str) -> str | None:
        """Give the path of a file by that name, or None when it is refused."""
        path = self._path(name)
        if path is None or not self._is_new(name, path):
            return None
        self._files.add(path)
        return path

    def _is_new(self, name: str, path: str) -> bool:
        if path in self._files:
            self._refuse(name, "the name is given twice", "Keep one of the two; readers differ in which they take.")
        elif path in self._folders:
            self._refuse(name, "a file and a folder have this name", _RENAME)
        return path not in self._files and path not in self._folders

    def folder(self, name: str) -> None:
        """Look at the name of a folder. Named twice is no fault: appending to a tar does that."""
        path = self._path(name.rstrip("/") or name)
        if path is not None:
            self._is_folder(name, path)

    def _path(self, name: str) -> str | None:
        problem = self._problem(name)
        if problem is not None:
            self._refuse(name, *problem)
            return None
        folder, _, _last = name.rpartition("/")
        if folder and not self._is_folder(name, folder):
            return None
        return name if self._is_alone(name) else None

    def _is_folder(self, name: str, path: str) -> bool:
        """Note a path and all above it as folders, unless one of them is a file."""
        parts = path.split("/")
        for count in range(1, len(parts) + 1):
            above = "/".join(parts[:count])
            if above in self._folders:
                continue
            if above in self._files:
                self._refuse(name, "lies below a name that is a file", _RENAME)
                return False
            if not self._is_alone(above):
                return False
            self._folders.add(above)
        return True

    def _is_alone(self, path: str) -> bool:
        key = unicodedata.normalize("NFC", path.casefold())
        first = self._folded.setdefault(key, path)
        if first != path:
            hint = "Rename one of the two: on some file systems they are one file."
            self._refuse(path, f"differs from {first} only in upper and lower case", hint)
        return first == path

    def _problem(self, name: str) -> tuple[str, str] | None:
        """Say what is wrong with a name by itself, and the remedy."""
        try:
            size = len(name.encode("utf-8"))
        except UnicodeEncodeError:
            return "the name is not in an encoding that the archive states", "Make the archive with UTF-8 names."
        parts = name.split("/")
        if name.startswith("/") or _DRIVE.match(name):
            return "an absolute path", "Make the archive from within the folder, with relative names."
        if ".." in parts:
            return "a name that leaves the folder it is unpacked into", "Make the archive from within the folder."
        if "\\" in name or any(unicodedata.category(char) == "Cc" for char in name):
            return "a control character or a backslash in the name", _RENAME
        if "" in parts or "." in parts:
            return "an empty or `.` part in the name", "Make the archive again with plain relative names."
        if not unicodedata.is_normalized("NFC", name):
            return "the name is not in Unicode form NFC", _RENAME
        caps = self._limits
        longest = max(len(part.encode()) for part in parts)
        if size > caps.path_bytes or len(parts) > caps.depth or longest > _MOST_PART_BYTES:
            text = (
                f"at most {caps.path_bytes:,} bytes in a path, {_MOST_PART_BYTES} in a name, {caps.depth} folders deep"
            )
            return f"a name too long or too deep: {text}", "Shorten it."
        return None

    def _refuse(self, name: str, message: str, hint: str) -> None:
        self._faults.member("I204", name, message, hint)
