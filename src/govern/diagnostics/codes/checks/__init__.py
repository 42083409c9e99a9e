"""Diagnostic codes of the room `checks`, a module for each family that has no room of its own."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code
from govern.diagnostics.codes.checks import expression, readiness, statements

CODES: dict[str, Code] = {**expression.CODES, **readiness.CODES, **statements.CODES}
