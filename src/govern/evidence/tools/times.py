"""Times that tools write, compact ones among them: each as the oldest instant it can mean."""

from __future__ import annotations

import re

from govern.evidence.instants import oldest_instant

__all__ = ["instant_of"]

_TIME = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2}):?(\d{2})(?:[.,]\d{1,9})?\s?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def instant_of(text: str) -> tuple[str, bool] | None:
    """Read a tool's time as (instant, whether its zone is known); None for what is no time.

    `2026-11-23T06:40:57.1+01:00`, `20261123T072806.188672Z` and `2026-11-23 07:28:06` (no zone) are read; fractions
    are cut.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        return oldest_instant(f"{year}-{month}-{day}T{hour}:{minute}:{second}{zone or ''}"), zone is not None
    except ValueError:
        return None
