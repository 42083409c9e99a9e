"""Which engine decided: a digest over the installed package, so that a replay can tell another build apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

import govern

__all__ = ["engine_digest"]


def engine_digest() -> str:
    """Give the sha256 of the package's manifest (`<sha256>  <path>` lines sorted by path), byte-code left out."""
    root = Path(govern.__file__).parent
    files = sorted(
        (path.relative_to(root).as_posix().encode(), path)
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    lines = [b"%s  %s\n" % (hashlib.sha256(path.read_bytes()).hexdigest().encode(), name) for name, path in files]
    return hashlib.sha256(b"".join(lines)).hexdigest()
