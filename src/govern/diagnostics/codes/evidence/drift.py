"""Diagnostic codes of drift reports and of drift that is computed again."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
