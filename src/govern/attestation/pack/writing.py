"""Writing a pack: parts in, one archive out. The caller opens what it names and closes the stream."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from govern.attestation.pack.index import INDEX, PLACES, Entry, Role, index_bytes, read_index
from govern.attestation.pack.tar import ArchiveWriter, fits
from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError

__all__ = ["Part", "part", "policy_path", "write_pack"]

_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A member to be: its line of the index, and how to come by its bytes when its turn comes."""

    entry: Entry
    open: Callable[[], BinaryIO] | None
    """None for what is withheld."""


def part(path: str, role: Role, data: bytes) -> Part:
    """Make a part of bytes in memory."""
    entry = Entry(path=path, role=role, digest=sha256_hex(data), size=len(data))
    return Part(entry=entry, open=lambda: io.BytesIO(data))


def policy_path(relative: str, data: bytes) -> str:
    """Give the member path of a policy source: below `policy/source/` as it lay, or, where the name is too long or too
    odd for a ustar header, named after its digest. The compiler gives the same plan for either name.
    """
    path = f"policy/source/{relative}"
    return path if fits(path) else f"policy/source/{sha256_hex(data)}.yaml"


def write_pack(stream: BinaryIO, parts: Iterable[Part]) -> tuple[Entry, ...]:
    """Write an archive and give its index.

    Raises UsageError A616 for a part that no pack can hold (size, number), and IntegrityError A617 when the bytes of a
    part are no longer those of its line: the archive is void then.
    """
    ordered = sorted(parts, key=lambda item: item.entry.path.encode())
    index = index_bytes(item.entry for item in ordered)
    _sound(ordered, index)
    members = [*(item for item in ordered if item.open is not None), part(INDEX, Role.ENGINE, index)]
    writer = ArchiveWriter(stream)
    for item in sorted(members, key=lambda item: item.entry.path.encode()):
        _write(writer, item)
    writer.end()
    return tuple(item.entry for item in ordered)


def _sound(parts: list[Part], index: bytes) -> None:
    """Hold the index against the reader's own rules before the first byte is written."""
    for item in parts:
        entry = item.entry
        if entry.size > PLACES[entry.role].size and not entry.withheld:
            message = f"{entry.size:,} bytes; a {entry.role} in a pack may have {PLACES[entry.role].size:,}"
            hint = "keep its bytes back and hand them over otherwise: --withhold PATH"
            raise UsageError(Diagnostic("A616", message, Span(entry.path), hint))
    try:
        read_index(index)
    except IntegrityError as fault:
        first = fault.diagnostics[0]
        raise UsageError(Diagnostic("A616", first.message, first.span)) from fault


def _write(writer: ArchiveWriter, item: Part) -> None:
    assert item.open is not None
    entry = item.entry
    try:
        with item.open() as source:
            digest = writer.add(entry.path, entry.size, _chunks(source))
    except ValueError as fault:
        raise _changed(entry) from fault
    if digest != entry.digest:
        raise _changed(entry)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


def _changed(entry: Entry) -> IntegrityError:
    message = "the file changed while it was being packed"
    return IntegrityError(Diagnostic("A617", message, Span(entry.path), "pack a copy that nothing writes to"))
