"""Reading a pack that anybody may have made: every byte accounted for before a single one is believed.

`read_pack` goes through the archive once, hashes every member, and holds members, index, manifest and evidence against
each other. What it gives back is whole and consistent; whether it is *authentic* is for `verify` to say.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from govern.attestation.pack.index import INDEX, INDEX_BYTES, MOST_ENTRIES, Entry, Role, damaged, read_index
from govern.attestation.pack.tar import Found, scan
from govern.bundle.manifest import Manifest, parse_manifest
from govern.diagnostics import InputError

__all__ = ["Pack", "read_pack"]

_CHUNK = 1024 * 1024
EXPANSION = 16
"""How many times the archive's own size the rebuilt bundle may have: one member may be many files of the bundle."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pack:
    """A pack whose parts fit each other. The stream stays the caller's, and must stay open."""

    entries: Mapping[str, Entry]
    """The index, by path."""
    manifest: Manifest
    """Every file of the bundle, from MANIFEST.sha256."""
    _members: Mapping[str, Found]
    _stream: BinaryIO

    def having(self, role: Role) -> tuple[Entry, ...]:
        """Give the entries of a role, in the order of their paths."""
        return tuple(entry for entry in self.entries.values() if entry.role is role)

    def one(self, role: Role) -> bytes | None:
        """Give the bytes of the only member of a role, None when there is none."""
        found = self.having(role)
        return self.data(found[0].path) if found else None

    def need(self, role: Role) -> bytes:
        """Give the bytes of the member of a role that every pack has."""
        data = self.one(role)
        assert data is not None, "the index was held against its places"
        return data

    @property
    def kind(self) -> Role:
        """`certificate` or `refusal`."""
        return Role.CERTIFICATE if self.having(Role.CERTIFICATE) else Role.REFUSAL

    def evidence(self, digest: str) -> Entry:
        """Give the entry of a file of the bundle by its sha256."""
        return self.entries[f"evidence/{digest}"]

    def data(self, path: str) -> bytes:
        """Give a member's bytes. Raises IntegrityError A605 when the archive has changed since it was read."""
        return b"".join(self.chunks(path))

    def chunks(self, path: str) -> Iterator[bytes]:
        """Stream a member's bytes; the last step compares their digest and raises as `data` does."""
        member = self._members[path]
        self._stream.seek(member.offset)
        digest, left = hashlib.sha256(), member.size
        while left and (chunk := self._stream.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
            yield chunk
        if left or digest.hexdigest() != member.digest:
            raise damaged("A605", "the archive changed while it was being read", at=path)


def read_pack(stream: BinaryIO) -> Pack:
    """Read an archive from a seekable stream.

    Raises IntegrityError: A601 and A602 for the archive's form, A603 for caps, A604 and A607 for the index, A605 for
    a member whose bytes are not those of its line, A606 for members and lines without each other, A608 when manifest
    and evidence do not name the same files.
    """
    stream.seek(0)
    members = {member.path: member for member in scan(stream, most=MOST_ENTRIES + 1)}
    index = members.get(INDEX)
    if index is None:
        raise damaged("A607", f"there is no {INDEX}")
    if index.size > INDEX_BYTES:
        raise damaged("A603", f"{index.size:,} bytes; an index may have {INDEX_BYTES:,}", at=INDEX)
    stream.seek(index.offset)
    entries = {entry.path: entry for entry in read_index(stream.read(index.size))}
    _match(members, entries)
    pack = Pack(entries=entries, manifest=_manifest(members, stream), _members=members, _stream=stream)
    _evidence(pack, stream.seek(0, io.SEEK_END))
    return pack


def _match(members: Mapping[str, Found], entries: Mapping[str, Entry]) -> None:
    for path in members:
        if path != INDEX and path not in entries:
            raise damaged("A606", "the index does not name this member", at=path)
    for path, entry in entries.items():
        member = members.get(path)
        if entry.withheld:
            if member is not None:
                raise damaged("A606", "the index calls this member withheld, and here it is", at=path)
            continue
        if member is None:
            raise damaged("A606", "the index names a member that is not there", at=path)
        if member.size != entry.size or member.digest != entry.digest:
            found = f"{member.size} bytes with sha256 {member.digest}"
            raise damaged(
                "A605", f"the index says {entry.size} bytes with sha256 {entry.digest}, here are {found}", at=path
            )


def _manifest(members: Mapping[str, Found], stream: BinaryIO) -> Manifest:
    member = members["MANIFEST.sha256"]
    stream.seek(member.offset)
    try:
        return parse_manifest(stream.read(member.size))
    except InputError as fault:
        raise damaged("A608", fault.diagnostics[0].message, at=member.path) from fault


def _evidence(pack: Pack, archive_size: int) -> None:
    """The manifest and the evidence name the same digests, and the bundle is not out of proportion to the archive."""
    named = {line.sha256 for line in pack.manifest.entries}
    held = {entry.digest: entry for entry in pack.having(Role.EVIDENCE)}
    for line in pack.manifest.entries:
        if line.sha256 not in held:
            raise damaged(
                "A608", f"the evidence of the bundle's file {line.path} is not in the pack", at="MANIFEST.sha256"
            )
    for digest, entry in held.items():
        if digest not in named:
            raise damaged("A608", "no file of the bundle has these bytes", at=entry.path)
    if len(pack.manifest.entries) > MOST_ENTRIES:
        raise damaged("A603", f"more than {MOST_ENTRIES:,} files in the bundle", at="MANIFEST.sha256")
    rebuilt = sum(0 if held[line.sha256].withheld else held[line.sha256].size for line in pack.manifest.entries)
    if rebuilt > EXPANSION * archive_size:
        raise damaged("A603", f"a pack of {archive_size:,} bytes would become a bundle of {rebuilt:,}")
