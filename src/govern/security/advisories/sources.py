"""Reading advisory databases from files: an OSV export zip, a folder of OSV JSON, or JSON lines."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from govern.diagnostics import Diagnostic, InputError, Span
from govern.security.advisories.build import AdvisoryInput

__all__ = ["read_database"]

MAX_INPUT_BYTES = 1 << 30
MAX_OUTPUT_BYTES = 4 << 30
MAX_RECORD_BYTES = 16 << 20
MAX_RECORDS = 2_000_000


def read_database(
    path: Path,
    *,
    name: str,
    as_of: str,
    location: str = "",
    revision: str = "",
    licence: str = "",
    attribution: str = "",
) -> AdvisoryInput:
    """Read a database from an OSV zip, a folder of `*.json`, or `.jsonl` (optionally gzipped).

    What kind it is follows from the content, not from the name. Members that are not JSON are kept as unreadable.
    Raises InputError when nothing can be read or a cap is passed.
    """
    if path.is_dir():
        members, digest = _folder(path)
    else:
        members, digest = _file(path)
    records: list[tuple[str, Any]] = []
    unreadable: list[tuple[str, str]] = []
    for place, data in members:
        if len(records) > MAX_RECORDS:
            raise _refused(path, f"more than {MAX_RECORDS:,} records")
        try:
            records.append((place, json.loads(data)))
        except (ValueError, RecursionError):
            unreadable.append((place, "not JSON"))
    if not records:
        raise _refused(path, "no OSV record found")
    return AdvisoryInput(
        name=name,
        records=tuple(records),
        unreadable=tuple(unreadable),
        location=location or path.name,
        revision=revision,
        digest=digest,
        licence=licence,
        attribution=attribution,
        as_of=as_of,
    )


def _folder(path: Path) -> tuple[Iterator[tuple[str, bytes]], str]:
    files = sorted(p for p in path.rglob("*.json") if p.is_file() and not p.is_symlink())
    digest = hashlib.sha256()
    members: list[tuple[str, bytes]] = []
    for file in files:
        data = _bytes_of(file, MAX_RECORD_BYTES)
        place = file.relative_to(path).as_posix()
        digest.update(f"{hashlib.sha256(data).hexdigest()}  {place}\n".encode())
        members.append((place, data))
    return iter(members), digest.hexdigest()


def _file(path: Path) -> tuple[Iterator[tuple[str, bytes]], str]:
    data = _bytes_of(path, MAX_INPUT_BYTES)
    digest = hashlib.sha256(data).hexdigest()
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip(path, data), digest
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(path, data)
    return _lines(data), digest


def _lines(data: bytes) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(io.BytesIO(data), start=1):
        if line.strip():
            yield f"line {number}", line


def _zip(path: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    spent = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in sorted(archive.infolist(), key=lambda item: item.filename):
                if info.is_dir() or not info.filename.lower().endswith(".json"):
                    continue
                with archive.open(info) as member:
                    body = member.read(MAX_RECORD_BYTES + 1)
                spent += len(body)
                if len(body) > MAX_RECORD_BYTES or spent > MAX_OUTPUT_BYTES:
                    raise _refused(path, f"member {info.filename[:80]} passes the size cap")
                yield info.filename, body
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as fault:
        raise _refused(path, f"damaged zip ({type(fault).__name__})") from fault


def _gunzip(path: Path, data: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        body = reader.decompress(data, MAX_INPUT_BYTES + 1)
    except zlib.error as fault:
        raise _refused(path, "damaged gzip") from fault
    if len(body) > MAX_INPUT_BYTES or not reader.eof:
        raise _refused(path, "cut short, or larger than the size cap")
    return body


def _bytes_of(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as handle:
            data = handle.read(limit + 1)
    except OSError as fault:
        raise _refused(path, fault.strerror or "I/O error") from fault
    if len(data) > limit:
        raise _refused(path, f"larger than {limit:,} bytes")
    return data


def _refused(path: Path, reason: str) -> InputError:
    return InputError(
        Diagnostic(
            "S107",
            f"cannot read the advisory database: {reason}",
            Span(path.name),
            hint="give an OSV export zip, a folder of OSV JSON files, or JSON lines (plain or gzipped)",
        )
    )
