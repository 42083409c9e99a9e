"""Diagnostic codes of secrets, personal data and local paths."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
