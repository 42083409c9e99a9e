"""Diagnostic codes of what the kinds `attestation.*` find."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
