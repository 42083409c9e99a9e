"""A file of a bundle that is read back and forth: the very descriptor that is parsed was hashed, and did not change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["LARGEST_TABLE", "steady_file"]

LARGEST_TABLE = 64 * 1024 * 1024 * 1024
"""Bytes of a table that is read in pieces."""


@contextmanager
def steady_file(bundle: Bundle, path: str, *, most: int = LARGEST_TABLE, hashed: bool = True) -> Iterator[BinaryIO]:
    """Open a file for reading in any order, and hold what was read to the manifest.

    The open file is hashed first and compared with the manifest; afterwards it must be the file it was (size, times,
    inode), whatever the reader made of it. With `hashed=False` only the second is done: for a look at column names
    that the counting reader takes again.
    Raises InputError I114 for an empty file and I102 for more than `most` bytes, IntegrityError B109 for other bytes.
    """
    entry = bundle.files[path]
    if entry.size == 0:
        raise InputError(Diagnostic(code="I114", message="the file is empty", span=Span(path, 1, 1)))
    if entry.size > most:
        raise InputError(
            Diagnostic(
                code="I102",
                message=f"{entry.size:,} bytes; at most {most:,} are read",
                span=Span(path),
                hint="Keep the columns that are needed, or split the table.",
            )
        )
    with bundle.open(path) as file:
        before = _state(file)
        if hashed and hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:  # type: ignore[arg-type]  # a BufferedReader
            raise _changed(path)
        file.seek(0)
        try:
            yield file
        except InputError as fault:
            if _state(file) != before:
                raise _changed(path) from fault
            raise
        if _state(file) != before:
            raise _changed(path)


def _state(file: BinaryIO) -> tuple[int, ...]:
    now = os.fstat(file.fileno())
    return now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino, now.st_dev


def _changed(path: str) -> IntegrityError:
    message = "the file changed while it was read"
    return IntegrityError(Diagnostic(code="B109", message=message, span=Span(path), hint="Try again."))
