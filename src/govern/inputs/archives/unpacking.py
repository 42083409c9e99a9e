"""An archive of a bundle, unpacked into a folder of the caller's; every fault at once, and then nothing is used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from govern.diagnostics import BundleRefusedError, Diagnostic, Span
from govern.inputs.archives.compression import MAGIC, Expanded
from govern.inputs.archives.faults import ArchiveFault, Faults
from govern.inputs.archives.names import Names
from govern.inputs.archives.tar import Stream, unpack_tar
from govern.inputs.archives.tar_headers import BLOCK, is_tar
from govern.inputs.archives.writing import FolderWriter
from govern.inputs.archives.zip import unpack_zip
from govern.inputs.limits import ArchiveLimits, FolderLimits
from govern.records import record

__all__ = ["Unpacked", "archive_kind", "unpack_archive"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_NOT_READ = {b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!": "rar", b"\x28\xb5\x2f\xfd": "zstd"}


@record
class Unpacked:
    """What was written."""

    kind: str
    """zip, tar, tar.gz, tar.bz2 or tar.xz."""
    files: int
    bytes: int


def archive_kind(head: bytes) -> str | None:
    """Say what a file is by its first 512 bytes: zip, tar, gzip, bzip2, xz; also 7z, rar, zstd, which are not read.

    None for all else. What is compressed is taken for a compressed tar; `unpack_archive` looks.
    """
    if head.startswith(_ZIP):
        return "zip"
    for kind, magic in MAGIC.items():
        if head.startswith(magic):
            return kind
    for magic, kind in _NOT_READ.items():
        if head.startswith(magic):
            return kind
    return "tar" if is_tar(head[:BLOCK]) else None


def unpack_archive(
    archive: Path,
    target: Path,
    *,
    shown: str | None = None,
    limits: ArchiveLimits | None = None,
    folder_limits: FolderLimits | None = None,
) -> Unpacked:
    """Write the files of an archive below `target`, a private empty folder of the caller's.

    Files get mode 0600, folders 0700, whatever the archive says; links and devices are never made. Archives within
    the archive stay files. What is in `target` after an error is worth nothing. `shown` names the archive in messages.

    Raises BundleRefusedError with every refusal: I204 names, I205 caps, I206 members that are no plain files, I207
    damage, I208 bytes that belong to nothing, B114 without any file; OSError when the archive cannot be read or the
    files cannot be written.
    """
    caps = limits or ArchiveLimits()
    place = shown or archive.name
    faults = Faults(place)
    names = Names(faults, folder_limits or FolderLimits())
    with archive.open("rb") as file, FolderWriter(target) as writer:
        kind = archive_kind(file.read(BLOCK))
        file.seek(0)
        try:
            if kind == "zip":
                unpack_zip(file, names, writer, faults, caps)
            else:
                unpack_tar(_stream(file, kind, caps), names, writer, faults, caps)
        except ArchiveFault as fault:
            faults.whole(fault)
        faults.refuse()
        if not writer.files:
            text, hint = "there is no file in the archive", "Give an archive of the folder that holds the model."
            raise BundleRefusedError(Diagnostic("B114", text, Span(place), hint))
        return Unpacked(_NAMES.get(kind or "", kind or "tar"), writer.files, writer.bytes)


_NAMES = {"gzip": "tar.gz", "bzip2": "tar.bz2", "xz": "tar.xz"}


def _stream(file: BinaryIO, kind: str | None, limits: ArchiveLimits) -> Stream:
    if kind not in MAGIC:
        return file
    return Expanded(file, kind, packed=os.fstat(file.fileno()).st_size, limits=limits)
