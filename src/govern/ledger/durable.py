"""Files that survive a crash: temporary name, fsync, rename, fsync of the directory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["locked_directory", "replace_file", "sync_directory", "write_all_durably", "write_durably"]

_THREADS = 16


def sync_directory(directory: Path) -> None:
    """Make a directory's entries durable. Raises OSError."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file atomically, its bytes durable; making its directory so is left to the caller. Raises OSError."""
    temporary = _temporary(path)
    try:
        _write(temporary, data)
        _sync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file atomically: readers see the old bytes or the new ones, also after a crash. Raises OSError."""
    replace_file(path, data)
    sync_directory(path.parent)


def write_all_durably(files: Mapping[Path, bytes], *, also: Iterable[Path] = ()) -> None:
    """Replace several files, each atomically; when this returns, they and the folders `also` are durable.

    Raises OSError. After a fault some may be in place and none is half written. The files are flushed side by side: a
    file system that commits its journal for one of them commits it for all that wait.
    """
    staged: list[tuple[Path, Path]] = []
    try:
        for path, data in files.items():
            temporary = _temporary(path)
            staged.append((temporary, path))
            _write(temporary, data)
        _sync_all((temporary for temporary, _ in staged), len(staged))
        for temporary, path in staged:
            temporary.replace(path)
    except BaseException:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)
        raise
    folders = {path.parent for path in files} | set(also)
    _sync_all(folders, len(folders))


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
    with os.fdopen(handle, "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) :]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_all(paths: Iterable[Path], count: int) -> None:
    if count < _THREADS:
        for path in paths:
            _sync(path)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS, thread_name_prefix="fsync") as pool:
        for done in [pool.submit(_sync, path) for path in paths]:
            done.result()


@contextmanager
def locked_directory(directory: Path) -> Iterator[None]:
    """Hold an advisory lock on a directory, so that no lock file is left in a folder people keep in git."""
    import fcntl

    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
