"""Durations of policies: `<n>m|h|d|mo|y`, as calendar arithmetic in UTC.

Months and years are what a law means by them: the same day of a later month, clamped to its last day
(29 February + 1y = 28 February). Minutes, hours and days are of fixed length, since UTC has no summer time.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta

__all__ = ["add", "compare", "compare_iso", "is_iso", "parse", "subtract"]

_DURATION = re.compile(r"([0-9]{1,6})(mo|m|h|d|y)", re.ASCII)
_ISO = re.compile(
    r"P(?=.)(?:([0-9]{1,6})Y)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=.)(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?",
    re.ASCII,
)
_FIXED = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def parse(duration: str) -> tuple[int, str]:
    """Split a duration into number and unit. Raises ValueError for anything else, ISO 8601 durations too."""
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ValueError(f"not a duration such as 30d, 12h, 45m, 6mo or 1y: {duration!r}")
    return int(match[1]), match[2]


def add(moment: datetime, duration: str) -> datetime:
    """Give the instant a duration after `moment`. Raises ValueError for a naive datetime or one out of range."""
    return _moved(moment, duration, 1)


def subtract(moment: datetime, duration: str) -> datetime:
    """Give the instant a duration before `moment`. Raises as `add` does."""
    return _moved(moment, duration, -1)


def _moved(moment: datetime, duration: str, sign: int) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    moment = moment.astimezone(UTC)
    number, unit = parse(duration)
    try:
        if unit in _FIXED:
            return moment + sign * number * _FIXED[unit]
        months = moment.year * 12 + moment.month - 1 + sign * number * (12 if unit == "y" else 1)
        year, month = months // 12, months % 12 + 1
        day = min(moment.day, monthrange(year, month)[1])
        return moment.replace(year=year, month=month, day=day)
    except (OverflowError, ValueError) as fault:
        raise ValueError(f"{duration} from {moment.isoformat()} leaves the calendar") from fault


def compare(left: str, right: str) -> int | None:
    """Compare two durations: -1, 0, 1, or None where it depends on the month (1mo against 30d)."""
    if left == right:
        return 0
    low_left, high_left = _bounds(left)
    low_right, high_right = _bounds(right)
    if low_left == high_left == low_right == high_right:
        return 0
    calendar = {"mo": 1, "y": 12}
    (number_left, unit_left), (number_right, unit_right) = parse(left), parse(right)
    if unit_left in calendar and unit_right in calendar:
        months_left, months_right = number_left * calendar[unit_left], number_right * calendar[unit_right]
        return (months_left > months_right) - (months_left < months_right)
    if high_left <= low_right:
        return -1
    if low_left >= high_right:
        return 1
    return None


def is_iso(text: str) -> bool:
    """Whether a text is an ISO 8601 duration, as records write them, and longer than nothing."""
    match = _ISO.fullmatch(text)
    return match is not None and any(int(part or 0) for part in match.groups())


def compare_iso(iso: str, duration: str) -> int | None:
    """Compare an ISO 8601 duration of a record with one of a policy: -1, 0, 1, or None where it depends on the month.

    Raises ValueError for what is neither.
    """
    match = _ISO.fullmatch(iso)
    if match is None:
        raise ValueError(f"not an ISO 8601 duration such as P1D or PT4H: {iso!r}")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    months += 12 * years
    fixed = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    number, unit = parse(duration)
    if unit not in _FIXED and not fixed:
        other = number * (12 if unit == "y" else 1)
        return (months > other) - (months < other)
    shortest, longest = _months(months)
    low, high = _bounds(duration)
    if shortest + fixed == longest + fixed == low == high:
        return 0
    if longest + fixed <= low:
        return -1
    return 1 if shortest + fixed >= high else None


def _bounds(duration: str) -> tuple[timedelta, timedelta]:
    """The shortest and the longest a duration can be."""
    number, unit = parse(duration)
    if unit in _FIXED:
        return number * _FIXED[unit], number * _FIXED[unit]
    return _months(number * (12 if unit == "y" else 1))


def _months(months: int) -> tuple[timedelta, timedelta]:
    """The shortest and the longest a number of months can be."""
    # Any run of months lasts between 28/31 of its average; whole years lie between 365 and 366 days each.
    years, rest = divmod(months, 12)
    return timedelta(days=365 * years + 28 * rest), timedelta(days=366 * years + 31 * rest)
