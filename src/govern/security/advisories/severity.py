"""Severity bands of advisory records, from CVSS vectors or the database's own word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum

__all__ = ["Band", "band_of_score", "band_of_vector", "highest", "read_band"]


class Band(StrEnum):
    """Qualitative severity rating scale of CVSS v3.1 section 5 and v4.0 section 6, weakest first."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position from 0 (none) to 4 (critical)."""
        return list(Band).index(self)


_WORDS = {"low": Band.LOW, "moderate": Band.MEDIUM, "medium": Band.MEDIUM, "high": Band.HIGH, "critical": Band.CRITICAL}
_PREFERENCE = ("CVSS_V4", "CVSS_V3", "CVSS_V2")


def band_of_score(score: Decimal) -> Band:
    """Map a CVSS base score 0.0 to 10.0 to its band: 0, 0.1-3.9, 4.0-6.9, 7.0-8.9, 9.0-10."""
    if score <= 0:
        return Band.NONE
    for limit, band in ((Decimal("4.0"), Band.LOW), (Decimal("7.0"), Band.MEDIUM), (Decimal("9.0"), Band.HIGH)):
        if score < limit:
            return band
    return Band.CRITICAL


def band_of_vector(kind: str, vector: str) -> Band | None:
    """Give the band of a CVSS vector of OSV type `CVSS_V2`, `CVSS_V3` or `CVSS_V4`; None for one that is malformed."""
    import cvss

    readers = {"CVSS_V4": cvss.CVSS4, "CVSS_V3": cvss.CVSS3, "CVSS_V2": cvss.CVSS2}
    try:
        return band_of_score(Decimal(str(readers[kind](vector).base_score)))
    except (cvss.CVSSError, KeyError):
        return None


def read_band(entries: Iterable[object], word: object) -> Band | None:
    """Give the band of one record: the newest CVSS version that can be read, else the database's word, else None.

    `entries` are OSV `severity[]` objects `{type, score}`; `word` is `database_specific.severity`.
    """
    vectors: dict[str, list[str]] = {}
    for entry in entries:
        if isinstance(entry, Mapping) and isinstance(entry.get("score"), str):
            vectors.setdefault(str(entry.get("type")), []).append(entry["score"])
    for kind in _PREFERENCE:
        bands = [band_of_vector(kind, vector) for vector in vectors.get(kind, ())]
        best = highest(bands)
        if best is not None:
            return best
    return _WORDS.get(word.lower()) if isinstance(word, str) else None


def highest(bands: Iterable[Band | None]) -> Band | None:
    """Give the highest known band, or None when none is known."""
    known = [band for band in bands if band is not None]
    return max(known, key=lambda band: band.rank) if known else None
