"""The kept key that binds a document of counts to its rows: 32 random bytes in hex, for nobody but the data's owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from govern.diagnostics import Diagnostic, UsageError
from govern.gate.files import read_file

__all__ = ["KEY_BYTES", "kept_key"]

KEY_BYTES = 32
_TEXT = re.compile(rb"[0-9a-f]{64}\n?")


def kept_key(path: Path, *, entropy: Callable[[int], bytes] | None) -> bytes:
    """Give the key of a file, which is made (mode 0600) when it is not there and `entropy` gives random bytes.

    Raises UsageError E200 for a file that is not there or holds no key, U108 for one that cannot be written.
    """
    from govern.attestation.keys import write_private_key
    from govern.gate.outputs import writing

    if path.exists():
        data = read_file(path, limit=1024)
        if not _TEXT.fullmatch(data):
            hint = "Let govern make one: name a file that is not there."
            raise UsageError(Diagnostic("E200", f"{path} holds no key of {KEY_BYTES} bytes in hex", hint=hint))
        return bytes.fromhex(data.decode("ascii").strip())
    if entropy is None:
        raise UsageError(Diagnostic("E200", f"there is no key file {path}", hint="Give the file that was kept."))
    key = entropy(KEY_BYTES)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private_key(path, key.hex().encode() + b"\n")
    return key
