"""OSV records as typed values: only what matching needs, read strictly.

Format: OSV schema 1.x (ossf/osv-schema docs/schema.md). Unknown members are ignored, as the schema asks of readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from packaging.utils import canonicalize_name

from govern.security.advisories.severity import Band, read_band

__all__ = ["ECOSYSTEM", "Affected", "Record", "RecordError", "VersionRange", "moment_of", "read_record"]

ECOSYSTEM = "PyPI"


class RecordError(ValueError):
    """A record that cannot be read as OSV 1.x; the message says why."""


@dataclass(frozen=True, slots=True)
class VersionRange:
    """One OSV range: its type and its events in file order, each `(introduced|fixed|last_affected|limit, version)`."""

    kind: str
    events: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """What a record says about one PyPI package."""

    name: str
    """PEP 503 normalised."""
    versions: tuple[str, ...]
    ranges: tuple[VersionRange, ...]
    severity: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One OSV record, with the entries of other ecosystems left out."""

    id: str
    modified: str
    published: str | None
    withdrawn: bool
    aliases: tuple[str, ...]
    affected: tuple[Affected, ...]
    severity: tuple[Mapping[str, Any], ...]
    severity_word: str | None
    summary: str

    @property
    def malicious(self) -> bool:
        """Whether it reports a malicious package rather than a flaw in an honest one."""
        return self.id.startswith("MAL-")

    def band(self, affected: Affected) -> Band | None:
        """Severity for one package: its own `severity`, else the record's, else the database's word, else None."""
        if self.malicious:
            return Band.CRITICAL
        return read_band(affected.severity, None) or read_band(self.severity, self.severity_word)


def moment_of(text: str) -> datetime:
    """Read an RFC 3339 time of a record (fractions and offsets allowed). Raises RecordError otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise RecordError(f"{text!r} is not an RFC 3339 time") from fault
    if moment.tzinfo is None:
        raise RecordError(f"{text!r} is a time without a zone")
    return moment.astimezone(UTC)


def _text(raw: Mapping[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise RecordError(f"`{key}` is not text")
    return value


def _list(raw: Mapping[str, Any], key: str, member: type | tuple[type, ...]) -> list[Any]:
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, member) for item in value):
        raise RecordError(f"`{key}` is not a list of the expected members")
    return value


def _range(raw: Mapping[str, Any]) -> VersionRange:
    events: list[tuple[str, str]] = []
    for event in _list(raw, "events", dict):
        for key, value in event.items():
            if not isinstance(value, str):
                raise RecordError("a range event holds something other than text")
            events.append((key, value))
    return VersionRange(str(raw.get("type")), tuple(events))


def _affected(raw: Mapping[str, Any]) -> Affected | None:
    package = raw.get("package")
    if not isinstance(package, Mapping):
        return None  # OSV allows an entry of commits only; it names no PyPI package
    ecosystem, name = package.get("ecosystem"), package.get("name")
    if not isinstance(ecosystem, str) or not isinstance(name, str):
        raise RecordError("`affected[].package` lacks ecosystem or name")
    if ecosystem.partition(":")[0] != ECOSYSTEM:
        return None
    return Affected(
        name=canonicalize_name(name),
        versions=tuple(_list(raw, "versions", str)),
        ranges=tuple(_range(item) for item in _list(raw, "ranges", dict)),
        severity=tuple(_list(raw, "severity", dict)),
    )


def read_record(raw: object) -> Record:
    """Read one OSV record from parsed JSON.

    Raises RecordError for a record without `id` or `modified`, of schema 2 or later, or of another shape: such a
    record could speak of anything, so the caller must not treat it as absent. No `schema_version` means 1.0.0.
    """
    if not isinstance(raw, Mapping):
        raise RecordError("not a JSON object")
    schema = _text(raw, "schema_version") or "1.0.0"
    if schema.partition(".")[0] != "1":
        raise RecordError(f"schema version {schema[:20]} is not 1.x")
    identifier, modified = _text(raw, "id"), _text(raw, "modified")
    if not identifier or not modified:
        raise RecordError("no `id` or no `modified`")
    moment_of(modified)
    withdrawn = _text(raw, "withdrawn")
    entries = [entry for item in _list(raw, "affected", dict) if (entry := _affected(item)) is not None]
    extra = raw.get("database_specific")
    word = extra.get("severity") if isinstance(extra, Mapping) else None
    return Record(
        id=identifier,
        modified=modified,
        published=_text(raw, "published"),
        withdrawn=withdrawn is not None,
        aliases=tuple(_list(raw, "aliases", str)),
        affected=tuple(entries),
        severity=tuple(_list(raw, "severity", dict)),
        severity_word=word if isinstance(word, str) else None,
        summary=_text(raw, "summary") or "",
    )
