"""Every cap on what is read. Only the operator may raise one, never the bundle."""

from __future__ import annotations

from govern.records import record

__all__ = [
    "CARD_BYTES",
    "CARD_LINES",
    "EVIDENCE_YAML",
    "JSON_BYTES",
    "JSON_DEPTH",
    "POLICY_BYTES",
    "POLICY_YAML",
    "REQUIREMENTS_BYTES",
    "REQUIREMENTS_LINES",
    "ArchiveLimits",
    "FetchLimits",
    "FolderLimits",
    "YamlLimits",
]

CARD_BYTES = 256 * 1024
CARD_LINES = 20_000
REQUIREMENTS_BYTES = 1024 * 1024
REQUIREMENTS_LINES = 20_000
JSON_BYTES = 64 * 1024 * 1024
JSON_DEPTH = 64
"""Containers within containers; the outermost one counts."""


@record
class YamlLimits:
    """Caps on one YAML document."""

    bytes: int = 1024 * 1024
    depth: int = 64
    nodes: int = 1_000_000
    scalar_chars: int = 1024 * 1024


EVIDENCE_YAML = YamlLimits()
POLICY_YAML = YamlLimits(depth=32, nodes=100_000, scalar_chars=64 * 1024)
POLICY_BYTES = POLICY_YAML.bytes


@record
class FolderLimits:
    """Caps on one folder tree. An entry is a file or a folder; depth 1 is directly under the root."""

    entries: int = 100_000
    depth: int = 32
    path_bytes: int = 1024


@record
class ArchiveLimits:
    """Caps on one archive. Expansion counts compressed members only: stored ones cost what they weigh."""

    members: int = 10_000
    expansion: int = 100
    expanded_bytes: int = 2 * 1024 * 1024 * 1024
    nesting: int = 4


@record
class FetchLimits:
    """Caps on what is fetched for one bundle."""

    files: int = 100_000
    bytes: int = 64 * 1024 * 1024 * 1024
