"""Diagnostic codes of statements of exploitability, waivers, fixes and impact."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
