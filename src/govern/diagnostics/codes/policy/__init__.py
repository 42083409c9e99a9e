"""Diagnostic codes of the room `policy`, a module for each stage that gives them."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code
from govern.diagnostics.codes.policy import advice, documents, expressions, layers, plan, testing

CODES: dict[str, Code] = {
    **documents.CODES,
    **layers.CODES,
    **expressions.CODES,
    **plan.CODES,
    **testing.CODES,
    **advice.CODES,
}
