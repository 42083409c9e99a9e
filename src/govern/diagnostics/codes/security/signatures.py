"""Diagnostic codes of signatures over model files and lists of them."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
