"""Hand-written OSV records and snapshots of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from govern.security.advisories import Snapshot, load_snapshot
from govern.security.advisories.build import AdvisoryInput, build_snapshot

AS_OF = "2026-03-01T00:00:00Z"
MODIFIED = "2026-02-20T10:00:00Z"


def record(identifier: str, package: str = "pillow", /, **changes: Any) -> dict[str, Any]:
    """A record that affects `package` below 2.0; `versions`, `events`, `ranges` change what it affects."""
    events = changes.pop("events", [{"introduced": "0"}, {"fixed": "2.0"}])
    entry: dict[str, Any] = {"package": {"ecosystem": changes.pop("ecosystem", "PyPI"), "name": package}}
    ranges = changes.pop("ranges", [{"type": "ECOSYSTEM", "events": events}] if events else None)
    if ranges is not None:
        entry["ranges"] = ranges
    for key in ("versions", "severity_of_package"):
        if key in changes:
            entry["severity" if key == "severity_of_package" else key] = changes.pop(key)
    made = {"id": identifier, "modified": MODIFIED, "published": "2026-01-05T00:00:00Z", "affected": [entry]} | changes
    return {key: value for key, value in made.items() if value is not None}


def source(*records: Any, name: str = "test", **changes: Any) -> AdvisoryInput:
    """The records as one database."""
    return AdvisoryInput(
        name=name,
        records=tuple((f"line {number}", item) for number, item in enumerate(records, start=1)),
        location="test",
        digest="0" * 64,
        as_of=AS_OF,
        **changes,
    )


def snapshot_of(tmp_path: Path, *records: Any, **changes: Any) -> Snapshot:
    """A snapshot of some records."""
    return load_snapshot(build_snapshot([source(*records, **changes)], tmp_path / "advisories", as_of=AS_OF).path)
