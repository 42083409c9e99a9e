"""Diagnostic codes of the room `evidence`, a module for each kind of evidence."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code
from govern.diagnostics.codes.evidence import (
    alternatives,
    card_checks,
    cards,
    counts,
    drift,
    envelope,
    figures,
    layouts,
    quality,
    reading,
    scores,
)

CODES: dict[str, Code] = {
    **reading.CODES,
    **scores.CODES,
    **counts.CODES,
    **envelope.CODES,
    **quality.CODES,
    **drift.CODES,
    **figures.CODES,
    **layouts.CODES,
    **cards.CODES,
    **card_checks.CODES,
    **alternatives.CODES,
}
