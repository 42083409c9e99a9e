"""Diagnostic codes of model formats that carry code, and code beside a model."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
