"""Which file system a path lies on: a log on a network share can lose what it acknowledged."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["NETWORK_TYPES", "filesystem_type", "mount_table"]

# fmt: off
NETWORK_TYPES = frozenset(
    {
        "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.cephfs", "fuse.davfs", "fuse.gcsfuse",
        "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre",
        "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb2", "smb3", "smbfs",
    }
)
# fmt: on
"""Types whose locks and fsync SQLite cannot rely on (sqlite.org/howtocorrupt.html, section 2)."""

_OCTAL = re.compile(r"\\([0-7]{3})")


def mount_table() -> str:
    """Read the mounts of this process (Linux); empty where there is no such table."""
    try:
        return Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def filesystem_type(path: Path, mounts: str) -> str | None:
    """Give the type of the file system that an absolute path lies on, from the text of `mountinfo` (proc(5))."""
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields, separator, rest = line.partition(" - ")
        columns = fields.split(" ")
        if not separator or len(columns) < 5:
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), columns[4]))
        depth = len(point.parts)
        # Later lines are mounted over earlier ones at the same place.
        if path.is_relative_to(point) and (best is None or depth >= best[0]):
            best = (depth, rest.split(" ")[0])
    return None if best is None else best[1]
