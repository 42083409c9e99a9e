"""The times that evidence gives for itself, as instants: with a zone as they are, without one as old as they can be."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from govern.canonical import instant_text

__all__ = ["oldest_instant"]

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.ASCII,
)
_EARLIEST = timezone(timedelta(hours=14))
"""The zone in which every local time comes first, that of Kiritimati: no place is further ahead of UTC."""

_FIRST_YEAR = 1970


def oldest_instant(text: str) -> str:
    """Give the instant of a time as ISO 8601 writes it, in UTC, fractions of a second cut off.

    A time without a zone could mean any of the instants at which a clock somewhere showed it; the oldest is taken, so
    that evidence never looks younger than it is. A date is the start of its day. Raises ValueError for anything else.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("expected a time such as 2026-03-01T00:00:00Z")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match[7]))
        moment = moment.astimezone(UTC)
    except OverflowError as fault:
        raise ValueError("the time leaves the calendar") from fault
    if moment.year < _FIRST_YEAR:
        raise ValueError(f"no evidence is from before {_FIRST_YEAR}")
    return instant_text(moment)


def _zone(text: str | None) -> timezone:
    if text is None:
        return _EARLIEST
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text} is no zone")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if text[0] == "+" else -offset)
