"""`govern.lock`: which packs a workspace builds on, each by version and by the digest of its folder.

Written only by `govern policy lock`; everything else reads it. The digest of a pack is that of a bundle: the sha256 of
its manifest, whose lines are `<sha256>  <path>` in the order of the paths' bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.json import parse_json, pointer_span

__all__ = ["LOCK_FILE", "Lock", "LockedPack", "PackFiles", "Release", "pack_digest", "read_lock", "write_lock"]

LOCK_FILE = "govern.lock"
_MOST_BYTES = 1024 * 1024

_Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}\z")]
_Source = Annotated[str, Field(pattern=r"^(builtin|path|file):[^\x00-\x1f\x7f]{1,400}\z")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Release(_Part):
    """The signed statement that released a pack."""

    statement: _Digest
    """Digest of the release's payload."""
    keyid: Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}\z")]
    """OpenSSH fingerprint of the key that signed it."""


class LockedPack(_Part):
    """One pack as it was when the lock was made."""

    name: str
    version: str
    source: _Source
    """`builtin:<name>`, `path:<folder below the lock file>` or `file:<archive below the lock file>`."""
    digest: _Digest
    requires: tuple[str, ...] = Field(strict=False)
    """Names of the packs that it imports, sorted."""
    release: Release | None = None


class Lock(_Part):
    """A lock file."""

    lock_version: Literal[1]
    packs: tuple[LockedPack, ...] = Field(strict=False)

    def get(self, name: str) -> LockedPack | None:
        """Give the entry of a pack, or None."""
        return next((item for item in self.packs if item.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFiles:
    """The folder of a pack as it lies there now."""

    label: str
    """How its files are called in diagnostics, e.g. `packs/org` or `builtin:baseline`."""
    files: Mapping[str, bytes]
    """Every file by its path in the pack."""
    problem: Diagnostic | None = None
    """Why it cannot be read."""


def pack_digest(files: Mapping[str, bytes]) -> str:
    """Give the digest (hex) of a pack: of its manifest, as `sha256sum` would print it in the order of the paths."""
    lines = (f"{sha256_hex(files[path])}  {path}\n".encode() for path in sorted(files, key=str.encode))
    return sha256_hex(b"".join(lines))


def read_lock(data: bytes, *, file: str) -> Lock:
    """Read a lock file. Raises InputError: I1xx, I201 for what is no JSON, P312 for what is no lock."""
    value = parse_json(data, file=file, max_bytes=_MOST_BYTES, max_depth=8, utf16=False)
    hint = "Make it again: govern policy lock"
    try:
        lock = Lock.model_validate(value)
    except ValidationError as fault:
        found = []
        for detail in fault.errors(include_url=False):
            pointer = "".join(f"/{step}" for step in detail["loc"])
            span = pointer_span(data, file=file, pointer=pointer) or Span(file, 1, 1)
            found.append(Diagnostic("P312", f"{pointer or 'the lock'}: {detail['msg']}", span, hint))
        raise InputError(found) from fault
    names = [item.name for item in lock.packs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(Diagnostic("P312", f"the pack '{twice}' is listed twice", Span(file, 1, 1), hint))
    return lock


def write_lock(lock: Lock) -> bytes:
    """Write a lock file: sorted by name, one key a line, so that its history can be read."""
    made = lock.model_dump(mode="json")
    made["packs"] = sorted(made["packs"], key=lambda item: str(item["name"]))
    for item in made["packs"]:
        if item["release"] is None:
            del item["release"]
    return (json.dumps(made, indent=2, ensure_ascii=False) + "\n").encode()
