"""Digests and versions as records write them: read strictly, so that a malformed one is never "not recorded"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

__all__ = ["DIGEST_LENGTHS", "digest_fault", "is_commit", "opaque_token", "version_token"]

DIGEST_LENGTHS = {
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "blake2b-256": 64,
    "sha1": 40,
    "md5": 32,
}
"""Algorithms a record may name, with their hex digits."""

_HEX = re.compile(r"[0-9a-f]+")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SAFE = "-._~/:+@=,"
_ORDER = ("sha256", "sha512", "sha384", "blake2b-256", "sha1", "md5")


def digest_fault(algorithm: str, value: str) -> str | None:
    """Say what is wrong with a claimed digest, or None. Hex is lower case, as `sha256sum` prints it."""
    length = DIGEST_LENGTHS.get(algorithm)
    if length is None:
        return f"unknown digest algorithm '{algorithm}' (known: {', '.join(DIGEST_LENGTHS)})"
    if len(value) != length or not _HEX.fullmatch(value):
        return f"'{value}' is no {algorithm} digest: expected {length} lower-case hex digits"
    return None


def version_token(digests: Mapping[str, str], version: str | None = None) -> str:
    """Give the version part of a node's key: the best digest, else the opaque version, else `unversioned`."""
    for algorithm in _ORDER:
        if algorithm in digests:
            return f"{algorithm}:{digests[algorithm]}"
    return opaque_token(version) if version else "unversioned"


def opaque_token(version: str) -> str:
    """Write an opaque version as a token: printable ASCII without blanks, everything else percent-escaped."""
    return f"version:{quote(version, safe=_SAFE)}"


def is_commit(text: str) -> bool:
    """Whether a text is a full commit id (SHA-1 or SHA-256), not a branch, a tag or an abbreviation."""
    return _COMMIT.fullmatch(text) is not None
