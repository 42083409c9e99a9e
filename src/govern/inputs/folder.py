"""Walking a folder of strangers: by directory descriptors, never through a link, nothing opened but plain files.

Every entry is looked at with `lstat` before anything is opened, because opening a FIFO blocks for ever. Whatever
may not be in a bundle is refused, never skipped, and all refusals come at once.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from govern.diagnostics import BundleRefusedError, Diagnostic, Span, UsageError
from govern.inputs.limits import FolderLimits
from govern.records import record

__all__ = ["FileStat", "Listing", "folder_inside", "open_file", "walk_folder"]

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: should a FIFO have taken the place of the file since lstat, opening it does not wait for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_MOST_FAULTS = 1000
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
"""Control characters (Unicode category Cc) and the backslash."""
_ALL_READ = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_KINDS = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a character device"),
    (stat.S_ISBLK, "a block device"),
)


@record
class FileStat:
    """A regular file as the walk saw it. `path` is relative to the root, with `/`."""

    path: str
    size: int
    mtime_ns: int


@record
class Listing:
    """Every regular file under a root, sorted by the bytes of its path."""

    root: Path
    files: tuple[FileStat, ...]


def walk_folder(root: Path, *, limits: FolderLimits | None = None) -> Listing:
    """List every file under `root`. Empty folders do not count.

    Raises UsageError B115 when `root` is not a folder, and BundleRefusedError with every refusal: B101 links, B102
    special files, B103 to B106 names, B107 caps, B108 unreadable entries, B114 no file at all. `root` itself may
    be a link: it is the caller's argument, not part of the bundle.
    """
    try:
        descriptor = os.open(root, _DIRECTORY)
    except OSError as fault:
        raise UsageError(
            Diagnostic(
                code="B115",
                message=f"{root} cannot be opened as a folder: {fault.strerror}",
                hint="Give the folder that holds the model and its evidence.",
            )
        ) from fault
    walk = _Walk(limits or FolderLimits())
    try:
        with suppress(_TooMany):
            walk.folder(descriptor, "", 1)
    finally:
        os.close(descriptor)
    if not walk.faults and not walk.files:
        walk.refuse("B114", ".", "there is no file in the folder", "Give the folder that holds the model.")
    if walk.faults:
        raise BundleRefusedError(walk.faults)
    return Listing(root, tuple(sorted(walk.files, key=lambda item: item.path.encode())))


class _TooMany(Exception):  # noqa: N818 - not an error: the walk stops here
    """More entries or refusals than the cap."""


def _shown(text: str) -> str:
    r"""Write bytes of a name that are not UTF-8 as `\xff`: such text cannot be encoded for any output."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@dataclass(slots=True)
class _Walk:
    limits: FolderLimits
    files: list[FileStat] = field(default_factory=list)
    faults: list[Diagnostic] = field(default_factory=list)
    entries: int = 0

    def refuse(self, code: str, path: str, message: str, hint: str) -> None:
        self.faults.append(Diagnostic(code=code, message=_shown(message), span=Span(_shown(path)), hint=hint))
        if len(self.faults) == _MOST_FAULTS:
            hint = "Remove those named first, then look again."
            self.faults.append(Diagnostic(code="B107", message="too many refusals; the walk stopped", hint=hint))
            raise _TooMany

    def folder(self, descriptor: int, prefix: str, depth: int) -> None:
        """List one open folder. `prefix` is empty or ends with `/`."""
        try:
            names = self._names(descriptor)
        except OSError as fault:
            self.refuse("B108", prefix.rstrip("/") or ".", f"the folder cannot be listed: {fault.strerror}", _READABLE)
            return
        folded: dict[str, str] = {}
        for name in names:
            path = prefix + name
            if self._name_is_sound(name, path):
                key = unicodedata.normalize("NFC", name.casefold())
                first = folded.setdefault(key, path)
                if first != path:
                    self.refuse(
                        "B105",
                        path,
                        f"differs from {first} only in upper and lower case",
                        "Rename one of the two: on some file systems they are one file.",
                    )
                self._entry(descriptor, name, path, depth)

    def _names(self, descriptor: int) -> list[str]:
        names = []
        with os.scandir(descriptor) as entries:
            for entry in entries:
                self.entries += 1
                if self.entries > self.limits.entries:
                    self.refuse(
                        "B107",
                        ".",
                        f"more than {self.limits.entries:,} files and folders",
                        "Archive or split the data.",
                    )
                    raise _TooMany
                names.append(entry.name)
        return sorted(names)

    def _name_is_sound(self, name: str, path: str) -> bool:
        before = len(self.faults)
        try:
            size = len(path.encode("utf-8"))
        except UnicodeEncodeError:
            self.refuse("B103", path, "the name is not UTF-8", "Rename the file.")
            return False
        if size > self.limits.path_bytes:
            self.refuse("B107", path, f"a path of {size:,} bytes; at most {self.limits.path_bytes:,}", "Shorten it.")
        if not unicodedata.is_normalized("NFC", name):
            self.refuse(
                "B104", path, "the name is not in Unicode form NFC", "Rename it to NFC (convmv -f utf8 -t utf8 --nfc)."
            )
        if _FORBIDDEN.search(name):
            self.refuse("B106", path, "the name holds a control character or a backslash", "Rename it.")
        return len(self.faults) == before

    def _entry(self, descriptor: int, name: str, path: str, depth: int) -> None:
        try:
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
        except OSError as fault:
            self.refuse("B108", path, f"cannot be looked at: {fault.strerror}", _READABLE)
            return
        if stat.S_ISREG(status.st_mode):
            # Whom everybody may read need not be asked about; where an access list says otherwise, opening will.
            if status.st_mode & _ALL_READ == _ALL_READ or os.access(name, os.R_OK, dir_fd=descriptor):
                self.files.append(FileStat(path, status.st_size, status.st_mtime_ns))
            else:
                self.refuse("B108", path, "the file is not readable", _READABLE)
        elif stat.S_ISDIR(status.st_mode):
            self._subfolder(descriptor, name, path, depth)
        elif stat.S_ISLNK(status.st_mode):
            self._link(descriptor, name, path)
        else:
            kind = next((text for is_kind, text in _KINDS if is_kind(status.st_mode)), "neither file nor folder")
            self.refuse("B102", path, f"is {kind}", "Remove it: a bundle holds files and folders only.")

    def _subfolder(self, descriptor: int, name: str, path: str, depth: int) -> None:
        if depth >= self.limits.depth:
            self.refuse("B107", path, f"folders nested more than {self.limits.depth} deep", "Flatten the folders.")
            return
        try:
            below = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
        except OSError as fault:
            self.refuse("B108", path, f"the folder cannot be opened: {fault.strerror}", _READABLE)
            return
        try:
            self.folder(below, path + "/", depth + 1)
        finally:
            os.close(below)

    def _link(self, descriptor: int, name: str, path: str) -> None:
        try:
            target = os.readlink(name, dir_fd=descriptor)
        except OSError:
            target = "?"
        self.refuse(
            "B101",
            path,
            f"is a link to {target}",
            "Replace links by what they point to (cp -rL SOURCE TARGET; for a hub cache, download to a local folder).",
        )


_READABLE = "Make it readable for the user that runs govern, or remove it."


@contextmanager
def folder_inside(root: Path, folder: str) -> Iterator[int]:
    """Open a folder below `root` (empty: `root` itself) without passing through any link; give its descriptor.

    Raises OSError when any part of it is a link, absent or not a folder.
    """
    descriptor = os.open(root, _DIRECTORY)
    try:
        for part in folder.split("/") if folder else ():
            below = os.open(part, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def open_file(folder: int, name: str) -> int:
    """Open a regular file in an open folder, never a link, and give its descriptor. Raises OSError otherwise."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no longer a regular file", name)
    return descriptor
