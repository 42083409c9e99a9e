"""Which file system a path lies on."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.ledger.filesystem import NETWORK_TYPES, filesystem_type, mount_table

TABLE = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:26 / /srv rw shared:5 master:1 - nfs4 host:/srv rw
29 28 0:27 / /srv/local\\040disk rw - xfs /dev/vdb rw
30 27 0:28 / /over rw - nfs host:/a rw
31 27 0:29 / /over rw - tmpfs tmpfs rw
garbage
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/home/x", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/x/y", "nfs4"),
        ("/srvx", "ext4"),
        ("/srv/local disk/x", "xfs"),
        ("/over/x", "tmpfs"),
    ],
)
def test_the_deepest_and_latest_mount_decides(path: str, kind: str) -> None:
    assert filesystem_type(Path(path), TABLE) == kind


def test_without_a_table_nothing_is_known() -> None:
    assert filesystem_type(Path("/x"), "") is None
    assert None not in NETWORK_TYPES


def test_this_machine_has_a_root() -> None:
    assert filesystem_type(Path("/"), mount_table())
