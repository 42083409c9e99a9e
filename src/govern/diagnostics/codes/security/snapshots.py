"""Diagnostic codes of building, comparing and trusting advisory snapshots."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
