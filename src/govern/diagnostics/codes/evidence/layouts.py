"""Diagnostic codes of MLflow folders and environment files."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
