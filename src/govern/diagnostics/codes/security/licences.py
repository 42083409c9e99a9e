"""Diagnostic codes of the licences of packages, and the support of components."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {}
