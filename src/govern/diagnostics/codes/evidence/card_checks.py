"""Diagnostic codes of what the check kinds `model_card.*` find beside the sections."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
