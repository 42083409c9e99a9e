"""Diagnostic codes of data-quality results of other tools."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
