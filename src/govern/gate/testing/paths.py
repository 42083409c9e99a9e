"""Paths that a policy test names, relative to its own file."""

from __future__ import annotations

import os
from pathlib import Path

from govern.diagnostics import Diagnostic, InputError, Span

__all__ = ["beside"]

_LONGEST, _LONGEST_NAME = 4_000, 255
"""In bytes, as the file systems that we know have it."""


def beside(file: str, text: str, span: Span) -> Path:
    """Give the path that a test file names. Raises InputError P707 for a text that no file system takes as a path."""
    too_long = len(os.fsencode(text)) > _LONGEST or any(len(os.fsencode(p)) > _LONGEST_NAME for p in text.split("/"))
    if not text or "\0" in text or too_long:
        hint = "Name a file or folder, relative to the test."
        raise InputError(Diagnostic("P707", f"'{text[:80]}' is no path", span, hint))
    return Path(os.path.normpath(Path(file).parent / text))
