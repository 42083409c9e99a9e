"""Times that tools write: with a zone, without one, compact. A time without zone is the oldest instant it can mean."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from govern.canonical import instant_text

__all__ = ["instant_of"]

_TIME = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2}):?(\d{2})(?:[.,]\d{1,9})?\s?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_EASTMOST = timezone(timedelta(hours=14))
"""The zone in which a wall clock's time comes first (Line Islands, UTC+14)."""

_FIRST_YEAR = 1000
"""Earlier years have no four digits in an instant's text; a tool that wrote one had no clock."""


def instant_of(text: str) -> tuple[str, bool] | None:
    """Read a tool's time as (instant, whether its zone is known); None for what is no time.

    `2026-11-23T06:40:57.1+01:00`, `20261123T072806.188672Z` and `2026-11-23 07:28:06` (no zone) are read; fractions
    are cut.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    zone = match[7]
    try:
        naive = datetime(*map(int, match.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001  # zone added below
        if zone is None:
            moment = naive.replace(tzinfo=_EASTMOST)
        elif zone == "Z":
            moment = naive.replace(tzinfo=UTC)
        else:
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            offset = timedelta(hours=hours, minutes=minutes)
            moment = naive.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
        if moment.astimezone(UTC).year < _FIRST_YEAR:
            return None
        return instant_text(moment), zone is not None
    except (ValueError, OverflowError):
        return None
