"""Diagnostic codes of figures, explanations and run records that other tools wrote."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
