"""Writing the trust root's exports into a folder, and taking out what an earlier version left there."""

from __future__ import annotations

import re
from pathlib import Path

from govern.attestation.trust.export import export_files
from govern.attestation.trust.reading import load_trust
from govern.canonical import sha256_hex
from govern.gate.files import read_file
from govern.gate.outputs import write_atomic, writing

__all__ = ["compile_trust"]

_SUMS = "SHA256SUMS"
_SUM_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9_][A-Za-z0-9._-]{0,300})", re.ASCII)


def compile_trust(file: Path, folder: Path) -> tuple[str, ...]:
    """Write the exports of a trust root and `SHA256SUMS` over them; give the paths written.

    A file that an earlier run wrote, and that belongs to no key any more, is taken out: a tool that reads the whole
    folder would go on trusting it. Files that were changed since, or are not listed in SHA256SUMS, stay.

    Raises IntegrityError for an unsound trust root, UsageError U103 and U108.
    """
    made = dict(export_files(load_trust(read_file(file), file=str(file))))
    sums = "".join(f"{sha256_hex(made[name])}  {name}\n" for name in sorted(made, key=str.encode))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder, keep=set(made))
        for name, data in made.items():
            write_atomic(folder / name, data)
        write_atomic(folder / _SUMS, sums.encode("ascii"))
    return tuple(str(folder / name) for name in (*sorted(made), _SUMS))


def _clear(folder: Path, *, keep: set[str]) -> None:
    sums = folder / _SUMS
    if not sums.is_file():
        return
    for line in read_file(sums).decode("ascii", errors="replace").splitlines():
        match = _SUM_LINE.fullmatch(line)
        if match is None or match[2] in keep:
            continue
        path = folder / match[2]
        if path.is_file() and not path.is_symlink() and sha256_hex(read_file(path)) == match[1]:
            path.unlink()
