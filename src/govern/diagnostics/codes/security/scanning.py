"""Diagnostic codes of `govern scan` and reports of other scanners."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
