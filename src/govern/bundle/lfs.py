"""Git LFS pointers: a small text that stands in place of a file which was never fetched.

Grammar: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md, "The Pointer". What a pointer says of the absent
file is a claim: its `oid` is never used as the digest of weights.
"""

from __future__ import annotations

import re

from govern.bundle.manifest import FileEntry
from govern.records import record

__all__ = ["FETCH", "LfsPointer", "is_lfs_pointer", "lfs_pointer"]

_STARTS = (b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/")
"""The second is the name that the tool had before 2015; old repositories still hold such files."""
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})\r?$", re.MULTILINE)
_SIZE = re.compile(rb"^size ([0-9]{1,18})\r?$", re.MULTILINE)

FETCH = "Fetch the file with `git lfs pull` in the repository (after `git lfs install`), then export the bundle again."
"""What to do about a pointer."""


@record
class LfsPointer:
    """What a pointer claims of the file that is not there."""

    oid_claim: str | None
    """The sha256 that the absent file is said to have, in hex; None where the pointer is damaged."""
    size_claim: int | None
    """Its size in bytes, as claimed."""

    def __str__(self) -> str:
        """Say what is claimed, in words."""
        size = "no size" if self.size_claim is None else f"{self.size_claim:,} bytes"
        return f"it claims oid sha256:{self.oid_claim or 'none'} and {size}"


def is_lfs_pointer(entry: FileEntry) -> bool:
    """Say whether a file begins as a pointer does."""
    return entry.head.startswith(_STARTS)


def lfs_pointer(entry: FileEntry) -> LfsPointer | None:
    """Read a pointer from the first bytes of a file; None for a file that is none."""
    if not is_lfs_pointer(entry):
        return None
    oid, size = _OID.search(entry.head), _SIZE.search(entry.head)
    return LfsPointer(
        oid_claim=oid.group(1).decode("ascii") if oid else None, size_claim=int(size.group(1)) if size else None
    )
