"""The index of an advisory snapshot, as facts."""

from __future__ import annotations

from typing import Any

from govern.canonical import canonical_bytes, sha256_hex

SNAPSHOT: dict[str, Any] = {
    "asOf": "2026-01-01T00:00:00Z",
    "sources": [
        {
            "name": "osv-pypi",
            "kind": "osv",
            "location": "https://advisories.example/PyPI/all.zip",
            "revision": "",
            "digest": "sha256:" + "0a" * 32,
            "licence": "CC-BY-4.0",
            "attribution": "OSV",
            "asOf": "2026-01-01T00:00:00Z",
            "records": 1,
            "newestModified": None,
            "newestId": None,
        }
    ],
    "files": [{"name": "pypi.jsonl", "sha256": "0b" * 32, "bytes": 120, "records": 1}],
}
SNAPSHOT_DIGEST = sha256_hex(canonical_bytes(SNAPSHOT) + b"\n")
