"""Diagnostic codes of lock files, environments and bills of materials."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
