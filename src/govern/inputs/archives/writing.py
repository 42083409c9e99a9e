"""Members as files of a private folder: made new, followed through no link, readable by their owner alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

__all__ = ["FolderWriter"]

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderWriter:
    """Writes files below `root`, a folder of the caller's. Paths must have been found sound (`Names`)."""

    def __init__(self, root: Path) -> None:
        """Open the folder. Raises OSError."""
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open = ("", self._root)
        self.files = 0
        self.bytes = 0

    def __enter__(self) -> FolderWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._leave()
        os.close(self._root)

    def file(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write one file of mode 0600. Raises OSError, also when there is such a file; whatever `chunks` raises."""
        folder, _, name = path.rpartition("/")
        descriptor = os.open(name, _NEW, 0o600, dir_fd=self._folder(folder))
        with os.fdopen(descriptor, "wb", buffering=0) as stream:
            for chunk in chunks:
                view = memoryview(chunk)
                while view:
                    view = view[stream.write(view) :]
                self.bytes += len(chunk)
        self.files += 1

    def _folder(self, path: str) -> int:
        """Give the descriptor of a folder, made with all above it where absent. The last one is kept open."""
        if self._open[0] == path:
            return self._open[1]
        self._leave()
        descriptor = os.dup(self._root)
        try:
            for part in path.split("/") if path else ():
                with suppress(FileExistsError):
                    os.mkdir(part, 0o700, dir_fd=descriptor)
                below = os.open(part, _DIRECTORY, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
        except OSError:
            os.close(descriptor)
            raise
        self._open = (path, descriptor)
        return descriptor

    def _leave(self) -> None:
        if self._open[1] != self._root:
            os.close(self._open[1])
        self._open = ("", self._root)
