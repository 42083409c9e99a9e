"""Files of signed statements: which there are, and their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from govern.attestation.verification import NamedFile
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.files import read_file

__all__ = ["SUFFIX", "read_statements"]

SUFFIX = ".sigstore.json"
_MOST_FILES = 10_000


def read_statements(paths: Sequence[Path]) -> tuple[NamedFile, ...]:
    """Read signed statements: files, and every `*.sigstore.json` below a folder, sorted by name.

    Raises UsageError U103 for what is not there, cannot be read, or for a folder that holds too many.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(item for item in path.rglob(f"*{SUFFIX}") if item.is_file())
        else:
            found.append(path)
    if len(found) > _MOST_FILES:
        raise UsageError(Diagnostic("U103", f"more than {_MOST_FILES} signed statements", hint="name fewer folders"))
    return tuple(NamedFile(str(path), read_file(path)) for path in dict.fromkeys(found))
