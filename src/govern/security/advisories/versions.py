"""One total order over version strings: PEP 440 where they follow it, the older setuptools rules where they do not.

PyPI holds versions from before PEP 440, and advisories name them, so an order over PEP 440 alone would lose records.
"""

from __future__ import annotations

import re
from typing import Any

from packaging.version import InvalidVersion, Version

__all__ = ["ORIGIN", "VersionKey", "forms", "is_pep440", "version_key"]

VersionKey = tuple[Any, ...]
"""Comparable with every other key: `(1, Version)`, `(0, legacy parts)` or `ORIGIN`."""

ORIGIN: VersionKey = (-1,)
"""Below every version: what an OSV event `introduced: "0"` means."""

_LEGACY_PART = re.compile(r"[0-9]+|[a-z]+|\.|-|[^0-9a-z.\-]+")
_SYNONYMS = {"pre": "c", "preview": "c", "rc": "c", "dev": "@", "-": "final-"}


def _legacy(text: str) -> tuple[str, ...]:
    """Order of setuptools before PEP 440: numbers padded, words starred, trailing zeros and dashes dropped."""
    parts: list[str] = []
    pieces = [_SYNONYMS.get(piece, piece) for piece in _LEGACY_PART.findall(text.lower())]
    for piece in [*(p for p in pieces if p != "."), "final"]:
        if piece[0].isdigit():
            parts.append(piece.zfill(8))
            continue
        word = "*" + piece
        if word < "*final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and parts[-1] == "00000000":
            parts.pop()
        parts.append(word)
    return tuple(parts)


def version_key(text: str) -> VersionKey:
    """Give the sort key of a version; every string that is not PEP 440 sorts below every one that is."""
    try:
        return (1, Version(text))
    except InvalidVersion:
        return (0, _legacy(text))


def is_pep440(text: str) -> bool:
    """Say whether a version follows PEP 440."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def forms(text: str) -> tuple[str, ...]:
    """Give the spellings under which an installed version may be listed: itself, and without its local part.

    An advisory that lists `2.0.0` speaks of the wheel `2.0.0+cu118` too; it would be missed by exact comparison.
    """
    try:
        version = Version(text)
    except InvalidVersion:
        return (text,)
    return (text, version.public) if version.local else (text,)
