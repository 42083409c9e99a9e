"""Offline advisories: a content-addressed snapshot of OSV records and the matcher over it."""

from __future__ import annotations

from govern.security.advisories.osv import GroupFinding, Match, Matcher, PackageMatches
from govern.security.advisories.severity import Band
from govern.security.advisories.snapshot import Snapshot, SnapshotSource, current_snapshot, load_snapshot

__all__ = [
    "Band",
    "GroupFinding",
    "Match",
    "Matcher",
    "PackageMatches",
    "Snapshot",
    "SnapshotSource",
    "current_snapshot",
    "load_snapshot",
]
