"""A folder that nobody else may enter, for bytes that are needed only while a command runs.

No name is drawn by lot: `mkdir` fails when something is there already, so a foreseeable name is as safe as a random
one, and a replay needs no randomness.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from govern.diagnostics import Diagnostic, InputError

__all__ = ["no_room", "private_folder"]

_ATTEMPTS = 1000


@contextmanager
def private_folder(scratch: Path, *, purpose: str = "replay") -> Iterator[Path]:
    """Make a folder of mode 0700 in `scratch`, and remove it with all that is in it.

    Raises InputError A621 when it cannot be made or removed.
    """
    import shutil

    root = _made(scratch, purpose)
    try:
        yield root
    except BaseException:
        with suppress(OSError):
            shutil.rmtree(root)
        raise
    try:
        shutil.rmtree(root)
    except OSError as fault:
        raise no_room(f"{root} cannot be removed: {fault.strerror}") from fault


def _made(scratch: Path, purpose: str) -> Path:
    for number in range(_ATTEMPTS):
        root = scratch / f"govern-{purpose}-{os.getpid()}-{number}"
        try:
            root.mkdir(mode=0o700)
            status = os.lstat(root)
        except FileExistsError:
            continue
        except OSError as fault:
            raise no_room(f"no folder can be made in {scratch}: {fault.strerror}") from fault
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
            raise no_room(f"{root} is not the private folder that was made")
        return root
    raise no_room(f"{scratch} is full of folders of other runs")


def no_room(message: str) -> InputError:
    """Make the error A621."""
    return InputError(Diagnostic("A621", message, hint="name another folder for it: TMPDIR"))
