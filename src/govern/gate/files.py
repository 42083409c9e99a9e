"""Reading files that the caller named, with a cap."""

from __future__ import annotations

from pathlib import Path

from govern.diagnostics import Diagnostic, UsageError

__all__ = ["read_file"]


def read_file(path: Path, *, limit: int = 8 * 1024 * 1024) -> bytes:
    """Read a small file that the caller named. Raises UsageError U103."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as fault:
        message = f"cannot read {path}: {fault.strerror or fault}"
        raise UsageError(Diagnostic(code="U103", message=message)) from fault
    if len(data) > limit:
        raise UsageError(Diagnostic(code="U103", message=f"{path} is larger than {limit} bytes"))
    return data
