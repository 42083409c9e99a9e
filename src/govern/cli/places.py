"""Folders that opening a bundle may use: where the environment and the current folder come in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.gate.sources.opening import Places

__all__ = ["bundle_places", "local_folder"]


def bundle_places(keep: Path | None = None) -> Places:
    """Give TMPDIR (/tmp) to unpack in, and the current folder for certificates of what was fetched."""
    from govern.gate.sources.opening import Places

    scratch = Path(os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - a private folder is made in it
    return Places(scratch=scratch, beside=Path.cwd(), keep=keep)


@contextmanager
def local_folder(bundle: Path) -> Iterator[Path]:
    """Give the folder of a bundle on this machine: an archive is unpacked while the command looks at it.

    What is neither is given as it is: the command says what is wrong with it. Raises InputError for an archive that is
    refused, UsageError B115 for another file.
    """
    if not bundle.is_file():
        yield bundle
        return
    from govern.gate.sources.opening import opened_folder

    with opened_folder(bundle, bundle_places()) as folder:
        yield folder
