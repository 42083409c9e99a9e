"""Diagnostic codes of evidence envelopes and what they bind."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
