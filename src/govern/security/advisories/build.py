"""Making a snapshot folder from advisory databases: merged, sorted, canonical, content-addressed."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govern.canonical import Json, canonical_bytes, parse_instant, sha256_hex
from govern.diagnostics import Diagnostic, InputError, UsageError
from govern.security.advisories.records import ECOSYSTEM, RecordError, moment_of, read_record
from govern.security.advisories.snapshot import RECORDS_FILE, RECORDS_NAME, SCHEMA

__all__ = ["AdvisoryInput", "Built", "build_snapshot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryInput:
    """One advisory database as read: raw OSV objects with where they come from."""

    name: str
    """E.g. `osv-pypi`, `pypa`, or the organisation's own."""
    records: tuple[tuple[str, Any], ...]
    """`(place, parsed JSON)`, the place being a member name or line number for messages."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """`(place, reason)` of members that are not JSON at all."""
    location: str
    revision: str = ""
    digest: str
    """sha256 of the input bytes."""
    licence: str = ""
    attribution: str = ""
    as_of: str
    """When this copy was taken."""


@dataclass(frozen=True, slots=True)
class Built:
    """A snapshot folder that now exists."""

    path: Path
    digest: str
    records: int
    unreadable: int


class _Merge:
    """Collects records by id: the later `modified` wins, equal times with other bytes are a contradiction."""

    def __init__(self) -> None:
        self.lines: dict[str, tuple[Any, bytes]] = {}
        self.unreadable: list[tuple[str, str]] = []
        self.conflicts: list[Diagnostic] = []

    def add(self, source: str, place: str, raw: Any) -> tuple[Any, str] | None:
        """Take one record; give its `(modified, id)` when it counts for this source."""
        try:
            record = read_record(raw)
            line = canonical_bytes(_without_floats(raw))
        except (RecordError, ValueError, TypeError) as fault:
            self.unreadable.append((f"{source}: {place}", str(fault)[:200]))
            return None
        if not record.affected and raw.get("affected"):
            return None  # speaks of other ecosystems only
        moment = moment_of(record.modified)
        known = self.lines.get(record.id)
        if known is None or moment > known[0]:
            self.lines[record.id] = (moment, line)
        elif moment == known[0] and line != known[1]:
            self.conflicts.append(
                Diagnostic(
                    "S106",
                    f"{record.id} stands twice with one `modified` time and different content ({source}: {place})",
                    hint="remove one of the two copies, or take a newer export of the database",
                )
            )
        return moment, record.id


def build_snapshot(inputs: Iterable[AdvisoryInput], destination: Path, *, as_of: str) -> Built:
    """Merge advisory databases into `destination/<digest>/` and give the folder.

    `as_of` is the instant the snapshot speaks for. The same inputs give the same digest; the folder appears at once
    and whole. Raises UsageError for no inputs, InputError for contradicting records.
    """
    parse_instant(as_of)
    merge = _Merge()
    sources: list[Json] = []
    for item in inputs:
        sources.append(_source(item, merge))
    if not sources:
        raise UsageError(Diagnostic("S107", "a snapshot needs at least one advisory database"))
    if merge.conflicts:
        raise InputError(merge.conflicts)
    ordered = sorted(merge.lines, key=lambda identifier: identifier.encode())
    body = b"".join(merge.lines[identifier][1] + b"\n" for identifier in ordered)
    index: dict[str, Json] = {
        "schema": SCHEMA,
        "asOf": as_of,
        "ecosystems": [ECOSYSTEM],
        "sources": sources,
        "files": [{"name": RECORDS_NAME, "sha256": sha256_hex(body), "bytes": len(body), "records": len(ordered)}],
        "kev": None,
        "epss": None,
        "unreadable": [{"name": name, "reason": reason} for name, reason in sorted(merge.unreadable)],
    }
    head = canonical_bytes(index)
    path = _place(destination, sha256_hex(head), head, body)
    return Built(path, path.name, len(ordered), len(merge.unreadable))


def _source(item: AdvisoryInput, merge: _Merge) -> Json:
    parse_instant(item.as_of)
    merge.unreadable.extend((f"{item.name}: {place}", reason) for place, reason in item.unreadable)
    taken = [newest for place, raw in item.records if (newest := merge.add(item.name, place, raw)) is not None]
    moment, identifier = max(taken, default=(None, None))
    return {
        "name": item.name,
        "kind": "osv",
        "location": item.location,
        "revision": item.revision,
        "digest": item.digest,
        "licence": item.licence,
        "attribution": item.attribution,
        "asOf": item.as_of,
        "records": len(taken),
        "newestModified": moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment is not None else None,
        "newestId": identifier,
    }


def _without_floats(value: Any, depth: int = 0) -> Json:
    """Replace JSON numbers that are not integers by their text: canonical records hold no floats."""
    if depth > 100:
        raise RecordError("nested too deeply")
    if isinstance(value, dict):
        return {key: _without_floats(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_floats(item, depth + 1) for item in value]
    return str(value) if isinstance(value, float) else value


def _place(destination: Path, digest: str, head: bytes, body: bytes) -> Path:
    """Write both files into a folder that appears whole under its digest."""
    final = destination / digest
    if final.is_dir():
        return final
    destination.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=destination))
    try:
        (staging / "snapshot.json").write_bytes(head)
        with (staging / RECORDS_FILE).open("wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
            packed.write(body)
        staging.chmod(0o755)
        staging.replace(final)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        if final.is_dir():  # another process was faster; equal digest, equal content
            return final
        raise
    return final
