"""A content-addressed folder of advisory records, verified as it is opened.

Folder `<digest>/`: `snapshot.json` (RFC 8785; its sha256 is the snapshot digest) and `records.jsonl.gz` (one OSV
record a line, RFC 8785, sorted by id bytes). File digests are over the uncompressed bytes, because gzip output differs
between builds of zlib.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from govern.canonical import canonical_bytes, parse_instant, sha256_hex
from govern.diagnostics import Diagnostic, InputError, IntegrityError, Span
from govern.security.advisories.records import Record, RecordError, read_record

__all__ = ["SCHEMA", "Snapshot", "SnapshotSource", "current_snapshot", "load_snapshot"]

SCHEMA = "urn:govern:advisory-snapshot:v1"
RECORDS_FILE = "records.jsonl.gz"
RECORDS_NAME = "records.jsonl"
MAX_RECORDS_BYTES = 1 << 30
MAX_INDEX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSource:
    """One database that a snapshot was made from."""

    name: str
    location: str
    revision: str
    digest: str
    """sha256 of the input bytes."""
    licence: str
    attribution: str
    as_of: str
    records: int
    newest_modified: str | None
    newest_id: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Advisory records with where they come from and how old they are."""

    digest: str
    """sha256 in hex of `snapshot.json`."""
    as_of: str
    """Instant at which the sources were read."""
    ecosystems: tuple[str, ...]
    sources: tuple[SnapshotSource, ...]
    unreadable: tuple[str, ...]
    """Records that could not be read as OSV 1.x: while there are any, no package can be called unmatched."""
    records: tuple[Record, ...]
    """Sorted by id."""
    _by_package: Mapping[str, tuple[Record, ...]] = field(repr=False)
    _group: Mapping[str, str] = field(repr=False)
    _members: Mapping[str, tuple[str, ...]] = field(repr=False)

    def records_of(self, package: str) -> tuple[Record, ...]:
        """Give the records that name a package (PEP 503 normalised), withdrawn ones included, by id."""
        return self._by_package.get(package, ())

    def group_of(self, identifier: str) -> str:
        """Give the representative of the alias group that an id or alias belongs to."""
        return self._group.get(identifier, identifier)

    def aliases_of(self, identifier: str) -> tuple[str, ...]:
        """Give every name in the alias group of an id, itself included, sorted."""
        return self._members.get(self.group_of(identifier), (identifier,))

    @property
    def groups(self) -> int:
        """How many alias groups the records form."""
        return len({self.group_of(record.id) for record in self.records})

    @property
    def newest_modified(self) -> str | None:
        """Latest `modified` over all sources."""
        return max((s.newest_modified for s in self.sources if s.newest_modified), default=None)

    @property
    def databases(self) -> tuple[str, ...]:
        """What the snapshot holds, as a policy may demand it: source names, and id prefixes such as `GHSA`."""
        prefixes = {record.id.partition("-")[0] for record in self.records if "-" in record.id}
        return tuple(sorted(prefixes | {source.name for source in self.sources}))

    def describe(self) -> str:
        """Say what was looked at: digest, number of records, sources, newest record."""
        sources = ", ".join(f"{s.name}@{s.revision[:12]}" if s.revision else s.name for s in self.sources)
        newest = (self.newest_modified or "unknown")[:10]
        return (
            f"advisory snapshot sha256:{self.digest[:12]} ({len(self.records):,} records; {sources}; "
            f"newest record {newest})"
        )


def current_snapshot(root: Path) -> Path | None:
    """Give the folder that `root/current` points to (written last by an update), or None when there is no pointer.

    Raises InputError for a pointer that is not a digest.
    """
    pointer = root / "current"
    if not pointer.is_file():
        return None
    digest = pointer.read_bytes()[:100].decode("ascii", "replace").strip()
    if not _is_digest(digest):
        raise _malformed(pointer, "the pointer does not hold a sha256")
    return root / digest


def load_snapshot(path: Path) -> Snapshot:
    """Open a snapshot folder, verify every digest and index its records.

    Raises InputError when the folder or a file is absent or malformed, IntegrityError when bytes are not those the
    digests name, or when the folder's name is a digest other than its own.
    """
    index_path = path / "snapshot.json"
    raw = _read(index_path, MAX_INDEX_BYTES)
    digest = sha256_hex(raw)
    if _is_digest(path.name) and path.name != digest:
        raise _mismatch(index_path, f"folder is named {path.name[:12]}…, its snapshot.json hashes to {digest[:12]}…")
    index = _parse_index(index_path, raw)
    entry = index["files"][RECORDS_NAME]
    body = _decompress(path / RECORDS_FILE, entry["bytes"])
    if len(body) != entry["bytes"] or sha256_hex(body) != entry["sha256"]:
        raise _mismatch(path / RECORDS_FILE, "the records are not the bytes that snapshot.json names")
    records = _parse_records(path / RECORDS_FILE, body)
    if len(records) != entry["records"]:
        raise _mismatch(path / RECORDS_FILE, f"{len(records)} records, snapshot.json says {entry['records']}")
    return _indexed(digest, index, records)


def _indexed(digest: str, index: Mapping[str, Any], records: tuple[Record, ...]) -> Snapshot:
    by_package: dict[str, list[Record]] = {}
    for record in records:
        for name in dict.fromkeys(affected.name for affected in record.affected):
            by_package.setdefault(name, []).append(record)
    group, members = _alias_groups(records)
    return Snapshot(
        digest=digest,
        as_of=index["asOf"],
        ecosystems=tuple(index["ecosystems"]),
        sources=tuple(index["sources"]),
        unreadable=tuple(f"{item['name']}: {item['reason']}" for item in index["unreadable"]),
        records=records,
        _by_package={name: tuple(items) for name, items in by_package.items()},
        _group=group,
        _members=members,
    )


def _alias_groups(records: tuple[Record, ...]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Union-find over `id` and `aliases`; the representative is the smallest name of a group."""
    parent: dict[str, str] = {}

    def root_of(name: str) -> str:
        top = name
        while (above := parent.setdefault(top, top)) != top:
            top = above
        while parent[name] != top:
            parent[name], name = top, parent[name]
        return top

    for record in records:
        for alias in (record.id, *record.aliases):
            first, second = sorted((root_of(record.id), root_of(alias)))
            parent[second] = first
    members: dict[str, list[str]] = {}
    group = {name: root_of(name) for name in sorted(parent)}
    for name, root in group.items():
        members.setdefault(root, []).append(name)
    return group, {root: tuple(names) for root, names in members.items()}


def _parse_index(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        index = json.loads(raw)
        if canonical_bytes(index) != raw:
            raise _malformed(path, "snapshot.json is not in canonical form (RFC 8785)")
        if index["schema"] != SCHEMA:
            raise _malformed(path, f"schema {str(index['schema'])[:60]!r} is not {SCHEMA}")
        parse_instant(index["asOf"])
        index["sources"] = [_source(item) for item in index["sources"]]
        index["files"] = {item["name"]: item for item in index["files"]}
        entry = index["files"][RECORDS_NAME]
        _ = [entry[key] + 0 for key in ("bytes", "records")]
        _ = [item["name"] + item["reason"] + "" for item in index["unreadable"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise _malformed(path, f"snapshot.json does not have the expected shape ({type(fault).__name__})") from fault
    return dict(index)


def _source(item: Mapping[str, Any]) -> SnapshotSource:
    texts = {key: item[key] for key in ("name", "location", "revision", "digest", "licence", "attribution")}
    newest = (item["newestModified"], item["newestId"])
    if not all(isinstance(value, str) for value in texts.values()) or not isinstance(item["records"], int):
        raise TypeError("a source member has the wrong type")
    if not all(value is None or isinstance(value, str) for value in newest):
        raise TypeError("newestModified and newestId are text or null")
    parse_instant(item["asOf"])
    return SnapshotSource(
        **texts, as_of=item["asOf"], records=item["records"], newest_modified=newest[0], newest_id=newest[1]
    )


def _parse_records(path: Path, body: bytes) -> tuple[Record, ...]:
    records: list[Record] = []
    previous = b""
    for number, line in enumerate(body.splitlines(), start=1):
        try:
            record = read_record(json.loads(line))
        except (ValueError, RecursionError) as fault:
            reason = str(fault) if isinstance(fault, RecordError) else "not JSON"
            raise _malformed(path, f"line {number}: {reason}") from fault
        identifier = record.id.encode("utf-8", "surrogatepass")
        if identifier <= previous:
            raise _malformed(path, f"line {number}: records are not sorted by id, or one stands twice")
        previous = identifier
        records.append(record)
    return tuple(records)


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as handle:
            data = handle.read(limit + 1)
    except OSError as fault:
        raise InputError(
            Diagnostic(
                "S103",
                f"cannot read the advisory snapshot: {fault.strerror or 'I/O error'}",
                Span(path.name),
                hint="make one with `govern advisories update`, or give the folder of an existing one",
            )
        ) from fault
    if len(data) > limit:
        raise _malformed(path, f"larger than {limit:,} bytes")
    return data


def _decompress(path: Path, size: int) -> bytes:
    if not 0 <= size <= MAX_RECORDS_BYTES:
        raise _malformed(path, f"{size:,} bytes of records, more than {MAX_RECORDS_BYTES:,}")
    reader = zlib.decompressobj(wbits=31)
    try:
        body = reader.decompress(_read(path, MAX_RECORDS_BYTES), size + 1)
    except zlib.error as fault:
        raise _mismatch(path, "the compressed records are damaged") from fault
    if len(body) <= size and (not reader.eof or reader.unused_data):
        raise _mismatch(path, "the compressed records are cut short or followed by other bytes")
    return body


def _is_digest(text: str) -> bool:
    return len(text) == 64 and all(char in "0123456789abcdef" for char in text)


def _malformed(path: Path, reason: str) -> InputError:
    return InputError(Diagnostic("S103", reason, Span(path.name), hint="build the snapshot again from its sources"))


def _mismatch(path: Path, reason: str) -> IntegrityError:
    return IntegrityError(
        Diagnostic("S102", reason, Span(path.name), hint="discard this copy and fetch or build the snapshot again")
    )
