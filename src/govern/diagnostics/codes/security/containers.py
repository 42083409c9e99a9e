"""Diagnostic codes of archives, tensor containers and the byte accounting of both."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
